"""Follow the money both ways: from what a village gave to the medicine and who was helped, and from a batch back.

Numbers only, no names. The rule, and how it is rounded, stands in docs/adr/0018; the arithmetic in `shares`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from core.money import Currency, Money
from core.periods import Month
from pharmacy.models import Account, Batch, Donation, Medicine, Place, Purchase
from pharmacy.selectors import axis
from pharmacy.selectors.axis import IN, OUT, Axes
from pharmacy.shares import Flow, Piece, covered, follow, meet, shared

FEW = 5  # fewer people than this are not told on a paper that leaves the centre with a village's name


@dataclass(frozen=True)
class Part:
    """What money paid of one batch: in units of the batch's currency, and of the medicine."""

    batch: UUID
    medicine: Medicine
    number: str
    expires_on: date
    paid: Money
    cost: Money
    came: int
    units: int
    given: int


@dataclass
class Bought:
    """What money paid of one purchase, and of each of its batches."""

    purchase: UUID
    supplier: str
    invoice: str
    on: date
    sum: Money
    paid: Money
    parts: list[Part] = field(default_factory=list)


@dataclass
class Line:
    """One medicine out of several batches: what was paid for it, how much came of that, how much is given out."""

    medicine: Medicine
    paid: dict[Currency, Money] = field(default_factory=dict)
    units: int = 0
    given: int = 0


@dataclass
class Followed:
    """What became of money that was given: by the month in which it was, what it paid for, and what is left.

    `left` is in the currency in which it was given, also when it was changed since and lies there in the other.
    """

    months: dict[Month, dict[Currency, Money]]
    bought: list[Bought]
    paid: dict[str, dict[Currency, Money]]  # by the role of what it was paid for: purchases, aid, differences
    left: dict[Currency, Money]
    dispensings: int = 0
    people: int = 0

    @property
    def given(self) -> dict[Currency, Money]:
        """Return all that was given."""
        return _added(month for month in self.months.values())

    def medicines(self) -> list[Line]:
        """Return what was bought by medicine, the dearest first."""
        lines: dict[int, Line] = {}
        for part in (part for bought in self.bought for part in bought.parts):
            line = lines.setdefault(part.medicine.pk, Line(part.medicine))
            _add(line.paid, part.paid)
            line.units += part.units
            line.given += part.given
        return sorted(lines.values(), key=lambda line: (_weight(line), line.medicine.name))


def _weight(line: Line) -> tuple[int, ...]:
    return tuple(-line.paid.get(currency, Money.zero(currency)).minor for currency in Currency)


def _add(sums: dict[Currency, Money], money: Money) -> None:
    sums[money.currency] = sums.get(money.currency, Money.zero(money.currency)) + money


def _added(many: Iterable[dict[Currency, Money]]) -> dict[Currency, Money]:
    sums: dict[Currency, Money] = {}
    for each in many:
        for money in each.values():
            _add(sums, money)
    return sums


def _in(account: str) -> Currency:
    """Return the currency of an account, which its code ends with."""
    return Currency(account.rsplit("-", 1)[1].upper())


# -- from a village -------------------------------------------------------------------------------------


def from_village(village_id: int, first: date, last: date) -> Followed:
    """Return what became of all that a village gave from the first to the last day: at most five statements."""
    axes = Axes()
    opened = (
        'SELECT DISTINCT e.debit_id AS account, e."on" FROM pharmacy_donation g JOIN pharmacy_entry e'
        ' ON e.id = g.entry_id WHERE g.village_id = %s AND g."on" BETWEEN %s AND %s'
    )
    gifts = axes.flows(
        IN, opened, [village_id, first, last], also='d."on"', where="d.village_id = %s", more=[village_id],
        joins="JOIN pharmacy_donation d ON d.entry_id = placed.id", about=lambda on: Month.of(axis.as_day(on)),
    )  # fmt: skip
    months: dict[Month, dict[Currency, Money]] = defaultdict(dict)
    for gift in sorted(gifts, key=lambda gift: (gift.about, gift.account, gift.low)):
        _add(months[gift.about], Money(int(gift.high - gift.low), _in(gift.account)))
    if not gifts:
        return Followed({}, [], {}, {})
    resting, lost = follow(map(Piece.of, gifts), axes.bridges())
    met, alone = meet(resting, outflows(axes, covered(resting)))
    paid: dict[str, dict[Currency, Money]] = defaultdict(dict)
    shares: dict[Flow, list[Piece]] = defaultdict(list)
    for piece, flow in met:
        _add(paid[flow.role], Money(piece.minor, _in(flow.account)))
        if flow.role == Account.PURCHASES:
            shares[flow].append(piece)
    left: dict[Currency, Money] = {}
    for piece in (*alone, *lost):
        _add(left, Money(piece.of_flow, _in(piece.flow.account)))
    bought = _bought(shares)
    dispensings, people = helped([part.batch for one in bought for part in one.parts if part.units])
    return Followed(dict(months), bought, dict(paid), left, dispensings, people)


def outflows(axes: Axes, stretches: Iterable[tuple[str, int, int]]) -> list[Flow]:
    """Return what was paid out of cash on the days that lie within stretches, exchanges apart: one statement.

    A flow that is a purchase is about (its key, supplier, invoice, day).
    """
    opened, given = axis.opened(axes.days(OUT, stretches))
    return [
        flow
        for flow in axes.flows(
            OUT, opened, given, also='p.id, p.supplier, p.invoice, p."on"',
            joins="LEFT JOIN pharmacy_purchase p ON p.entry_id = placed.id",
            about=lambda key, *rest: (axis.as_uuid(key), *rest) if key else None,
        )
        if flow.role != Account.EXCHANGE
    ]  # fmt: skip


def _bought(shares: dict[Flow, list[Piece]]) -> list[Bought]:
    """Return what pieces of money paid of each purchase and batch: one statement for all batches."""
    lots: dict[UUID, list[Lot]] = defaultdict(list)
    if shares:
        for lot in lots_of([flow.about[0] for flow in shares]):
            lots[lot.purchase].append(lot)
    found = []
    for flow, pieces in sorted(shares.items(), key=lambda item: (axis.as_day(item[0].about[3]), item[0].entry)):
        key, supplier, invoice, on = flow.about
        currency = _in(flow.account)
        one = Bought(
            key, supplier, invoice, axis.as_day(on), Money(int(flow.high - flow.low), currency),
                     Money(sum(piece.minor for piece in pieces), currency))  # fmt: skip
        one.parts = _parts(flow, pieces, lots[key], currency)
        found.append(one)
    return found


def _parts(flow: Flow, pieces: Sequence[Piece], lots: Sequence[Lot], currency: Currency) -> list[Part]:
    found: dict[UUID, Part] = {}
    sums = [[0, 0, 0] for _ in lots]
    for piece in pieces:
        for sum_, share in zip(sums, _shares(flow, piece, lots), strict=True):
            for n, value in enumerate(share):
                sum_[n] += value
    for lot, (paid, units, given) in zip(lots, sums, strict=True):
        found[lot.batch] = Part(
            lot.batch, lot.medicine, lot.number, lot.expires_on, Money(paid, currency), Money(lot.cost, currency),
            lot.came, units, given,
        )  # fmt: skip
    return [part for part in found.values() if part.paid or part.units]


def _shares(flow: Flow, piece: Piece, lots: Sequence[Lot]) -> list[tuple[int, int, int]]:
    """Return what a piece of a purchase's money is of each batch: in money, in units that came, in units given."""
    low, high = int(piece.low // 1 - flow.low), int(piece.high // 1 - flow.low)
    cells = shared(low, high, [lot.cost for lot in lots])
    return [
        (end - start, lot.of(lot.came, start, end), lot.of(lot.given, start, end))
        for lot, (start, end) in zip(lots, cells, strict=True)
    ]


# -- batches --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lot:
    """A bought batch: what it cost, how many units came and how many of them are given out, all net of corrections."""

    batch: UUID
    purchase: UUID
    medicine: Medicine
    number: str
    expires_on: date
    cost: int
    came: int
    given: int

    def of(self, units: int, start: int, end: int) -> int:
        """Return which of so many units the money from `start` to `end` of the cost stands for."""
        return units * end // self.cost - units * start // self.cost if self.cost else 0


def _medicine(key: int, name: str, name_km: str, form: str, strength: str) -> Medicine:
    return Medicine(id=key, name=name, name_km=name_km, form=form, strength=strength)


def lots_of(purchases: Sequence[UUID]) -> list[Lot]:
    """Return the batches of purchases in the order of their keys: one statement."""
    among, given = axis.among("b.purchase_id", purchases)
    outside = f"'{Place.SOURCE}'", f"'{Place.PATIENTS}'"
    net = [
        f"COALESCE(SUM(CASE WHEN m.{plus}_id = {place} THEN m.quantity WHEN m.{minus}_id = {place}"
        " THEN -m.quantity ELSE 0 END), 0)"
        for place, plus, minus in ((outside[0], "source", "target"), (outside[1], "target", "source"))
    ]
    sql = (
        f"SELECT b.id, b.purchase_id, b.medicine_id, b.number, b.expires_on, b.cost, {net[0]}, {net[1]},"  # noqa: S608
        " d.name, d.name_km, d.form, d.strength FROM pharmacy_batch b JOIN pharmacy_medicine d ON d.id = b.medicine_id"
        f" LEFT JOIN pharmacy_move m ON m.batch_id = b.id WHERE {among} GROUP BY b.id, d.id ORDER BY b.id"
    )
    return [
        Lot(axis.as_uuid(key), axis.as_uuid(purchase), _medicine(medicine, *names), number, axis.as_day(expires), cost,
            int(came), int(out))
        for key, purchase, medicine, number, expires, cost, came, out, *names in axis.rows(sql, given)
    ]  # fmt: skip


# Dispensings of which something stands: a move back that names no dispensing is the reversal of one that does.
STANDING = """
SELECT d.id, d.patient_id FROM pharmacy_move m JOIN pharmacy_dispensing d ON d.id = m.dispensing_id
LEFT JOIN pharmacy_move r ON r.reverses_id = m.id WHERE r.id IS NULL AND m.reverses_id IS NULL AND {where}
GROUP BY d.id, d.patient_id HAVING SUM(CASE WHEN m.target_id = 'patients' THEN m.quantity ELSE -m.quantity END) > 0
"""


def helped(batches: Sequence[UUID]) -> tuple[int, int]:
    """Return how many dispensings out of batches stand, and to how many people: one statement."""
    return _standing(*axis.among("m.batch_id", batches)) if batches else (0, 0)


def helped_between(first: date, last: date) -> tuple[int, int]:
    """Return how many dispensings from the first to the last day stand, and to how many people: one statement."""
    return _standing('d."on" BETWEEN %s AND %s', [first, last])


def _standing(where: str, given: Sequence[Any]) -> tuple[int, int]:
    standing = STANDING.format(where=where)
    sql = f"SELECT COUNT(*), COUNT(DISTINCT patient_id) FROM ({standing}) AS stands"  # noqa: S608
    [(dispensings, people)] = axis.rows(sql, given)
    return int(dispensings), int(people)


# -- back to the money ----------------------------------------------------------------------------------


@dataclass
class Source:
    """Money behind medicine: of one village or grant and one month, in the currency in which it was given.

    `paid` is what it paid, in the currency of the purchase; `gave` how much of the gift that was. `village` and
    `kind` are None and "" for money found when cash was counted.
    """

    village: int | None
    village_km: str
    village_en: str
    kind: str
    month: Month
    gave: Money
    paid: Money


@dataclass
class Behind:
    """Where the money for a purchase, or for one of its batches, came from. `unknown` could not be traced."""

    sum: Money
    sources: list[Source]
    unknown: Money


def behind_purchase(purchase: Purchase, batch: Batch | None = None) -> Behind:
    """Return whose money paid for a purchase that stands, or for one batch of it: at most five statements."""
    entry = purchase.entry
    currency = Currency(entry.currency)
    axes = Axes()
    day = axis.opened([(entry.credit_id, entry.on)])
    at = axes.flows(OUT, *day, where="placed.id = %s", more=[entry.pk])
    if not at:
        return Behind(Money.zero(currency), [], Money.zero(currency))
    flow = at[0]
    lots: list[Lot] = lots_of([purchase.pk]) if batch else []
    which = next((n for n, lot in enumerate(lots) if batch and lot.batch == batch.pk), None)
    resting, lost = follow([Piece.of(flow)], [bridge.back for bridge in axes.bridges()])
    met, alone = meet(resting, inflows(axes, covered(resting)))
    sources: dict[Any, Source] = {}
    unknown = 0
    for piece, gift in [*met, *((piece, None) for piece in (*alone, *lost))]:
        # seen from the purchase, the piece lies on its axis from `since` to `until`
        paid, gave = piece.of_flow, piece.minor
        if batch:
            mine = Piece(flow.account, piece.since, piece.until, flow, piece.since, piece.until)
            whole, paid = paid, _shares(flow, mine, lots)[which][0] if which is not None else 0
            gave = gave * paid // whole if whole else 0
        if gift is None:
            unknown += paid
            continue
        where = _in(gift.account)
        key = (gift.about[:2], gift.about[4], where)
        if key not in sources:
            _, kind, km, en, month = gift.about
            zero = Money.zero(where), Money.zero(currency)
            sources[key] = Source(gift.about[0], km or "", en or "", kind or "", month, *zero)
        sources[key].gave += Money(gave, where)
        sources[key].paid += Money(paid, currency)
    shown = sorted(sources.values(), key=lambda one: (one.month, one.village_en, one.kind, one.gave.currency))
    whole_sum = batch.cost or 0 if batch else entry.minor
    return Behind(Money(whole_sum, currency), [one for one in shown if one.paid], Money(unknown, currency))


def inflows(axes: Axes, stretches: Iterable[tuple[str, int, int]]) -> list[Flow]:
    """Return what came into cash on the days that lie within stretches, exchanges apart: one statement.

    Each is about (its village, the kind of gift, the village's names, its month).
    """
    opened, given = axis.opened(axes.days(IN, stretches))
    return [
        flow
        for flow in axes.flows(
            IN, opened, given, also='d.village_id, d.source, v.name_km, v.name_en, placed."on"',
            joins="LEFT JOIN pharmacy_donation d ON d.entry_id = placed.id"
            " LEFT JOIN places_village v ON v.id = d.village_id",
            about=lambda village, kind, km, en, on: (village, kind, km, en, Month.of(axis.as_day(on))),
        )
        if flow.role != Account.EXCHANGE
    ]  # fmt: skip


@dataclass(frozen=True)
class Giving:
    """A village and what it gave; `key` is None for gifts that name no village."""

    key: int | None
    name_km: str
    name_en: str
    riel: Money
    dollars: Money

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


def villages(first: date, last: date) -> list[Giving]:
    """Return what each village gave from the first to the last day, by name; grants apart: one statement."""
    rows = Donation.objects.filter(void_reason="", on__range=(first, last)).exclude(source=Donation.Source.GRANT)
    sums = {c.value: Coalesce(Sum("entry__minor", filter=Q(entry__currency=c.value)), Value(0)) for c in Currency}
    found = rows.order_by().values_list("village", "village__name_km", "village__name_en").annotate(**sums)
    givings = [
        Giving(key, km or "", en or "", Money(riel, Currency.KHR), Money(dollars, Currency.USD))
        for key, km, en, riel, dollars in found
    ]
    return sorted(givings, key=lambda one: (one.key is None, one.name_en, one.key or 0))
