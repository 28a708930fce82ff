"""Lay out the ministry's forms: names, blocks, lines and their order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.editing import Clashed
from core.pages import done, sent
from reports.forms.ministry import BlockForm, FormForm, LineForm
from reports.ministry import layout
from reports.models import FormBlock, FormLine, MinistryForm
from reports.services import ministry as services
from reports.views.ministry import form_named

FORM_FIELDS = ("name_km", "name_en", "confirmed", "scheme", "data_set", "org_unit", "attribute_option_combo")
BLOCK_FIELDS = ("name_km", "name_en", "columns", "bands", "source", "retired")
LINE_FIELDS = ("name_km", "name_en", "figure", "narrowed", "rest", "source", "retired")


@require_safe
@requires(Action.SEND_FIGURES)
def layout_of(request: HttpRequest, key: str) -> HttpResponse:
    """Show a form's blocks and lines, each with its way to change it."""
    form = form_named(key)
    blocks = [
        {"block": block, "lines": [(line, layout.write_narrowing(line.narrowed)) for line in block.lines.all()]}
        for block in form.blocks.prefetch_related("lines")
    ]
    return render(request, "reports/ministry_layout.html", {"form": form, "blocks": blocks})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def form_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a form's names and its place in DHIS2."""
    row = form_named(key)
    document = services.document(row, FORM_FIELDS)
    form = FormForm(sent(request), initial=document)
    return _change(request, form, document, partial(services.change_form, form=row), row, _("Change the form"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def block_new(request: HttpRequest, key: str) -> HttpResponse:
    """Add a block at the end of a form."""
    row = form_named(key)
    form = BlockForm(sent(request), new=True)
    if form.is_valid():
        block = FormBlock(id=form.cleaned_data["id"], form=row)
        if done(form, FormBlock, services.save_block, block=block, given=form.given, by=request.user):
            messages.success(request, _("Saved."))
            return redirect("reports:ministry_layout", key)
    return _page(request, form, row, _("Add a block"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def block_change(request: HttpRequest, key: str, id: UUID) -> HttpResponse:
    """Change a block's words and columns."""
    block = _found(FormBlock.objects.select_related("form").filter(form__key=key, id=id))
    document = services.document(block, BLOCK_FIELDS)
    form = BlockForm(sent(request), new=False, initial=document)
    return _change(request, form, document, partial(services.save_block, block=block), block.form, _("Change a block"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def line_new(request: HttpRequest, key: str, id: UUID) -> HttpResponse:
    """Add a line at the end of a block."""
    block = _found(FormBlock.objects.select_related("form").filter(form__key=key, id=id))
    form = LineForm(sent(request), new=True)
    if form.is_valid():
        line = FormLine(id=form.cleaned_data["id"], block=block)
        if done(form, FormLine, services.save_line, line=line, given=form.given, by=request.user):
            messages.success(request, _("Saved."))
            return redirect("reports:ministry_layout", key)
    return _page(request, form, block.form, _("Add a line"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.SEND_FIGURES)
def line_change(request: HttpRequest, key: str, id: UUID) -> HttpResponse:
    """Change a line's words and what it counts."""
    line = _found(FormLine.objects.select_related("block__form").filter(block__form__key=key, id=id))
    document = services.document(line, LINE_FIELDS)
    form = LineForm(sent(request), new=False, initial=document | {"narrowed": layout.write_narrowing(line.narrowed)})
    return _change(request, form, document, partial(services.save_line, line=line), line.block.form, _("Change a line"))


@require_POST
@requires(Action.SEND_FIGURES)
def move(request: HttpRequest, key: str, what: str, id: UUID) -> HttpResponse:
    """Move a block or a line one place up or down."""
    rows: Any = {
        "block": FormBlock.objects.filter(form__key=key),
        "line": FormLine.objects.filter(block__form__key=key).select_related("block"),
    }
    if what not in rows:
        raise Http404
    services.move(row=_found(rows[what].filter(id=id)), up=request.POST.get("way") == "up", by=request.user)
    return redirect("reports:ministry_layout", key)


def _found(rows: Any) -> Any:
    row = rows.first()
    if row is None:
        raise Http404
    return row


def _change(
    request: HttpRequest, form: Any, document: dict[str, Any], save: Callable[..., Any], row: MinistryForm, title: str
) -> HttpResponse:  # fmt: skip
    """Change what others may be changing too: what both wrote differently stands side by side, to be chosen."""
    key, edit, clashed = row.key, shared_edit.read(request), None
    if form.is_valid():
        try:
            if done(form, None, save, given=form.given, by=request.user, edit=edit):
                messages.success(request, _("Saved."))
                return redirect("reports:ministry_layout", key)
        except Clashed as clash:
            clashed = clash
    shared = shared_edit.page(edit, document, clashed, words=form.words)
    return _page(request, form, form_named(key) if form.is_bound else row, title, shared)


def _page(request: HttpRequest, form: Any, row: Any, title: str, shared: Any = None) -> HttpResponse:
    context = {"form": form, "row": row, "title": title, "shared": shared}
    wrong = form.errors or (shared and shared["clashes"])
    return render(request, "reports/ministry_edit.html", context, status=422 if wrong else 200)
