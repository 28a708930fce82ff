"""An out-patient visit: opened, written, closed, corrected, and marked as entered in error."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.models import Diagnosis, Encounter, Treatment, Vitals
from clinic.selectors import timeline
from clinic.services import encounters
from clinic.services.encounters import Care
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.syncing import Change
from tests.builders import TODAY, a_condition, a_patient, a_stay, a_village, a_visit, noon, somebody

pytestmark = pytest.mark.django_db

FULL = {
    "complaint": "Fever\nfor two days", "advice": "Drink", "vitals": {"temperature": Decimal("38.5"), "heart_rate": 90},
    "treatments": [("Paracetamol 500 mg", "1 × 3, 3 days"), ("  ", "nothing")],
}  # fmt: skip


def care(*keys: str, **given: object) -> Care:
    return Care(**{"diagnoses": [a_condition(key) for key in keys], **given})  # type: ignore[arg-type]


def save(visit: Encounter, what: Care, **how: object) -> Encounter:
    saved = encounters.save_visit(id=visit.id, care=what, by=somebody(), today=TODAY, at=noon(), **how)  # type: ignore[arg-type]
    return saved.visit


def refused(code: str):
    return pytest.raises(RuleBroken, match=f"^{code}$")


def test_a_visit_holds_what_was_found_and_done():
    visit = a_visit(care=care("fever", "cold", **FULL))
    found = timeline.contact(visit.id)
    assert [row.condition.key for row in found.diagnoses] == ["fever", "cold"]
    assert [row.primary for row in found.diagnoses] == [True, False]
    assert [(row.what, row.dose) for row in found.treatments] == [("Paracetamol 500 mg", "1 × 3, 3 days")]
    assert (found.newest_vitals.temperature, found.newest_vitals.heart_rate, found.newest_vitals.weight) == (
        Decimal("38.5"),
        90,
        None,
    )
    assert found.encounter.complaint == "Fever\nfor two days"


def test_a_visit_takes_the_village_of_that_day():
    village = a_village()
    assert a_visit(a_patient(village=village)).village_id == village.id


def test_a_visit_sent_twice_is_kept_once():
    made, patient = uuid7(), a_patient()
    a_visit(patient, id=made)
    with pytest.raises(Conflict, match=r"^constraint.same_id$"):
        a_visit(patient, id=made)


def test_a_measurement_that_cannot_be_is_refused_with_its_field():
    with pytest.raises(RuleBroken) as broken:
        a_visit(care=Care(vitals={"temperature": Decimal(91)}))
    assert broken.value.field == "temperature"
    assert not Encounter.objects.exists()


def test_coming_back_before_the_visit_is_refused():
    with refused("clinic.come_back_before_visit"):
        a_visit(care=Care(follow_up_on=TODAY))


def test_one_diagnosis_is_not_written_twice():
    with refused("clinic.diagnosis_twice"):
        a_visit(care=care("fever", "fever"))


def test_saving_keeps_rows_that_stay_and_replaces_the_rest():
    visit = a_visit(care=care("fever", "cold", **FULL))
    before = timeline.contact(visit.id)
    save(visit, care("cold", "worms", vitals={"temperature": Decimal("37.0")}, treatments=[("Albendazole", "once")]))
    after = timeline.contact(visit.id)
    assert [(row.condition.key, row.primary) for row in after.diagnoses] == [("cold", True), ("worms", False)]
    assert after.diagnoses[0].id == before.diagnoses[1].id
    old, new = before.newest_vitals, after.newest_vitals
    assert (new.id, new.temperature, new.heart_rate, new.measured_at) == (old.id, Decimal(37), None, noon())
    assert [row.what for row in after.treatments] == ["Albendazole"]
    assert after.treatments[0].id != before.treatments[0].id, "another medicine, another line: one may be given"


def test_a_medicine_keeps_its_row_whatever_is_written_around_it():
    visit = a_visit(care=Care(treatments=[("ORS", "2 sachets"), ("Zinc", "1x1x10"), ("Amoxicillin", "1x2x5")]))
    was = {row.what: row.id for row in timeline.contact(visit.id).treatments}
    save(visit, Care(treatments=[("Paracetamol", "1x3x3"), ("Amoxicillin", "1x3x5"), ("Zinc", "1x1x10")]))
    now = timeline.contact(visit.id).treatments
    assert [(row.what, row.dose) for row in now] == [
        ("Zinc", "1x1x10"), ("Amoxicillin", "1x3x5"), ("Paracetamol", "1x3x3"),
    ]  # fmt: skip
    assert [row.id for row in now[:2]] == [was["Zinc"], was["Amoxicillin"]]


def test_the_log_keeps_what_a_visit_said_before():
    visit = a_visit(care=care("fever"))
    save(visit, care("cold", complaint="Cough"))
    changes = Entry.objects.get(verb="clinic.visit.saved").detail["changes"]
    assert changes == {"complaint": ["", "Cough"], "diagnoses": [["fever"], ["cold"]]}


def test_what_changed_is_stamped_for_the_tablets():
    visit = a_visit()
    save(visit, care("cold"))
    assert Change.objects.filter(resource="clinic.diagnosis").count() == 1


def test_measurements_taken_away_are_gone():
    visit = a_visit(care=Care(**FULL))
    save(visit, Care())
    assert not Vitals.objects.exists() and not Treatment.objects.exists()


def test_a_closed_visit_changes_only_when_corrected():
    visit = a_visit(care=care("fever"), close=True)
    assert visit.status == "closed" and visit.closed_at == noon()
    with refused("clinic.visit_closed"):
        save(visit, care("cold"))
    assert save(visit, care("cold"), correcting=True, why="Wrong box").status == "closed"
    assert Entry.objects.filter(verb="clinic.visit.corrected").exists()


def test_a_visit_is_closed_when_saved_so():
    assert save(a_visit(), care("cold", result="treated"), close=True).status == "closed"


def test_somebody_who_left_is_not_waiting_any_more():
    visit = encounters.close_visit(visit=a_visit(), result="left", by=somebody(), at=noon())
    assert (visit.status, visit.result) == ("closed", "left")
    with refused("clinic.visit_closed"):
        encounters.close_visit(visit=visit, result="left", by=somebody(), at=noon())


def test_a_visit_that_is_not_there_cannot_be_saved():
    with pytest.raises(Encounter.DoesNotExist):
        encounters.save_visit(id=uuid7(), care=Care(), by=somebody(), today=TODAY, at=noon())


def test_entered_in_error_needs_a_reason_and_counts_no_more():
    visit = a_visit(care=care("fever"))
    with refused("clinic.reason_missing"):
        encounters.void(encounter=visit, reason="\u200b ", by=somebody())
    encounters.void(encounter=visit, reason="Other person", by=somebody())
    assert not Encounter.objects.contacts().exists()
    assert Diagnosis.objects.exists()
    with refused("clinic.visit_void"):
        save(visit, care("cold"), correcting=True)


def test_a_visit_that_led_to_a_stay_is_marked_after_the_stay():
    patient = a_patient()
    visit = a_visit(patient)
    stay = a_stay(patient, visit=timeline.contact(visit.id))
    visit.refresh_from_db()
    with refused("clinic.void_admission_first"):
        encounters.void(encounter=visit, reason="Error", by=somebody())
    encounters.void(encounter=stay.encounter, reason="Error", by=somebody())
    assert list(Encounter.objects.contacts()) == [visit]


def test_a_late_sheet_carries_its_own_date():
    assert a_visit(on=TODAY - timedelta(days=20)).on == date(2026, 10, 31)
