"""Places are counted: by a printed sheet, blind, again where it differs, explained, posted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.khmer import normalise
from core.pages import as_pdf, done, sent, today
from pharmacy.forms.counts import AgainForm, BeginForm, DropForm, FoundForm, ReasonsForm
from pharmacy.forms.fields import starting
from pharmacy.models import Batch, CountLine, StockCount
from pharmacy.pdf import counts as papers
from pharmacy.selectors import counts as selectors
from pharmacy.selectors.counts import Compared
from pharmacy.services import counts as services
from pharmacy.views.common import organisation, uuid_from

State = StockCount.State


@require_safe
@requires(Action.SEE_STOCK)
def counts(request: HttpRequest) -> HttpResponse:
    """List the counts, newest first."""
    rows, more = selectors.page(before=uuid_from(request, "before"))
    return render(request, "pharmacy/counts.html", {"rows": rows, "older": f"?before={more}" if more else ""})


@requires(Action.COUNT_STOCK)
def count_new(request: HttpRequest) -> HttpResponse:
    """Begin to count a place."""
    form = BeginForm(sent(request), initial=starting(today(), place=request.GET.get("place", "")))
    if form.is_valid() and done(form, StockCount, services.begin, **form.cleaned_data, by=request.user, today=today()):
        return redirect("pharmacy:stock_count", form.cleaned_data["id"])
    return render(request, "pharmacy/count_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_STOCK)
def count(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one count: what is to be done next, or what came of it."""
    return _shown(request, id)


@require_POST
@requires(Action.COUNT_STOCK)
def enter(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down what was found first."""
    form = FoundForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        given = {"found": form.found(), "counted_by": said["counted_by"], "done": said["done"]}
        if _did(form, services.enter, count_id=id, **given, by=request.user):
            messages.success(request, _("Saved."))
            return redirect("pharmacy:stock_count", id)
    return _shown(request, id, form)


@require_POST
@requires(Action.COUNT_STOCK)
def recount(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down what was found where the first count differed."""
    form = AgainForm(request.POST)
    if form.is_valid():
        given = {"found": form.counted(), "checked_by": form.cleaned_data["checked_by"]}
        if _did(form, services.recount, count_id=id, **given, by=request.user):
            messages.success(request, _("Saved."))
            return redirect("pharmacy:stock_count", id)
    return _shown(request, id, form)


@require_POST
@requires(Action.MOVE_STOCK)
def post(request: HttpRequest, id: UUID) -> HttpResponse:
    """Bring the books to what was found."""
    form = ReasonsForm(request.POST)
    if form.is_valid():
        given = {"reasons": form.reasons(), "by": request.user, "at": timezone.now()}
        if _did(form, services.post, count_id=id, **given):
            messages.success(request, _("The books now say what was counted."))
            return redirect("pharmacy:stock_count", id)
    return _shown(request, id, form)


@require_POST
@requires(Action.MOVE_STOCK)
def drop(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give a count up."""
    form = DropForm(request.POST)
    if form.is_valid() and _did(form, services.drop, count_id=id, **form.cleaned_data, by=request.user):
        return redirect("pharmacy:stock_count", id)
    return _shown(request, id, form)


@requires(Action.COUNT_STOCK)
def add(request: HttpRequest, id: UUID) -> HttpResponse:
    """Find a batch that lies there and is not on the list, and add it."""
    found = _found(id)
    text = normalise(request.GET.get("q", "")[:80])
    form = Form(sent(request))
    if form.is_valid():
        batch = get_object_or_404(Batch, pk=_key(request.POST.get("batch", "")))
        twice = CountLine.objects.filter(count=found, batch=batch).exists()  # it is there, as it was meant
        if twice or _did(form, services.add, count_id=id, batch_id=batch.pk, by=request.user):
            return redirect("pharmacy:stock_count", id)
    context = {"count": found, "q": text, "rows": selectors.batches_like(text, found), "form": form}
    return render(request, "pharmacy/count_add.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.COUNT_STOCK)
def sheet(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the sheet of a count as a PDF: to be filled in by hand, or with what came of it, to be signed."""
    found = _found(id)
    rows = selectors.compared(found, selectors.lines_of(found))
    made = papers.sheet(found, rows, organisation(), printed_by=str(request.user), at=timezone.now())
    return as_pdf(made, f"count-{found.place_id}-{found.on}")


def _did(form: Form, act: Any, **given: Any) -> bool:
    """Do what a form asks; raises Http404 when there is no such count."""
    try:
        return done(form, None, act, **given)
    except StockCount.DoesNotExist:
        raise Http404 from None


def _shown(request: HttpRequest, id: UUID, wrong: Form | None = None) -> HttpResponse:
    """Show a count; `wrong` is the form that was refused, shown again with what was typed, if its time is not over."""
    found = _found(id)
    rows = selectors.compared(found, selectors.lines_of(found))
    context: dict[str, Any] = {"count": found, "rows": rows, "drop": DropForm(), "refused": []}
    if wrong:
        context["refused"] = wrong.non_field_errors()
    if found.state == State.OPEN:
        form = wrong if isinstance(wrong, FoundForm) else FoundForm(None)
        lines = [row.line for row in rows]
        form.complete(lines)
        form.initial["counted_by"] = found.counted_by or str(request.user)
        context |= {"form": form, "lines": [(line, form.of(line)) for line in lines]}
    elif found.state == State.RECOUNT:
        context |= _to_explain(found, rows, wrong)
    if isinstance(wrong, DropForm):
        context["drop"] = wrong
    return render(request, "pharmacy/stock_count.html", context, status=422 if wrong else 200)


def _to_explain(count: StockCount, rows: list[Compared], wrong: Form | None) -> dict[str, Any]:
    """Return what differs: the lines to be counted again, and those that are sure and want a reason."""
    again = [row for row in rows if row.again]
    sure = [row for row in rows if row.differs and not row.again]
    form = wrong if isinstance(wrong, AgainForm) else AgainForm(None)
    form.complete(row.line for row in again)
    form.initial["checked_by"] = count.checked_by
    reasons = wrong if isinstance(wrong, ReasonsForm) else ReasonsForm(None)
    reasons.complete(sure)
    return {
        "form": form, "lines": [(row, form.of(row.line)) for row in again],
        "explain": [(row, reasons.of(row.line)) for row in sure], "agreeing": len(rows) - len(again) - len(sure),
    }  # fmt: skip


def _found(id: UUID) -> StockCount:
    return get_object_or_404(StockCount.objects.select_related("place", "recorded_by"), pk=id)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
