"""Keep the lists this room chooses from: hospitals that take our patients, vehicles, drivers. Nothing is deleted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max, Model

from core.accounts.models import User
from core.audit import journal
from core.db import save_checked
from core.editing import Edit, bring_together
from core.errors import Conflict, RuleBroken
from core.khmer import normalise
from referrals.models import Driver, Hospital, Trip, Vehicle

HOSPITAL = ("name_km", "name_en", "code", "phone", "distance_km", "active")
VEHICLE = ("name_km", "name_en", "plate", "oxygen", "active")
DRIVER = ("name", "phone", "active")
KEPT: dict[type[Model], tuple[str, ...]] = {Hospital: HOSPITAL, Vehicle: VEHICLE, Driver: DRIVER}


def document(row: Hospital | Vehicle | Driver) -> dict[str, Any]:
    """Return a row of one of the lists as one document, for edits by two people."""
    return {name: getattr(row, name) for name in KEPT[type(row)]}


@transaction.atomic
def save_hospital(*, by: User, hospital: Hospital | None = None, edit: Edit | None = None, **said: Any) -> Hospital:
    """Add a hospital, or change one; what a colleague changed meanwhile stands.

    Raises Hospital.DoesNotExist, `core.editing.Clashed`, RuleBroken("referrals.name_missing").
    """
    found = _locked(Hospital, hospital)
    changes = _take_over(found, edit, said)
    if found.pk is None:
        found.order = (Hospital.objects.aggregate(last=Max("order"))["last"] or 0) + 1
    if changes:
        save_checked(found)
        verb = "referrals.hospital.changed" if hospital else "referrals.hospital.added"
        journal.note(verb, found, by=by, hospital=found.pk, changes=changes)
    return found


@transaction.atomic
def save_vehicle(*, by: User, vehicle: Vehicle | None = None, edit: Edit | None = None, **said: Any) -> Vehicle:
    """Add a vehicle, or change one; what a colleague changed meanwhile stands.

    Raises Vehicle.DoesNotExist, `core.editing.Clashed`, RuleBroken: referrals.name_missing, referrals.plate_missing,
    referrals.plate_taken, referrals.vehicle_is_out.
    """
    found = _locked(Vehicle, vehicle)
    changes = _take_over(found, edit, said)
    if not found.plate:
        raise RuleBroken("referrals.plate_missing", field="plate")
    if vehicle and not found.active and Trip.objects.standing().filter(vehicle=found, returned_at=None).exists():
        raise RuleBroken("referrals.vehicle_is_out", field="active")
    if changes:
        try:
            save_checked(found)
        except Conflict as conflict:  # the plate is all that two vehicles could share
            raise Conflict("referrals.plate_taken", field="plate") from conflict
        verb = "referrals.vehicle.changed" if vehicle else "referrals.vehicle.added"
        journal.note(verb, found, by=by, vehicle=found.pk, changes=changes)
    return found


@transaction.atomic
def save_driver(*, by: User, driver: Driver | None = None, edit: Edit | None = None, **said: Any) -> Driver:
    """Add a driver, or change one; what a colleague changed meanwhile stands, and past trips keep the name they have.

    Raises Driver.DoesNotExist, `core.editing.Clashed`, RuleBroken("referrals.driver_missing"),
    Conflict("referrals.driver_known").
    """
    found = _locked(Driver, driver)
    changes = _take_over(found, edit, said)
    if not found.name:
        raise RuleBroken("referrals.driver_missing", field="name")
    if changes:
        try:
            save_checked(found)
        except Conflict as conflict:  # the name is all that two drivers could share
            raise Conflict("referrals.driver_known", field="name") from conflict
        verb = "referrals.driver.changed" if driver else "referrals.driver.added"
        journal.note(verb, found, by=by, driver=found.pk, changes=changes)
    return found


def _locked(model: type[Model], row: Any) -> Any:
    return model._default_manager.select_for_update().get(pk=row.pk) if row else model()


def _take_over(row: Any, edit: Edit | None, said: dict[str, Any]) -> dict[str, list[Any]]:
    """Set what was said on a row, unsaved; return what changed as {name: [before, after]}."""
    now = document(row)
    mine = {name: normalise(value) if isinstance(value, str) else value for name, value in said.items()}
    together = now | bring_together(edit if row.pk else None, now=now, mine=mine)
    if "name_km" in together:
        if not (together["name_km"] or together["name_en"]):
            raise RuleBroken("referrals.name_missing", field="name_km")
        together["name_km"] = together["name_km"] or together["name_en"]
        together["name_en"] = together["name_en"] or together["name_km"]
    for name, value in together.items():
        setattr(row, name, value)
    new = row.pk is None
    return {name: [None if new else now[name], value] for name, value in together.items() if new or value != now[name]}
