"""Questions about referrals, trips and vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from clinic.models import Identifier
from clinic.selectors import people
from core.accounts.models import User
from core.gather import gather
from core.periods import CLINIC_TZ, Month
from referrals import rules
from referrals.models import Call, Fuel, Hospital, Leg, Referral, Step, Trip, Vehicle

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


def news_for(user: User, today: date) -> QuerySet[Referral]:
    """Return what a person who referred should look at: answers not opened yet, then answers long awaited."""
    unseen = Q(state=Referral.State.ANSWERED, answer_seen_at=None)
    late = Q(state__in=rules.AWAITING_ANSWER, on__lt=today - rules.ANSWER_DUE)
    return with_names(Referral.objects.filter(unseen | late, recorded_by=user)).order_by("state", "on", "id")


def referral(id: UUID) -> Referral | None:
    """Return a referral with all that its page and its slip say of people, allergies, cards and places. One statement.

    `patient.alerts` are the standing allergies, `cards` the equity cards of the person and of the household.
    """
    cards = Identifier.objects.filter(kind=Identifier.Kind.EQUITY, patient__merged_into=None)
    said = {"value": "value", "level": "level", "valid_until": "valid_until"}
    path = "village__commune__district__province"
    rows: Any = Referral.objects.select_related(f"patient__{path}", path, "encounter", "hospital", "recorded_by")
    found = (
        rows.filter(id=id)
        .annotate(
            below_alerts=people.alerts(outer="patient_id"),
            own_cards=gather(cards, "patient", outer="patient_id", **said),
            household_cards=gather(cards, "patient__household", outer="patient__household", **said),
        )
        .first()
    )  # fmt: skip
    if found:
        found.patient.alerts = found.below_alerts
        cards_of_both = [*(found.household_cards or []), *(found.own_cards or [])]
        found.cards = list({card["value"]: card for card in cards_of_both}.values())
    return found


def calls_of(referral: Referral) -> list[Call]:
    """Return the calls made about a referral, oldest first, with who called."""
    return list(referral.calls.select_related("recorded_by"))


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


def legs_of(trip: Trip) -> list[Leg]:
    """Return the legs of a trip in their order."""
    return list(trip.legs.all())


def open_trips() -> QuerySet[Trip]:
    """Return the trips whose vehicle is still out."""
    return (
        Trip.objects.filter(returned_at=None)
        .select_related("vehicle", "patient", "village", "referral__hospital")
        .order_by("departed_at")
    )


@dataclass(frozen=True)
class VehicleOfMonth:
    """What one vehicle did in a month: its trips by number, the kilometres of those that are over, and its fuel."""

    vehicle: Vehicle
    count: int = 0
    deceased_home: int = 0
    kilometres: int = 0
    litres: Decimal = Decimal(0)
    riel: int = 0

    @property
    def per_hundred(self) -> Decimal | None:
        """Return litres for a hundred kilometres; None while there is nothing to divide."""
        if not (self.kilometres and self.litres):
            return None
        return (100 * self.litres / self.kilometres).quantize(Decimal("0.1"))


@dataclass(frozen=True)
class TripsOfMonth:
    """What the vehicles did in a month, each and together."""

    vehicles: tuple[VehicleOfMonth, ...]

    @property
    def count(self) -> int:
        """Return the number of trips."""
        return sum(one.count for one in self.vehicles)

    @property
    def deceased_home(self) -> int:
        """Return how many of them took the deceased home."""
        return sum(one.deceased_home for one in self.vehicles)

    @property
    def kilometres(self) -> int:
        """Return the kilometres of trips that are over."""
        return sum(one.kilometres for one in self.vehicles)

    @property
    def litres(self) -> Decimal:
        """Return the fuel, taken on trips and filled at other times."""
        return sum((one.litres for one in self.vehicles), Decimal(0))

    @property
    def riel(self) -> int:
        """Return what was noted as paid for it."""
        return sum(one.riel for one in self.vehicles)


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
    rows = Trip.objects.filter(departed_at__range=span(month))
    joined = rows.select_related("vehicle", "patient", "village", "referral__hospital")
    return list(joined.order_by("departed_at", "id"))


def trips_total(month: Month) -> TripsOfMonth:
    """Count a month's trips with their kilometres and fuel, a vehicle each. Three statements."""
    driven = Coalesce(Sum(F("odometer_in") - F("odometer_out")), 0)
    trips = Trip.objects.filter(departed_at__range=span(month)).values("vehicle").annotate(
        count=Count("pk"), driven=driven, taken=Sum("fuel_litres"),
        deceased_home=Count("pk", filter=Q(purpose=Trip.Purpose.DECEASED_HOME)),
    )  # fmt: skip
    filled = Fuel.objects.filter(on__range=(month.first, month.last), void_reason="").values("vehicle")
    fuel = filled.annotate(filled=Sum("litres"), riel=Coalesce(Sum("riel"), 0))
    found: dict[int, dict[str, Any]] = {}
    for row in [*trips, *fuel]:
        found.setdefault(row["vehicle"], {}).update(row)
    known = Vehicle.objects.in_bulk(list(found)) if found else {}
    return TripsOfMonth(tuple(_of_month(known[key], found[key]) for key in sorted(found)))


def _of_month(vehicle: Vehicle, said: dict[str, Any]) -> VehicleOfMonth:
    """Put together what a vehicle's trips and its fuel log say."""
    counts = {name: said.get(name, 0) for name in ("count", "deceased_home", "riel")}
    litres = (said.get("taken") or Decimal(0)) + (said.get("filled") or Decimal(0))
    return VehicleOfMonth(vehicle, kilometres=said.get("driven", 0), litres=litres, **counts)


def waits(month: Month) -> rules.Waits:
    """Return how long the parts of a month's emergency trips took. One statement."""
    rows = Trip.objects.filter(departed_at__range=span(month), purpose=Trip.Purpose.EMERGENCY)
    return rules.waits(rows.values_list("called_at", "departed_at", "reached_at", "handed_over_at"))


def taken_on_trips(month: Month) -> list[Trip]:
    """Return a month's trips on which fuel was taken, newest first. One statement."""
    rows = Trip.objects.filter(departed_at__range=span(month), fuel_litres__gt=0).select_related("vehicle")
    return list(rows.order_by("-departed_at", "-id"))


def fuel(month: Month) -> list[Fuel]:
    """Return a month's entries of the fuel log, newest first, those taken back too."""
    rows = Fuel.objects.filter(on__range=(month.first, month.last)).select_related("vehicle", "recorded_by")
    return list(rows.order_by("-on", "-id"))


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


def with_others(trips: QuerySet[Trip], until: datetime) -> QuerySet[Trip]:
    """Add what other trips of the vehicle say up to a time: `clashes` (out twice), `most` (the next reading)."""
    others = Trip.objects.filter(vehicle=OuterRef("vehicle")).exclude(pk=OuterRef("pk"))
    later = others.filter(departed_at__gt=until).order_by().values("vehicle")
    return trips.annotate(
        clashes=Exists(others.filter(departed_at__lt=until, returned_at__gt=OuterRef("departed_at"))),
        most=Subquery(later.annotate(least=Min("odometer_out")).values("least")),
    )


def readings_beside(vehicle_id: int, on: date) -> Around:
    """Return the highest reading that is certain before a day, and the lowest after it. One statement."""
    first, last = (datetime.combine(day, time(), CLINIC_TZ) for day in (on, on + timedelta(days=1)))
    read = Trip.objects.filter(vehicle=vehicle_id).aggregate(
        left=Max("odometer_out", filter=Q(departed_at__lt=first)),
        back=Max("odometer_in", filter=Q(returned_at__lt=first)),
        leaves=Min("odometer_out", filter=Q(departed_at__gte=last)),
        ends=Min("odometer_in", filter=Q(returned_at__gte=last)),
    )  # fmt: skip
    before = [reading for reading in (read["left"], read["back"]) if reading is not None]
    after = [reading for reading in (read["leaves"], read["ends"]) if reading is not None]
    return Around(max(before, default=None), min(after, default=None), clashes=0)


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
