"""How much of each medicine is used, how long it lasts, what to order: sums made by the database.

Only what can be given counts as there: an expired or a recalled box never hides that a medicine is out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, DateField, F, IntegerField, Min, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest

from core.periods import Month
from pharmacy import rules
from pharmacy.models import Batch, Medicine, Move, Place, good_on
from pharmacy.selectors.formulary import after_key
from pharmacy.selectors.stock import PAGE, SOON, matching, on_shelves

REVIEWED = 6  # complete months over which consumption is averaged
LOW_BELOW = Decimal(2)  # months of stock: order now, a month's delivery and a month in reserve
ORDER_FOR = (3, 4, 6)  # months; the middle one is proposed
LATER = timedelta(days=180)
SIDES = {"received": Place.SOURCE, "given": Place.PATIENTS, "adjusted": Place.COUNT, "written_off": Place.WASTE}


@dataclass
class Supply:
    """One medicine: what there is of it, how it is used, when it was out."""

    medicine: Medicine
    usable: int
    soon: int  # of it expires within three months
    later: int  # of it expires within six
    used: int
    days_out: int
    average: Decimal | None
    known: bool

    @property
    def months(self) -> Decimal | None:
        return rules.months_of_stock(self.usable, self.average)

    @property
    def out(self) -> bool:
        return self.known and self.usable <= 0

    @property
    def low(self) -> bool:
        """Return whether it is time to order: less than two months are left, or the level is reached."""
        months = self.months
        at_level = self.medicine.reorder_at > 0 and self.usable <= self.medicine.reorder_at
        return self.known and (self.out or at_level or (months is not None and months < LOW_BELOW))

    def order(self, months: int) -> int:
        return rules.to_order(self.usable, self.average, self.medicine.reorder_at, months, self.medicine.pack)


def page(*, today: date, text: str = "", after: int | None = None) -> tuple[list[Supply], int | None]:
    """Return one page of the medicines that ever came in, by name, and the key of the next page."""
    rows = after_key(matching(_known(), text), after).order_by("name", "id")
    found = list(rows[: PAGE + 1])
    return supplies(found[:PAGE], today), found[PAGE - 1].pk if len(found) > PAGE else None


def reorder_list(today: date) -> list[Supply]:
    """Return every medicine that should be ordered now, by name."""
    return [supply for supply in supplies(list(_known().order_by("name", "id")), today) if supply.low]


def _known() -> QuerySet[Medicine]:
    return Medicine.objects.filter(active=True, pk__in=Batch.objects.values("medicine"))


def supplies(medicines: Sequence[Medicine], today: date) -> list[Supply]:
    """Return how each of these medicines stands today: four statements.

    Consumption is that of the six complete months before this one.
    """
    last = Month.of(today).previous()
    there = {row.pop("medicine"): row for row in _there(medicines, today)}
    uses = used(medicines, last)
    found = []
    for medicine in medicines:
        use, now = uses.get(medicine.pk, Use()), there.get(medicine.pk, {"usable": 0, "soon": 0, "later": 0})
        found.append(Supply(medicine, **now, used=use.used, days_out=use.days_out, average=use.average,
                            known=medicine.pk in uses))  # fmt: skip
    return found


def _there(medicines: Iterable[Medicine], today: date) -> Iterable[Any]:
    good = good_on(today)
    rows = Batch.objects.filter(good, medicine__in=medicines).order_by().values("medicine")
    return rows.annotate(
        usable=on_shelves("moves__"),
        soon=on_shelves("moves__", Q(expires_on__lte=today + SOON)),
        later=on_shelves("moves__", Q(expires_on__lte=today + LATER)),
    )


@dataclass(frozen=True)
class Use:
    """What was given of one medicine in the months reviewed, and on how many of their days there was none."""

    used: int = 0
    days_out: int = 0
    average: Decimal | None = None


def used(medicines: Iterable[Medicine], last: Month) -> dict[int, Use]:
    """Return the consumption of medicines over the six months that end with `last`: three statements.

    What is given to patients, less what came back; nothing that was written off or missing.
    """
    medicines, first = list(medicines), months_before(last, REVIEWED - 1)
    given = Case(
        When(target=Place.PATIENTS, then=F("quantity")), When(source=Place.PATIENTS, then=-F("quantity")),
        default=Value(0), output_field=IntegerField(),
    )  # fmt: skip
    within = Q(on__range=(first.first, last.last))
    moves = Move.objects.filter(batch__medicine__in=medicines).order_by()
    rows = moves.values_list("batch__medicine").annotate(
        came=Min("on"), used=Coalesce(Sum(given, filter=within), Value(0))
    )
    usable = usable_daily(medicines, first.first, last.last)
    found = {}
    for medicine, came, n in rows:
        since = min(max(came, first.first), last.last + rules.ONE_DAY)
        out = rules.days_out(usable.get(medicine, []), since, last.last)
        absent = (since - first.first).days
        found[medicine] = Use(n, out, rules.average_monthly(n, REVIEWED, out + absent))
    return found


def months_before(month: Month, count: int) -> Month:
    """Return the month so many months before another."""
    for _ in range(count):
        month = month.previous()
    return month


def usable_daily(medicines: Iterable[Medicine], first: date, last: date) -> dict[int, list[rules.Delta]]:
    """Return how what can be given of each medicine changed from day to day: two statements.

    What lay there before `first` comes as one sum on that day. A batch goes out of it on the day after it expires or
    on the day it is recalled, with all that then lies of it; what moves of it later changes nothing.
    """
    ends = Q(on__lte=F("batch__expires_on")) & (Q(batch__recalled_on=None) | Q(on__lt=F("batch__recalled_on")))
    moves = Move.objects.filter(ends, good_on(first, "batch__"), batch__medicine__in=medicines, on__lte=last).order_by()
    found: dict[int, list[rules.Delta]] = {}
    came = moves.annotate(day=Greatest("on", Value(first, output_field=DateField())))
    for medicine, day, n in came.values_list("batch__medicine", "day").annotate(n=on_shelves()):
        found.setdefault(medicine, []).append((day, n))
    over = moves.filter(Q(batch__expires_on__lt=last) | Q(batch__recalled_on__lte=last))
    sums = over.values_list("batch__medicine", "batch__expires_on", "batch__recalled_on").annotate(n=on_shelves())
    for medicine, expires_on, recalled_on, n in sums:
        end = min(filter(None, (expires_on + rules.ONE_DAY, recalled_on)))
        if end <= last:
            found[medicine].append((end, -n))
    return found


@dataclass
class MonthLine:
    """One medicine's month in the ministry's form: it came to `closing` from `opening` by what stands between."""

    medicine: Medicine
    opening: int
    received: int
    given: int
    adjusted: int
    written_off: int
    days_out: int
    average: Decimal | None
    usable: int  # of the closing stock

    @property
    def closing(self) -> int:
        return self.opening + self.received - self.given + self.adjusted - self.written_off

    @property
    def months(self) -> Decimal | None:
        return rules.months_of_stock(self.usable, self.average)


def month_lines(month: Month, today: date) -> list[MonthLine]:
    """Return the stock line of each medicine that lay there or moved in a month, by name: five statements.

    Opening and closing are what the books say lay on all shelves, expired boxes with it until they are written off;
    each column is net of what was taken back. A medicine that was out all month stands there too, as long as it is
    in use. Of a month that is not over, the days until today are looked at.
    """
    end = min(month.last, today)
    rows = {row.pop("batch__medicine"): row for row in _month_sums(month)}
    medicines = list(Medicine.objects.filter(pk__in=rows).order_by("name", "id"))
    usable, use = usable_daily(medicines, month.first, end), used(medicines, month)
    lines = []
    for medicine in medicines:
        row, deltas = rows[medicine.pk], usable.get(medicine.pk, [])
        first = max(month.first, row.pop("came"))
        line = MonthLine(
            medicine, **row, days_out=rules.days_out(deltas, first, end), average=use[medicine.pk].average,
            usable=rules.balance(deltas, end),
        )  # fmt: skip
        if medicine.active or any(row.values()) or line.closing:
            lines.append(line)
    return lines


def _month_sums(month: Month) -> Iterable[Any]:
    """Return what lay of each medicine before a month, and what came from and went to each outside in it."""
    within = Q(on__gte=month.first)
    signs = {"received": 1, "given": -1, "adjusted": 1, "written_off": -1}
    sums = {
        name: Coalesce(Sum(Case(
            When(source=place, then=F("quantity") * signs[name]), When(target=place, then=F("quantity") * -signs[name]),
            default=Value(0), output_field=IntegerField(),
        ), filter=within), Value(0))
        for name, place in SIDES.items()
    }  # fmt: skip
    rows = Move.objects.filter(on__lte=month.last).order_by().values("batch__medicine")
    return rows.annotate(came=Min("on"), opening=on_shelves(which=~within), **sums)


@dataclass
class Expiring:
    """A batch of which some lies on a shelf and that expires soon, has expired, or is recalled."""

    batch: Batch
    quantity: int


def expiring(
    *, today: date, within: timedelta = LATER, after: UUID | None = None
) -> tuple[list[Expiring], UUID | None]:  # fmt: skip
    """Return one page of batches that must be used or written off, the first to expire first: one statement."""
    rows = Batch.objects.filter(Q(expires_on__lte=today + within) | Q(recalled_on__isnull=False))
    if after is not None:
        day = Subquery(Batch.objects.filter(pk=after).values("expires_on"))
        rows = rows.filter(Q(expires_on__gt=day) | Q(expires_on=day, pk__gt=after))
    lying = rows.select_related("medicine").annotate(lying=on_shelves("moves__")).filter(lying__gt=0)
    found = list(lying.order_by("expires_on", "id")[: PAGE + 1])
    shown = [Expiring(batch, batch.lying) for batch in found[:PAGE]]
    return shown, found[PAGE - 1].pk if len(found) > PAGE else None
