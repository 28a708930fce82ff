"""The accountant's pages: trial balance, statement of a fund, journal, the facts for a donor abroad."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.khmer import latin_digits
from core.pages import as_pdf, today
from core.periods import CLINIC_TZ, LAST_YEAR, Month
from pharmacy import sheets
from pharmacy.excel import workbook
from pharmacy.models import Fund
from pharmacy.pdf.accounts import printed
from pharmacy.selectors import abroad, cash
from pharmacy.selectors import accounts as selector
from pharmacy.sheets import Paper
from pharmacy.views.common import organisation, uuid_from
from pharmacy.views.tracing import around, year_from

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES = {"pdf": 5_000, "xlsx": 50_000}  # of one journal


def _given(request: HttpRequest, made: Paper, kind: str, *, wide: bool = False, sign: bool = True) -> HttpResponse:
    """Answer with a paper as a PDF to be seen or an Excel file to keep."""
    at, by = timezone.now(), str(request.user)
    if kind == "pdf":
        return as_pdf(printed(made, organisation(), by=by, at=at, wide=wide, sign=sign), made.name)
    said = f"{by} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}"
    response = HttpResponse(workbook(made, said), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{made.name}.xlsx"'
    return response


def _fund(request: HttpRequest, funds: list[Fund]) -> Fund | None:
    """Return the fund that a page's address names, None when it names none."""
    code = request.GET.get("fund", "")
    found = next((fund for fund in funds if fund.pk == code), None)
    if code and found is None:
        raise Http404
    return found


def _day(text: str) -> date | None:
    try:
        on = date.fromisoformat(latin_digits(text).strip())
    except ValueError:
        return None
    return on if on.year <= LAST_YEAR else None


@require_safe
@requires(Action.FOLLOW_MONEY)
def trial_balance(request: HttpRequest, kind: str = "") -> HttpResponse:
    """Show the trial balance at the end of a day, of one fund or of all."""
    funds = cash.funds()
    fund, at = _fund(request, funds), min(_day(request.GET.get("at", "")) or today(), today())
    found = selector.trial_balance(at, fund.pk if fund else "")
    made = sheets.trial_balance(found, at, fund)
    if kind:
        return _given(request, made, kind)
    context = {"paper": made, "fund": fund, "funds": funds, "at": at, "today": today(),
               "broken": [one.currency.value for one in found if not one.balances]}  # fmt: skip
    return render(request, "pharmacy/trial_balance.html", context)


@require_safe
@requires(Action.FOLLOW_MONEY)
def statement(request: HttpRequest, kind: str = "") -> HttpResponse:
    """Show what became of a fund's money from a first to a last month."""
    funds = cash.funds()
    fund = _fund(request, funds) or funds[0]
    first, last = _months(request)
    found = selector.statement(fund.pk, first.first, last.last)
    made = sheets.statement(found, fund, first.first, min(last.last, today()))
    if kind:
        return _given(request, made, kind)
    context = {"paper": made, "fund": fund, "funds": funds, "first": first, "last": last, "now": Month.of(today()),
               "broken": [one.currency.value for one in found if not one.adds_up]}  # fmt: skip
    return render(request, "pharmacy/statement.html", context)


@require_safe
@requires(Action.SEE_BOOKS)
def journal(request: HttpRequest, kind: str = "") -> HttpResponse:
    """Show the journal, newest first; as a paper in the order of the books, for a first to a last month."""
    funds = cash.funds()
    fund = _fund(request, funds)
    first, last = _months(request)
    if kind:
        rows = selector.journal(first.first, last.last, fund.pk if fund else "", most=MOST_LINES[kind])
        if rows is None:
            messages.error(request, _("These are too many lines for one file. Choose fewer months."))
            return redirect("pharmacy:journal")
        made = sheets.journal(rows, first.first, min(last.last, today()), fund)
        return _given(request, made, kind, wide=True, sign=False)
    entries, more = selector.journal_page(fund=fund.pk if fund else "", before=uuid_from(request, "before"))
    older = f"?fund={fund.pk if fund else ''}&before={more}" if more else ""
    context = {"entries": entries, "fund": fund, "funds": funds, "older": older, "first": first, "last": last,
               "now": Month.of(today())}  # fmt: skip
    return render(request, "pharmacy/journal.html", context)


@require_safe
@requires(Action.FOLLOW_MONEY)
def schedule_f(request: HttpRequest, kind: str = "") -> HttpResponse:
    """Show the facts of a year for Form 990, Schedule F."""
    year = year_from(request)
    made = sheets.schedule_f(abroad.schedule_f(year))
    if kind:
        return _given(request, made, kind)
    return render(request, "pharmacy/schedule_f.html", {"paper": made, **around(year)})


def _months(request: HttpRequest) -> tuple[Month, Month]:
    """Return the months that a page's address names; else this month. A span is never backwards."""
    now = Month.of(today())

    def read(name: str) -> Month:
        try:
            return min(Month.parse(request.GET.get(name, "")), now)
        except (RuleBroken, ValueError):
            return now

    first, last = read("from"), read("to")
    return min(first, last), last
