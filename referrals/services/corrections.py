"""Put right what the log of trips says: a word, a time or a reading that was written wrong, a trip that never was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Min
from django.db.models.functions import Coalesce

from core.accounts.models import User
from core.audit import journal
from core.db import save_checked
from core.editing import Edit
from core.errors import RuleBroken
from core.khmer import normalise
from referrals import rules, selectors
from referrals.models import Leg, Referral, Trip
from referrals.services.editing import take_over
from referrals.services.referrals import minute, step
from referrals.services.trips import HOMEWARD, locked

State = Referral.State
TOLD = (
    "driver", "called_at", "departed_at", "odometer_out", "escort", "oxygen", "patient_id",
    "person_name", "family_contact", "village_id", "destination", "reached_at", "handed_over_at", "handed_over_to",
    "returned_at", "odometer_in", "fuel_litres", "note",
)  # fmt: skip
# What a trip of a kind does not know; the rest of `TOLD` may be corrected.
NOT_HOMEWARD = frozenset({"reached_at", "handed_over_at", "handed_over_to"})
NOT_OPEN = frozenset({"returned_at", "odometer_in", "fuel_litres"})
NOT_REFERRED = frozenset({"patient_id", "person_name"})  # the referral says who travels
DECEASED = frozenset({"escort", "oxygen", "called_at", "note"})  # its form does not ask for these


def may_be_corrected(trip: Trip) -> list[str]:
    """Return the columns of a trip that can be put right: those which a trip of its kind knows."""
    kept: set[str] = set(NOT_REFERRED) if trip.referral_id else set()
    kept |= NOT_HOMEWARD if trip.purpose in HOMEWARD else {"family_contact"}
    kept |= NOT_OPEN if trip.is_open else set()
    kept |= DECEASED if trip.purpose == Trip.Purpose.DECEASED_HOME else set()
    return [name for name in TOLD if name not in kept]


@transaction.atomic
def correct(
    *, trip: Trip, reason: str, by: User, now: datetime, edit: Edit | None = None, **said: Any
) -> Trip:  # fmt: skip
    """Put right columns of `may_be_corrected`, with a word why; how it read before stays in the log of changes.

    The steps of the referral stay as they were told. A trip of another vehicle is taken back and written again. Raises
    Trip.DoesNotExist, `core.editing.Clashed`, RuleBroken: referrals.say_why, referrals.trip_taken_back,
    referrals.driver_missing, referrals.leg_outside_trip, and what setting out, arriving and coming back raise.
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("referrals.say_why", field="reason")
    found = _standing(trip, now)
    allowed = may_be_corrected(found)
    said = {name: _tidy(value) for name, value in said.items() if name in allowed}
    changes = take_over(found, said, edit)
    if changes:
        _check(found, under_way="returned_at" not in allowed, now=now)
        _legs_within(found)
        save_checked(found)
        journal.note("referrals.trip.corrected", found, by=by, reason=reason, changes=changes)
    return found


@transaction.atomic
def take_back(*, trip: Trip, reason: str, by: User, now: datetime) -> Trip:
    """Say that a trip never was; it stays readable, and counts no more. Its vehicle is free again.

    A referral that was on the way with it did not arrive, and may set out again. Raises Trip.DoesNotExist,
    RuleBroken("referrals.say_why"), ("referrals.trip_taken_back").
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("referrals.say_why", field="reason")
    found = _standing(trip, now)
    found.void_reason = reason
    changed = []
    if found.referral and found.referral.state == State.DEPARTED:
        changed = [step(found.referral.pk, [(State.DID_NOT_ARRIVE, now)], now=now, by=by, note=reason)]
    save_checked(found)
    journal.note("referrals.trip.taken_back", found, *changed, by=by, reason=reason)
    return found


def _standing(trip: Trip, now: datetime) -> Any:
    found = locked(trip, until=now)
    if found.void_reason:
        raise RuleBroken("referrals.trip_taken_back")
    return found


def _tidy(value: Any) -> Any:
    if isinstance(value, datetime):
        return minute(value)
    return normalise(value) if isinstance(value, str) else value


def _check(trip: Trip, *, under_way: bool, now: datetime) -> None:
    """Refuse what could not have been written in the first place."""
    rules.time_possible(trip.departed_at, now=now, field="departed_at")
    rules.call_possible(trip.called_at, departed_at=trip.departed_at)
    if not trip.driver:
        raise RuleBroken("referrals.driver_missing", field="driver")
    if trip.purpose == Trip.Purpose.DECEASED_HOME and not (trip.patient_id or trip.person_name):
        raise RuleBroken("referrals.deceased_needs_a_name", field="person")
    if trip.purpose == Trip.Purpose.DECEASED_HOME and not (trip.village_id or trip.destination):
        raise RuleBroken("referrals.deceased_needs_a_place", field="village")
    until = trip.departed_at if under_way else trip.returned_at
    if until is None or (trip.odometer_in is None and not under_way):
        raise RuleBroken("referrals.return_missing", field="odometer_in" if until else "returned_at")
    if until < trip.departed_at:
        raise RuleBroken("referrals.back_before_leaving", field="returned_at")
    rules.time_possible(until, now=now, field="returned_at")
    if trip.reached_at or trip.handed_over_at or trip.handed_over_to:
        if trip.reached_at is None:
            raise RuleBroken("referrals.arrival_missing", field="arrived_at")
        rules.arrival_possible(
            trip.reached_at, trip.handed_over_at, departed=trip.departed_at, back=now if under_way else until,
            to=trip.handed_over_to,
        )  # fmt: skip
    known = selectors.around(trip.vehicle_id, trip.departed_at, until, but=trip.pk)
    rules.alone_on_the_road(known.clashes + (0 if under_way else known.out), field="departed_at")
    rules.last_on_the_road(known.later if under_way else 0, field="departed_at")
    rules.odometer_possible(trip.odometer_out, least=known.least, most=known.most, field="odometer_out")
    if trip.odometer_in is not None:
        rules.odometer_possible(trip.odometer_in, least=trip.odometer_out, most=known.most, field="odometer_in")


def _legs_within(trip: Trip) -> None:
    """Refuse a trip that would no longer hold its legs."""
    legs = Leg.objects.filter(trip=trip).aggregate(
        left=Min("left_at"), low=Min("odometer_out"), ended=Max(Coalesce("reached_at", "left_at")),
        high=Max(Coalesce("odometer_in", "odometer_out")),
    )  # fmt: skip
    for field, mine, end, inside in (
        ("departed_at", trip.departed_at, legs["left"], lambda mine, leg: mine <= leg),
        ("odometer_out", trip.odometer_out, legs["low"], lambda mine, leg: mine <= leg),
        ("returned_at", trip.returned_at, legs["ended"], lambda mine, leg: mine >= leg),
        ("odometer_in", trip.odometer_in, legs["high"], lambda mine, leg: mine >= leg),
    ):
        if mine is not None and end is not None and not inside(mine, end):
            raise RuleBroken("referrals.leg_outside_trip", field=field)
