"""The papers of a session, made when asked for: the day sheet and the tally."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.pages import as_pdf
from mobile_team.pdf import day_sheet as sheet_paper
from mobile_team.pdf import tally as tally_paper
from mobile_team.selectors import sheets
from mobile_team.views.sessions import by_id


@require_safe
@requires(Action.READ_RECORD)
def day_sheet(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the sheet on which a day is written when there is no power; who is named on it counts as looked at."""
    session = by_id(id)
    expected = sheets.expected(session)
    journal.note_reads((row.encounter.patient_id for row in expected), by=request.user, what="day sheet")
    made = sheet_paper.day_sheet(
        session, kit=sheets.days_kit(session.kit.all()), expected=expected, by=request.user, at=timezone.now()
    )
    return as_pdf(made, f"day-sheet-{session.on}")


@require_safe
@requires(Action.SEE_SESSIONS)
def tally(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print a session in numbers; it names nobody."""
    session = by_id(id)
    made = tally_paper.tally(session, sheets.figures(session), by=request.user, at=timezone.now())
    return as_pdf(made, f"tally-{session.on}")
