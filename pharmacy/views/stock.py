"""What lies where, what comes in, what moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.khmer import normalise
from core.pages import done, sent, today
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.forms.stock import CountForm, ReceiveForm, ReorderForm, TransferForm, WriteOffForm
from pharmacy.models import Batch, Medicine, Move, Place
from pharmacy.selectors import stock as selectors
from pharmacy.services import formulary
from pharmacy.services import stock as services
from pharmacy.views.common import number_from, uuid_from

MOST = 12
SHOWS = {
    "here": _("In stock"),
    "out": _("Out of stock"),
    "low": _("Running low"),
    "soon": _("Expires within 90 days"),
    "expired": _("Expired"),
    "recalled": _("Recalled"),
    "all": _("Whole formulary"),
}


@require_safe
@requires(Action.SEE_STOCK)
def stock(request: HttpRequest) -> HttpResponse:
    """Show what is short, what expires, and what lies where."""
    text = normalise(request.GET.get("q", "")[:80])
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "all" if text else "here"
    rows, more = selectors.stock_page(today=today(), text=text, show=show, after=number_from(request, "after"))
    return render(request, "pharmacy/stock.html", {
        "rows": rows, "shelves": selectors.shelves(), "summary": selectors.summary(today()), "shows": SHOWS,
        "show": show, "q": text, "older": "?" + urlencode({"q": text, "show": show, "after": more}) if more else "",
    })  # fmt: skip


@require_safe
@requires(Action.SEE_STOCK)
def medicine(request: HttpRequest, id: int) -> HttpResponse:
    """Show one medicine: its batches, and its stock card."""
    return _card(request, id)


@requires(Action.MOVE_STOCK)
def reorder(request: HttpRequest, id: int) -> HttpResponse:
    """Set at how many units a medicine runs low; a wrong number is said on its card."""
    form = ReorderForm(sent(request))
    if form.is_valid():
        try:
            formulary.set_reorder_level(medicine_id=id, **form.cleaned_data, by=request.user)
        except Medicine.DoesNotExist:
            raise Http404 from None
        messages.success(request, _("Saved."))
        return redirect("pharmacy:medicine", id)
    return _card(request, id, form if form.is_bound else None)


def _card(request: HttpRequest, id: int, form: ReorderForm | None = None) -> HttpResponse:
    found = get_object_or_404(Medicine, pk=id)
    lines, more = selectors.card(found, before=uuid_from(request, "before"))
    return render(request, "pharmacy/medicine.html", {
        "medicine": found, "held": selectors.held(found), "lines": lines, "today": today(),
        "soon": today() + selectors.SOON, "older": f"?before={more}" if more else "",
        "form": form or ReorderForm(initial={"level": found.reorder_at}),
    }, status=422 if form else 200)  # fmt: skip


@require_safe
@requires(Action.SEE_STOCK)
def medicines(request: HttpRequest) -> JsonResponse:
    """Answer ?q=… with at most 12 medicines as {"results": [{"id", "text", "more"}]}."""
    text = normalise(request.GET.get("q", "")[:80])
    found = selectors.matching(Medicine.objects.filter(active=True), text)[:MOST] if text else []
    return JsonResponse({
        "results": [{"id": m.pk, "text": str(m), "full": str(m), "more": m.note or m.group} for m in found]
    })  # fmt: skip


@require_safe
@requires(Action.SEE_STOCK)
def prescribable(request: HttpRequest) -> JsonResponse:
    """Answer ?q=… with medicines to prescribe; the `id` of each is its ATC code, as the visit keeps it."""
    text = normalise(request.GET.get("q", "")[:80])
    found = selectors.matching(Medicine.objects.filter(active=True), text)[:MOST] if text else []
    return JsonResponse({"results": [
        {"id": m.atc, "atc": m.atc, "text": str(m), "full": str(m), "more": " · ".join(filter(None, [m.atc, m.note]))}
        for m in found
    ]})  # fmt: skip


@requires(Action.MOVE_STOCK)
def receive(request: HttpRequest) -> HttpResponse:
    """Take in what was not bought."""
    key = number_from(request, "medicine")
    chosen = Medicine.objects.filter(pk=key).first() if key and request.method != "POST" else None
    first = starting(today(), source=Batch.Source.DEPARTMENT, medicine=chosen)
    form = ReceiveForm(sent(request), initial=first)
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "currency"}
        if done(form, Batch, services.receive, **given, by=request.user, today=today()):
            messages.success(request, _("Taken in."))
            return redirect("pharmacy:medicine", given["medicine"].pk)
    return render(request, "pharmacy/receive.html", {"form": form}, status=422 if form.errors else 200)


class Deed(NamedTuple):
    """One way to move a batch: its form, its service, its words."""

    form: type[Form]
    act: Callable[..., Move]
    title: Any
    button: Any
    shelf: str  # the field that the page's ?at= fills


DEEDS = {
    "transfer": Deed(TransferForm, services.transfer, _("Move to another place"), _("Move"), "source"),
    "write-off": Deed(WriteOffForm, services.write_off, _("Write off"), _("Write off"), "place"),
    "count": Deed(CountForm, services.adjust, _("Correct by a count"), _("Save the count"), "place"),
}


@requires(Action.MOVE_STOCK)
def move(request: HttpRequest, id: UUID, deed: str) -> HttpResponse:
    """Move, write off or recount one batch."""
    batch = get_object_or_404(Batch.objects.select_related("medicine"), pk=id)
    how = DEEDS[deed]
    target = Place.DISPENSARY if request.GET.get("at") == Place.STORE else Place.STORE
    first = starting(today(), target=target) | {how.shelf: request.GET.get("at", Place.STORE)}
    form = how.form(sent(request), initial=first)
    if form.is_valid() and done(form, Move, how.act, batch=batch, **form.cleaned_data, by=request.user, today=today()):
        messages.success(request, _("Saved."))
        return redirect("pharmacy:medicine", batch.medicine_id)
    held, shelves = selectors.lying(batch), form.fields[how.shelf].choices  # type: ignore[attr-defined]
    lying = [(name, held[code]) for code, name in shelves if held.get(code)]
    context = {"form": form, "batch": batch, "deed": how, "lying": lying, "today": today()}
    return render(request, "pharmacy/move.html", context, status=422 if form.errors else 200)


@requires(Action.MOVE_STOCK)
def reverse(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take one move back, with a reason."""
    related = ("batch__medicine", "source", "target", "recorded_by", "reversed_by")
    found = get_object_or_404(Move.objects.select_related(*related), pk=id)
    form = ReasonForm(sent(request))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if done(form, None, services.reverse, move=found, on=today(), reason=reason, by=request.user, today=today()):
            messages.success(request, _("Taken back."))
            return redirect("pharmacy:medicine", found.batch.medicine_id)
    return render(request, "pharmacy/reverse.html", {"form": form, "move": found}, status=422 if form.errors else 200)
