"""What lies where: sums over moves, made by the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest

from pharmacy.models import Batch, Medicine, Move, Place, good_on
from pharmacy.rules import Delta

SOON = timedelta(days=90)
PAGE = 50
MOVES_A_PAGE = 30


def daily(batches: Iterable[UUID], place: str, *, since: date) -> dict[UUID, list[Delta]]:
    """Return how each batch changed at one place, day by day; all before `since` comes as one sum on that day."""
    found: dict[UUID, list[Delta]] = {}
    rows = (
        Move.objects.filter(Q(source=place) | Q(target=place), batch__in=list(batches))
        .annotate(day=Greatest("on", Value(since, output_field=DateField())))
        .values("batch", "day")
        .annotate(net=Sum(Case(When(target=place, then=F("quantity")), default=-F("quantity"))))
    )
    for row in rows:
        found.setdefault(row["batch"], []).append((row["day"], row["net"]))
    return found


def shelves() -> list[Place]:
    """Return the places where medicine lies."""
    return list(Place.objects.filter(kind__in=Place.SHELVES).order_by(*_SHELF_ORDER))


_SHELF_ORDER = (
    Case(*(When(kind=kind, then=Value(n)) for n, kind in enumerate(Place.SHELVES)), output_field=IntegerField()),
    "code",
)


def on_shelves(prefix: str = "", which: Q | None = None) -> Coalesce:
    """Return the sum of what moves brought onto shelves and took off them, of the moves that fit.

    A shelf is what is not outside, by its code alone: joining the places twice made it four times as slow.
    """
    came, went = (
        Case(
            When(**{f"{prefix}{side}__in": Place.OUTSIDE}, then=Value(0)), default=F(f"{prefix}quantity"),
            output_field=IntegerField(),
        )
        for side in ("target", "source")
    )  # fmt: skip
    return Coalesce(Sum(came - went, filter=which, output_field=IntegerField()), Value(0))


def medicines_with_stock(today: date) -> QuerySet[Any]:
    """Return medicines in use with what lies on all shelves.

    `usable` can be given, of that `soon` expires; `expired` and `recalled` cannot be given any more.
    """
    good, expired = good_on(today, "batches__"), Q(batches__expires_on__lt=today)
    return Medicine.objects.filter(active=True).annotate(
        usable=on_shelves("batches__moves__", good),
        soon=on_shelves("batches__moves__", good & Q(batches__expires_on__lte=today + SOON)),
        expired=on_shelves("batches__moves__", expired),
        recalled=on_shelves("batches__moves__", ~expired & Q(batches__recalled_on__lte=today)),
        known=Exists(Batch.objects.filter(medicine=OuterRef("pk"))),
    )


# What a medicine is short of. One that never came in is not out: nobody expects it on the shelf.
OUT = Q(known=True, usable__lte=0)
LOW = Q(usable__gt=0, usable__lte=F("reorder_at"))
SOON_GONE = Q(soon__gt=0)
EXPIRED = Q(expired__gt=0)
RECALLED = Q(recalled__gt=0)
SHOWS = {
    "out": OUT, "low": LOW, "soon": SOON_GONE, "expired": EXPIRED, "recalled": RECALLED,
    "here": Q(usable__gt=0) | EXPIRED | RECALLED,
}  # fmt: skip


def summary(today: date) -> dict[str, int]:
    """Return how many medicines are out, low, soon to expire and expired: one statement."""
    counts = {f"n_{name}": Count("pk", filter=SHOWS[name]) for name in ("out", "low", "soon", "expired")}
    return {name.removeprefix("n_"): n for name, n in medicines_with_stock(today).aggregate(**counts).items()}


def matching(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Return medicines whose name, Khmer name, ATC code or strength holds each word of `text`."""
    for word in text.split()[:5]:
        named = Q(name__icontains=word) | Q(name_km__icontains=word)
        rows = rows.filter(named | Q(strength__icontains=word) | Q(atc__istartswith=word))
    return rows


def matching_batches(rows: QuerySet[Batch], text: str) -> QuerySet[Batch]:
    """Return batches whose number, or the names and strength of whose medicine, holds each word of `text`."""
    for word in text.split()[:5]:
        named = Q(medicine__name__icontains=word) | Q(medicine__name_km__icontains=word)
        rows = rows.filter(named | Q(medicine__strength__icontains=word) | Q(number__icontains=word))
    return rows


@dataclass
class Row:
    """One medicine of the stock list: what lies where, and what is wrong with it."""

    medicine: Any
    at: list[int] = field(default_factory=list)

    @property
    def out(self) -> bool:
        return self.medicine.known and self.medicine.usable <= 0

    @property
    def low(self) -> bool:
        return 0 < self.medicine.usable <= self.medicine.reorder_at


def stock_page(
    *, today: date, text: str = "", show: str = "", after: int | None = None
) -> tuple[list[Row], int | None]:
    """Return one page of the stock list with the quantity on each shelf, and the key of the next page."""
    rows = matching(medicines_with_stock(today), text)
    if show in SHOWS:
        rows = rows.filter(SHOWS[show])
    if after is not None:
        name = Subquery(Medicine.objects.filter(pk=after).values("name"))
        rows = rows.filter(Q(name__gt=name) | Q(name=name, id__gt=after))
    found = list(rows.order_by("name", "id")[: PAGE + 1])
    page, more = found[:PAGE], len(found) > PAGE
    at = _by_place([medicine.pk for medicine in page])
    codes = [place.code for place in shelves()]
    return [Row(m, [at.get((m.pk, code), 0) for code in codes]) for m in page], page[-1].pk if more else None


def _by_place(medicines: Sequence[int]) -> dict[tuple[int, str], int]:
    """Return what lies where, by medicine and place, expired included."""
    return _net(Move.objects.filter(batch__medicine__in=medicines), "batch__medicine")


def _net(moves: QuerySet[Move], key: str) -> dict[tuple[Any, str], int]:
    """Return the sum of moves by (key, place): two statements, one a side."""
    net: dict[tuple[Any, str], int] = {}
    for side, sign in (("target", 1), ("source", -1)):
        for what, place, quantity in moves.order_by().values_list(key, side).annotate(n=Sum("quantity")):
            net[what, place] = net.get((what, place), 0) + sign * quantity
    return net


@dataclass
class Held:
    """What lies of one batch on one shelf."""

    batch: Batch
    place: Place
    quantity: int


def held(medicine: Medicine) -> list[Held]:
    """Return the batches of a medicine that lie anywhere, the first to expire first: four statements."""
    net = _net(Move.objects.filter(batch__medicine=medicine), "batch")
    places = shelves()
    here = {batch for (batch, _), quantity in net.items() if quantity}
    batches = Batch.objects.filter(pk__in=here).order_by("expires_on", "id")
    return [Held(b, p, n) for b in batches for p in places if (n := net.get((b.pk, p.code), 0))]


def lying(batch: Batch) -> dict[str, int]:
    """Return how much of one batch lies at each place, outside included: two statements."""
    return {place: n for (_, place), n in _net(Move.objects.filter(batch=batch), "batch").items()}


def lots(medicine: Medicine, place: str, today: date) -> list[Held]:
    """Return what can be dispensed from one shelf today, the first to expire first: two statements."""
    batches = list(Batch.objects.filter(good_on(today), medicine=medicine).order_by("expires_on", "id"))
    net = _net(Move.objects.filter(batch__in=batches), "batch")
    shelf = Place(code=place)
    return [Held(b, shelf, n) for b in batches if (n := net.get((b.pk, place), 0)) > 0]


@dataclass
class Line:
    """One line of a stock card: the move, its effect on the shelves, and what lay there after it."""

    move: Move
    change: int
    balance: int

    @property
    def bought(self) -> bool:
        """Return whether this is how a purchase came in, which goes back only with its money."""
        return self.move.source_id == Place.SOURCE and self.move.batch.purchase_id is not None


def card(medicine: Medicine, *, before: UUID | None = None) -> tuple[list[Line], UUID | None]:
    """Return one page of a medicine's stock card, newest first, and the key of the next page.

    The balance is that of all shelves together; a move from shelf to shelf changes nothing in it.
    """
    moves = Move.objects.filter(batch__medicine=medicine)
    if before is not None:
        on = Subquery(Move.objects.filter(pk=before).values("on"))
        moves = moves.filter(Q(on__lt=on) | Q(on=on, id__lt=before))
    related = ("batch", "source", "target", "recorded_by", "reversed_by", "dispensing")
    found = list(moves.select_related(*related).order_by("-on", "-id")[: MOVES_A_PAGE + 1])
    page, more = found[:MOVES_A_PAGE], len(found) > MOVES_A_PAGE
    running = moves.aggregate(n=on_shelves())["n"]
    lines = []
    for move in page:
        change = move.quantity * (move.target.is_shelf - move.source.is_shelf)
        lines.append(Line(move, change, running))
        running -= change
    return lines, page[-1].pk if more else None


def card_of(medicine: Medicine, first: date, last: date) -> tuple[int, list[Line]]:
    """Return what lay of a medicine on all shelves before `first`, and each move until `last`, the oldest first."""
    moves = Move.objects.filter(batch__medicine=medicine)
    opening = running = moves.filter(on__lt=first).aggregate(n=on_shelves())["n"]
    lines = []
    for move in moves.filter(on__range=(first, last)).select_related("batch", "source", "target").order_by("on", "id"):
        change = move.quantity * (move.target.is_shelf - move.source.is_shelf)
        running += change
        lines.append(Line(move, change, running))
    return opening, lines


def moves_of(batch: Batch, *, before: UUID | None = None) -> tuple[list[Move], UUID | None]:
    """Return one page of the moves of a batch, newest first, and the key of the next page."""
    moves = Move.objects.filter(batch=batch).select_related("source", "target", "recorded_by", "reversed_by")
    if before is not None:
        on = Subquery(Move.objects.filter(pk=before).values("on"))
        moves = moves.filter(Q(on__lt=on) | Q(on=on, id__lt=before))
    found = list(moves.order_by("-on", "-id")[: MOVES_A_PAGE + 1])
    return found[:MOVES_A_PAGE], found[MOVES_A_PAGE - 1].pk if len(found) > MOVES_A_PAGE else None
