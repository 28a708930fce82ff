"""Who lives together, and who answers for whom."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from clinic.models import Household, Patient, Relation, Sex
from clinic.selectors import people, registry
from core.audit import journal
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import uuid7

ELDERS = {Relation.Kind.MOTHER, Relation.Kind.FATHER, Relation.Kind.GRANDPARENT}
SEX = {Relation.Kind.MOTHER: Sex.FEMALE, Relation.Kind.FATHER: Sex.MALE}


class Guardian(NamedTuple):
    """A patient who answers for another, who that is, and whether they live together."""

    patient: Patient
    kind: str = Relation.Kind.OTHER
    lives_with: bool = False


@transaction.atomic
def join(*, patient: Patient, other: Patient, by: Any) -> Household:
    """Let a person live with another: in the other's household, else in their own, else in a new one.

    Raises RuleBroken: clinic.household_same, clinic.household_self.
    """
    patient, other = _held(patient, other)
    if patient.pk == other.pk:
        raise RuleBroken("clinic.household_self", field="member")
    if patient.household_id and patient.household_id == other.household_id:
        raise RuleBroken("clinic.household_same", field="member")
    was = patient.household_id if other.household_id else None
    moved = live_with(patient, other, by=by)
    save_checked(*moved, create=False)
    household = Household.objects.get(members=patient)
    journal.note("clinic.household.joined", patient, *moved, household, by=by, household=household.pk, was=was)
    return household


@transaction.atomic
def leave(*, patient: Patient, by: Any) -> Patient:
    """Let a person live with nobody written here any more. Raises RuleBroken("clinic.household_none")."""
    patient = registry.held(patient)
    if patient.household_id is None:
        raise RuleBroken("clinic.household_none", field="member")
    was, patient.household = patient.household_id, None
    save_checked(patient, create=False)
    journal.note("clinic.household.left", patient, by=by, household=was)
    return patient


@transaction.atomic
def relate(*, patient: Patient, guardian: Patient, kind: str, by: Any, id: UUID | None = None) -> Relation:
    """Write down who answers for a person.

    Raises RuleBroken: clinic.guardian_self, clinic.guardian_sex, clinic.guardian_younger, clinic.guardian_both_ways;
    Conflict when it is written already (constraint.clinic_guardian_once) or was sent twice (constraint.same_id).
    """
    relation = relation_of(people.survivor(patient), people.survivor(guardian), kind, by=by)
    relation.id = id or uuid7()
    save_checked(relation)
    journal.note("clinic.relation.added", relation, by=by, guardian=relation.guardian_id, kind=kind)
    return relation


@transaction.atomic
def unrelate(*, relation: Relation, by: Any) -> None:
    """Take back who answers for a person; the log keeps it, and the person goes to the tablets again."""
    was = {"guardian": relation.guardian_id, "kind": relation.kind}
    patient = relation.patient
    relation.delete()
    journal.note("clinic.relation.removed", patient, by=by, **was)


def relation_of(patient: Patient, guardian: Patient, kind: str, *, by: Any, new: bool = False) -> Relation:
    """Return the row that says who a guardian is, checked and unsaved; nobody answers yet for a `new` person."""
    if patient.pk == guardian.pk:
        raise RuleBroken("clinic.guardian_self", field="guardian")
    if kind not in Relation.Kind.values:
        raise RuleBroken("clinic.guardian_kind", field="guardian_kind")
    if kind in SEX and guardian.sex != SEX[Relation.Kind(kind)]:
        raise RuleBroken("clinic.guardian_sex", field="guardian_kind", sex=str(guardian.get_sex_display()))
    younger = guardian.birth and patient.birth and guardian.birth.earliest > patient.birth.latest
    if kind in ELDERS and younger:
        raise RuleBroken("clinic.guardian_younger", field="guardian_kind")
    back = Relation.objects.filter(patient=guardian, guardian=patient, kind__in=ELDERS)
    if kind in ELDERS and not new and back.exists():
        raise RuleBroken("clinic.guardian_both_ways", field="guardian_kind")
    return Relation(patient=patient, guardian=guardian, kind=kind, recorded_by=by)


def live_with(patient: Patient, other: Patient, *, by: Any) -> list[Patient]:
    """Set the household of whoever of the two moves, unsaved but for a new household; return them, `patient` first."""
    if other.household_id:
        patient.household_id = other.household_id
        return [patient]
    if patient.household_id:
        other.household_id = patient.household_id
        return [other]
    household = Household(village_id=other.village_id or patient.village_id, recorded_by=by)
    save_checked(household)
    patient.household = other.household = household
    return [patient, other]


def _held(*patients: Patient) -> list[Patient]:
    """Return the people whose records stand, held in one order against another who joins them the other way."""
    wanted = [people.survivor(patient).pk for patient in patients]
    rows = Patient.objects.select_for_update().select_related(None).filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[key] for key in wanted]
