"""When a person may have been born, seen, discharged, or have died; how old they were at a contact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from core.ages import Birth, Precision, Unit, slot_of
from core.errors import RuleBroken

# A birth known at least to its year is believed before an age told later; a stated age is not (docs/adr/0004).
DATED = frozenset({Precision.DAY, Precision.MONTH, Precision.YEAR})


def check_contact_day(
    on: dt.date, *, today: dt.date, birth: Birth | None, died: dt.date | None, field: str = "on"
) -> None:
    """Refuse a contact in the future, before the earliest possible birth, or after death.

    Raises RuleBroken: clinic.date_in_future, clinic.date_before_birth, clinic.date_after_death.
    """
    if on > today:
        raise RuleBroken("clinic.date_in_future", field=field)
    if birth and on < birth.earliest:
        raise RuleBroken("clinic.date_before_birth", field=field, born=birth.earliest.isoformat())
    if died and on > died:
        raise RuleBroken("clinic.date_after_death", field=field, died=died.isoformat())


def slot_at(on: dt.date, *, birth: Birth | None, told: tuple[int, Unit] | None = None) -> int | None:
    """Return the age slot of a contact, None when the age is unknown.

    A birth known to the day, month or year comes first, then the age told at this contact, then the birth derived
    from an age told at another time. A day between the earliest birth and the derived one is age 0.
    """
    if told and not (birth and birth.precision in DATED):
        return slot_of(Birth.from_stated(*told, on).date, on)
    return slot_of(birth.date, on) if birth else None


def check_birth(birth: Birth | None, *, today: dt.date, seen: Iterable[dt.date] = ()) -> None:
    """Refuse a birth in the future, or later than a day on which the person was already seen.

    Raises RuleBroken: core.birth_in_future, clinic.birth_after_contact.
    """
    if birth is None:
        return
    if birth.earliest > today:
        raise RuleBroken("core.birth_in_future", field="birth")
    if earlier := [day for day in seen if day < birth.earliest]:
        raise RuleBroken("clinic.birth_after_contact", field="birth", seen=min(earlier).isoformat())


def check_death(on: dt.date, *, today: dt.date, birth: Birth | None, last_contact: dt.date | None) -> None:
    """Refuse a death in the future, before birth, or before a day on which the person was seen.

    Raises RuleBroken: clinic.date_in_future, clinic.death_before_birth, clinic.death_before_contact.
    """
    if on > today:
        raise RuleBroken("clinic.date_in_future", field="on")
    if birth and on < birth.earliest:
        raise RuleBroken("clinic.death_before_birth", field="on", born=birth.earliest.isoformat())
    if last_contact and on < last_contact:
        raise RuleBroken("clinic.death_before_contact", field="on", seen=last_contact.isoformat())


def check_discharge_day(on: dt.date, *, admitted_on: dt.date, today: dt.date) -> None:
    """Refuse a discharge in the future or before admission.

    Raises RuleBroken: clinic.date_in_future, clinic.discharge_before_admission.
    """
    if on > today:
        raise RuleBroken("clinic.date_in_future", field="on")
    if on < admitted_on:
        raise RuleBroken("clinic.discharge_before_admission", field="on", admitted=admitted_on.isoformat())
