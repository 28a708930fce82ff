"""The picture of a person's face: small, without metadata, and only of those who agreed."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.db import transaction

from clinic.models import Consent, Patient, Photo
from clinic.rules.pictures import small_jpeg
from clinic.selectors import people
from clinic.services import consents
from core.audit import journal
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.khmer import normalise


@transaction.atomic
def put(*, patient: Patient, data: bytes, agreed_by: str, by: Any, today: dt.date) -> Photo:
    """Keep a picture in place of the one before, and that it was agreed to.

    Raises RuleBroken: clinic.photo_unreadable, clinic.photo_too_large.
    """
    patient = people.survivor(patient)
    photo = row_of(patient, data, by=by)
    Photo.objects.filter(patient=patient).delete()
    save_checked(photo)
    answer = consents.Answer(Consent.Purpose.PHOTO, True, agreed_by)
    agreed = consents.rows_of(patient, [answer], on=today, by=by)
    create_many(Consent, agreed)
    journal.note("clinic.photo.taken", patient, *agreed, by=by, sha256=photo.sha256, agreed_by=agreed[0].said_by)
    return photo


@transaction.atomic
def remove(*, patient: Patient, reason: str, by: Any) -> None:
    """Delete a picture for good. Raises RuleBroken: clinic.reason_missing, clinic.photo_none."""
    patient = people.survivor(patient)
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    if not Photo.objects.filter(patient=patient).delete()[0]:
        raise RuleBroken("clinic.photo_none")
    journal.note("clinic.photo.removed", patient, by=by, reason=reason)


def row_of(patient: Patient, data: bytes, *, by: Any) -> Photo:
    """Return the row of a picture, unsaved, made small; raises what `small_jpeg` raises."""
    content = small_jpeg(data)
    return Photo(patient=patient, content=content, sha256=hashlib.sha256(content).hexdigest(), recorded_by=by)
