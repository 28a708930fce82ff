"""The till: rates, donation boxes, a grant, money changed, and the cash of the last month counted by two people."""

from __future__ import annotations

import datetime as dt

from core.money import Currency, Money
from core.periods import Month
from desk.demo.cast import Cast
from desk.demo.chance import Chance
from desk.demo.villages import TOWN
from pharmacy.models import Donation, Fund
from pharmacy.rules import NOTES, RARE
from pharmacy.selectors.cash import held
from pharmacy.services import boxes, cash, donations, exchanges, funds

GRANT = "grant"
IN_THE_BOX = {
    Currency.KHR: {10_000: 2, 5_000: 7, 2_000: 9, 1_000: 31, 500: 24, 100: 12},
    Currency.USD: {500: 1, 100: 6},
}
GIVEN, CHANGED, GOT = Money(500_00, Currency.USD), Money(200_00, Currency.USD), Money(820_000, Currency.KHR)


def keep(cast: Cast, first: dt.date) -> None:
    """Write the till's open work, after all gifts and purchases: receipts follow the calendar, and cash is counted."""
    _rates(cast, first)
    _boxes(cast)
    _grant(cast)
    _count(cast, Month.of(cast.today).previous().last)


def _rates(cast: Cast, first: dt.date) -> None:
    month = Month.of(first)
    while month.first <= cast.today:
        riel = 4_050 + 5 * Chance("rate", str(month)).between(0, 20)
        funds.set_rate(
            on=month.first, riel=riel, source="ធនាគារជាតិ", by=cast.admin, today=cast.today
        )  # fmt: skip
        month = month.next()


def _boxes(cast: Cast) -> None:
    admin = cast.admin
    pagoda = boxes.add(
        code="box-1", place_km="វត្តស្រែអំបិល", place_en="Sre Ambel pagoda", village=cast.villages[TOWN], by=admin
    )  # fmt: skip
    boxes.add(code="box-2", place_km="តុទទួលភ្ញៀវ", place_en="Reception desk", by=admin)
    boxes.open_box(
        box=pagoda, found=IN_THE_BOX, counted_by=str(cast.nurse), witnessed_by=str(cast.pharmacist), on=cast.today,
        by=cast.nurse, today=cast.today,
    )  # fmt: skip


def _grant(cast: Cast) -> None:
    on, by = cast.today, cast.admin
    donations.receive(
        amount=GIVEN, on=on, by=by, today=on, fund=GRANT, source=Donation.Source.GRANT,
        donor_name="Friends of Sre Ambel", purpose="Toothpaste and fluoride for school children",
    )  # fmt: skip
    exchanges.record(fund=GRANT, given=CHANGED, taken=GOT, where="ផ្សារស្រែអំបិល", on=on, by=by, today=on)


def _count(cast: Cast, on: dt.date) -> None:
    """Count the medicine fund at the end of a month: the riel agree, of the dollars one was missing, and said why."""
    at = next(row for row in held(on) if row.fund.pk == Fund.MEDICINE)
    for money, reason in ((at.riel, ""), (at.dollars, "ក្រដាស ១ ដុល្លាររហែក ផ្ញើទៅធនាគារ")):
        counted = money - Money(100, Currency.USD) if reason and money.minor >= 100 else money
        cash.count(
            fund=Fund.MEDICINE, currency=money.currency, found=_in_notes(counted), on=on, reason=reason,
            counted_by=str(cast.pharmacist), witnessed_by=str(cast.nurse), by=cast.pharmacist, today=cast.today,
        )  # fmt: skip


def _in_notes(amount: Money) -> dict[int, int]:
    """Return an amount in as few notes as there are, without the rare ones."""
    found, left = {}, amount.minor
    for value in NOTES[amount.currency]:
        if value not in RARE[amount.currency]:
            found[value], left = divmod(left, value)
    return found
