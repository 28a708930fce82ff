"""Trips of the vehicles: one sets out, comes back, or takes the deceased home to the family. No trip has a charge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import transaction

from clinic.models import Patient
from clinic.selectors import people
from core.accounts.models import User
from core.audit import journal
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.places.models import Village
from referrals import rules, selectors
from referrals.models import Referral, Trip, Vehicle
from referrals.services import legs
from referrals.services.referrals import minute, step

Purpose, State = Trip.Purpose, Referral.State
HOMEWARD = (Purpose.PATIENT_HOME, Purpose.DECEASED_HOME)  # nobody is handed over at a hospital


@dataclass(frozen=True)
class Leaving:
    """How a vehicle sets out: which one, who drives, who goes along, with oxygen or not, called for when, left when."""

    vehicle_id: int
    driver: str
    at: datetime
    odometer: int
    escort: str = ""
    called_at: datetime | None = None
    oxygen: bool = False


Leave = TypeVar("Leave", bound=Callable[..., Trip])


def kept_once(leave: Leave) -> Leave:
    """Let a trip sent twice with the same `id` be one trip.

    The second is refused by whatever comes first (the vehicle is out, the referral has left), so no single code
    tells a second click from a mistake.
    """

    @wraps(leave)
    def sent(*, id: UUID | None = None, **given: Any) -> Trip:
        try:
            return leave(id=id, **given)
        except RuleBroken:
            if id and (kept := Trip.objects.filter(pk=id).first()):
                return kept
            raise

    return cast("Leave", sent)


@dataclass(frozen=True)
class Arrival:
    """When the vehicle reached the hospital, and when and to whom the patient was handed over there.

    A name alone means that the patient was handed over on arrival.
    """

    at: datetime | None = None
    handed_over_at: datetime | None = None
    to: str = ""

    def __bool__(self) -> bool:
        return bool(self.at or self.handed_over_at or normalise(self.to))


@dataclass(frozen=True)
class Back:
    """How a vehicle came back: when, with what on the odometer and which fuel, and the arrival if it is told now."""

    at: datetime
    odometer: int
    fuel_litres: Decimal | None = None
    arrival: Arrival = Arrival()


@kept_once
@transaction.atomic
def dispatch(
    *, leaving: Leaving, purpose: str, by: User, now: datetime, id: UUID | None = None, referral_id: UUID | None = None,
    patient: Patient | None = None, person_name: str = "", village: Village | None = None, destination: str = "",
    note: str = "", back: Back | None = None,
) -> Trip:  # fmt: skip
    """Send a vehicle out; for a referral, the patient is on the way from that moment on.

    With `back` the trip is over already, copied from paper; the vehicle may be on another one by now. Raises RuleBroken
    for the vehicle, the odometer or the time; what `referrals.advance` raises for the referral;
    Conflict("constraint.referrals_vehicle_on_one_trip") when the vehicle is out.
    """
    if purpose == Purpose.DECEASED_HOME:
        raise RuleBroken("referrals.deceased_has_its_own_form", field="purpose")
    if purpose == Purpose.PATIENT_HOME and referral_id:
        raise RuleBroken("referrals.home_is_no_referral", field="purpose")
    trip = _leave(leaving, back, purpose=purpose, by=by, now=now, id=id)
    changed = []
    if referral_id:
        moves = [(State.DEPARTED, trip.departed_at), *_moves(trip, State.DEPARTED)]
        referral = step(referral_id, moves, now=now, by=by, received_by=trip.handed_over_to)
        trip.referral, trip.patient_id = referral, referral.patient_id
        changed = [referral]
    else:
        trip.patient = people.survivor(patient) if patient else None
    trip.person_name, trip.village = normalise(person_name), village
    trip.destination, trip.note = normalise(destination), normalise(note)
    save_checked(trip)
    journal.note("referrals.trip.dispatched", trip, *changed, by=by, purpose=purpose)
    return trip


@kept_once
@transaction.atomic
def take_deceased_home(
    *, leaving: Leaving, by: User, now: datetime, id: UUID | None = None, patient: Patient | None = None,
    person_name: str = "", village: Village | None = None, destination: str = "", family_contact: str = "",
    back: Back | None = None,
) -> Trip:  # fmt: skip
    """Send a vehicle to take the deceased home to the family: a person we know, or a name; nothing else is asked.

    With `back` it is over already, copied from paper. Raises RuleBroken("referrals.deceased_needs_a_name") or
    ("referrals.deceased_needs_a_place"), and what `dispatch` raises for vehicle, odometer and time.
    """
    person_name, destination = normalise(person_name), normalise(destination)
    if patient is None and not person_name:
        raise RuleBroken("referrals.deceased_needs_a_name", field="person_name")
    if village is None and not destination:
        raise RuleBroken("referrals.deceased_needs_a_place", field="village")
    trip = _leave(leaving, back, purpose=Purpose.DECEASED_HOME, by=by, now=now, id=id)
    trip.patient = people.survivor(patient) if patient else None
    trip.person_name, trip.village, trip.destination = person_name, village, destination
    trip.family_contact = normalise(family_contact)
    save_checked(trip)
    journal.note("referrals.trip.dispatched", trip, by=by, purpose=trip.purpose)
    return trip


@transaction.atomic
def arrive(*, trip: Trip, arrival: Arrival, by: User, now: datetime) -> Trip:
    """Write that a vehicle on the road reached the hospital, and to whom the patient was handed over.

    May be said in two parts, and again to correct it. Raises RuleBroken: referrals.arrival_missing,
    referrals.trip_over, referrals.trip_has_no_arrival, what `rules.arrival_possible` and `referrals.advance` raise.
    """
    if not arrival:
        raise RuleBroken("referrals.arrival_missing", field="arrived_at")
    found = _under_way(trip, until=now)
    changed = _arrive(found, arrival, back=now, by=by, now=now)
    save_checked(found)
    journal.note("referrals.trip.arrived", found, *changed, by=by, to=found.handed_over_to)
    return found


@transaction.atomic
def complete(
    *, trip: Trip, returned_at: datetime, odometer: int, by: User, now: datetime, fuel_litres: Decimal | None = None,
    note: str = "", arrival: Arrival | None = None,
) -> Trip:  # fmt: skip
    """Bring a vehicle back: its leg under way ends with it, and an arrival may be told as well.

    Raises RuleBroken: referrals.trip_over, referrals.back_before_leaving, referrals.odometer_backwards, …_ahead,
    referrals.time_in_future, referrals.back_before_leg, and what `arrive` raises.
    """
    returned_at = minute(returned_at)
    found = _under_way(trip, until=returned_at)
    if returned_at < (found.handed_over_at or found.reached_at or found.departed_at):
        raise RuleBroken("referrals.back_before_leaving", field="returned_at")
    rules.time_possible(returned_at, now=now, field="returned_at")
    rules.odometer_possible(odometer, least=found.odometer_out, most=found.next_reading, field="odometer_in")
    legs.end_with(found, rules.Reading(returned_at, odometer))
    found.returned_at, found.odometer_in, found.fuel_litres = returned_at, odometer, fuel_litres
    found.note = normalise(note) or found.note
    changed = _arrive(found, arrival, back=returned_at, by=by, now=now) if arrival else []
    save_checked(found)
    journal.note("referrals.trip.completed", found, *changed, by=by, kilometres=found.kilometres)
    return found


def locked(trip: Trip, *, until: datetime) -> Any:
    """Return a trip with its referral, locked with its vehicle, and the `next_reading` of the fuel log after a time.

    Who sends the vehicle out at the same moment waits, and then reads the odometer of the return. Raises
    Trip.DoesNotExist.
    """
    rows = Trip.objects.select_related("vehicle", "referral").select_for_update(of=("self", "vehicle"))
    return selectors.with_next_reading(rows, until).get(pk=trip.pk)


def _under_way(trip: Trip, *, until: datetime) -> Any:
    """Return a trip that is under way, locked. Raises RuleBroken("referrals.trip_over")."""
    found = locked(trip, until=until)
    if not found.is_open:
        raise RuleBroken("referrals.trip_over")
    return found


def _leave(leaving: Leaving, back: Back | None, *, purpose: str, by: User, now: datetime, id: UUID | None) -> Trip:
    """Build a trip that sets out, and comes back if that is known, unsaved: its vehicle locked, all of it checked."""
    at, called_at = minute(leaving.at), minute(leaving.called_at) if leaving.called_at else None
    until = minute(back.at) if back else at
    rules.time_possible(at, now=now, field="departed_at")
    rules.call_possible(called_at, departed_at=at)
    if not (driver := normalise(leaving.driver)):
        raise RuleBroken("referrals.driver_missing", field="driver")
    if until < at:
        raise RuleBroken("referrals.back_before_leaving", field="returned_at")
    rules.time_possible(until, now=now, field="returned_at")
    vehicle = Vehicle.objects.select_for_update().filter(pk=leaving.vehicle_id, active=True).first()
    if vehicle is None:
        raise RuleBroken("referrals.no_such_vehicle", field="vehicle")
    known = selectors.around(vehicle.pk, at, until)
    # A vehicle that is out stands in the way of a trip that is over too; of one that begins the database says so.
    rules.alone_on_the_road(known.clashes + (known.out if back else 0), field="departed_at")
    rules.last_on_the_road(0 if back else known.later, field="returned_at")
    rules.odometer_possible(leaving.odometer, least=known.least, most=known.most, field="odometer_out")
    trip = Trip(
        id=id or uuid7(), vehicle=vehicle, purpose=purpose, driver=driver, escort=normalise(leaving.escort),
        departed_at=at, odometer_out=leaving.odometer, recorded_by=by, oxygen=leaving.oxygen, called_at=called_at,
    )  # fmt: skip
    if back:
        rules.odometer_possible(back.odometer, least=leaving.odometer, most=known.most, field="odometer_in")
        trip.returned_at, trip.odometer_in, trip.fuel_litres = until, back.odometer, back.fuel_litres
        if back.arrival:
            write_arrival(trip, back.arrival, back=until)
    return trip


def write_arrival(trip: Trip, arrival: Arrival, *, back: datetime) -> None:
    """Write an arrival into a trip, unsaved. Raises what `rules.arrival_possible` raises, and trip_has_no_arrival."""
    if trip.purpose in HOMEWARD:
        raise RuleBroken("referrals.trip_has_no_arrival", field="arrived_at")
    to = normalise(arrival.to) or trip.handed_over_to
    reached = arrival.at or trip.reached_at
    if reached is None:
        raise RuleBroken("referrals.arrival_missing", field="arrived_at")
    handed = arrival.handed_over_at or trip.handed_over_at or (reached if to else None)
    reached, handed = minute(reached), minute(handed) if handed else None
    rules.arrival_possible(reached, handed, departed=trip.departed_at, back=back, to=to)
    trip.reached_at, trip.handed_over_at, trip.handed_over_to = reached, handed, to


def _arrive(trip: Trip, arrival: Arrival, *, back: datetime, by: User, now: datetime) -> list[Referral]:
    """Write an arrival into a trip, unsaved, and move its referral to arrived or handed over as far as it is not."""
    write_arrival(trip, arrival, back=back)
    moves = _moves(trip, trip.referral.state) if trip.referral else []
    return [step(trip.referral_id, moves, now=now, by=by, received_by=trip.handed_over_to)] if moves else []  # type: ignore[arg-type]


def _moves(trip: Trip, state: str) -> list[tuple[str, datetime]]:
    """Return the steps that a trip's arrival means for a referral at `state`; none where it has gone further."""
    if trip.reached_at is None:
        return []
    moves: list[tuple[str, datetime]] = []
    if state in (State.DEPARTED, State.DID_NOT_ARRIVE):
        moves.append((State.ARRIVED, trip.reached_at))
    if trip.handed_over_at and (moves or state == State.ARRIVED):
        moves.append((State.HANDED_OVER, trip.handed_over_at))
    return moves
