"""Counts of a place: what should lie there, how far a count is, what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, F, Q, Sum, When

from pharmacy import rules
from pharmacy.models import Batch, CountLine, Move, StockCount
from pharmacy.selectors.money import page_of
from pharmacy.selectors.stock import daily, matching_batches

FOUND_AT_MOST = 20


def expected_at(place: str, on: date) -> list[UUID]:
    """Return the batches of which the books say that some lie in a place at the end of a day."""
    moves = Move.objects.filter(Q(source=place) | Q(target=place), on__lte=on)
    net = moves.values("batch").annotate(n=Sum(Case(When(target=place, then=F("quantity")), default=-F("quantity"))))
    return list(net.filter(n__gt=0).order_by("batch").values_list("batch", flat=True))


def page(*, before: UUID | None = None) -> tuple[list[StockCount], UUID | None]:
    """Return one page of counts, newest first, and the key of the next page."""
    return page_of(StockCount.objects.select_related("place", "recorded_by"), before)


def open_counts() -> list[StockCount]:
    """Return the counts that are not over."""
    rows = StockCount.objects.filter(state__in=[StockCount.State.OPEN, StockCount.State.RECOUNT])
    return list(rows.select_related("place", "recorded_by").order_by("place"))


def lines_of(count: StockCount) -> list[CountLine]:
    """Return the lines of a count as they stand on its sheet: by medicine, the first to expire first."""
    rows = CountLine.objects.filter(count=count).select_related("batch__medicine", "move")
    return list(rows.order_by("batch__medicine__name", "batch__medicine", "batch__expires_on", "batch"))


@dataclass
class Compared:
    """One line of a count beside the books."""

    line: CountLine
    moved: bool = False  # since it was counted

    @property
    def difference(self) -> int:
        return (self.line.found or 0) - (self.line.expected or 0)

    @property
    def differs(self) -> bool:
        return self.line.found != self.line.expected

    @property
    def again(self) -> bool:
        """Return whether this has to be counted again before it can be posted."""
        return self.differs and (self.line.recounted is None or self.moved)


def compared(count: StockCount, lines: Sequence[CountLine]) -> list[Compared]:
    """Return lines beside the books: of a count that is not over, whether these changed since it was counted."""
    if count.state != StockCount.State.RECOUNT:
        return [Compared(line) for line in lines]
    books = daily([line.batch_id for line in lines], count.place_id, since=count.on)
    return [Compared(line, rules.balance(books.get(line.batch_id, []), count.on) != line.expected) for line in lines]


def batches_like(text: str, count: StockCount) -> list[Batch]:
    """Return batches that are not on a count's list, by words of their medicine or their number, the newest first."""
    if not text:
        return []
    rows = matching_batches(Batch.objects.select_related("medicine"), text).exclude(
        pk__in=CountLine.objects.filter(count=count).values("batch")
    )
    return list(rows.order_by("-id")[:FOUND_AT_MOST])
