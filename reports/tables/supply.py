"""The tables of medicine and money."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from core.money import Currency
from pharmacy.models import AidCost, Donation
from reports.cube import assert_whole
from reports.facts import Facts
from reports.tables.asked import currency_words, lines, number
from reports.tables.shape import Column, Number, Row, Table

TOP = 15  # lines of a long list on paper; all of them stand in the Excel file


def stock(facts: Facts) -> Table:
    """Tell how medicine stood on the last day."""
    out = facts.answers["days_out"].along("medicine")
    rows: list[Row] = [
        (gettext("Medicines that were out on at least one day"), Number(len(out), "medicines_out")),
        (gettext("Batches that expire within three months"), number(facts, "batches_expiring")),
        (gettext("Expired batches still on a shelf"), number(facts, "batches_expired")),
        *((gettext("Worth of all that lies there, %(currency)s") % {"currency": currency_words(c)},
           number(facts, "stock_value", currency=c.value)) for c in Currency),
    ]  # fmt: skip
    note = gettext("Bought medicine is worth what it cost, given medicine what the giver or we said it is worth.")
    return lines("stock", gettext("Medicine on the last day"), gettext("Medicine"), rows, note)


def stock_outs(facts: Facts, top: int | None = None) -> Table:
    """Tell which medicines were out, the longest first."""
    found = sorted(facts.answers["days_out"].along("medicine").items(), key=lambda item: -item[1])
    known = facts.named["medicine"]
    rows: list[Row] = [(str(known[key]), number(facts, "days_out", medicine=key)) for key, _ in found[:top]]
    columns = [Column(gettext("Medicine"), number=False), Column(gettext("Days out"))]
    return Table("stock_outs", gettext("Medicine that was out"), columns, rows, note=_more(len(found), rows))


def expiring(facts: Facts, top: int | None = None) -> Table:
    """Tell which batches on a shelf expire within six months, and those that have expired."""
    found = sorted(facts.lying, key=lambda one: (one.batch.expires_on, str(one.batch.pk)))
    rows: list[Row] = [
        (
            str(one.batch.medicine),
            one.batch.number or "–",
            one.batch.expires_on,
            Number(one.units, "batch_left", {"batch": str(one.batch.pk)}),
        )
        for one in found[:top]
    ]
    columns = [
        Column(gettext("Medicine"), number=False),
        Column(gettext("Batch"), number=False, alike=True),
        Column(gettext("Expires on"), number=False, alike=True),
        Column(gettext("Left on the shelf")),
    ]
    return Table("expiring", gettext("Expired, or to be used within six months"), columns, rows,
                 note=_more(len(found), rows))  # fmt: skip


def _more(all_: int, rows: Sequence[Row]) -> str:
    left = all_ - len(rows)
    return gettext("%(number)d more stand in the Excel file.") % {"number": left} if left else ""


# --- Money ------------------------------------------------------------------------------------------------------------


def funds(facts: Facts) -> Table:
    """Tell what came into each fund, what it paid, and what it holds; each currency on its own line.

    Raises AssertionError when a line does not add up: money was lost between two figures.
    """
    rows: list[Row] = []
    for fund, named in facts.named["fund"].items():
        for currency in Currency:
            row = _fund(facts, fund, currency.value)
            if any(each.value for each in row):
                rows.append((f"{named} · {currency_words(currency)}", *row))
    headings = (
        gettext("Held before"), gettext("Donations"), gettext("Changed"), gettext("Medicine bought"),
        gettext("Help paid"), gettext("Found by counting"), gettext("Held after"),
    )  # fmt: skip
    columns = [Column(gettext("Fund"), number=False), *(Column(words) for words in headings)]
    note = gettext(
        "Amounts are net of what was taken back, and are never converted. Changed is money that was exchanged."
    )
    return Table("funds", gettext("Donations in, medicine bought"), columns, rows, note=note)


def _fund(facts: Facts, fund: str, currency: str) -> list[Number]:
    keys = {"fund": fund, "currency": currency}
    before, after = (answer.value(**keys) for answer in facts.balances)
    came, bought, paid, found = (
        number(facts, name, **keys) for name in ("donations", "medicine_bought", "aid_paid", "cash_differences")
    )
    changed = facts.changed.get((fund, currency), 0)
    assert_whole((before, came.value, changed, -bought.value, -paid.value, found.value), after)
    return [
        Number(before, "fund_balance", keys | {"at": "before"}, unit=currency), came,
        Number(changed, "money_changed", keys, unit=currency), bought, paid, found,
        Number(after, "fund_balance", keys, unit=currency),
    ]  # fmt: skip


def gifts(facts: Facts) -> Table:
    """Tell the donations by who gave."""

    def numbers(**keys: str) -> list[Number]:
        sums = (number(facts, "donations", currency=c.value, **keys) for c in Currency)
        return [number(facts, "receipts", **keys), *sums]

    rows: list[Row] = [(str(source.label), *numbers(source=source.value)) for source in Donation.Source]
    total: Row = (gettext("Total"), *numbers())
    for place in range(1, len(total)):
        assert_whole((row[place].value for row in rows), total[place].value)  # type: ignore[union-attr]
    columns = [Column(gettext("Given by"), number=False), Column(gettext("Receipts")), *_currencies()]
    purchases = gettext("Invoices for medicine: %(number)d.") % {"number": facts.answers["purchases"].total}
    return Table("gifts", gettext("Donations"), columns, rows, total, purchases)


def _currencies() -> list[Column]:
    return [Column(gettext("Riel")), Column(gettext("Dollars"))]


def aid(facts: Facts) -> Table:
    """Tell help with costs by what it was for, and beside it what the Health Equity Fund paid."""

    def numbers(**keys: str) -> list[Number]:
        names = ("aid_paid", "aid_by_equity_fund")
        return [number(facts, name, currency=c.value, **keys) for name in names for c in Currency]

    rows: list[Row] = [(str(kind.label), *numbers(kind=kind.value)) for kind in AidCost.Kind]
    groups = gettext("Out of our funds"), gettext("By the Health Equity Fund")
    columns = [Column(gettext("Help with costs"), number=False)]
    columns += [Column(column.words, group) for group in groups for column in _currencies()]
    helped = gettext("Cases opened: %(cases)d. People helped with money of ours: %(people)d.")
    note = helped % {"cases": facts.answers["aid_cases"].total, "people": facts.answers["people_helped"].total}
    return Table("aid", gettext("Help with costs"), columns, rows, (gettext("Total"), *numbers()), note)
