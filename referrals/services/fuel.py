"""The fuel log, beside what drivers note on their return. A wrong entry is taken back with a reason, never changed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from core.accounts.models import User
from core.audit import journal
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from referrals import rules, selectors
from referrals.models import Fuel, Vehicle


@transaction.atomic
def fill(
    *, vehicle_id: int, litres: Decimal, on: date, by: User, today: date, riel: int | None = None,
    odometer: int | None = None, note: str = "", id: UUID | None = None,
) -> Fuel:  # fmt: skip
    """Write down fuel put into a vehicle, with what was paid and what the odometer showed where somebody noted it.

    Raises RuleBroken: referrals.no_such_vehicle, referrals.fuel_in_future, referrals.odometer_backwards, …_ahead,
    constraint.referrals_fuel_some; Conflict("constraint.same_id") for an entry sent twice.
    """
    if on > today:
        raise RuleBroken("referrals.fuel_in_future", field="on")
    vehicle = Vehicle.objects.select_for_update().filter(pk=vehicle_id).first()
    if vehicle is None:
        raise RuleBroken("referrals.no_such_vehicle", field="vehicle")
    if odometer is not None:
        known = selectors.readings_beside(vehicle.pk, on)
        rules.odometer_possible(odometer, least=known.least, most=known.most, field="odometer")
    fuel = Fuel(
        id=id or uuid7(), vehicle=vehicle, on=on, litres=litres, riel=riel, odometer=odometer, note=normalise(note),
        recorded_by=by,
    )  # fmt: skip
    save_checked(fuel)
    journal.note("referrals.fuel.filled", fuel, by=by, vehicle=vehicle.plate, litres=litres)
    return fuel


@transaction.atomic
def take_back(*, fuel: Fuel, reason: str, by: User) -> Fuel:
    """Take an entry back, with a word why; it stays readable and counts no more.

    Raises Fuel.DoesNotExist, RuleBroken("referrals.say_why") or ("referrals.fuel_taken_back_already").
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("referrals.say_why", field="reason")
    locked = Fuel.objects.select_for_update().get(pk=fuel.pk)
    if locked.void_reason:
        raise RuleBroken("referrals.fuel_taken_back_already")
    locked.void_reason = reason
    save_checked(locked)
    journal.note("referrals.fuel.taken_back", locked, by=by, reason=reason)
    return locked
