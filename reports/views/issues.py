"""Issued papers: what was issued, what differs since, issue and issue again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import BAND_SETS
from core.pages import sent, today
from core.periods import Month, Period, Year
from reports import issued, issuing, services, tables
from reports.differences import Difference, restated
from reports.forms.issues import ReissueForm
from reports.linked import Linker, page_of
from reports.models import Issue, IssueFile
from reports.naming import period_words
from reports.views.common import hand_over

LISTED = 3  # papers to issue on the home page; the others open under them
SHOWN = 8  # lines of differences on the page of a month; all of them stand on the page of the paper


@dataclass(frozen=True)
class Card:
    """The paper of a month or a year on its page: issued or not, its files, what differs since."""

    paper: str  # "2026-03" or "2026"
    issue: Issue | None
    files: list[IssueFile]
    differences: list[Difference]
    table: dict[str, Any] | None
    more: int
    over: bool


def card(period: Period) -> Card | None:
    """Return the card of a period that has a paper. One statement until something is issued."""
    if not (kind := issued.kind_of(period)):
        return None
    newest, over = issued.newest(kind, period.first_day), period.last_day < today()
    text = period.first.text if kind == Issue.Kind.MONTH else period.first.text[:4]
    if newest is None:
        return Card(text, None, [], [], None, 0, over)
    found = issuing.since(newest, at=timezone.now())
    table = _table(period, found[:SHOWN]) if found else None
    return Card(text, newest, issued.files(newest.pk), found, table, max(len(found) - SHOWN, 0), over)


def _table(period: Period, found: list[Difference]) -> dict[str, Any]:
    """Return differences as a page shows them; a number that was is opened by nobody."""
    return Linker(period, BAND_SETS["published"], open_records=False).table(tables.restatement(found))


@require_safe
@requires(Action.MAKE_PAPERS)
@never_cache
def waiting(request: HttpRequest) -> HttpResponse:
    """Answer with what is over and not issued yet, for the home page of who issues it, else with nothing."""
    found = [(period_words(period), page_of(period)) for period in issued.waiting(today())]
    if not found:
        return HttpResponse()
    return render(request, "reports/waiting.html", {"first": found[:LISTED], "more": found[LISTED:]})


@requires(Action.MAKE_PAPERS)
@require_POST
def issue_paper(request: HttpRequest) -> HttpResponse:
    """Issue the paper of a month or a year for the first time; one that is issued already is shown."""
    text = request.POST.get("paper", "")
    period = Year.parse(text).period if len(text) == len("2026") else Period(*[Month.parse(text)] * 2)
    kind = issued.kind_of(period)
    if there := issued.newest(kind, period.first_day):
        return redirect("reports:issue", there.pk)
    job = services.ask_for_issue(kind=kind, first=period.first_day, by=request.user, today=today())
    transaction.on_commit(lambda: hand_over(request, job))
    return redirect("jobs:job", job.id)


@requires(Action.SEE_FIGURES)
@require_GET
def issue(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one issue: its files and hashes, what it restated, what differs since, its other revisions."""
    return _page(request, _issue(id), ReissueForm())


@requires(Action.MAKE_PAPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def reissue(request: HttpRequest, id: UUID) -> HttpResponse:
    """Issue a paper again, with a reason. Loaded anew, as after a change of language, it is the page of the paper."""
    found, form = _issue(id), ReissueForm(sent(request))
    if request.method != "POST":
        return redirect("reports:issue", id)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    job = services.ask_for_issue(
        kind=found.kind, first=found.first, reason=form.cleaned_data["reason"], by=request.user, today=today()
    )
    transaction.on_commit(lambda: hand_over(request, job))
    return redirect("jobs:job", job.id)


@requires(Action.SEE_FIGURES)
@require_GET
def file(request: HttpRequest, id: UUID, name: str) -> HttpResponse:
    """Hand out one file of an issue: always the same bytes."""
    found = issued.file(id, name)
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type=found.content_type)
    inline = found.content_type == "application/pdf"
    response["Content-Disposition"] = content_disposition_header(not inline, found.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = quote_etag(found.sha256)
    return response


def _issue(id: UUID) -> Issue:
    found = issued.issue(id)
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, found: Issue, form: ReissueForm, *, status: int = 200) -> HttpResponse:
    period = issuing.period_of(found.kind, found.first)
    revisions = issued.revisions(found.kind, found.first)
    newest = revisions[0].pk == found.pk
    since = issuing.since(found, at=timezone.now()) if newest else []
    return render(request, "reports/issue.html", {
        "issue": found,
        "period": period,
        "period_words": period_words(period),
        "files": issued.files(found.pk),
        "restated": _table(period, restated(found.restated)) if found.revision > 1 else None,
        "newest": revisions[0],
        "is_newest": newest,
        "differ": len(since),
        "since": _table(period, since) if since else None,
        "revisions": revisions,
        "form": form,
    }, status=status)  # fmt: skip
