"""Questions about referrals, trips and vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.periods import CLINIC_TZ, Month
from referrals import rules
from referrals.models import Hospital, Referral, Step, Trip, Vehicle

PAGE = 50


def with_names(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    """Join what a list shows: the patient, the village, the hospital."""
    return referrals.select_related("patient__village__commune", "hospital")


def open_referrals() -> QuerySet[Referral]:
    """Return referrals that are under way or wait for an answer: the most urgent, then the oldest first."""
    return with_names(Referral.objects.filter(state__in=rules.OPEN)).order_by("urgency", "on", "id")


def unanswered(today: date) -> QuerySet[Referral]:
    """Return referrals that left more than 30 days ago without an answer, oldest first."""
    return with_names(
        Referral.objects.filter(state__in=rules.AWAITING_ANSWER, on__lt=today - rules.ANSWER_DUE)
    ).order_by("on", "id")


def ended(*, before: Referral | None = None) -> QuerySet[Referral]:
    """Return answered and cancelled referrals, newest first, after the row `before`."""
    rows = with_names(Referral.objects.filter(state__in=rules.ENDED)).order_by("-on", "-id")
    if before:
        rows = rows.filter(Q(on__lt=before.on) | Q(on=before.on, id__lt=before.pk))
    return rows


def of_patient(patient_id: UUID) -> QuerySet[Referral]:
    """Return a person's referrals, newest first."""
    return Referral.objects.filter(patient=patient_id).select_related("hospital").order_by("-on", "-id")


def trips_of_patient(patient_id: UUID) -> QuerySet[Trip]:
    """Return the trips that carried a person, newest first."""
    return Trip.objects.filter(patient=patient_id).select_related("vehicle", "village").order_by("-departed_at", "-id")


def referral(id: UUID) -> Referral | None:
    """Return a referral with everything its page and its slip say of people and places. One statement."""
    return (
        Referral.objects.select_related("patient__village__commune__district__province", "hospital", "recorded_by")
        .filter(id=id)
        .first()
    )


def steps_of(referral: Referral) -> list[Step]:
    """Return the steps it took, oldest first, with who took them."""
    return list(referral.steps.select_related("recorded_by"))


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


def open_trips() -> QuerySet[Trip]:
    """Return the trips whose vehicle is still out."""
    return (
        Trip.objects.filter(returned_at=None)
        .select_related("vehicle", "patient", "village", "referral__hospital")
        .order_by("departed_at")
    )


@dataclass(frozen=True)
class TripsOfMonth:
    """What the vehicles did in a month: trips by purpose, and the kilometres and litres of those that are over."""

    count: int
    kilometres: int
    litres: Decimal
    deceased_home: int


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


def trips_total(month: Month) -> TripsOfMonth:
    """Count a month's trips with their kilometres and fuel. One statement."""
    driven = F("odometer_in") - F("odometer_out")
    total = Trip.objects.filter(departed_at__range=span(month)).aggregate(
        count=Count("pk"), kilometres=Sum(driven), litres=Sum("fuel_litres"),
        deceased_home=Count("pk", filter=Q(purpose=Trip.Purpose.DECEASED_HOME)),
    )  # fmt: skip
    return TripsOfMonth(total["count"], total["kilometres"] or 0, total["litres"] or Decimal(0), total["deceased_home"])


def span(month: Month) -> tuple[datetime, datetime]:
    """Return the first and the last instant of a month at the clinic."""
    first = datetime.combine(month.first, time(), CLINIC_TZ)
    return first, datetime.combine(month.next().first, time(), CLINIC_TZ) - timedelta(microseconds=1)


@dataclass(frozen=True)
class Around:
    """What is known of a vehicle around a span: the last reading up to its end, the first after it, trips within."""

    least: int | None
    most: int | None
    clashes: int


def around(vehicle_id: int, first: datetime, last: datetime, *, but: UUID | None = None) -> Around:
    """Return what the vehicle's other trips say around a span. One statement."""
    others = Trip.objects.filter(vehicle=vehicle_id)
    read = (others.exclude(pk=but) if but else others).aggregate(
        least=Max(Coalesce("odometer_in", "odometer_out"), filter=Q(departed_at__lte=last)),
        most=Min("odometer_out", filter=Q(departed_at__gt=last)),
        clashes=Count("pk", filter=Q(departed_at__lt=last, returned_at__gt=first)),
    )  # fmt: skip
    return Around(**read)


def hospitals() -> list[Hospital]:
    """Return the hospitals in use, the usual one first."""
    return list(Hospital.objects.filter(active=True))


def vehicles() -> list[Vehicle]:
    """Return the vehicles in use, each with its last known reading and whether it is out. One statement."""
    return list(
        Vehicle.objects.filter(active=True)
        .annotate(
            last=Max(Coalesce("trips__odometer_in", "trips__odometer_out")),
            out_since=Max("trips__departed_at", filter=Q(trips__returned_at=None, trips__isnull=False)),
        )
        .order_by("id")
    )
