"""The tables of medicine and money."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language, gettext

from core.khmer import format_date
from core.money import Currency
from pharmacy.models import AidCost, Donation
from reports.facts import Facts, supply
from reports.tables.shape import Column, Number, Row, Table

TOP = 15  # lines of a long list on paper; all of them stand in the Excel file


def stock(facts: Facts) -> Table:
    """Tell how medicine stood on the last day."""
    found, last = facts.stock, facts.span.last
    rows: list[Row] = [
        (gettext("Medicines that can be given"), Number(found.medicines, "medicines")),
        (gettext("Medicines that were out on at least one day"), Number(len(found.out), "stock_outs")),
        (gettext("Medicines that were out on the last day"),
         Number(sum(one.out_at_the_end for one in found.out), "stock_outs", {"on": "last"})),
        (gettext("Batches that expire within three months"),
         Number(len(supply.soon(found.expiring, last)), "expiring", {"within": "3m"})),
        (gettext("Batches that expire within six months"), Number(len(found.expiring), "expiring", {"within": "6m"})),
        (gettext("Expired batches still on a shelf"), Number(len(found.expired), "expired")),
        *((gettext("Worth of all that lies there, %(currency)s") % {"currency": _currency(c)},
           Number(found.worth[c.value], "stock_worth", {"currency": c.value}, unit=c.value)) for c in Currency),
        (gettext("Batches of which nobody said what they are worth"), Number(found.unvalued, "stock_unvalued")),
    ]  # fmt: skip
    columns = [Column(gettext("Medicine"), number=False), Column(gettext("Number"))]
    note = gettext("Bought medicine is worth what it cost, given medicine what the giver or we said it is worth.")
    return Table("stock", gettext("Medicine on the last day"), columns, rows, note=note)


def _currency(currency: Currency) -> str:
    return gettext("riel") if currency is Currency.KHR else gettext("dollars")


def stock_outs(facts: Facts, top: int | None = None) -> Table:
    """Tell which medicines were out, the longest first."""
    found = facts.stock.out
    rows: list[Row] = [
        (str(one.medicine), Number(one.days, "days_out", {"medicine": str(one.medicine.pk)})) for one in found[:top]
    ]
    columns = [Column(gettext("Medicine"), number=False), Column(gettext("Days out"))]
    return Table("stock_outs", gettext("Medicine that was out"), columns, rows, note=_more(len(found), rows))


def expiring(facts: Facts, top: int | None = None) -> Table:
    """Tell which batches on a shelf expire within six months, and those that have expired."""
    found = [*facts.stock.expired, *facts.stock.expiring]
    rows: list[Row] = [
        (
            str(one.batch.medicine),
            one.batch.number or "–",
            format_date(one.batch.expires_on, get_language() or "km"),
            Number(one.quantity, "batch_left", {"batch": str(one.batch.pk)}),
        )
        for one in found[:top]
    ]
    columns = [
        Column(gettext("Medicine"), number=False),
        Column(gettext("Batch"), number=False),
        Column(gettext("Expires on"), number=False),
        Column(gettext("Left")),
    ]
    return Table("expiring", gettext("Expired, or to be used soon"), columns, rows, note=_more(len(found), rows))


def _more(all_: int, rows: Sequence[Row]) -> str:
    left = all_ - len(rows)
    return gettext("%(number)d more stand in the Excel file.") % {"number": left} if left else ""


# --- Money ------------------------------------------------------------------------------------------------------------


def funds(facts: Facts) -> Table:
    """Tell what came into each fund, what it paid, and what it holds; each currency on its own line."""
    rows: list[Row] = []
    for kept in facts.funds:
        keys = {"fund": kept.fund.pk, "currency": kept.currency}
        cells = [("opening", kept.opening), *((role, kept.lines[role]) for role in supply.ROLES)]
        numbers = [
            Number(minor, "fund", keys | {"line": line}, unit=kept.currency)
            for line, minor in [*cells, ("closing", kept.closing)]
        ]
        rows.append((f"{kept.fund} · {_currency(Currency(kept.currency))}", *numbers))
    headings = (
        gettext("Held before"), gettext("Donations"), gettext("Changed"), gettext("Medicine bought"),
        gettext("Help paid"), gettext("Found by counting"), gettext("Held after"),
    )  # fmt: skip
    columns = [Column(gettext("Fund"), number=False), *(Column(words) for words in headings)]
    note = gettext(
        "What took money out is below nothing. Amounts are net of what was taken back, and are never converted."
    )
    purchases = gettext("%(number)d purchases of medicine.") % {"number": facts.purchases}
    return Table("funds", gettext("Donations in, medicine bought"), columns, rows, note=f"{purchases} {note}")


def gifts(facts: Facts) -> Table:
    """Tell the donations by who gave."""
    rows: list[Row] = [
        (
            str(Donation.Source(one.source).label),
            Number(one.count, "donations", {"source": one.source}),
            *(
                Number(one.sums[c.value], "donated", {"source": one.source, "currency": c.value}, unit=c.value)
                for c in Currency
            ),
        )
        for one in facts.gifts
    ]
    total: Row = (
        gettext("Total"),
        Number(sum(one.count for one in facts.gifts), "donations"),
        *(
            Number(sum(one.sums[c.value] for one in facts.gifts), "donated", {"currency": c.value}, unit=c.value)
            for c in Currency
        ),
    )
    columns = [Column(gettext("Given by"), number=False), Column(gettext("Donations")), *_currencies()]
    return Table("gifts", gettext("Donations"), columns, rows, total)


def _currencies() -> list[Column]:
    return [Column(gettext("Riel")), Column(gettext("Dollars"))]


def aid(facts: Facts) -> Table:
    """Tell help with costs by what it was for, and beside it what the Health Equity Fund paid."""
    paid = facts.aid.paid
    rows: list[Row] = [
        (str(kind.label), *(_aid(paid[kind.value, c.value], c, {"kind": kind.value}) for c in Currency))
        for kind in AidCost.Kind
    ]
    total: Row = (
        gettext("Paid out of our funds"),
        *(_aid(sum(n for (_, code), n in paid.items() if code == c.value), c, {}) for c in Currency),
    )
    columns = [Column(gettext("Help with costs"), number=False), *_currencies()]
    return Table("aid", gettext("Help with costs"), columns, rows, total)


def _aid(minor: int, currency: Currency, keys: dict[str, str]) -> Number:
    return Number(minor, "aid_paid", keys | {"currency": currency.value}, unit=currency.value)


def helped(facts: Facts) -> Table:
    """Tell how many were helped, and what the Health Equity Fund paid for them already."""
    found = facts.aid
    rows: list[Row] = [
        (gettext("Cases in which something was paid"), Number(found.cases, "aid_cases")),
        (gettext("People helped"), Number(found.people, "aid_people")),
        *((gettext("Paid by the Health Equity Fund, %(currency)s") % {"currency": _currency(c)},
           Number(found.hef[c.value], "aid_hef", {"currency": c.value}, unit=c.value)) for c in Currency),
    ]  # fmt: skip
    columns = [Column(gettext("Help with costs"), number=False), Column(gettext("Number"))]
    return Table("helped", gettext("Who was helped"), columns, rows)
