"""A pregnancy: its weeks, its contacts, its warnings, its end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import AntenatalContact, EncounterVersion, Finding, Pregnancy
from clinic.rules import antenatal
from clinic.rules.antenatal import Gestation
from clinic.selectors import assessed
from clinic.services import encounters, pregnancies
from clinic.services.assessments import Said
from clinic.services.encounters import Care
from clinic.services.pregnancies import Dated, Examined
from core.ages import Age, Birth
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.periods import local_day
from tests.builders import TODAY, a_patient, a_visit, somebody
from tests.people import client_of

DAYS = timedelta(days=1)
EDD = date(2027, 3, 1)


def refused(code: str):
    return pytest.raises(RuleBroken, match=f"^{code}$")


# -- dates ------------------------------------------------------------------------------------------------


def test_the_expected_day_is_280_days_after_the_last_period():
    assert antenatal.due_from_lmp(date(2026, 5, 25)) == EDD
    assert antenatal.due_from_weeks(24, 3, on=EDD - (280 - 24 * 7 - 3) * DAYS) == EDD


@pytest.mark.parametrize(
    ("before", "weeks"), [(280, (0, 0)), (196, (12, 0)), (197, (11, 6)), (0, (40, 0)), (-8, (41, 1))]
)
def test_weeks_and_days_on_a_day(before, weeks):
    assert antenatal.gestation(EDD, EDD - before * DAYS) == Gestation(*weeks)


def test_before_the_last_period_there_are_no_weeks():
    assert antenatal.gestation(EDD, EDD - 281 * DAYS) is None


@given(st.integers(1, 43), st.integers(0, 6), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_weeks_told_read_the_same_on_the_day_they_were_told(weeks, days, on):
    assert antenatal.gestation(antenatal.due_from_weeks(weeks, days, on=on), on) == (weeks, days)


def test_the_plans_say_the_weeks_of_the_contacts():
    assert antenatal.plans()["who8"][0] == (12, 20, 26, 30, 34, 36, 38, 40)
    assert len(antenatal.plans()["centre4"][0]) == 4


def test_the_next_contact_is_the_first_after_today():
    on = EDD - (280 - 20 * 7) * DAYS
    assert antenatal.next_contact(EDD, on - DAYS)[:2] == (2, 20)
    assert antenatal.next_contact(EDD, on)[:2] == (3, 26)
    assert antenatal.next_contact(EDD, EDD) is None
    assert antenatal.next_contact(EDD, on, plan="centre4")[:2] == (2, 24)


@pytest.mark.parametrize(("first", "early"), [(11 * 7 + 6, True), (12 * 7, False)])
def test_a_first_contact_before_week_12_is_early(first, early):
    began = EDD - 280 * DAYS
    found = antenatal.coverage([began + 200 * DAYS, began + first * DAYS], EDD)
    assert (found.anc1, found.anc2, found.anc4) == (early, True, False)
    assert antenatal.coverage([began + n * DAYS for n in range(100, 108)], EDD).anc8


# -- warnings ---------------------------------------------------------------------------------------------


def warned(*signs: str, weeks: int = 30, **measured) -> set[str]:
    found = antenatal.warnings(dict.fromkeys(signs, True), antenatal.measures(at=Gestation(weeks, 0), **measured))
    return {one.rule.key for one in found.found}


@pytest.mark.parametrize(
    ("systolic", "diastolic", "key"),
    [(139, 89, None), (140, 80, "hypertension"), (120, 90, "hypertension"), (159, 109, "hypertension"),
     (160, 90, "severe_hypertension"), (140, 110, "severe_hypertension")],
)  # fmt: skip
def test_pressure_warns_at_its_borders(systolic, diastolic, key):
    assert warned(systolic=systolic, diastolic=diastolic) == ({key} if key else set())


def test_pressure_with_protein_is_pre_eclampsia_from_week_20():
    assert warned(systolic=140, diastolic=90, protein="1") == {"pre_eclampsia"}
    assert warned(systolic=140, diastolic=90, protein="trace") == {"hypertension"}
    assert warned(systolic=140, diastolic=90, protein="1", weeks=19) == {"hypertension"}


def test_pressure_with_headache_is_severe():
    assert {"eclampsia_near", "anc_danger"} == warned("anc_headache", systolic=140, diastolic=90)


@pytest.mark.parametrize(("hb", "key"), [("6.9", "severe_anaemia_pregnant"), ("7.0", "anaemia_pregnant"),
                                         ("10.9", "anaemia_pregnant"), ("11.0", None)])  # fmt: skip
def test_anaemia_has_two_borders(hb, key):
    assert warned(haemoglobin=Decimal(hb)) == ({key} if key else set())


@pytest.mark.parametrize(("rate", "far"), [(109, True), (110, False), (160, False), (161, True)])
def test_the_childs_heart_warns_at_both_ends(rate, far):
    assert bool(warned(fetal_heart_rate=rate)) is far


def test_the_womb_warns_when_it_is_more_than_three_centimetres_off():
    assert not warned(fundal_height=Decimal(27)) and warned(fundal_height=Decimal("26.5")) == {"womb_differs"}
    assert not warned(fundal_height=Decimal(10), weeks=23)


def test_every_danger_sign_is_red_and_says_who_said_so():
    for sign in antenatal.danger_signs():
        found = antenatal.warnings({sign.key: True}, {})
        assert found.refer and sign.source
    assert all(rule.source for rule in antenatal.rules())


# -- services ---------------------------------------------------------------------------------------------


@pytest.fixture
def woman(db):
    return a_patient(birth=Birth.on(date(2000, 1, 1)))


def begin(woman, weeks: int = 20, *, on: date = TODAY, **given):
    return pregnancies.begin(
        patient=woman, dated=given.pop("dated", Dated(weeks=(weeks, 0))), on=on, by=somebody(), today=TODAY, **given
    )


def seen_at(visit, pregnancy, *signs: str, correcting: bool = False, why: str = "", **measures):
    said = dict.fromkeys(signs, Said(True))
    return pregnancies.record_contact(
        visit_id=visit.id, pregnancy=pregnancy, examined=Examined(measures, said), by=somebody(),
        correcting=correcting, why=why,
    )  # fmt: skip


def test_a_scan_is_believed_before_the_last_period_and_that_before_the_weeks(woman):
    lmp = TODAY - 140 * DAYS
    both = begin(woman, dated=Dated(lmp=lmp, edd=TODAY + 150 * DAYS, weeks=(10, 0)))
    assert (both.edd, both.reckoned, both.lmp) == (TODAY + 150 * DAYS, "scan", lmp)
    other = begin(a_patient(given_name="Bopha"), dated=Dated(lmp=lmp, weeks=(10, 0)))
    assert (other.edd, other.reckoned) == (TODAY + 140 * DAYS, "lmp")


def test_a_pregnancy_without_any_date_or_with_wrong_ones_is_refused(woman):
    for dated, code in [
        (Dated(), "clinic.pregnancy_undated"), (Dated(lmp=TODAY + DAYS), "clinic.pregnancy_not_begun"),
        (Dated(lmp=TODAY - 309 * DAYS), "clinic.pregnancy_too_long"),
        (Dated(edd=TODAY + 281 * DAYS), "clinic.pregnancy_not_begun"),
    ]:  # fmt: skip
        with refused(code):
            begin(woman, dated=dated)
    begin(woman, dated=Dated(lmp=TODAY - 308 * DAYS))


def test_a_man_is_not_pregnant(db):
    with refused("clinic.pregnancy_of_a_man"):
        begin(a_patient(sex="M"))


def test_numbers_that_contradict_each_other_are_refused(woman):
    with refused("clinic.gravida_too_small"):
        begin(woman, gravida=1, para=1)
    with refused("clinic.living_too_many"):
        begin(woman, gravida=2, para=1, living=4)
    begin(woman, gravida=3, para=1, abortions=1, living=1)


def test_a_woman_has_one_open_pregnancy(woman):
    begin(woman)
    with pytest.raises(Conflict, match=r"^constraint.clinic_one_open_pregnancy$"), transaction.atomic():
        begin(woman)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pregnancy.objects.create(patient=woman, edd=TODAY, reckoned="told")


def test_after_the_end_another_may_begin(woman):
    first = begin(woman, 40)
    pregnancies.end(id=first.id, outcome="live", on=TODAY, by=somebody(), today=TODAY)
    begin(woman, 1)
    with refused("clinic.pregnancy_ended"):
        pregnancies.end(id=first.id, outcome="live", on=TODAY, by=somebody(), today=TODAY)


def test_a_pregnancy_does_not_end_before_it_was_last_seen(woman):
    pregnancy = begin(woman, 30)
    seen_at(a_visit(woman), pregnancy)
    for on, code in [(TODAY - DAYS, "clinic.pregnancy_seen_later"), (TODAY + DAYS, "clinic.date_in_future"),
                     (TODAY - 300 * DAYS, "clinic.pregnancy_not_begun")]:  # fmt: skip
        with refused(code):
            pregnancies.end(id=pregnancy.id, outcome="live", on=on, by=somebody(), today=TODAY)


def test_contacts_are_numbered_by_their_day_also_when_written_late(woman):
    pregnancy = begin(woman, 30)
    seen_at(a_visit(woman), pregnancy, haemoglobin=Decimal("10.5"))
    seen_at(a_visit(woman, on=TODAY - 70 * DAYS), pregnancy, tetanus=True)
    course = assessed.course(pregnancy)
    assert [(row.number, str(row.at), row.contact.tetanus) for row in course.rows] == [
        (1, "20+0", True),
        (2, "30+0", False),
    ]


def test_a_contact_entered_in_error_does_not_count(woman):
    pregnancy = begin(woman, 30)
    visit = a_visit(woman)
    seen_at(visit, pregnancy)
    encounters.void(encounter=visit, reason="Another woman", by=somebody())
    assert assessed.course(pregnancy).coverage.contacts == 0
    assert assessed.expecting(woman, TODAY).contacts == 0


def test_a_correction_keeps_how_the_contact_read(woman):
    pregnancy, visit = begin(woman, 30), a_visit(woman)
    seen_at(visit, pregnancy, "anc_bleeding", haemoglobin=Decimal("10.5"))
    assert not EncounterVersion.objects.exists()
    seen_at(visit, pregnancy, haemoglobin=Decimal("11.5"), fetal_heart_rate=140)
    kept = EncounterVersion.objects.get().document
    assert kept["antenatal"]["haemoglobin"] == "10.5" and kept["signs"] == {"anc_bleeding": [True, None]}
    assert AntenatalContact.objects.get().haemoglobin == Decimal("11.5")
    assert not Finding.objects.exists()


def test_the_same_contact_written_twice_is_one_and_says_nothing_new(woman):
    pregnancy, visit = begin(woman, 30), a_visit(woman)
    for _ in range(2):
        seen_at(visit, pregnancy, haemoglobin=Decimal("10.5"))
    assert AntenatalContact.objects.count() == 1
    assert Entry.objects.filter(verb__startswith="clinic.antenatal").count() == 1


def test_a_contact_of_a_closed_visit_changes_only_with_a_reason(woman):
    pregnancy, visit = begin(woman, 30), a_visit(woman, close=True)
    with refused("clinic.visit_closed"):
        seen_at(visit, pregnancy, tetanus=True)
    with refused("clinic.reason_missing"):
        seen_at(visit, pregnancy, tetanus=True, correcting=True)
    seen_at(visit, pregnancy, tetanus=True, correcting=True, why="Told later")


def test_a_visit_of_another_or_before_the_pregnancy_is_refused(woman):
    pregnancy = begin(woman, 5)
    with refused("clinic.visit_of_another"):
        seen_at(a_visit(a_patient(given_name="Bopha")), pregnancy)
    with refused("clinic.pregnancy_not_begun"):
        seen_at(a_visit(woman, on=TODAY - 60 * DAYS), pregnancy)


def test_dates_are_corrected_and_the_log_keeps_what_stood_there(woman):
    pregnancy = begin(woman, 20, gravida=2)
    pregnancies.redate(id=pregnancy.id, dated=Dated(weeks=(22, 0)), on=TODAY, by=somebody(), gravida=3)
    changes = Entry.objects.get(verb="clinic.pregnancy.corrected").detail["changes"]
    assert changes["gravida"] == [2, 3] and set(changes) == {"gravida", "edd"}


def test_the_open_pregnancy_is_one_statement(woman):
    begin(woman, 24)
    with CaptureQueriesContext(connection) as asked:
        found = assessed.expecting(woman, TODAY)
    assert len(asked) == 1 and str(found.at) == "24+0" and found.following(TODAY)[:2] == (3, 26)
    with CaptureQueriesContext(connection) as asked:
        assert assessed.expecting(a_patient(sex="M"), TODAY) is None


@pytest.mark.parametrize(("years", "unusual"), [(11, True), (12, False), (50, False), (51, True)])
def test_an_age_that_is_unusual_is_asked_about_and_not_refused(years, unusual):
    assert antenatal.unusual_age(Age(years, years * 12, years * 365)) is unusual


# -- pages ------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


def today_text(days: int = 0) -> str:
    from django.utils import timezone

    return f"{local_day(timezone.now()) + timedelta(days=days):%d/%m/%Y}"


@pytest.fixture
def visit(woman):
    day = local_day_now()
    return a_visit(woman, on=day, today=day, care=Care(vitals={"systolic": 146, "diastolic": 94}))


def local_day_now() -> date:
    from django.utils import timezone

    return local_day(timezone.now())


def test_a_first_contact_leads_through_the_pregnancy_to_the_visit(browser, woman, visit):
    page = browser.get(reverse("clinic:antenatal", args=[visit.id]))
    assert page.status_code == 302 and page.url.endswith(f"?visit={visit.id}")
    made = uuid7()
    sent = {"id": str(made), "on": today_text(), "lmp": today_text(-210), "gravida": "២"}
    with CaptureQueriesContext(connection) as asked:
        answer = browser.post(page.url, sent)
    assert answer.url == reverse("clinic:antenatal", args=[visit.id]) and len(asked) <= 12
    again = browser.post(page.url, sent)
    assert again.status_code == 302 and Pregnancy.objects.count() == 1
    assert Pregnancy.objects.get().gravida == 2


def test_a_second_open_pregnancy_is_refused_in_words(browser, woman):
    begin(woman)
    answer = browser.post(
        reverse("clinic:pregnancy_new", args=[woman.id]), {"id": str(uuid7()), "on": today_text(), "weeks": "20"}
    )
    assert answer.status_code == 422 and "still open" in answer.content.decode()


def test_the_contact_page_warns_and_saves_within_the_budget(browser, woman, visit):
    pregnancy = begin(woman, 30)
    address = reverse("clinic:antenatal", args=[visit.id])
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(address)
    assert "High blood pressure" in page.content.decode() and len(asked) <= 8
    with CaptureQueriesContext(connection) as asked:
        look = browser.post(f"{address}?look", {"urine_protein": "2"})
    assert "Pre-eclampsia" in look.content.decode() and "Refer to hospital" in look.content.decode() and len(asked) <= 5
    with CaptureQueriesContext(connection) as asked:
        answer = browser.post(
            address, {"urine_protein": "2", "fundal_height": "៣០", "s_anc_bleeding": "n", "tetanus": "on"}
        )
    # A lock is a statement of its own where there are several writers.
    assert answer.status_code == 302 and len(asked) <= 12 + connection.features.has_select_for_update
    row = AntenatalContact.objects.get()
    assert (row.fundal_height, row.tetanus, row.urine_protein) == (30, True, "2")
    assert answer.url == reverse("clinic:pregnancy", args=[pregnancy.id])


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_course_is_one_page_within_the_budget(nurse, woman, language):
    pregnancy = begin(woman, 30)
    for weeks in (10, 5, 0):
        seen_at(a_visit(woman, on=TODAY - weeks * 7 * DAYS), pregnancy, haemoglobin=Decimal("10.5"))
    browser = client_of(nurse, language=language)
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(reverse("clinic:pregnancy", args=[pregnancy.id]))
    assert page.status_code == 200 and len(asked) <= 8
    assert page.content.decode().count('<th scope="row"') == 3


def test_an_end_is_recorded_and_a_wrong_one_stays_on_the_page(browser, woman):
    pregnancy = begin(woman, 39)
    address = reverse("clinic:pregnancy_end", args=[pregnancy.id])
    wrong = browser.post(address, {"ended_on": today_text(1), "outcome": "live"})
    assert wrong.status_code == 422 and "in the future" in wrong.content.decode()
    assert browser.post(address, {"ended_on": today_text(), "outcome": "live"}).status_code == 302
    assert Pregnancy.objects.get().outcome == "live"


def test_two_nurses_date_one_pregnancy_and_nothing_is_lost(browser, woman):
    pregnancy = begin(woman, 20, gravida=2)
    address = reverse("clinic:pregnancy_edit", args=[pregnancy.id])
    was = browser.get(address).context["shared"]["was"]
    pregnancies.redate(id=pregnancy.id, dated=Dated(edd=pregnancy.edd), on=TODAY, by=somebody(), gravida=4)
    sent = {"was": was, "edd": f"{pregnancy.edd:%d/%m/%Y}", "gravida": "3", "para": "1"}
    clash = browser.post(address, sent)
    assert clash.status_code == 422 and "Choose what shall stand" in clash.content.decode()


@pytest.mark.parametrize("page", ["pregnancy", "pregnancy_edit", "pregnancy_end", "pregnancy_void", "antenatal"])
def test_a_pregnancy_of_nobody_is_not_found(browser, page):
    address = reverse(f"clinic:{page}", args=["01900000-0000-7000-8000-000000000000"])
    sent = {"reason": "x", "outcome": "live", "ended_on": today_text()}
    answer = browser.post(address, sent) if page.endswith(("end", "void")) else browser.get(address)
    assert answer.status_code == 404


ODD = ["", "0", "-1", "44", "45+1", "24+3", "២៤", "9" * 30, "31/02/2026", "01/01/0001", "31/12/9999", "\x00",
       "a" * 10_000, "1e9", "½", "<b>", "nan", "٣", "maybe"]  # fmt: skip
ANY = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MANY = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def noise(*boxes: str):
    return st.fixed_dictionaries({}, optional=dict.fromkeys(boxes, ANY))


def answered(answer) -> None:
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        text = answer.content.decode()
        assert "errorlist" in text or "notice--danger" in text or "clash" in text


@MANY
@given(noise("id", "on", "lmp", "edd", "weeks", "gravida", "para", "abortions", "living"))
def test_whatever_is_typed_of_a_new_pregnancy_gets_an_answer(browser, woman, typed):
    with transaction.atomic():
        answered(browser.post(reverse("clinic:pregnancy_new", args=[woman.id]), {"on": today_text()} | typed))
        transaction.set_rollback(True)


@MANY
@given(noise("lmp", "edd", "weeks", "gravida", "para", "abortions", "living", "was", "seen", "keep_edd"))
def test_whatever_is_typed_of_a_correction_gets_an_answer(browser, woman, typed):
    pregnancy = Pregnancy.objects.filter(patient=woman).first() or begin(woman)
    answered(browser.post(reverse("clinic:pregnancy_edit", args=[pregnancy.id]), typed))


@MANY
@given(noise("fundal_height", "fetal_heart_rate", "haemoglobin", "urine_protein", "tetanus", "iron_tablets",
             "s_anc_bleeding", "s_anc_fever", "was", "why"))  # fmt: skip
def test_whatever_is_typed_of_a_contact_gets_an_answer(browser, woman, visit, typed):
    if not Pregnancy.objects.filter(patient=woman).exists():
        begin(woman, 30)
    address = reverse("clinic:antenatal", args=[visit.id])
    answered(browser.post(address, typed))
    assert browser.post(f"{address}?look", typed).status_code == 200
