"""One batch: where it came from, where it lies, where it went; and what is done when it is called back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.pages import as_pdf, done, sent, today
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.forms.stock import RecallForm
from pharmacy.models import Batch
from pharmacy.pdf import recalls as papers
from pharmacy.selectors import recalls, stock
from pharmacy.services import recalls as services
from pharmacy.views.common import organisation, uuid_from


@require_safe
@requires(Action.SEE_STOCK)
def batch(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one batch: its source, where it lies, every move of it."""
    found = _found(id)
    held = stock.lying(found)
    lying = [(place, n) for place in stock.shelves() if (n := held.get(place.code))]
    moves, more = stock.moves_of(found, before=uuid_from(request, "before"))
    context = {
        "batch": found, "today": today(), "lying": lying, "moves": moves,
        "older": f"?before={more}" if more else "",
    }  # fmt: skip
    return render(request, "pharmacy/batch.html", context)


@requires(Action.RECALL)
def recall(request: HttpRequest, id: UUID) -> HttpResponse:
    """Call a batch back; then the list of those who got it opens."""
    found = _found(id)
    form = RecallForm(sent(request), initial=starting(today()))
    if form.is_valid():
        said_so = {"recalled_on": form.cleaned_data["on"], "recalled_why": form.cleaned_data["why"]}
        twice = Batch.objects.filter(pk=id, **said_so).exists()  # the same form sent again: it is done
        given = {"batch_id": id, "by": request.user, "today": today()} | form.cleaned_data
        if twice or done(form, None, services.recall, **given):
            return redirect("pharmacy:recall_list", id)
    return render(request, "pharmacy/recall.html", {"form": form, "batch": found}, status=422 if form.errors else 200)


@requires(Action.RECALL)
def recall_withdraw(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back a recall that meant another batch."""
    found = _found(id)
    form = ReasonForm(sent(request))
    if form.is_valid() and done(form, None, services.withdraw, batch_id=id, **form.cleaned_data, by=request.user):
        messages.success(request, _("Taken back."))
        return redirect("pharmacy:batch", id)
    context = {"form": form, "batch": found, "withdraw": True}
    return render(request, "pharmacy/recall.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.RECALL)
def recall_list(request: HttpRequest, id: UUID) -> HttpResponse:
    """List everybody who got medicine out of a batch, with how to reach them; looks at persons are written down."""
    found, rows = _found(id), recalls.who_got(batch := Batch(pk=id))
    journal.note_reads((row.patient.pk for row in rows), by=request.user, what="recall")
    context = {"batch": found, "rows": rows, "unnamed": recalls.given_without_a_name(batch)}
    return render(request, "pharmacy/recall_list.html", context)


@require_safe
@requires(Action.RECALL)
def recall_paper(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the list of everybody who got a batch as a PDF to be ticked off."""
    found, rows = _found(id), recalls.who_got(batch := Batch(pk=id))
    journal.note_reads((row.patient.pk for row in rows), by=request.user, what="recall")
    unnamed = recalls.given_without_a_name(batch)
    made = papers.patients(found, rows, unnamed, organisation(), printed_by=str(request.user), at=timezone.now())
    return as_pdf(made, f"recall-{found.number or id}")


def _found(id: UUID) -> Batch:
    return get_object_or_404(Batch.objects.select_related("medicine", "purchase", "recorded_by"), pk=id)
