"""The books of the road: the log of a month, kilometres, fuel, and how long emergency trips took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth

from core.periods import CLINIC_TZ, Month, Year
from referrals import rules
from referrals.models import Fuel, Referral, Step, Trip, Vehicle
from referrals.selectors.referrals import long_awaited

PAGE = 50


When = Month | Year


@dataclass(frozen=True)
class Travelled:
    """What was driven in a month or a year: trips by purpose, kilometres of those that are over, fuel taken and paid.

    `vehicle` is whose it is, `vehicles` what each of them did, where that was asked.
    """

    emergency: int = 0
    transfer: int = 0
    patient_home: int = 0
    deceased_home: int = 0
    kilometres: int = 0
    litres: Decimal = Decimal(0)
    riel: int = 0
    vehicle: Vehicle | None = None
    vehicles: tuple[Travelled, ...] = ()

    @property
    def count(self) -> int:
        """Return the number of trips."""
        return self.emergency + self.transfer + self.patient_home + self.deceased_home

    @property
    def per_hundred(self) -> Decimal | None:
        """Return litres for a hundred kilometres; None while there is nothing to divide."""
        if not (self.kilometres and self.litres):
            return None
        return (100 * self.litres / self.kilometres).quantize(Decimal("0.1"))

    @classmethod
    def together(cls, rows: Iterable[Travelled], **said: Any) -> Travelled:
        """Return the sums of rows."""
        rows = tuple(rows)
        return cls(**{name: sum((getattr(row, name) for row in rows), zero) for name, zero in _ZEROS.items()}, **said)


_ZEROS: dict[str, Any] = dict.fromkeys(Trip.Purpose.values, 0) | {
    "kilometres": 0, "litres": Decimal(0), "riel": 0,
}  # fmt: skip


def trips(month: Month, *, before: Trip | None = None) -> list[Trip]:
    """Return a month's trips that began before the trip `before`, newest first, one more than a page holds."""
    rows = (
        Trip.objects.filter(departed_at__range=span(month))
        .select_related("vehicle", "patient", "village", "referral")
        .order_by("-departed_at", "-id")
    )
    if before:
        rows = rows.filter(Q(departed_at__lt=before.departed_at) | Q(departed_at=before.departed_at, id__lt=before.pk))
    return list(rows[: PAGE + 1])


def log(month: Month) -> list[Trip]:
    """Return all trips of a month, oldest first, with all that the log book says. One statement."""
    rows = Trip.objects.standing().filter(departed_at__range=span(month))
    joined = rows.select_related("vehicle", "patient", "village", "referral__hospital")
    return list(joined.order_by("departed_at", "id"))


def trips_total(when: When) -> Travelled:
    """Count the trips of a month or a year with their kilometres and fuel, each vehicle apart too. Three statements."""
    return _of_vehicles(_travelled(when))


def months(year: Year) -> tuple[Travelled, dict[Month, Travelled]]:
    """Return the same of a whole year, and of each of its months. Three statements."""
    rows = _travelled(year)
    apart: dict[Month, list[Travelled]] = {month: [] for month in year.period.months()}
    for month, row in rows:
        apart[month].append(row)
    return _of_vehicles(rows), {month: Travelled.together(some) for month, some in apart.items()}


def _travelled(when: When) -> list[tuple[Month, Travelled]]:
    """Return what each vehicle did in each month: a row for its trips, another for its fuel log."""
    trips: Any = Trip.objects.standing().filter(departed_at__range=span(when)).values("vehicle").annotate(
        in_month=TruncMonth("departed_at", tzinfo=CLINIC_TZ), litres=Coalesce(Sum("fuel_litres"), Decimal(0)),
        driven=Coalesce(Sum(F("odometer_in") - F("odometer_out")), 0),
        **{purpose: Count("pk", filter=Q(purpose=purpose)) for purpose in Trip.Purpose.values},
    )  # fmt: skip
    filled: Any = Fuel.objects.filter(on__range=(when.first, when.last), void_reason="").values("vehicle").annotate(
        in_month=TruncMonth("on"), filled=Sum("litres"), paid=Coalesce(Sum("riel"), 0)
    )  # fmt: skip
    rows = [*trips, *filled]
    known = Vehicle.objects.in_bulk({row["vehicle"] for row in rows}) if rows else {}
    return [(Month.of(row["in_month"]), _row(row, known[row["vehicle"]])) for row in rows]


def _row(said: dict[str, Any], vehicle: Vehicle) -> Travelled:
    if "filled" in said:
        return Travelled(litres=said["filled"], riel=said["paid"], vehicle=vehicle)
    purposes = {purpose: said[purpose] for purpose in Trip.Purpose.values}
    return Travelled(**purposes, kilometres=said["driven"], litres=said["litres"], vehicle=vehicle)


def _of_vehicles(rows: list[tuple[Month, Travelled]]) -> Travelled:
    """Add up what each vehicle did, and all of them."""
    apart: dict[Any, list[Travelled]] = {}
    for _, row in rows:
        apart.setdefault(row.vehicle, []).append(row)
    each = [Travelled.together(some, vehicle=vehicle) for vehicle, some in apart.items()]
    return Travelled.together(each, vehicles=tuple(sorted(each, key=lambda one: one.vehicle.pk)))  # type: ignore[union-attr]


def waits(when: When) -> rules.Waits:
    """Return how long the parts of the emergency trips of a month or a year took. One statement."""
    rows = Trip.objects.standing().filter(departed_at__range=span(when), purpose=Trip.Purpose.EMERGENCY)
    return rules.waits(rows.values_list("called_at", "departed_at", "reached_at", "handed_over_at"))


def taken_on_trips(month: Month) -> list[Trip]:
    """Return a month's trips on which fuel was taken, newest first. One statement."""
    rows = Trip.objects.standing().filter(departed_at__range=span(month), fuel_litres__gt=0).select_related("vehicle")
    return list(rows.order_by("-departed_at", "-id"))


def fuel(month: Month) -> list[Fuel]:
    """Return a month's entries of the fuel log, newest first, those taken back too."""
    rows = Fuel.objects.filter(on__range=(month.first, month.last)).select_related("vehicle", "recorded_by")
    return list(rows.order_by("-on", "-id"))


@dataclass(frozen=True)
class Sent:
    """The referrals of a year by what became of them; each is counted once, by where it stands now."""

    written: int
    answered: int
    long_awaited: int
    waiting: int
    own_transport: int
    did_not_arrive: int
    given_up: int
    cancelled: int


def sent(year: Year, today: date) -> Sent:
    """Count the referrals of a year; `long_awaited` are without an answer for longer than the centre waits.

    `own_transport` counts who went by own transport, whatever came of it: the one number that lies across the others.
    One statement.
    """
    late, stands = long_awaited(today), lambda *states: Q(state__in=states)
    rows = Referral.objects.filter(on__range=(year.first, year.last))
    went = Exists(Step.objects.filter(referral=OuterRef("pk"), state=Referral.State.OWN_TRANSPORT))
    return Sent(**rows.annotate(went=went).aggregate(
        written=Count("pk"), answered=Count("pk", filter=stands("answered")),
        long_awaited=Count("pk", filter=late), own_transport=Count("pk", filter=Q(went=True)),
        waiting=Count("pk", filter=stands("drafted", "called", *rules.AWAITING_ANSWER) & ~late),
        did_not_arrive=Count("pk", filter=stands("did_not_arrive")),
        given_up=Count("pk", filter=stands("no_answer")), cancelled=Count("pk", filter=stands("cancelled")),
    ))  # fmt: skip


def span(when: When) -> tuple[datetime, datetime]:
    """Return the first and the last instant of a month or a year at the clinic."""
    first, after = (datetime.combine(day, time(), CLINIC_TZ) for day in (when.first, when.last + timedelta(days=1)))
    return first, after - timedelta(microseconds=1)
