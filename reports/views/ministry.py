"""The ministry's forms of a month: every number opens, and they print."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.pages import today
from core.periods import Month
from reports.asking import Span
from reports.linked import behind_address
from reports.ministry import layout, tables
from reports.ministry.counting import Filled, FilledBlock, FilledLine, fill
from reports.models import MinistryForm, Sending
from reports.naming import month_words
from reports.pdf.ministry import render as printed

MONTHS, SENDINGS = 12, 12


@require_safe
@requires(Action.SEE_FIGURES)
def home(request: HttpRequest) -> HttpResponse:
    """Choose a form and a month; what was sent last."""
    month = Month.of(today())
    months = []
    for _n in range(MONTHS):
        months.append((month.text, month_words(month)))
        month = month.previous()
    forms = MinistryForm.objects.filter(retired=False).order_by("position")
    sendings = Sending.objects.select_related("form", "recorded_by").defer("body").order_by("-asked_at")[:SENDINGS]
    rows = [{"sending": row, "month": month_words(Month.of(row.month))} for row in sendings]
    return render(request, "reports/ministry.html", {"forms": forms, "months": months, "sendings": rows})


def form_named(key: str) -> MinistryForm:
    """Return a form, or answer 404."""
    form = MinistryForm.objects.filter(key=key).first()
    if form is None:
        raise Http404
    return form


@require_safe
@requires(Action.SEE_FIGURES)
def show(request: HttpRequest, key: str, month: str) -> HttpResponse:
    """Show a form with the numbers of a month as they are now."""
    filled = fill(form_named(key), Month.parse(month))
    opens = cast("User", request.user).may(Action.READ_RECORD)
    return render(request, "reports/ministry_form.html", {
        "form": filled.form,
        "month": filled.month,
        "month_words": month_words(filled.month),
        "before": filled.month.previous(),
        "after": filled.month.next() if filled.month.next().first <= today() else None,
        "blocks": [_block(filled, block, opens) for block in filled.blocks],
    })  # fmt: skip


def _block(filled: Filled, block: FilledBlock, opens: bool) -> dict[str, Any]:
    columns = tables.columns(block)
    rows = [[{"text": str(line.line)}, *_cells(filled, block, line, opens)] for line in block.lines]
    return {
        "key": block.block.key, "title": str(block.block), "broken": block.broken, "source": block.block.source,
        "columns": columns, "groups": _groups(columns), "rows": rows,
    }  # fmt: skip


def _groups(columns: Sequence[tables.Column]) -> list[tuple[str, int]]:
    if not any(column.group for column in columns):
        return []
    return [(group, len(list(below))) for group, below in groupby(columns, key=lambda column: column.group)]


def _cells(filled: Filled, block: FilledBlock, line: FilledLine, opens: bool) -> list[dict[str, Any]]:
    if line.plan is None:
        return [{"text": ""} for _column in block.columns]
    cells = []
    for column in block.columns:
        number = tables.number(line, column.key)
        href = ""
        if opens and number.value and number.figure:
            address = reverse("reports:ministry_form", args=[filled.form.key, filled.month.text])
            bands = layout.band_set(block.block)
            back = f"{address}#{block.block.key}"
            href = behind_address(number.figure, Span.of(filled.month), bands, number.keys, back)
        elif opens and number.value:
            place = [filled.form.key, filled.month.text, block.block.key, line.line.key, column.key]
            href = reverse("reports:ministry_parts", args=place)
        cells.append({"number": number.amount, "href": href, "is_number": True})
    return cells


@require_safe
@requires(Action.READ_RECORD)
def parts(request: HttpRequest, key: str, month: str, block: str, line: str, column: str) -> HttpResponse:
    """Show of which numbers a number of a form is the sum; each of them opens."""
    filled = fill(form_named(key), Month.parse(month))
    found = next((each for each in filled.blocks if each.block.key == block), None)
    row = next((each for each in found.lines if each.line.key == line), None) if found else None
    if found is None or row is None or row.plan is None or column not in row.parts:
        raise Http404
    back = reverse("reports:ministry_form", args=[key, filled.month.text]) + f"#{block}"
    bands, figure = layout.band_set(found.block), row.plan.figure.name
    heading = next(each for each in found.columns if each.key == column)
    shown = [
        {
            "words": ", ".join(keys[name] for name in row.plan.dimensions if name in keys),
            "number": number,
            "href": behind_address(figure, Span.of(filled.month), bands, keys),
        }
        for keys, number in row.parts[column]
        if number
    ]
    return render(request, "reports/ministry_parts.html", {
        "form": filled.form, "line": row.line, "back": back, "month_words": month_words(filled.month),
        "column": " ".join(filter(None, (heading.group, heading.words))), "parts": shown,
        "number": row.numbers[column],
    })  # fmt: skip


@require_safe
@requires(Action.SEE_FIGURES)
def paper(request: HttpRequest, key: str, month: str, language: str) -> HttpResponse:
    """Give a form of a month as PDF."""
    if language not in {"km", "en"}:
        raise Http404
    form, chosen = form_named(key), Month.parse(month)
    content = printed(form, chosen, language, made_at=timezone.now())
    headers = {"Content-Disposition": content_disposition_header(False, f"{key}-{chosen}-{language}.pdf") or ""}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
