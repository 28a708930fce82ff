"""Open a pregnancy, record its contacts, correct it, end it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from clinic.models import AntenatalContact, Encounter, Finding, Patient, Pregnancy
from clinic.rules import antenatal, contacts
from clinic.selectors import assessed, people
from clinic.services import assessments
from clinic.services.assessments import Said
from core.audit import journal
from core.db import clean, save_checked
from core.editing import Edit, bring_together
from core.errors import Conflict, RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise

MEASURES = AntenatalContact.MEASURES
COUNTS = ("gravida", "para", "abortions", "living")
Reckoned = Pregnancy.Reckoned


@dataclass(frozen=True)
class Dated:
    """How the expected day is known: by the last period, by a scan's own date, or by weeks told on a day."""

    lmp: dt.date | None = None
    edd: dt.date | None = None
    weeks: tuple[int, int] | None = None

    def on(self, day: dt.date) -> tuple[dt.date, str, str]:
        """Return (expected day, how it was reckoned, the field it was typed in); the scan is believed first.

        Raises RuleBroken: clinic.pregnancy_undated.
        """
        if self.edd:
            return self.edd, Reckoned.SCAN, "edd"
        if self.lmp:
            return antenatal.due_from_lmp(self.lmp), Reckoned.LMP, "lmp"
        if self.weeks:
            return antenatal.due_from_weeks(*self.weeks, on=day), Reckoned.TOLD, "weeks"
        raise RuleBroken("clinic.pregnancy_undated", field="lmp")


@transaction.atomic
def begin(
    *, patient: Patient, dated: Dated, on: dt.date, by: Any, today: dt.date, id: UUID | None = None,
    **counts: int | None,
) -> Pregnancy:  # fmt: skip
    """Open a pregnancy as it is known on a day. `counts`: gravida, para, abortions, living.

    Raises RuleBroken: clinic.pregnancy_of_a_man, clinic.date_in_future, clinic.date_before_birth,
    clinic.date_after_death, clinic.pregnancy_undated, clinic.pregnancy_not_begun, clinic.pregnancy_too_long,
    clinic.gravida_too_small, clinic.living_too_many; Conflict("constraint.clinic_one_open_pregnancy").
    """
    patient = people.survivor(patient)
    if patient.sex != "F":
        raise RuleBroken("clinic.pregnancy_of_a_man")
    contacts.check_contact_day(on, today=today, birth=patient.birth, died=patient.deceased_on)
    edd, reckoned = _reckon(dated, on)
    antenatal.check_numbers(**_counts(counts))
    pregnancy = Pregnancy(
        id=id or uuid7(), patient=patient, lmp=dated.lmp, edd=edd, reckoned=reckoned, recorded_by=by, **_counts(counts)
    )
    save_checked(pregnancy)
    journal.note("clinic.pregnancy.opened", pregnancy, by=by, edd=edd, reckoned=reckoned)
    return pregnancy


@transaction.atomic
def redate(
    *, id: UUID, dated: Dated, on: dt.date, by: Any, edit: Edit | None = None, **counts: int | None
) -> Pregnancy:
    """Correct how a pregnancy is dated, as on a day, and its numbers; the log keeps what stood there.

    Raises Pregnancy.DoesNotExist, Clashed, what `begin` raises of dates and numbers, clinic.pregnancy_void.
    """
    pregnancy = _locked(id)
    edd, reckoned = _reckon(dated, on)
    mine = {"lmp": dated.lmp, "edd": edd, "reckoned": str(reckoned), **_counts(counts)}
    before = document(pregnancy)
    together = bring_together(edit, now=before, mine=_plain(mine))
    for name, value in together.items():
        is_day = name in {"lmp", "edd"} and value is not None
        setattr(pregnancy, name, dt.date.fromisoformat(value) if is_day else value)
    antenatal.check_numbers(**{name: getattr(pregnancy, name) for name in COUNTS})
    changes = {name: [old, together[name]] for name, old in before.items() if old != together[name]}
    if changes:
        save_checked(pregnancy, create=False)
        journal.note("clinic.pregnancy.corrected", pregnancy, by=by, changes=changes)
    return pregnancy


@transaction.atomic
def end(*, id: UUID, outcome: str, on: dt.date, by: Any, today: dt.date) -> Pregnancy:
    """End a pregnancy with how it ended.

    Raises Pregnancy.DoesNotExist, and RuleBroken: clinic.pregnancy_ended, clinic.pregnancy_void,
    clinic.date_in_future, clinic.pregnancy_not_begun, clinic.pregnancy_seen_later.
    """
    pregnancy = _locked(id)
    if pregnancy.ended_on:
        raise RuleBroken("clinic.pregnancy_ended", on=pregnancy.ended_on.isoformat())
    days = assessed.standing_contacts().filter(pregnancy=pregnancy).order_by("-encounter__on")
    last = days.values_list("encounter__on", flat=True).first()
    antenatal.check_end(on, edd=pregnancy.edd, today=today, last_contact=last)
    pregnancy.ended_on, pregnancy.outcome = on, outcome
    save_checked(pregnancy, create=False)
    journal.note("clinic.pregnancy.ended", pregnancy, by=by, on=on, outcome=outcome)
    return pregnancy


@transaction.atomic
def void(*, id: UUID, reason: str, by: Any) -> Pregnancy:
    """Mark a pregnancy as entered in error; its contacts stay readable in their visits.

    Raises Pregnancy.DoesNotExist, and RuleBroken: clinic.reason_missing, clinic.pregnancy_void.
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    pregnancy = _locked(id)
    pregnancy.void_reason = reason
    save_checked(pregnancy, create=False)
    journal.note("clinic.pregnancy.voided", pregnancy, by=by, reason=reason)
    return pregnancy


@dataclass(frozen=True)
class Examined:
    """What is written at one antenatal contact: measures of AntenatalContact, and the danger signs asked for."""

    measures: Mapping[str, Any]
    signs: Mapping[str, Said] = field(default_factory=dict)


@transaction.atomic
def record_contact(
    *, visit_id: UUID, examined: Examined, by: Any, pregnancy: Pregnancy | None = None, correcting: bool = False,
    why: str = "", edit: Edit | None = None,
) -> AntenatalContact:  # fmt: skip
    """Write what a visit showed of a pregnancy, the open one unless another is named; written again, the earlier
    version stays readable.

    Raises Encounter.DoesNotExist, Clashed, and RuleBroken: clinic.pregnancy_none, clinic.visit_of_another,
    clinic.visit_void, clinic.visit_closed, clinic.pregnancy_void, clinic.pregnancy_not_begun,
    clinic.pregnancy_ended_before, clinic.reason_missing.
    """
    was = assessments.locked(visit_id)
    visit, why = was.encounter, normalise(why)
    assessments.check_writable(visit, correcting=correcting)
    known = assessed.written_of(was)
    if pregnancy is None:
        pregnancy = assessed.of_visit(was, known)
    if pregnancy is None:
        raise RuleBroken("clinic.pregnancy_none")
    _check_belongs(pregnancy, visit)
    before = contact_document(known, was)
    together = bring_together(edit, now=before, mine=_document(examined))
    changes = {name: [old, together[name]] for name, old in before.items() if old != together[name]}
    if correcting and changes and not why:
        raise RuleBroken("clinic.reason_missing", field="why")
    row = known or AntenatalContact(id=derived_id("antenatal", visit_id), encounter=visit, recorded_by=by)
    moved = row.pregnancy_id != pregnancy.pk
    row.pregnancy = pregnancy
    for name in MEASURES:
        setattr(row, name, together[name])
    rows, gone = _signs(visit, was.signs, changes, by=by)
    clean(row)
    if known and any(old not in (None, "", False) for old, _ in changes.values()):
        assessments.keep_version(was, why=why, by=by)
    if moved or changes or not known:
        save_checked(row, create=known is None)
        assessments.write(rows, gone)
        verb = "clinic.antenatal.corrected" if known else "clinic.antenatal.recorded"
        journal.note(verb, visit, row, *rows, *gone, by=by, changes=changes, **({"why": why} if why else {}))
    return row


def contact_document(row: AntenatalContact | None, was: Any) -> dict[str, Any]:
    """Return what a contact says of a pregnancy as plain values: the measures, and each danger sign."""
    asked = [sign.key for sign in antenatal.danger_signs()]
    empty: dict[str, Any] = dict.fromkeys(MEASURES) | {"urine_protein": "", "tetanus": False}
    measures = {name: _figure(getattr(row, name)) for name in MEASURES} if row else empty
    return measures | assessments.signs_document(was, asked)


def document(pregnancy: Pregnancy) -> dict[str, Any]:
    """Return how a pregnancy is dated, and its numbers, as plain values."""
    return _plain({name: getattr(pregnancy, name) for name in ("lmp", "edd", "reckoned", *COUNTS)})


def _document(examined: Examined) -> dict[str, Any]:
    asked = [sign.key for sign in antenatal.danger_signs()]
    measures = {name: _figure(examined.measures.get(name)) for name in MEASURES}
    measures |= {"urine_protein": measures["urine_protein"] or "", "tetanus": bool(measures["tetanus"])}
    said = {name: examined.signs.get(name) for name in asked}
    return measures | {name: [there.present, there.days] if there else None for name, there in said.items()}


def _signs(
    visit: Encounter, was: list[Finding], changes: Mapping[str, Any], *, by: Any
) -> tuple[list[Finding], list[Finding]]:
    asked = {sign.key for sign in antenatal.danger_signs()}
    rows = [
        Finding(id=assessments.sign_id(visit.pk, name), encounter=visit, sign=name, present=said[0], days=said[1],
                recorded_by=by)
        for name, (_, said) in changes.items()
        if name in asked and said is not None
    ]  # fmt: skip
    gone = [row for row in was if row.sign in asked and row.sign in changes and changes[row.sign][1] is None]
    return rows, gone


def _check_belongs(pregnancy: Pregnancy, visit: Encounter) -> None:
    if pregnancy.patient_id != visit.patient_id:
        raise RuleBroken("clinic.visit_of_another")
    if pregnancy.void_reason:
        raise RuleBroken("clinic.pregnancy_void")
    if antenatal.gestation(pregnancy.edd, visit.on) is None:
        raise RuleBroken("clinic.pregnancy_not_begun")
    if pregnancy.ended_on and visit.on > pregnancy.ended_on:
        raise RuleBroken("clinic.pregnancy_ended_before", on=pregnancy.ended_on.isoformat())


def _reckon(dated: Dated, on: dt.date) -> tuple[dt.date, str]:
    edd, reckoned, typed = dated.on(on)
    antenatal.check_due(edd, on=on, field=typed)
    if typed == "edd" and dated.lmp and dated.lmp >= edd:
        raise Conflict("constraint.clinic_pregnancy_dates", field="lmp")
    return edd, reckoned


def _locked(id: UUID) -> Pregnancy:
    pregnancy = Pregnancy.objects.select_for_update().get(pk=id)
    if pregnancy.void_reason:
        raise RuleBroken("clinic.pregnancy_void")
    return pregnancy


def _counts(counts: Mapping[str, int | None]) -> dict[str, Any]:
    if unknown := counts.keys() - set(COUNTS):
        raise TypeError(f"not counted here: {sorted(unknown)}")
    return {name: counts.get(name) for name in COUNTS}


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in said.items()}


def _figure(value: Any) -> Any:
    """Write a decimal as text, without zeros nobody measured; the rest stays."""
    return value if value is None or isinstance(value, (bool, int, str)) else f"{value.normalize():f}"
