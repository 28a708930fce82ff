"""Questions about one trip, and about the vehicles, their drivers and what their odometers showed when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from core.periods import CLINIC_TZ, local_day
from referrals.models import Driver, Fuel, Leg, Referral, Trip, Vehicle


def trips_of_patient(patient_id: UUID) -> QuerySet[Trip]:
    """Return the trips that carried a person, newest first."""
    return Trip.objects.filter(patient=patient_id).select_related("vehicle", "village").order_by("-departed_at", "-id")


def trips_of(referral: Referral) -> list[Trip]:
    """Return the trips made for a referral, oldest first."""
    return list(referral.trips.select_related("vehicle").order_by("departed_at", "id"))


def trip(id: UUID) -> Trip | None:
    """Return a trip with everything its page says. One statement."""
    return (
        Trip.objects.select_related(
            "vehicle", "patient", "referral__hospital", "village__commune__district__province", "recorded_by"
        )
        .filter(id=id)
        .first()
    )


def legs_of(trip: Trip) -> list[Leg]:
    """Return the legs of a trip in their order."""
    return list(trip.legs.all())


def open_trips() -> QuerySet[Trip]:
    """Return the trips whose vehicle is still out."""
    return (
        Trip.objects.standing()
        .filter(returned_at=None)
        .select_related("vehicle", "patient", "village", "referral__hospital")
        .order_by("departed_at")
    )


@dataclass(frozen=True)
class Around:
    """What is known of a vehicle around a span: the last reading before it, the first after it, other trips within.

    `clashes` and `later` count trips that are over, within and after it; `out` says that another one is under way.
    """

    least: int | None
    most: int | None
    clashes: int = 0
    out: int = 0
    later: int = 0


def around(vehicle_id: int, first: datetime, last: datetime, *, but: UUID | None = None) -> Around:
    """Return what the vehicle's other trips and its fuel log say around a span. One statement.

    A trip that ends in the minute in which this one begins lies before it. Of a day's fuel nobody knows the hour, so
    only the days before and after bind a reading.
    """
    before, after = Q(returned_at__lte=first), Q(departed_at__gte=last)
    within, follows = Q(departed_at__lt=last), after & ~before
    trips = _Of(Trip.objects.standing().exclude(pk=but) if but else Trip.objects.standing())
    fuel = _Of(Fuel.objects.filter(void_reason=""))
    read = Vehicle.objects.filter(pk=vehicle_id).values(
        read_before=trips.one(before, Max("odometer_in")), read_after=trips.one(follows, Min("odometer_out")),
        clashes=trips.one(within & Q(returned_at__gt=first), Count("pk")),
        later=trips.one(follows & Q(returned_at__isnull=False), Count("pk")),
        out=trips.one(within & Q(returned_at=None), Count("pk")),
        filled_before=fuel.one(Q(on__lt=local_day(first)), Max("odometer")),
        filled_after=fuel.one(Q(on__gt=local_day(last)), Min("odometer")),
    )[0]  # fmt: skip
    least = _highest(read["read_before"], read["filled_before"])
    most = _lowest(read["read_after"], read["filled_after"])
    return Around(least, most, read["clashes"] or 0, read["out"] or 0, read["later"] or 0)


def with_next_reading(trips: QuerySet[Trip], until: datetime) -> QuerySet[Trip]:
    """Add `next_reading`: what the fuel log read first after a time. A trip under way has no other one after it."""
    fuel = _Of(Fuel.objects.filter(void_reason=""), "vehicle")
    return trips.annotate(next_reading=fuel.one(Q(on__gt=local_day(until)), Min("odometer")))


def readings_beside(vehicle_id: int, on: date) -> Around:
    """Return the highest reading that is certain before a day, and the lowest after it. One statement."""
    first, last = (datetime.combine(day, time(), CLINIC_TZ) for day in (on, on + timedelta(days=1)))
    trips, fuel = _Of(Trip.objects.standing()), _Of(Fuel.objects.filter(void_reason=""))
    read = Vehicle.objects.filter(pk=vehicle_id).values(
        left=trips.one(Q(departed_at__lt=first), Max("odometer_out")),
        back=trips.one(Q(returned_at__lt=first), Max("odometer_in")),
        leaves=trips.one(Q(departed_at__gte=last), Min("odometer_out")),
        ends=trips.one(Q(returned_at__gte=last), Min("odometer_in")),
        filled_before=fuel.one(Q(on__lt=on), Max("odometer")), filled_after=fuel.one(Q(on__gt=on), Min("odometer")),
    )[0]  # fmt: skip
    return Around(
        _highest(read["left"], read["back"], read["filled_before"]),
        _lowest(read["leaves"], read["ends"], read["filled_after"]),
    )


class _Of:
    """Rows of the vehicle that the statement around them is about: its own key, or the column that names it."""

    def __init__(self, rows: QuerySet[Any], column: str = "pk") -> None:
        self.rows = rows.filter(vehicle=OuterRef(column)).order_by().values("vehicle")

    def one(self, which: Q, found: Any) -> Subquery:
        """Return one number of those rows, nothing where there are none."""
        return Subquery(self.rows.filter(which).annotate(found=found).values("found"))


def _highest(*readings: int | None) -> int | None:
    return max((reading for reading in readings if reading is not None), default=None)


def _lowest(*readings: int | None) -> int | None:
    return min((reading for reading in readings if reading is not None), default=None)


def vehicles() -> list[Vehicle]:
    """Return the vehicles in use, each with its last known reading and whether it is out. One statement."""
    standing = Q(trips__void_reason="")
    return list(
        Vehicle.objects.filter(active=True)
        .annotate(
            last=Max(Coalesce("trips__odometer_in", "trips__odometer_out"), filter=standing),
            out_since=Max(
                "trips__departed_at", filter=standing & Q(trips__returned_at=None, trips__isnull=False)
            ),
        )
        .order_by("id")
    )  # fmt: skip


def drivers() -> list[str]:
    """Return the names of those who drive for the centre."""
    return list(Driver.objects.filter(active=True).values_list("name", flat=True))
