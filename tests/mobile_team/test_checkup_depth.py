"""A check-up to its full depth: PUFA, treatments, weight, dose; its page, its corrections, its place in the record."""

from __future__ import annotations

import datetime as dt
import re
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Encounter, PreventiveDose, Vitals
from clinic.services import prevention
from core.ages import Birth
from core.audit.models import Entry
from core.errors import RuleBroken
from core.ids import uuid7
from core.syncing import Change
from desk import selectors as desk
from desk import timeline
from mobile_team import selectors
from mobile_team.models import CheckupVersion, DentalCheckup, ToothFinding, ToothTreatment
from mobile_team.services import checkups
from tests.builders import TODAY, a_checkup, a_patient, a_session, noon, somebody
from tests.people import client_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db

SEEN = {
    "pain": "no", "gums_bleed": "no", "urgency": "0", "dental_education": "yes", "toothbrush": "yes",
    "toothpaste": "yes", "advised_to_come": "no",
}  # fmt: skip
FOUR = Birth.on(dt.date(2022, 3, 1))


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def browser(mobile):
    return client_of(mobile)


def url(name, *args):
    return reverse(f"mobile_team:{name}", args=args)


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def a_child(**more):
    return a_patient(**({"birth": FOUR} | more))


def everything(**more):
    return a_checkup(
        patient=more.pop("patient", None) or a_child(), session=more.pop("session", None) or a_session(),
        **({"findings": {55: "B", 65: "A"}, "marks": {75: "P"}, "treatments": [("sdf", 55), ("varnish", None)],
            "weight": Decimal("14.5"), "height": Decimal("98"), "deworming": "mebendazole"} | more),
    )  # fmt: skip


def correct(checkup, **seen):
    given = {"dental_education": True, "toothbrush": True, "toothpaste": True, "why": "looked again"}
    return checkups.correct_checkup(checkup=DentalCheckup(pk=checkup.pk), **({"by": somebody()} | given | seen))


def read(checkup):
    return selectors.document(selectors.checkup(checkup.pk))


# -- services ------------------------------------------------------------------------------------------------


def test_everything_hangs_on_one_contact_and_moves_the_whole_record_once():
    checkup = everything()
    assert dict(checkup.teeth.values_list("tooth", "code")) == {55: "B", 65: "A", 75: "B"}
    assert list(checkup.teeth.exclude(pufa="").values_list("tooth", "pufa")) == [(75, "P")]
    assert list(checkup.treatments.values_list("what", "tooth")) == [("sdf", 55), ("varnish", None)]
    assert {Vitals.objects.get().encounter_id, PreventiveDose.objects.get().encounter_id} == {checkup.encounter_id}
    stamped = {name for name, _ in Change.objects.values_list("resource", "record_id")}
    assert {"clinic.vitals", "clinic.preventivedose", "clinic.record", "mobile_team.dentalcheckup"} <= stamped
    assert Entry.objects.filter(verb__startswith="clinic.", patient_id=checkup.patient_id).count() == 1  # registered


def test_a_treatment_named_twice_is_done_once():
    checkup = everything(treatments=[("sdf", 55), ("sdf", 55), ("sdf", 54), ("varnish", None), ("varnish", None)])
    assert checkup.treatments.count() == 3


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"treatments": [("gold", 55)]}, "no_such_treatment"), ({"treatments": [("sdf", 19)]}, "no_such_tooth"),
        ({"marks": {75: "X"}}, "no_such_code"), ({"findings": {75: "E"}}, "mark_without_tooth"),
        ({"deworming": "vitamin_a"}, "no_such_dose"), ({"weight": Decimal("0.1")}, "core.invalid"),
        ({"height": Decimal("500")}, "core.invalid"), ({"marks": {75: "P"}, "pufa_count": 3}, "chart_or_counts"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_leaves_nothing(wrong, code):
    with pytest.raises(RuleBroken, match=code):
        everything(**wrong)
    assert not Encounter.objects.exists()


@pytest.mark.parametrize(("tooth", "pufa"), [(55, "X"), (55, "p")])
def test_the_database_itself_refuses_another_mark_or_a_treatment_twice(tooth, pufa):
    checkup = everything()
    with pytest.raises(IntegrityError), transaction.atomic():
        ToothFinding.objects.create(checkup=checkup, tooth=54, code="B", pufa=pufa)
    with pytest.raises(IntegrityError), transaction.atomic():
        ToothTreatment.objects.create(checkup=checkup, what="varnish", tooth=None)


def test_at_the_desk_a_dose_too_soon_is_refused_until_somebody_says_why():
    child = a_child()
    prevention.give(patient=child, what="albendazole", on=TODAY - timedelta(days=9), by=somebody(), today=TODAY)
    with pytest.raises(RuleBroken, match="dose_too_soon") as refused:
        everything(patient=child, session=(session := a_session()))
    assert refused.value.field == "deworming_despite"
    everything(patient=child, session=session, deworming_despite="worms seen")
    assert PreventiveDose.objects.get(what="mebendazole").despite == "worms seen"


def test_a_correction_adds_and_takes_away_dose_weight_teeth_and_treatments():
    checkup = everything()
    correct(checkup, findings={55: "D"}, treatments=[("art", 55)])
    assert (read(checkup)["weight"], read(checkup)["deworming"], read(checkup)["pufa"]) == (None, "", {})
    assert PreventiveDose.objects.get().void_reason == "looked again"
    assert (Vitals.objects.get().weight, Vitals.objects.get().void_reason) == (None, "")
    correct(checkup, findings={55: "D", 75: "B"}, marks={75: "A"}, weight=Decimal(15), deworming="albendazole")
    said = read(checkup)
    assert (said["weight"], said["height"], said["deworming"], said["treatments"]) == ("15.0", None, "albendazole", [])
    assert said["pufa"] == {"75": "A"}
    assert DentalCheckup.objects.get().pufa == 1
    assert [v.number for v in checkup.versions.order_by("number")] == [1, 2]
    first = checkup.versions.get(number=1)
    assert (first.document["weight"], first.document["deworming"], first.why) == ("14.5", "mebendazole", "looked again")


def test_a_correction_that_changes_nothing_keeps_no_version_and_asks_no_reason():
    checkup = a_checkup(findings={55: "B"})
    correct(checkup, findings={55: "B"}, why="")
    assert not CheckupVersion.objects.exists()
    with pytest.raises(RuleBroken, match="reason_missing") as refused:
        correct(checkup, findings={55: "D"}, why=" ")
    assert refused.value.field == "why"


def test_measurements_taken_with_others_are_corrected_in_their_row_and_the_others_stay():
    checkup = a_checkup(patient=a_child())
    Vitals.objects.create(encounter=checkup.encounter, measured_at=noon(), weight=14, muac=140)
    correct(checkup, weight=Decimal("14.2"))
    assert [(str(v.weight), v.muac) for v in Vitals.objects.all()] == [("14.20", 140)]


def test_a_void_takes_all_of_it_along_and_what_it_said_stays_readable(browser):
    checkup = everything()
    checkups.void_checkup(checkup=checkup, reason="wrong child", by=somebody())
    assert {Vitals.objects.get().void_reason, PreventiveDose.objects.get().void_reason} == {"wrong child"}
    assert read(checkup)["weight"] == "14.5"
    assert "14.5 kg" in text(browser.get(url("checkup", checkup.pk)))
    everything(patient=checkup.encounter.patient, session=checkup.session)  # the dose no longer stands in the way


@pytest.mark.django_db(transaction=True)
def test_corrections_at_once_are_versions_one_after_the_other_and_none_is_lost():
    by, checkup = somebody(), a_checkup(findings={55: "B"})

    def write(tooth):
        checkups.correct_checkup(checkup=DentalCheckup(pk=checkup.pk), findings={tooth: "B"}, why=str(tooth), by=by)

    results = at_once(*[partial(write, tooth) for tooth in (51, 52, 53, 54)])
    assert [r for r in results if isinstance(r, Exception)] == []
    assert sorted(checkup.versions.values_list("number", flat=True)) == [1, 2, 3, 4]
    read_before = [list(v.document["teeth"]) for v in checkup.versions.order_by("number")]
    assert sorted([*read_before[1:], list(read(checkup)["teeth"])]) == [["51"], ["52"], ["53"], ["54"]]


# -- pages ---------------------------------------------------------------------------------------------------


def test_the_form_takes_all_of_it_in_either_scripts_digits(browser):
    session, child = a_session(), a_child()
    data = SEEN | {
        "id": uuid7(), "findings": "៥៥=B ៧៥=BP 36=1a", "did_varnish": "on", "teeth_sdf": "៥៥, 65 65",
        "treatment": "លាប", "weight": "១៤,៥", "height": "98", "deworming": "mebendazole",
    }  # fmt: skip
    with CaptureQueriesContext(connection) as seen:
        response = browser.post(url("checkup_new", session.pk, child.pk), data)
    assert response.status_code == 302
    assert len(seen) <= 17, "12, and one each for treatments, weight and dose, and to look for the last dose"
    said = read(DentalCheckup.objects.get())
    assert (said["teeth"], said["pufa"]) == ({"36": "1", "55": "B", "75": "B"}, {"36": "A", "75": "P"})
    assert said["treatments"] == [
        {"what": "sdf", "tooth": 55}, {"what": "sdf", "tooth": 65}, {"what": "varnish", "tooth": None},
    ]  # fmt: skip
    assert (said["weight"], said["height"], said["deworming"]) == ("14.5", "98.0", "mebendazole")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"findings": "75=Q"}, "cannot be read"), ({"findings": "36=4A"}, "not in the mouth"),
        ({"teeth_sdf": "99"}, "There is no tooth 99"), ({"teeth_sdf": "teeth"}, "cannot be read"),
        ({"weight": "9999"}, "less than or equal to 200"), ({"weight": "fat"}, "in figures"),
        ({"height": "12.345"}, "no more than"), ({"pufa_count": "60"}, "less than or equal to 52"),
        ({"deworming": "beer"}, "valid choice"), ({"deworming_despite": "x" * 10_000}, "at most 200"),
        ({"all_sound": "on", "findings": "75=BP"}, "sound, or not?"), ({"deworming": "albendazole"}, "too soon"),
    ],
)  # fmt: skip
def test_wrong_input_is_said_beside_the_field_and_kept(browser, wrong, words):
    session, child = a_session(), a_child()
    prevention.give(patient=child, what="mebendazole", on=TODAY - timedelta(days=9), by=somebody(), today=TODAY)
    response = browser.post(url("checkup_new", session.pk, child.pk), SEEN | {"id": uuid7()} | wrong)
    assert response.status_code == 422
    said = text(response)
    assert words in said or (words == "too soon" and "last dose" in said), said[-2000:]
    for value in wrong.values():
        assert value == "on" or value in response.content.decode()
    assert not DentalCheckup.objects.exists()


def test_the_page_shows_marks_treatments_growth_dose_and_what_changed_since(browser):
    child = a_child()
    everything(patient=child, session=a_session(on=TODAY - timedelta(days=200)), deworming="")
    checkup = everything(patient=child, findings={55: "D", 65: "A", 75: "B"}, marks={75: "A"}, weight=Decimal("11"))
    with CaptureQueriesContext(connection) as seen:
        said = text(browser.get(url("checkup", checkup.pk)))
    assert len(seen) <= 8
    for words in ("pufa 1", "PUFA 0", "Silver diamine fluoride: 55", "Fluoride varnish", "11.0 kg", "98.0 cm",
                  "Weight for height", "Mebendazole 500 mg", "Since 4 May 2026", "Abscess"):  # fmt: skip
        assert words in said, words
    since = said[said.index("Since 4 May") : said.index("All that was marked")]
    assert "55 Decayed Filled" in since and "75 Decayed, Pulp lies open Decayed, Abscess" in since
    assert " 65 " not in since


def test_a_quick_count_shows_what_was_counted_and_nothing_else(browser):
    checkup = a_checkup(decayed_primary=3, pufa_count=2)
    said = text(browser.get(url("checkup", checkup.pk)))
    assert "With open pulp, ulcer, fistula or abscess 2" in said
    assert "dmft" not in said


def test_how_it_read_before_is_shown_with_who_and_why(browser):
    checkup = everything()
    correct(checkup, findings={55: "D", 65: "A", 75: "B"}, marks={75: "P"}, weight=Decimal("14.5"), why="filled today")
    assert "corrected once" in text(browser.get(url("checkup", checkup.pk)))
    with CaptureQueriesContext(connection) as seen:
        said = text(browser.get(url("checkup_versions", checkup.pk)))
    assert len(seen) <= 8
    for words in ("filled today", "Som Body", "55: Decayed 55: Filled", "98.0", "Mebendazole"):
        assert words in said, words
    assert browser.get(url("checkup_versions", uuid7())).status_code == 404


def test_two_people_correct_one_checkup_and_nothing_is_lost(browser, administrator):
    checkup = everything()
    page = browser.get(url("checkup_edit", checkup.pk)).content.decode()
    was = re.search(r'name="was" value="([^"]+)"', page)[1]
    base = {"id": checkup.pk, "findings": "55=B 65=A 75=BP", "teeth_sdf": "55", "did_varnish": "on", "weight": "14.5",
            "height": "98", "deworming": "mebendazole", "why": "again", "was": was}  # fmt: skip
    correct(checkup, findings={55: "B", 65: "A"}, marks={75: "P"}, treatments=[("sdf", 55), ("varnish", None)],
            weight=Decimal("14.9"), height=Decimal(98), deworming="mebendazole", by=administrator)  # fmt: skip
    assert browser.post(url("checkup_edit", checkup.pk), SEEN | base | {"note": "shy"}).status_code == 302
    assert (read(checkup)["note"], read(checkup)["weight"]) == ("shy", "14.9")
    clash = browser.post(url("checkup_edit", checkup.pk), SEEN | base | {"note": "shy", "weight": "15"})
    assert clash.status_code == 422
    assert "14.9" in text(clash) and "15.0" in text(clash)
    seen = re.search(r'name="seen" value="([^"]+)"', clash.content.decode())[1]
    chosen = SEEN | base | {"note": "shy", "weight": "15", "seen": seen, "keep_weight": "mine"}
    assert browser.post(url("checkup_edit", checkup.pk), chosen).status_code == 302
    assert read(checkup)["weight"] == "15.0"


@pytest.mark.parametrize("language", ["km", "en"])
def test_its_pages_open_in_both_languages(mobile, language):
    checkup = everything(advised_to_come=True)
    correct(checkup, advised_to_come=True)
    browser = client_of(mobile, language=language)
    for name in ("checkup", "checkup_edit", "checkup_versions", "advice_end"):
        assert browser.get(url(name, checkup.pk)).status_code == 200
    assert browser.get(url("advised")).status_code == 200


# -- the record ----------------------------------------------------------------------------------------------


def test_the_record_tells_all_of_it_in_one_place(nurse):
    checkup = everything(advised_to_come=True)
    correct(checkup, findings={55: "B"}, marks={75: "A"}, treatments=[("sdf", 55)], weight=Decimal("14.5"),
            deworming="mebendazole", why="counted again")  # fmt: skip
    patient = desk.person(checkup.patient_id, TODAY)
    (event,) = [event for event in timeline.page(patient).events if event.kind == "mobile"]
    said = " | ".join(f"{line.label}: {line.words}" for line in event.lines)
    for words in ("55: B, 75: BA", "Silver diamine fluoride: 55", "14.5 kg", "Mebendazole 500 mg", "counted again",
                  "open or inflamed 1"):  # fmt: skip
        assert words in said, (words, said)
    page = client_of(nurse).get(reverse("desk:record", args=[patient.pk]))
    assert 'data-kind="open"' in page.content.decode()
