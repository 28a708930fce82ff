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
from referrals.services.referrals import minute, step

Purpose = Trip.Purpose


@dataclass(frozen=True)
class Leaving:
    """How a vehicle sets out: which one, who drives, who goes along, when, with what on the odometer."""

    vehicle_id: int
    driver: str
    at: datetime
    odometer: int
    escort: str = ""


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


@kept_once
@transaction.atomic
def dispatch(
    *, leaving: Leaving, purpose: str, by: User, now: datetime, id: UUID | None = None, referral_id: UUID | None = None,
    patient: Patient | None = None, person_name: str = "", village: Village | None = None, destination: str = "",
    note: str = "",
) -> Trip:  # fmt: skip
    """Send a vehicle out; for a referral, the patient is on the way from that moment on.

    Raises RuleBroken for the vehicle, the odometer or the time; what `referrals.advance` raises for the referral;
    Conflict("constraint.referrals_vehicle_on_one_trip") when the vehicle is out.
    """
    if purpose == Purpose.DECEASED_HOME:
        raise RuleBroken("referrals.deceased_has_its_own_form", field="purpose")
    if purpose == Purpose.PATIENT_HOME and referral_id:
        raise RuleBroken("referrals.home_is_no_referral", field="purpose")
    trip = _leave(leaving, purpose=purpose, by=by, now=now, id=id)
    changed = []
    if referral_id:
        referral = step(referral_id, [Referral.State.DEPARTED], at=trip.departed_at, now=now, by=by)
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
) -> Trip:  # fmt: skip
    """Send a vehicle to take the deceased home to the family: a person we know, or a name; nothing else is asked.

    Raises RuleBroken("referrals.deceased_needs_a_name") or ("referrals.deceased_needs_a_place"), and what `dispatch`
    raises for vehicle, odometer and time.
    """
    person_name, destination = normalise(person_name), normalise(destination)
    if patient is None and not person_name:
        raise RuleBroken("referrals.deceased_needs_a_name", field="person_name")
    if village is None and not destination:
        raise RuleBroken("referrals.deceased_needs_a_place", field="village")
    trip = _leave(leaving, purpose=Purpose.DECEASED_HOME, by=by, now=now, id=id)
    trip.patient = people.survivor(patient) if patient else None
    trip.person_name, trip.village, trip.destination = person_name, village, destination
    trip.family_contact = normalise(family_contact)
    save_checked(trip)
    journal.note("referrals.trip.dispatched", trip, by=by, purpose=trip.purpose)
    return trip


@transaction.atomic
def complete(
    *, trip: Trip, returned_at: datetime, odometer: int, by: User, now: datetime, fuel_litres: Decimal | None = None,
    note: str = "", arrived_at: datetime | None = None, received_by: str = "",
) -> Trip:  # fmt: skip
    """Bring a vehicle back; with `arrived_at` the trip's referral has arrived, with `received_by` it is handed over.

    Raises RuleBroken: referrals.trip_over, referrals.back_before_leaving, referrals.odometer_backwards, …_ahead,
    referrals.time_in_future, referrals.arrival_outside_trip, and what `referrals.advance` raises.
    """
    locked = Trip.objects.select_related("vehicle").select_for_update().get(pk=trip.pk)
    if not locked.is_open:
        raise RuleBroken("referrals.trip_over")
    returned_at = minute(returned_at)
    if returned_at < locked.departed_at:
        raise RuleBroken("referrals.back_before_leaving", field="returned_at")
    rules.time_possible(returned_at, now=now, field="returned_at")
    known = selectors.around(locked.vehicle_id, locked.departed_at, returned_at, but=locked.pk)
    rules.alone_on_the_road(known.clashes, field="returned_at")
    rules.odometer_possible(odometer, least=locked.odometer_out, most=known.most, field="odometer_in")
    locked.returned_at, locked.odometer_in, locked.fuel_litres = returned_at, odometer, fuel_litres
    locked.note = normalise(note) or locked.note
    changed = _arrive(locked, arrived_at, received_by, by=by, now=now)
    save_checked(locked)
    journal.note("referrals.trip.completed", locked, *changed, by=by, kilometres=locked.kilometres)
    return locked


def _leave(leaving: Leaving, *, purpose: str, by: User, now: datetime, id: UUID | None) -> Trip:
    """Build a trip that sets out, unsaved, with its vehicle locked and its time and odometer checked."""
    at = minute(leaving.at)
    rules.time_possible(at, now=now, field="departed_at")
    if not (driver := normalise(leaving.driver)):
        raise RuleBroken("referrals.driver_missing", field="driver")
    vehicle = Vehicle.objects.select_for_update().filter(pk=leaving.vehicle_id, active=True).first()
    if vehicle is None:
        raise RuleBroken("referrals.no_such_vehicle", field="vehicle")
    known = selectors.around(vehicle.pk, at, at)
    rules.alone_on_the_road(known.clashes, field="departed_at")
    rules.odometer_possible(leaving.odometer, least=known.least, most=known.most, field="odometer_out")
    return Trip(
        id=id or uuid7(), vehicle=vehicle, purpose=purpose, driver=driver, escort=normalise(leaving.escort),
        departed_at=at, odometer_out=leaving.odometer, recorded_by=by,
    )  # fmt: skip


def _arrive(trip: Trip, arrived_at: datetime | None, received_by: str, *, by: User, now: datetime) -> list[Referral]:
    """Move the referral of a trip to arrived, and to handed over when somebody received the patient."""
    if trip.referral_id is None or arrived_at is None:
        return []
    if not trip.departed_at <= minute(arrived_at) <= (trip.returned_at or now):
        raise RuleBroken("referrals.arrival_outside_trip", field="arrived_at")
    states = [Referral.State.ARRIVED, *([Referral.State.HANDED_OVER] if normalise(received_by) else [])]
    return [step(trip.referral_id, states, at=arrived_at, now=now, by=by, received_by=received_by)]
