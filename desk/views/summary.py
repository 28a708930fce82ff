"""The summary of a record, as a PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.selectors import growth
from clinic.selectors import timeline as clinic
from clinic.selectors.households import family_of
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.pages import as_pdf
from core.periods import local_day
from desk import selectors
from desk.pdf import summary as paper
from desk.pdf.summary import Known
from desk.timeline.events import Wanted
from desk.views.record import grows
from pharmacy.selectors import history

MOST = 80  # contacts, dispensings and referrals each


@require_safe
@requires(Action.READ_RECORD)
def summary(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print who this is and what happened so far, for a hospital or for the person."""
    at = timezone.now()
    today = local_day(at)
    patient = selectors.person(id, today)
    if patient is None:
        raise Http404
    journal.note_read(patient.id, by=request.user, what="summary")
    contacts = clinic.of(patient.id, MOST + 1)
    known = Known(
        patient=patient, family=family_of(patient, today), problems=selectors.problems(patient.id),
        contacts=contacts[:MOST], more=len(contacts) > MOST, given=history.of_patient(patient.id, limit=MOST),
        referrals=selectors.referrals_of(Wanted(patient, MOST)), vitals=_standing(contacts),
        growing=growth.series(patient) if grows(patient, today) else None,
    )  # fmt: skip
    return as_pdf(paper.summary(known, by=request.user, at=at), f"summary-{patient.number}")


def _standing(contacts: list[clinic.Contact]) -> list[Any]:
    """Return the measurements of contacts that were not entered in error, in the order of time."""
    rows = [row for contact in contacts if not contact.encounter.void_reason for row in contact.vitals]
    return sorted(rows, key=lambda row: row.measured_at)
