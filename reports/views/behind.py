"""The list behind a number of any figure: what it counts, row by row, with the way back to the table it stands in."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import BandSet
from core.audit import journal
from core.errors import NotAllowed, RuleBroken
from core.money import Currency, Money
from core.pages import today
from core.periods import Month
from reports import keys, ranges
from reports.asking import PAGE, Behind, Span, ask, behind
from reports.bands import named as bands_named
from reports.figures import FIGURES, Figure
from reports.linked import back_to
from reports.rights import may_see
from reports.sources.contacts import CONTACTS


@require_safe
@requires(Action.READ_RECORD)
def show(request: HttpRequest, figure: str) -> HttpResponse:
    """List the rows that a number counts, newest first; what they add is the number."""
    query, counted = request.GET, _figure(request, figure)
    span = ranges.named(query.get("from", ""), query.get("to", ""), today=today())
    bands = bands_named(query.get("bands") or "published")
    where = {name: key for name in keys.DIMENSIONS if (key := query.get(name))}
    if counted.by and counted.by not in where:
        raise RuleBroken("reports.filter_unknown", field=counted.by, value="")
    total = ask(figure, span, where=where, bands=bands).total
    rows = behind(figure, span, where=where, bands=bands, before=query.get("before"), limit=PAGE + 1)
    older = ""
    if len(rows) > PAGE:
        rows.pop()
        older = "?" + urlencode(query.dict() | {"before": rows[-1].cursor})
    journal.note_reads((row.patient_id for row in rows if row.patient_id), by=request.user, what=f"reports.{figure}")
    amount = _amounts(where)
    return render(request, "reports/behind.html", {
        "figure": counted,
        "days": ranges.span_words(span),
        "back": back_to(query.get("back", "")) or _where_it_stands(span, bands),
        "narrowed": _narrowed(counted, where, bands),
        "number": amount(total),
        "rows": [_row(row, amount) for row in rows],
        "amounts": any(row.amount != 1 for row in rows),
        "older": older,
        "address": request.build_absolute_uri(),
    })  # fmt: skip


def _figure(request: HttpRequest, name: str) -> Figure:
    """Return a figure whose rows this colleague may read. Raises RuleBroken("reports.figure_unknown"), NotAllowed."""
    figure = FIGURES.get(name)
    if figure is None:
        raise RuleBroken("reports.figure_unknown", field="figure", value=name[:60])
    if figure.source is not CONTACTS and not may_see(cast("User", request.user).role, figure):
        raise NotAllowed(Action.SEE_FIGURES)
    return figure


def _amounts(where: dict[str, str]) -> Any:
    """Return how an amount is written: as money where a currency is said."""
    currency = where.get("currency")
    return (lambda n: Money(n, Currency(currency)).format()) if currency else (lambda n: f"{n:,}")


def _row(row: Behind, amount: Any) -> dict[str, Any]:
    return {"row": row, "amount": amount(row.amount)}


def _narrowed(figure: Figure, where: dict[str, str], bands: BandSet) -> list[str]:
    """Return in words what the list is narrowed to."""
    return [keys.words_of_keys(figure, name, [key], bands)[key] for name, key in where.items()]


def _where_it_stands(span: Span, bands: BandSet) -> str:
    """Return the page of the month or the year, for a list that nobody came to from a table."""
    months, address = ranges.whole_months(span), reverse("reports:home")
    if months == 1:
        address = reverse("reports:month", args=[Month.of(span.first).text])
    elif months == 12 and span.first.month == 1:
        address = reverse("reports:year", args=[f"{span.first.year:04d}"])
    return f"{address}?{urlencode({'bands': bands.key})}"
