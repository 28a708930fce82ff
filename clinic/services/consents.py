"""What a person, or who answers for them, agreed to or refused; the newest answer of a purpose holds."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from clinic.models import Consent, Patient
from clinic.selectors import people
from core.audit import journal
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import normalise


class Answer(NamedTuple):
    """One answer to one question."""

    purpose: str
    given: bool
    said_by: str = ""


@transaction.atomic
def record(
    *, patient: Patient, answer: Answer, on: dt.date, by: Any, today: dt.date, id: UUID | None = None
) -> Consent:
    """Write down an answer; earlier ones stay readable. Raises RuleBroken("clinic.date_in_future")."""
    if on > today:
        raise RuleBroken("clinic.date_in_future", field="on")
    (consent,) = rows_of(people.survivor(patient), [answer], on=on, by=by)
    consent.id = id or uuid7()
    save_checked(consent)
    journal.note("clinic.consent.recorded", consent, by=by, purpose=consent.purpose, given=consent.given)
    return consent


def rows_of(patient: Patient, answers: list[Answer], *, on: dt.date, by: Any) -> list[Consent]:
    """Return rows for answers, unsaved."""
    return [
        Consent(
            patient=patient, purpose=one.purpose, given=one.given, said_by=normalise(one.said_by), on=on,
            recorded_by=by,
        )
        for one in answers
    ]  # fmt: skip
