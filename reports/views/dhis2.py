"""The ministry's forms on their way to DHIS2: places, rehearsal, sending, receipts, files to carry by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.jobs.tasks import hand_over
from core.pages import done, sent, today
from core.periods import Month
from core.words import say
from reports.forms.ministry import MappingFileForm, PlacesForm, SendForm
from reports.ministry import layout, mapping_file
from reports.ministry.counting import fill
from reports.ministry.package import changes, pack
from reports.models import Dhis2Mapping, Sending
from reports.naming import month_words
from reports.services import ministry as ministry_services
from reports.services import sending as services
from reports.services.ministry import Place
from reports.views.ministry import form_named

SHOWN = 60  # cells of one list; the mapping file holds all of them


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def send(request: HttpRequest, key: str, month: str) -> HttpResponse:
    """Show what would go to DHIS2, and send it."""
    row, chosen = form_named(key), Month.parse(month)
    package = pack(fill(row, chosen))
    form = SendForm(sent(request))
    if form.is_valid():
        given = form.cleaned_data
        if done(
            form, Sending, services.ask_to_send, **given, form=row, month=chosen, package=package,
            server=settings.DHIS2_URL, today=today(), at=timezone.now(), by=request.user,
        ):  # fmt: skip
            transaction.on_commit(lambda: _hand_over(request, given["id"]))
            return redirect("reports:sending", given["id"])
    sendings = list(
        Sending.objects.filter(form=row, month=chosen.first).select_related("recorded_by").order_by("-asked_at")[:20]
    )
    last = next((each for each in sendings if each.state == Sending.State.TAKEN and not each.rehearsal), None)
    return render(request, "reports/ministry_send.html", {
        "form": form, "row": row, "month": chosen, "month_words": month_words(chosen), "package": package,
        "unmapped": package.unmapped[:SHOWN], "left_out": [cell for cell in package.left_out if cell.number][:SHOWN],
        "sendings": sendings, "last": last, "changes": changes(package, last)[:SHOWN] if last else [],
        "server": settings.DHIS2_URL, "over": chosen.last < today(),
    }, status=422 if form.errors else 200)  # fmt: skip


def _hand_over(request: HttpRequest, id: UUID) -> None:
    """Hand a sending to the workers; without a broker it waits for the clock, and the page says so."""
    if not hand_over("reports.tasks.send_to_dhis2", str(id)):
        messages.warning(request, _("What sends does not answer. It is sent as soon as it does."))


@require_safe
@requires(Action.SEND_FIGURES)
def carried(request: HttpRequest, key: str, month: str, kind: str) -> HttpResponse:
    """Give the values as a file that can be loaded into DHIS2 by hand."""
    package = pack(fill(form_named(key), Month.parse(month)))
    writes = {"json": (lambda: package.body, "application/json"), "csv": (lambda: package.table, "text/csv")}
    if kind not in writes:
        raise Http404
    write, content_type = writes[kind]
    name = f"dhis2-{key}-{package.target.period}.{kind}"
    headers = {"Content-Disposition": content_disposition_header(True, name) or ""}
    return HttpResponse(write(), content_type=f"{content_type}; charset=utf-8", headers=headers)


@require_safe
@requires(Action.SEE_FIGURES)
def receipt(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show what was sent, every try and what the server answered."""
    sending = get_object_or_404(Sending.objects.select_related("form", "recorded_by"), id=id)
    tries = [
        {"try": each, "problem": say(RuleBroken(each.problem)) if each.problem else ""}
        for each in sending.answers.all()
    ]
    month = Month.of(sending.month)
    context = {"sending": sending, "tries": tries, "month": month, "month_words": month_words(month)}
    return render(request, "reports/sending.html", context)


@require_safe
@requires(Action.SEE_FIGURES)
def sent_body(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give the very bytes that were sent."""
    sending = get_object_or_404(Sending, id=id)
    headers = {"Content-Disposition": content_disposition_header(True, f"dhis2-{sending.id}.json") or ""}
    return HttpResponse(sending.body, content_type="application/json; charset=utf-8", headers=headers)


@require_POST
@requires(Action.SEND_FIGURES)
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send no more tries."""
    return _act(request, id, services.stop)


@require_POST
@requires(Action.SEND_FIGURES)
def hurry(request: HttpRequest, id: UUID) -> HttpResponse:
    """Try at once."""
    return _act(request, id, services.hurry, then=lambda: _hand_over(request, id))


def _act(request: HttpRequest, id: UUID, act: Callable[..., None], then: Callable[[], None] | None = None) -> Any:
    get_object_or_404(Sending, id=id)
    try:
        act(id=id, by=request.user, at=timezone.now())
    except RuleBroken as broken:
        messages.error(request, say(broken))
    else:
        if then:
            transaction.on_commit(then)
    return redirect("reports:sending", id)


# --- Where DHIS2 keeps the numbers -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def mapping(request: HttpRequest, key: str) -> HttpResponse:
    """Show how much of a form has a place in DHIS2, and take a filled file."""
    row = form_named(key)
    form = MappingFileForm(sent(request), request.FILES or None)
    wrong: list[str] = []
    if form.is_valid():
        try:
            found = mapping_file.read(row, form.cleaned_data["file"].read(mapping_file.MOST_BYTES + 1))
            wrong = found.wrong
            rows = [(line, column, Place(*place)) for line, column, place in found.rows]
            if not wrong:
                number = ministry_services.map_form(form=row, rows=rows, by=request.user)
                messages.success(request, _("%(number)s numbers read.") % {"number": number})
                return redirect("reports:mapping", key)
        except RuleBroken as broken:
            form.add_error("file" if broken.field == "file" else None, say(broken))
    lines: dict[UUID, dict[str, Any]] = {}
    said = {(place.line_id, place.column) for place in Dhis2Mapping.objects.filter(line__block__form=row)}
    for line, column in mapping_file.numbers(row):
        shown = lines.setdefault(line.id, {"line": line, "all": 0, "said": 0})
        shown["said"] += (line.id, column.key) in said
        shown["all"] += not column.sum or (line.id, column.key) in said
    context = {"form": form, "row": row, "lines": list(lines.values()), "wrong": wrong[:SHOWN], "more": len(wrong)}
    return render(request, "reports/mapping.html", context, status=422 if form.errors or wrong else 200)


@require_safe
@requires(Action.SEND_FIGURES)
def mapping_csv(request: HttpRequest, key: str) -> HttpResponse:
    """Give every number of a form with its place, to be filled in with a spreadsheet."""
    content = "\ufeff" + mapping_file.write(form_named(key))
    headers = {"Content-Disposition": content_disposition_header(True, f"dhis2-places-{key}.csv") or ""}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def mapping_line(request: HttpRequest, key: str, id: UUID) -> HttpResponse:
    """Say where the numbers of one line go."""
    row = form_named(key)
    line = ministry_services.line_of(row, id)
    if line is None or not line.figure:
        raise Http404
    places = {
        each.column: Place(each.data_element, each.category_option_combo, each.left_out) for each in line.mappings.all()
    }
    form = PlacesForm(sent(request), columns=layout.columns(line.block), places=places)
    if form.is_valid() and done(form, None, ministry_services.map_line, line=line, places=form.places, by=request.user):
        messages.success(request, _("Saved."))
        return redirect("reports:mapping", key)
    context = {"form": form, "row": row, "line": line}
    return render(request, "reports/mapping_line.html", context, status=422 if form.errors else 200)
