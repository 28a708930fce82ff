"""Write good rows, a few hundred at a time: each chunk whole or not at all, each row once however often it comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min, Value
from django.db.models.functions import Greatest

from clinic.models import Admission, BedStay, Diagnosis, Encounter, Identifier, NameKey, Patient
from clinic.rules.contacts import DATED, slot_at
from clinic.services.numbers import take_many
from clinic.services.patients import key_rows
from core.ages import Precision
from core.audit import journal
from core.audit.journal import Note
from core.audit.models import Entry
from core.db import create_many
from core.errors import RuleBroken
from core.ids import derived_id
from core.periods import CLINIC_TZ
from desk.register.checking import Contact, disagree
from mobile_team.models import DentalCheckup, Session

CHUNK = 400
ENDED = "desk.register.discharged"
ADMITTED = Encounter.Result.ADMITTED
_VAGUENESS = [Precision.DAY, Precision.MONTH, Precision.YEAR, Precision.STATED, Precision.UNKNOWN]


@dataclass
class Known:
    """What is known of one register reference, from the database and from the rows before."""

    patient: Patient
    new: bool = False
    changed: bool = False
    first_contact: dt.date | None = None
    last_contact: dt.date | None = None
    stays: list[Admission] = field(default_factory=list)
    ended_later: set[UUID] = field(default_factory=set)  # stays whose end came on a line of its own
    ending: set[UUID] = field(default_factory=set)  # those of them whose end is not written yet

    @property
    def open_stay(self) -> Admission | None:
        """Return the stay that has not ended."""
        return next((stay for stay in self.stays if not (stay.discharged_on or stay.void)), None)


@dataclass
class Outcome:
    """What came of a chunk: contacts written, contacts that were there already, rows refused with their reasons."""

    added: int = 0
    known: int = 0
    refused: list[tuple[Contact, list[RuleBroken]]] = field(default_factory=list)


class Loader:
    """Judge contacts against what is known and write them; with `dry` it only judges."""

    def __init__(self, *, by: Any, dry: bool) -> None:
        self.by, self.dry = by, dry
        self.known: dict[str, Known] = {}
        self.seen: set[UUID] = set()

    def take(self, contacts: list[Contact]) -> Outcome:
        """Take one chunk; raises nothing for a bad row, which comes back refused instead."""
        with transaction.atomic():
            outcome = self._take(contacts)
            if self.dry:
                transaction.set_rollback(True)
        return outcome

    def forget(self, contact: Contact) -> None:
        """Forget what a failed chunk seemed to have done, so that its rows are judged anew from the database."""
        self.seen.discard(contact.id)
        self.known.pop(contact.ref, None)

    def _take(self, contacts: list[Contact]) -> Outcome:
        outcome = Outcome()
        self._look_up(contacts)
        there = set(Encounter.objects.filter(id__in=[c.id for c in contacts]).values_list("id", flat=True))
        fresh: list[tuple[Contact, Known]] = []
        met: dict[UUID, Known] = {}
        for contact in contacts:
            if contact.id in there or contact.id in self.seen:
                outcome.known += 1
                continue
            known = self.known.get(contact.ref) or self.known.setdefault(contact.ref, self._meet(contact))
            stay = _told_before(contact, known)
            reasons = _against(contact, known, stay)
            if reasons:
                outcome.refused.append((contact, reasons))
                continue
            self.seen.add(contact.id)
            met[known.patient.pk] = known
            if stay:
                _end(stay, contact, known)
                outcome.known += 1
            else:
                fresh.append((contact, known))
                outcome.added += 1
                if contact.kind == Encounter.Kind.INPATIENT:
                    known.stays.append(_stay(contact, known, self.by))
            _learn(contact, known)
        if not self.dry:
            self._write(fresh, list(met.values()))
        return outcome

    def _look_up(self, contacts: list[Contact]) -> None:
        """Find the people these rows speak of who are known already: four queries, one more after merges."""
        refs = {c.ref for c in contacts} - self.known.keys()
        numbers = Identifier.objects.filter(kind=Identifier.Kind.REGISTER, value__in=refs).select_related("patient")
        people = {row.value: row.patient for row in numbers}
        # Asked apart: joined, PostgreSQL walks all people twice while a fresh database has no statistics.
        taken_up = {p.merged_into_id for p in people.values()} - {None}
        survivors = Patient.objects.in_bulk(taken_up) if taken_up else {}
        people = {ref: survivors.get(p.merged_into_id, p) for ref, p in people.items()}
        ids = [p.pk for p in people.values()]
        valid = Encounter.objects.filter(patient__in=ids).exclude(status=Encounter.Status.VOID)
        days = {pk: between for pk, *between in valid.order_by().values_list("patient").annotate(Min("on"), Max("on"))}
        stays: dict[UUID, list[Admission]] = {}
        for stay in Admission.objects.filter(patient__in=ids).order_by("void", "id"):
            stays.setdefault(stay.patient_id, []).append(stay)
        over = [stay.pk for lain in stays.values() for stay in lain if stay.discharged_on]
        # Asked by stay alone: with the verb, SQLite would read every line of that verb for each chunk.
        notes = Entry.objects.filter(subject_id__in=over).values_list("subject_id", "verb")
        ended_later = {pk for pk, verb in notes if pk and verb == ENDED}
        met = {known.patient.pk: known for known in self.known.values()}  # two references may have become one person
        for ref, patient in people.items():
            first, last = days.get(patient.pk, (None, None))
            here = Known(patient, False, False, first, last, stays.get(patient.pk, []), ended_later)
            self.known[ref] = met.setdefault(patient.pk, here)

    def _meet(self, contact: Contact) -> Known:
        """Make a new person out of the first row that speaks of them."""
        patient = Patient(
            id=derived_id("register-patient", contact.ref), sex=contact.sex, village_id=contact.village_id,
            phone=contact.phone, recorded_by=self.by, **contact.names,
        )  # fmt: skip
        patient.tell_birth(contact.birth)
        if contact.told:
            patient.told_age, patient.told_unit, patient.told_on = contact.told
        return Known(patient, new=True)

    def _write(self, fresh: list[tuple[Contact, Known]], people: list[Known]) -> None:
        changed = [k.patient for k in people if k.changed and not k.new]
        new = [k for k in people if k.new]
        self._write_people(
            [k.patient for k in new], {known.patient.pk: contact.ref for contact, known in reversed(fresh)}
        )
        if changed:
            births = [
                "birth_precision",
                "birth_date",
                "birth_earliest",
                "birth_latest",
                "deceased_on",
                "deceased_source",
            ]
            Patient.objects.bulk_update(changed, births)
        encounters = [_encounter(contact, known, self.by) for contact, known in fresh]
        create_many(Encounter, encounters)
        create_many(Diagnosis, [d for c, _ in fresh for d in _diagnoses(c, self.by)])
        ended = [stay for k in people for stay in k.stays if stay.pk in k.ending and not stay._state.adding]
        create_many(Admission, [stay for k in people for stay in k.stays if stay._state.adding])
        self._write_checkups([c for c, _ in fresh if c.has_checkup])
        for stay in ended:
            stay.save(update_fields=["discharged_on", "discharge_type", "outcome"])
            lying = BedStay.objects.filter(admission=stay, until=None)
            lying.update(until=Greatest("since", Value(stay.discharged_on)))
        reslotted = _reslot(changed, skip={e.pk for e in encounters})
        admitted = _admit([k.patient.pk for k in people])
        notes = [
            Note("desk.register.contact", e, detail={"line": c.row.line})
            for e, (c, _) in zip(encounters, fresh, strict=True)
        ]
        notes += [Note("desk.register.patient", k.patient) for k in new]
        notes += [Note("desk.register.patient_corrected", p) for p in changed]
        notes += [Note(ENDED, stay) for k in people for stay in k.stays if stay.pk in k.ending]
        notes += [Note("desk.register.admitted", visit) for visit in admitted]
        if reslotted:
            notes.append(Note("desk.register.ages_corrected", None, tuple(reslotted)))
        if notes:
            journal.note_many(notes, by=self.by)
        for known in people:
            known.new = known.changed = False
            known.ending.clear()

    def _write_people(self, patients: list[Patient], refs: dict[UUID, str]) -> None:
        if not patients:
            return
        for patient, number in zip(patients, take_many(len(patients)), strict=True):
            patient.number = number
        create_many(Patient, patients)
        create_many(
            Identifier,
            [
                Identifier(patient=p, kind=Identifier.Kind.REGISTER, value=refs[p.pk], recorded_by=self.by)
                for p in patients
            ],
        )
        NameKey.objects.bulk_create(key for p in patients for key in key_rows(p))

    def _write_checkups(self, contacts: list[Contact]) -> None:
        days, villages = {c.on for c in contacts}, {c.village_id for c in contacts if c.village_id}
        sessions = {
            (s.on, s.village_id): s
            for s in Session.objects.filter(on__in=days, village__in=villages).exclude(state=Session.State.CANCELLED)
        }
        create_many(DentalCheckup, [_checkup(c, sessions.get((c.on, c.village_id or 0)), self.by) for c in contacts])
        held = {
            s.pk
            for c in contacts
            if (s := sessions.get((c.on, c.village_id or 0))) and s.state == Session.State.PLANNED
        }
        if held:
            Session.objects.filter(pk__in=held).update(state=Session.State.HELD)


def _against(contact: Contact, known: Known, stay: Admission | None) -> list[RuleBroken]:
    """Return every reason why what is known of this person speaks against the row; `stay` is one it tells of again."""
    patient, reasons = known.patient, []
    if patient.sex != contact.sex:
        reasons.append(RuleBroken("desk.sex_differs", field="sex", value=contact.sex, known=patient.sex))
    birth = patient.birth
    if birth and contact.birth and disagree(birth, contact.birth):
        reasons.append(RuleBroken("desk.birth_differs", field="birth_date", known=birth.date.isoformat()))
    elif birth and birth.precision != Precision.STATED and contact.on < birth.earliest:
        reasons.append(
            RuleBroken(
                "desk.contact_before_birth",
                field="contact_date",
                value=birth.earliest.isoformat(),
                on=contact.on.isoformat(),
            )
        )
    said = contact.birth if contact.birth and contact.birth.precision in DATED else None
    if said and not reasons and known.first_contact and known.first_contact < said.earliest:
        before = {"value": said.earliest.isoformat(), "on": known.first_contact.isoformat()}
        reasons.append(RuleBroken("desk.contact_before_birth", field="birth_date", **before))
    if patient.deceased_on and max(contact.on, contact.discharged_on or contact.on) > patient.deceased_on:
        reasons.append(
            RuleBroken("desk.contact_after_death", field="contact_date", died=patient.deceased_on.isoformat())
        )
    if contact.died_on and known.last_contact and known.last_contact > contact.died_on:
        reasons.append(RuleBroken("desk.death_before_contact", field="outcome", seen=known.last_contact.isoformat()))
    if (
        contact.kind == Encounter.Kind.INPATIENT and not contact.discharged_on
        and known.open_stay and not stay
    ):  # fmt: skip
        reasons.append(
            RuleBroken("desk.still_admitted", field="discharge_date", since=known.open_stay.admitted_on.isoformat())
        )
    return reasons


def _told_before(contact: Contact, known: Known) -> Admission | None:
    """Return the stay of that person and day that this row tells of again, told once with and once without its end.

    Whichever came first. A row with the end of a stay that such a row has ended is that row, loaded again. A stay that
    was entered in error does not come back with its end.
    """
    if contact.kind != Encounter.Kind.INPATIENT:
        return None
    for stay in known.stays:
        one_has_an_end = bool(stay.discharged_on) != bool(contact.discharged_on)
        loaded_again = stay.pk in known.ended_later and stay.discharged_on == contact.discharged_on
        if stay.admitted_on == contact.on and (one_has_an_end or loaded_again):
            return stay
    return None


def _end(stay: Admission, contact: Contact, known: Known) -> None:
    """Take over the end of a stay that was open."""
    if contact.discharged_on and not stay.discharged_on and not stay.void:
        stay.discharged_on = contact.discharged_on
        stay.discharge_type, stay.outcome = contact.discharge_type, contact.outcome
        known.ended_later.add(stay.pk)
        known.ending.add(stay.pk)


def _learn(contact: Contact, known: Known) -> None:
    """Take over what a good row adds: a better birth date, a death, the first and the last contact."""
    patient = known.patient
    latest = max(contact.on, contact.discharged_on or contact.on)
    known.first_contact = min(known.first_contact or contact.on, contact.on)
    known.last_contact = max(known.last_contact or latest, latest)
    if contact.birth and _VAGUENESS.index(contact.birth.precision) < _VAGUENESS.index(
        Precision(patient.birth_precision)
    ):
        patient.tell_birth(contact.birth)
        known.changed = True
    if contact.died_on and not patient.deceased_on:
        patient.deceased_on, patient.deceased_source = contact.died_on, "register"
        known.changed = True


def _encounter(contact: Contact, known: Known, by: Any) -> Encounter:
    patient = known.patient
    told = contact.told[:2] if contact.told else None
    return Encounter(
        id=contact.id, patient=patient, kind=contact.kind, on=contact.on, status=Encounter.Status.CLOSED,
        village_id=contact.village_id or patient.village_id,
        age_slot=slot_at(contact.on, birth=patient.birth, told=told),
        told_age=told[0] if told else None, told_unit=told[1] if told else "", result=contact.result,
        result_text=contact.outcome_text, recorded_by=by,
    )  # fmt: skip


def _reslot(patients: Iterable[Patient], skip: set[UUID]) -> list[Encounter]:
    """Write the age anew on earlier contacts of people whose birth became better known; return what changed."""
    changed, births = [], {p.pk: p.birth for p in patients}
    for e in Encounter.objects.filter(patient__in=births).exclude(pk__in=skip):
        slot = slot_at(e.on, birth=births[e.patient_id], told=e.told)
        if slot != e.age_slot:
            e.age_slot = slot
            changed.append(e)
    Encounter.objects.bulk_update(changed, ["age_slot"])
    return changed


def _admit(patients: list[UUID]) -> list[Encounter]:
    """Join visits that ended in admission to the stay that began on that day, so that the two count once.

    The lines of the two may come in any order, also in two files; return the visits that were joined.
    """
    standing = Encounter.objects.filter(patient__in=patients).exclude(status=Encounter.Status.VOID).order_by("id")
    # Asked without `admitted_as IS NULL`: SQLite would take the index of that and read every contact.
    ended = standing.filter(kind=Encounter.Kind.OUTPATIENT, result=ADMITTED)
    visits = [visit for visit in ended if visit.admitted_as_id is None]
    if not visits:
        return []
    stays: dict[tuple[UUID, dt.date], list[Encounter]] = {}
    for stay in standing.filter(kind=Encounter.Kind.INPATIENT, came_from=None, on__in={v.on for v in visits}):
        stays.setdefault((stay.patient_id, stay.on), []).append(stay)
    joined = []
    for visit in visits:
        if began := stays.get((visit.patient_id, visit.on)):
            visit.admitted_as = began.pop(0)
            joined.append(visit)
    Encounter.objects.bulk_update(joined, ["admitted_as"])
    return joined


def _diagnoses(contact: Contact, by: Any) -> list[Diagnosis]:
    return [
        Diagnosis(
            id=derived_id(contact.id, "diagnosis", pk),
            encounter_id=contact.id,
            condition_id=pk,
            primary=n == 0,
            recorded_by=by,
        )
        for n, pk in enumerate(contact.condition_ids)
    ]


def _stay(contact: Contact, known: Known, by: Any) -> Admission:
    return Admission(
        id=derived_id(contact.id, "admission"), encounter_id=contact.id, patient=known.patient, admitted_on=contact.on,
        discharged_on=contact.discharged_on, discharge_type=contact.discharge_type,
        outcome=contact.outcome if contact.discharged_on else "", recorded_by=by,
    )  # fmt: skip


def _checkup(contact: Contact, session: Session | None, by: Any) -> DentalCheckup:
    noon = dt.datetime.combine(contact.on, dt.time(12), tzinfo=CLINIC_TZ)
    return DentalCheckup(
        id=derived_id(contact.id, "checkup"), encounter_id=contact.id, session=session, observed_at=noon,
        dental_education=contact.dental_education, toothbrush=contact.toothbrush, toothpaste=contact.toothpaste,
        recorded_by=by,
    )  # fmt: skip
