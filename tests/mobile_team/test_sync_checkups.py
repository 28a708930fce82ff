"""Check-ups as tablets send and read them: docs/sync/protocol.md, sections 4 and 5."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Encounter, PreventiveDose, Vitals
from clinic.services import prevention
from core.ages import Birth
from core.audit import journal
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.ops import MissingParent, Op, Verdict
from desk.merging import services as merging
from mobile_team.models import CheckupVersion, DentalCheckup
from mobile_team.sync import checkups
from tests.builders import TODAY, a_checkup, a_patient, a_session, noon, somebody

pytestmark = pytest.mark.django_db

EIGHT = Birth.on(dt.date(2018, 3, 1))
SEEN = {
    "observed_at": "2026-11-20T10:02:11+07:00", "teeth": {"55": "B", "16": "1", "36": "0"}, "pufa": {"75": "P"},
    "decayed_primary": None, "decayed_permanent": None, "missing": None, "filled": None, "pufa_count": None,
    "pain": True, "gums_bleed": False, "urgency": 2,
    "treatments": [{"what": "varnish", "tooth": None}, {"what": "sdf", "tooth": 55}], "treatment": "លាប",
    "dental_education": True, "toothbrush": True, "toothpaste": False, "deworming": "mebendazole",
    "deworming_despite": "", "weight": "23.5", "height": "121.0", "advised_to_come": True, "note": "",
    "index": {"dmft": 2, "DMFT": 1},
}  # fmt: skip


def save(kind: str, doc: Any, record: Any = None, *, today: dt.date = TODAY) -> tuple[Op, Verdict]:
    """Apply one save of a tablet."""
    op = Op(
        id=uuid7(), type="checkup", record=record or uuid7(), kind=kind, doc=doc, at=noon(today), day=today,
        today=today, by=somebody(), device="T07",
    )  # fmt: skip
    return op, checkups.apply(op)


def a_child(**more: Any) -> Any:
    return a_patient(**({"birth": EIGHT} | more))


def sent(session: Any = None, patient: Any = None, **more: Any) -> dict[str, Any]:
    session, patient = session or a_session(), patient or a_child()
    return SEEN | {"patient": str(patient.pk), "session": str(session.pk)} | more


def amend(record: Any, set: dict[str, Any], was: dict[str, Any], why: str = "looked again") -> Verdict:
    return save("amend", {"set": set, "was": was, "why": why}, record)[1]


def document(record: Any) -> dict[str, Any]:
    patient = DentalCheckup.objects.select_related("encounter").get(pk=record).patient_id
    return next(doc for doc in checkups.docs_of([patient])[patient] if doc["id"] == str(record))


def test_a_checkup_from_a_village_is_read_back_as_it_was_sent_with_the_marked_tooth_in_the_chart():
    doc = sent()
    op, verdict = save("create", doc)
    assert (verdict.status, str(verdict.patient)) == ("applied", doc["patient"])
    expected = doc | {
        "teeth": {"16": "1", "36": "0", "55": "B", "75": "B"}, "id": str(op.record), "on": TODAY.isoformat(),
        "void_reason": "", "by": "Som Body",
        "treatments": [{"what": "sdf", "tooth": 55}, {"what": "varnish", "tooth": None}],
    }  # fmt: skip
    assert document(op.record) == expected
    checkup = DentalCheckup.objects.get()
    assert (checkup.decayed_primary, checkup.decayed_permanent, checkup.pufa) == (2, 1, 1)
    vitals, dose = Vitals.objects.get(), PreventiveDose.objects.get()
    assert vitals.encounter_id == dose.encounter_id == checkup.encounter_id
    assert (str(vitals.weight), str(vitals.height), dose.dose) == ("23.50", "121.0", "500 mg")


def test_what_the_seen_document_of_a_create_reads_is_what_the_server_keeps():
    doc = sent()
    op, _ = save("create", doc)
    kept = document(op.record)
    assert {name: kept[name] for name in checkups.READERS} == checkups.read(op)


def test_another_index_than_ours_is_noted_and_ours_stands():
    op, _ = save("create", sent(index={"dmft": 5, "DMFT": 1}))
    detail = Entry.objects.get(verb="mobile_team.checkup.recorded").detail
    assert detail["index"] == {"told": {"dmft": 5, "DMFT": 1}, "reckoned": {"dmft": 2, "DMFT": 1}}
    assert document(op.record)["index"] == {"dmft": 2, "DMFT": 1}
    save("create", sent(session=a_session(on=TODAY - timedelta(days=1))))
    assert "index" not in Entry.objects.filter(verb="mobile_team.checkup.recorded").latest("seq").detail


def test_only_counts_come_back_as_counts_and_have_no_index():
    counts = {"decayed_primary": 3, "decayed_permanent": 0, "missing": None, "filled": 1, "pufa_count": 2}
    op, _ = save("create", sent(teeth={}, pufa={}, **counts))
    kept = document(op.record)
    assert {name: kept[name] for name in counts} == counts
    assert kept["index"] is None


def test_a_checkup_before_its_person_or_session_waits():
    doc = sent()
    for name in ("patient", "session"):
        missing = uuid7()
        with pytest.raises(MissingParent) as waits:
            save("create", doc | {name: str(missing)})
        assert (waits.value.type, waits.value.id) == (name, missing)
    assert not DentalCheckup.objects.exists()


@pytest.mark.parametrize("kind", ["amend", "void"])
def test_a_correction_before_its_checkup_waits(kind):
    with pytest.raises(MissingParent) as waits:
        save(kind, {"set": {"pain": True}, "was": {"pain": False}, "reason": "twice"})
    assert waits.value.type == "checkup"


def test_the_same_person_seen_by_two_tablets_in_one_session_is_refused_in_words():
    session, patient = a_session(), a_child()
    save("create", sent(session, patient))
    with pytest.raises(Conflict, match="mobile_checkup_once"):
        save("create", sent(session, patient))
    assert DentalCheckup.objects.count() == 1
    assert Vitals.objects.count() == PreventiveDose.objects.count() == 1


def test_a_checkup_for_a_person_merged_meanwhile_lands_on_the_survivor():
    winner, loser = a_child(), a_child(given_name="Sreymum")
    doc = sent(patient=loser)
    merging.merge(winner=winner.pk, loser=loser.pk, reason="the same child", by=somebody(), at=noon(TODAY), today=TODAY)
    op, verdict = save("create", doc)
    assert verdict.patient == winner.pk
    assert document(op.record)["patient"] == str(winner.pk)
    assert PreventiveDose.objects.get().patient_id == winner.pk


# -- deworming -----------------------------------------------------------------------------------------------


def test_a_dose_within_the_interval_never_loses_the_checkup_and_says_that_it_was_given_in_the_village():
    patient = a_child()
    prevention.give(patient=patient, what="albendazole", on=TODAY - timedelta(days=20), by=somebody(), today=TODAY)
    save("create", sent(patient=patient))
    dose = PreventiveDose.objects.get(what="mebendazole")
    assert (dose.despite, dose.dose) == ("Given in the village", "500 mg")
    assert Entry.objects.get(verb="mobile_team.checkup.recorded").detail["dose"] == "clinic.dose_too_soon"


def test_the_reason_of_who_gave_it_stands_before_ours():
    patient = a_child()
    prevention.give(patient=patient, what="albendazole", on=TODAY - timedelta(days=20), by=somebody(), today=TODAY)
    save("create", sent(patient=patient, deworming_despite="ព្រូនឃើញ"))
    assert PreventiveDose.objects.get(what="mebendazole").despite == "ព្រូនឃើញ"


@pytest.mark.parametrize(
    ("birth", "code"), [(None, "dose_age_unknown"), (Birth.on(TODAY - timedelta(days=200)), "dose_too_young")]
)
def test_a_dose_that_no_rule_allows_was_given_all_the_same_and_is_written(birth, code):
    save("create", sent(patient=a_patient(birth=birth), pufa={}, teeth={}))
    dose = PreventiveDose.objects.get()
    assert (dose.dose, dose.despite) == ("", "Given in the village")
    assert Entry.objects.get(verb="mobile_team.checkup.recorded").detail["dose"] == f"clinic.{code}"


def test_a_dose_that_the_desk_wrote_the_same_day_is_one_dose():
    patient = a_child()
    prevention.give(patient=patient, what="mebendazole", on=TODAY, by=somebody(), today=TODAY)
    save("create", sent(patient=patient))
    assert PreventiveDose.objects.count() == 1
    assert DentalCheckup.objects.count() == 1


# -- amendments ----------------------------------------------------------------------------------------------


def test_an_amendment_writes_what_still_reads_as_seen_and_keeps_the_version():
    op, _ = save("create", sent())
    verdict = amend(op.record, {"pain": False, "weight": "24.0", "deworming": ""},
                    {"pain": True, "weight": "23.5", "deworming": "mebendazole"})  # fmt: skip
    assert (verdict.status, verdict.clashes) == ("merged", ())
    kept = document(op.record)
    assert (kept["pain"], kept["weight"], kept["deworming"]) == (False, "24.0", "")
    version = CheckupVersion.objects.get()
    assert (version.why, version.document["weight"], version.document["deworming"]) == (
        "looked again", "23.5", "mebendazole",
    )  # fmt: skip
    assert PreventiveDose.objects.get().void_reason == "looked again"
    assert Vitals.objects.count() == 1


def test_what_another_changed_meanwhile_stands_and_the_rest_is_taken():
    op, _ = save("create", sent())
    assert amend(op.record, {"urgency": 3}, {"urgency": 2}).status == "merged"
    verdict = amend(op.record, {"urgency": 4, "note": "hurts"}, {"urgency": 2, "note": ""})
    assert verdict.status == "conflict"
    assert [tuple(clash) for clash in verdict.clashes] == [("urgency", 3, 4)]
    assert (document(op.record)["urgency"], document(op.record)["note"]) == (3, "hurts")


def test_what_reads_so_already_writes_nothing():
    op, _ = save("create", sent())
    assert amend(op.record, {"pain": True}, {}).status == "merged"
    assert not CheckupVersion.objects.exists()


def test_teeth_are_amended_against_the_chart_that_the_tablet_itself_knew():
    doc = sent()
    op, _ = save("create", doc)
    verdict = amend(op.record, {"teeth": {"55": "D"}, "pufa": {}}, {"teeth": doc["teeth"], "pufa": doc["pufa"]})
    assert verdict.status == "merged"
    kept = document(op.record)
    assert (kept["teeth"], kept["pufa"]) == ({"55": "D"}, {})
    assert DentalCheckup.objects.get().pufa == 0


def test_a_mark_alone_makes_its_tooth_decayed():
    op, _ = save("create", sent(pufa={}))
    assert amend(op.record, {"pufa": {"85": "A"}}, {"pufa": {}}).status == "merged"
    assert document(op.record)["teeth"]["85"] == "B"


def test_teeth_marked_later_take_the_place_of_counts():
    op, _ = save("create", sent(teeth={}, pufa={}, decayed_primary=3))
    assert amend(op.record, {"teeth": {"55": "B"}}, {"teeth": {}}).status == "merged"
    kept = document(op.record)
    assert (kept["teeth"], kept["decayed_primary"]) == ({"55": "B"}, None)


def test_treatments_are_one_field():
    op, _ = save("create", sent())
    was = {"treatments": SEEN["treatments"]}
    assert amend(op.record, {"treatments": [{"what": "extraction", "tooth": 75}]}, was).status == "merged"
    assert document(op.record)["treatments"] == [{"what": "extraction", "tooth": 75}]


def test_a_dose_changed_for_another_is_taken_back_and_written_anew_again_and_again():
    op, _ = save("create", sent())
    for now, then in (("albendazole", "mebendazole"), ("mebendazole", "albendazole"), ("", "mebendazole"),
                      ("albendazole", "")):  # fmt: skip
        assert amend(op.record, {"deworming": now}, {"deworming": then}).status == "merged"
        assert document(op.record)["deworming"] == now
    assert [d.what for d in PreventiveDose.objects.filter(void_reason="")] == ["albendazole"]


def test_weight_taken_away_and_measured_again_is_one_measurement():
    op, _ = save("create", sent())
    amend(op.record, {"weight": None, "height": None}, {"weight": "23.5", "height": "121.0"})
    assert document(op.record)["weight"] is None
    amend(op.record, {"weight": "22.0"}, {"weight": None})
    assert (document(op.record)["weight"], document(op.record)["height"]) == ("22.0", None)


def test_an_amendment_without_a_reason_is_kept_all_the_same():
    op, _ = save("create", sent())
    assert amend(op.record, {"pain": False}, {"pain": True}, why="").status == "merged"


# -- voids ---------------------------------------------------------------------------------------------------


def test_a_void_takes_weight_and_dose_with_it_and_twice_is_once():
    op, _ = save("create", sent())
    assert save("void", {"reason": "wrong child"}, op.record)[1].status == "applied"
    assert save("void", {"reason": "wrong child"}, op.record)[1].status == "applied"
    assert Encounter.objects.get().status == "void"
    assert {Vitals.objects.get().void_reason, PreventiveDose.objects.get().void_reason} == {"wrong child"}
    kept = document(op.record)
    assert (kept["void_reason"], kept["weight"], kept["deworming"]) == ("wrong child", "23.5", "mebendazole")
    assert Entry.objects.filter(verb="mobile_team.checkup.voided").count() == 1


def test_a_correction_after_a_void_and_a_void_without_a_reason_are_refused_in_words():
    op, _ = save("create", sent())
    with pytest.raises(RuleBroken, match="reason_missing"):
        save("void", {"reason": " "}, op.record)
    save("void", {"reason": "wrong child"}, op.record)
    with pytest.raises(RuleBroken, match="checkup_void"):
        amend(op.record, {"pain": False}, {"pain": True})


# -- what cannot be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"teeth": {"19": "1"}}, "teeth"), ({"teeth": {"55": "1"}}, "teeth"), ({"teeth": []}, "teeth"),
        ({"teeth": {"x\x00": "B"}}, "teeth"), ({"pufa": {"36": "Z"}}, "pufa"),
        ({"teeth": {"36": "4"}, "pufa": {"36": "A"}}, "pufa"), ({"filled": 1}, "decayed_primary"),
        ({"teeth": {}, "pufa": {}, "decayed_primary": 21}, None), ({"urgency": 9}, "urgency"),
        ({"urgency": "2"}, "urgency"), ({"pain": 1}, "pain"), ({"note": "x" * 10_000}, "note"),
        ({"treatments": [{"what": "gold", "tooth": 16}]}, "treatments.0.what"),
        ({"treatments": [{"what": "sdf", "tooth": 49}]}, "treatments"), ({"deworming": "water"}, "deworming"),
        ({"weight": "heavy"}, "weight"), ({"weight": 16.5}, "weight"), ({"weight": "999"}, "weight"),
        ({"height": "12.34"}, "height"), ({"observed_at": "yesterday"}, "observed_at"), ({"patient": "me"}, "patient"),
        ({"session": None}, "session"), ({"note": "a\x00b" + "c" * 300}, "note"),
    ],
)  # fmt: skip
def test_a_wrong_document_names_its_field_and_leaves_nothing(wrong, field):
    doc = sent() | wrong
    with pytest.raises(RuleBroken) as refused, transaction.atomic():
        save("create", doc)
    assert refused.value.field == field
    assert not Encounter.objects.exists()


@given(st.dictionaries(
    st.sampled_from([*SEEN, "set", "was", "why", "reason", "odd"]),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                 lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)),
))  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_taken_or_refused_never_a_crash(doc):
    with transaction.atomic():
        base = sent(session=a_session(on=TODAY - timedelta(days=3)))
        op, _ = save("create", base)
        for kind, said in (("create", base | doc | {"session": base["session"]}), ("amend", doc), ("void", doc),
                           ("amend", {"set": doc, "was": doc})):  # fmt: skip
            try:
                with transaction.atomic():
                    save(kind, said, None if kind == "create" else op.record)
            except (RuleBroken, MissingParent):
                pass
        transaction.set_rollback(True)


# -- what it costs -------------------------------------------------------------------------------------------


def test_a_checkup_with_everything_costs_few_statements():
    doc = sent()
    with CaptureQueriesContext(connection) as seen, transaction.atomic(), journal.together() as noted:
        save("create", doc)
        own = len(seen)
        noted.clear()
    # the person, the session held, contact, check-up, teeth, treatments, weight, doses known, dose, and savepoints
    locks = connection.features.has_select_for_update  # the person, so that nobody gives the same dose meanwhile
    assert own <= 13 + locks, [q["sql"][:70] for q in seen]


def test_the_last_five_of_many_people_come_in_one_statement():
    people = [a_child(given_name=f"N{n}") for n in range(4)]
    for n, patient in enumerate(people):
        for days in range(7 if n == 0 else 1):
            on = TODAY - timedelta(days=100 * n + days)
            a_checkup(session=a_session(on=on), patient=patient, findings={55: "B"})
    with CaptureQueriesContext(connection) as seen:
        docs = checkups.docs_of([p.pk for p in people])
    assert len(seen) == 1
    assert [len(docs[p.pk]) for p in people] == [5, 1, 1, 1]
    assert [doc["on"] for doc in docs[people[0].pk]] == sorted((d["on"] for d in docs[people[0].pk]), reverse=True)
