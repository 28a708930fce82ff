"""Write the legs of a trip: from where to where, with time and odometer at both ends. Legs follow each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.accounts.models import User
from core.audit import journal
from core.db import broken_constraints, save_checked
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from referrals import rules, selectors
from referrals.models import Leg, Trip
from referrals.rules import Reading
from referrals.services.referrals import minute


@dataclass(frozen=True)
class Way:
    """One leg as somebody means it; it is under way while `reached` is not known."""

    place_from: str
    place_to: str
    left: Reading
    reached: Reading | None = None
    carried: str = ""


@transaction.atomic
def write(*, trip: Trip, way: Way, by: User, now: datetime, id: UUID | None = None) -> Leg:
    """Add the next leg of a trip, or write its newest leg again (the one that has this `id`).

    Writing the same twice changes nothing. A paper log may be copied after the trip is over; then every leg has ended.
    Raises RuleBroken: referrals.leg_needs_places, referrals.leg_not_the_last, referrals.leg_under_way,
    referrals.trip_taken_back, referrals.time_in_future, what `rules.leg_possible` raises, and odometer_ahead where the
    fuel log read less later.
    """
    place_from, place_to = normalise(way.place_from), normalise(way.place_to)
    if not (place_from and place_to):
        raise RuleBroken("referrals.leg_needs_places", field="place_to" if place_from else "place_from")
    locked = Trip.objects.select_for_update().get(pk=trip.pk)
    if locked.void_reason:
        raise RuleBroken("referrals.trip_taken_back")
    newest = list(Leg.objects.filter(trip=locked).order_by("-order")[:2])
    leg, before = _which(newest, id)
    if before and before.reached_at is None:
        raise RuleBroken("referrals.leg_under_way")
    left, reached = _cut(way.left), way.reached and _cut(way.reached)
    _check(locked, before, left, reached, now=now)
    leg = leg or Leg(id=id or uuid7(), trip=locked, order=before.order + 1 if before else 1, recorded_by=by)
    leg.place_from, leg.place_to, leg.carried = place_from, place_to, normalise(way.carried)
    leg.left_at, leg.odometer_out = left.at, left.odometer
    leg.reached_at, leg.odometer_in = (reached.at, reached.odometer) if reached else (None, None)
    save_checked(leg)
    journal.note("referrals.leg.written", locked, by=by, leg=leg.order, to=place_to, reached=reached is not None)
    return leg


def end_with(trip: Trip, back: Reading) -> None:
    """End the leg under way where the trip ends, and refuse a trip that ends before its last leg. One statement.

    Raises RuleBroken("referrals.back_before_leg") and ("referrals.odometer_backwards").
    """
    try:
        with broken_constraints():
            last = Leg.objects.end_last(trip.pk, back.at, back.odometer)
    except Conflict as conflict:  # it began later, or higher, than the trip is said to end
        raise RuleBroken("referrals.back_before_leg", field="returned_at") from conflict
    if last is None or last.reached_at is None or last.odometer_in is None:
        return
    if back.at < last.reached_at:
        raise RuleBroken("referrals.back_before_leg", field="returned_at")
    rules.odometer_possible(back.odometer, least=last.odometer_in, most=None, field="odometer_in")


def _which(newest: list[Leg], id: UUID | None) -> tuple[Leg | None, Leg | None]:
    """Return the leg that is written again (None for a new one) and the one before it."""
    last = newest[0] if newest else None
    if last is not None and last.pk == id:
        return last, newest[1] if len(newest) > 1 else None
    if id and Leg.objects.filter(pk=id).exists():
        raise RuleBroken("referrals.leg_not_the_last")
    return None, last


def _check(trip: Trip, before: Leg | None, left: Reading, reached: Reading | None, *, now: datetime) -> None:
    rules.time_possible(left.at, now=now, field="left_at")
    if reached:
        rules.time_possible(reached.at, now=now, field="reached_at")
    after = _end(before) if before else Reading(trip.departed_at, trip.odometer_out)
    over = trip.returned_at is not None and trip.odometer_in is not None
    until = Reading(trip.returned_at, trip.odometer_in) if over else None  # type: ignore[arg-type]
    rules.leg_possible(left, reached, after=after, until=until)
    if until is None:
        newest = reached or left
        known = selectors.around(trip.vehicle_id, trip.departed_at, newest.at, but=trip.pk)
        field = "odometer_in" if reached else "odometer_out"
        rules.odometer_possible(newest.odometer, least=None, most=known.most, field=field)


def _end(leg: Leg) -> Reading:
    """Return where a leg ended, where it began while it is under way."""
    if leg.reached_at is None or leg.odometer_in is None:
        return Reading(leg.left_at, leg.odometer_out)
    return Reading(leg.reached_at, leg.odometer_in)


def _cut(reading: Reading) -> Reading:
    return Reading(minute(reading.at), reading.odometer)
