"""How the shelves stood at the end of a day, batch by batch, and on how many days a medicine was out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, F, IntegerField, Min, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from core.money import Currency, Money
from pharmacy import rules
from pharmacy.models import Batch, Medicine, Move, Place
from pharmacy.selectors.stock import on_shelves
from pharmacy.selectors.supply import usable_daily


@dataclass(frozen=True)
class Lying:
    """So many units of a batch on all shelves; `worth` is None where nobody said what it cost or is worth."""

    batch: Batch
    units: int
    worth: Money | None


def lying(on: date) -> list[Lying]:
    """Return what lay on the shelves at the end of a day, by medicine, the first to expire first: one statement.

    A part of a batch is worth its share of what the whole batch cost, or of the fair value of a gift, to the nearest
    unit of money.
    """
    until = Q(moves__on__lte=on)
    came = Case(
        When(moves__source=Place.SOURCE, then=F("moves__quantity")),
        When(moves__target=Place.SOURCE, then=-F("moves__quantity")),
        default=Value(0), output_field=IntegerField(),
    )  # fmt: skip
    rows: Any = Batch.objects.select_related("medicine", "purchase__entry").annotate(
        came=Coalesce(Sum(came, filter=until), Value(0)), here=on_shelves("moves__", until)
    )
    found = rows.filter(here__gt=0).order_by("medicine__name", "medicine_id", "expires_on", "id")
    return [Lying(batch, batch.here, _share(batch)) for batch in found]


def _share(batch: Any) -> Money | None:
    if batch.purchase:
        whole = Money(batch.cost or 0, Currency(batch.purchase.entry.currency))
    elif batch.fair_value:
        whole = batch.fair_value
    else:
        return None
    if batch.came <= 0:
        return None
    return Money((2 * whole.minor * batch.here + batch.came) // (2 * batch.came), whole.currency)


def days_out(first: date, last: date) -> Iterator[tuple[Medicine, int]]:
    """Tell each medicine that could not be given on some of these days, and on how many; four statements.

    A medicine is out on a day at whose end none of it can be given, since the day on which it first came in. One no
    longer in use, of which nothing lay there or moved, is not missed. What the month line of one medicine says is the
    same (`supply.month_lines`).
    """
    within = Q(on__gte=first)
    rows = Move.objects.filter(on__lte=last).order_by().values("batch__medicine")
    sums = {
        row["batch__medicine"]: row
        for row in rows.annotate(came=Min("on"), before=on_shelves(which=~within), moved=Sum("quantity", filter=within))
    }
    medicines = list(Medicine.objects.filter(pk__in=sums).order_by("name", "id"))
    usable = usable_daily(medicines, first, last)
    for medicine in medicines:
        row = sums[medicine.pk]
        if medicine.active or row["before"] or row["moved"]:
            days = rules.days_out(usable.get(medicine.pk, []), max(first, row["came"]), last)
            if days:
                yield medicine, days
