"""Write notes of a stay. None is ever edited: a better one supersedes it, and both stay readable."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction

from clinic.models import Admission, StayNote
from clinic.rules import stays as rules
from clinic.selectors import people
from core.audit import journal
from core.db import save_checked
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise

TAKEN = frozenset({"constraint.clinic_staynote_supersedes_id_key", "constraint.clinic_staynote.supersedes_id"})


@transaction.atomic
def write(
    *, stay_id: UUID, text: str, at: dt.datetime, by: Any, now: dt.datetime, kind: str = StayNote.Kind.PROGRESS,
    id: UUID | None = None,
) -> StayNote:  # fmt: skip
    """Write what was seen, done or is to be done; `at` is when, also some days ago, within the stay.

    Raises Admission.DoesNotExist; RuleBroken: clinic.note_empty, clinic.stay_void, clinic.moment_in_future,
    clinic.moment_before_stay, clinic.moment_after_stay; Conflict("constraint.same_id") for a note sent twice.
    """
    stay = stay_for(stay_id, at=at, now=now)
    note = StayNote(id=id or uuid7(), encounter=stay.encounter, at=at, kind=kind, text=_text(text), recorded_by=by)
    save_checked(note)
    journal.note("clinic.note.written", stay, note, by=by, kind=kind, at=at)
    return note


def supersede(
    *, note_id: UUID, text: str, why: str, at: dt.datetime, by: Any, now: dt.datetime,
    kind: str = StayNote.Kind.PROGRESS, id: UUID | None = None,
) -> StayNote:  # fmt: skip
    """Write a better note in the place of another. Of two who do so at once the second is told.

    Raises what `write` raises, StayNote.DoesNotExist; RuleBroken("clinic.reason_missing");
    Conflict("clinic.note_changed_already").
    """
    try:
        return _supersede(note_id=note_id, text=text, why=why, at=at, by=by, now=now, kind=kind, id=id or uuid7())
    except Conflict as conflict:  # outside of the transaction: PostgreSQL answers nothing more inside it
        if conflict.code not in TAKEN:
            raise
        newer = StayNote.objects.select_related("recorded_by").get(supersedes=note_id)
        if newer.pk == id:
            raise Conflict("constraint.same_id") from conflict
        who = newer.recorded_by.name if newer.recorded_by else "—"
        raise Conflict("clinic.note_changed_already", who=who) from conflict


@transaction.atomic
def _supersede(
    *, note_id: UUID, text: str, why: str, at: dt.datetime, by: Any, now: dt.datetime, kind: str, id: UUID
) -> StayNote:  # fmt: skip
    was = StayNote.objects.select_related("encounter__admission__encounter").get(pk=note_id)
    stay = _checked(was.encounter.admission, at=at, now=now)
    if not (why := normalise(why)):
        raise RuleBroken("clinic.reason_missing", field="why")
    note = StayNote(
        id=id, encounter=was.encounter, at=at, kind=kind, text=_text(text), supersedes=was, why=why, recorded_by=by
    )
    save_checked(note)
    journal.note("clinic.note.superseded", stay, note, by=by, why=why, was=str(was.pk))
    return note


def stay_for(stay_id: UUID, *, at: dt.datetime, now: dt.datetime) -> Admission:
    """Return a stay in which something may be written that was seen `at`; raises what `write` raises of it."""
    rows = Admission.objects.select_related("encounter", "patient").annotate(alerts=people.alerts(outer="patient_id"))
    row: Any = rows.get(pk=stay_id)
    row.patient.alerts = row.alerts
    return _checked(row, at=at, now=now)


def _checked(stay: Admission, *, at: dt.datetime, now: dt.datetime) -> Admission:
    if stay.void:
        raise RuleBroken("clinic.stay_void")
    rules.check_moment(at, admitted_on=stay.admitted_on, discharged_on=stay.discharged_on, now=now)
    return stay


def _text(text: str) -> str:
    if not (text := normalise(text, lines=True)):
        raise RuleBroken("clinic.note_empty", field="text")
    return text
