"""What is open now for a person, in the words of the top of the record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from clinic.models import Encounter, Identifier
from clinic.models.patient import AgeUnit
from core.ages import Precision
from desk.links import address
from desk.phrases import day_words, either
from referrals.models import Referral, Trip


@dataclass(frozen=True, slots=True)
class Open:
    """One open thing: its icon and words, where it leads (if the user may go there), and how loud it is."""

    icon: str
    words: str
    more: str = ""
    url: str = ""
    tone: str = "info"


def birth_words(patient: Any) -> str:
    """Say what is known of the birth, as exactly as it was told; empty when nothing is."""
    words = {
        Precision.DAY: lambda: day_words(patient.birth_date),
        Precision.MONTH: lambda: day_words(patient.birth_date).split(" ", 1)[1],
        Precision.YEAR: lambda: str(patient.birth_date.year),
        Precision.STATED: lambda: _told(patient),
    }
    return words.get(Precision(patient.birth_precision), str)()


def _told(patient: Any) -> str:
    if patient.told_age is None:
        return _("known only as an age")
    age = f"{patient.told_age} {AgeUnit(patient.told_unit).label}"
    return _("“%(age)s”, as told on %(day)s") % {"age": age, "day": day_words(patient.told_on)}


def other_numbers(patient: Any) -> list[tuple[str, str]]:
    """Return the person's other numbers, each with the words for its kind."""
    rows = sorted(patient.numbers or [], key=lambda row: (row["kind"], row["value"]))
    return [(str(Identifier.Kind(row["kind"]).label), row["value"]) for row in rows]


def open_now(patient: Any, user: Any, today: dt.date) -> list[Open]:
    """Return what is open for a person from `selectors.person`; nobody is asked back after death."""
    found = [
        *(_stay(row, user) for row in patient.open_stays or []),
        *(_visit(row, user) for row in patient.open_visits or []),
        *(_referral(row, user) for row in patient.open_referrals or []),
        *(_trip(row, user) for row in patient.open_trips or []),
    ]
    return found if patient.deceased_on else found + _asked_back(patient, today)


def _stay(row: dict[str, Any], user: Any) -> Open:
    words = _("In hospital here since %(day)s") % {"day": day_words(row["on"])}
    ward = either(row["ward_km"], row["ward_en"])
    bed = _("%(ward)s, bed %(bed)s") % {"ward": ward, "bed": row["bed"]} if row["bed"] else _("no bed yet")
    more = " · ".join(filter(None, (bed, row["reason"])))
    return Open("bed", words, more, address(user, "clinic:admission", UUID(row["id"])), "warn")


def _visit(row: dict[str, Any], user: Any) -> Open:
    words = _("Open visit of %(day)s") % {"day": day_words(row["on"])}
    urgent = row["urgency"] != Encounter.Urgency.ROUTINE
    more = " · ".join(filter(None, (str(Encounter.Urgency(row["urgency"]).label) if urgent else "", row["complaint"])))
    tone = "danger" if row["urgency"] == Encounter.Urgency.EMERGENCY else "info"
    return Open("stethoscope", words, more, address(user, "clinic:visit", UUID(row["id"])), tone)


def _referral(row: dict[str, Any], user: Any) -> Open:
    hospital = either(row["hospital_km"], row["hospital_en"])
    words = _("Referred to %(hospital)s on %(day)s") % {"hospital": hospital, "day": day_words(row["on"])}
    return Open(
        "file-output",
        words,
        str(Referral.State(row["state"]).label),
        address(user, "referrals:referral", UUID(row["id"])),
    )


def _trip(row: dict[str, Any], user: Any) -> Open:
    return Open("ambulance", _("On the way"), str(Trip.Purpose(row["purpose"]).label), address(user, "referrals:trips"))


def _asked_back(patient: Any, today: dt.date) -> list[Open]:
    found = []
    if said := patient.asked_back:
        late = said["back_on"][:10] < today.isoformat()
        words = _("Should have come back on %(day)s") if late else _("To come back on %(day)s")
        found.append(
            Open("calendar-clock", words % {"day": day_words(said["back_on"])}, tone="warn" if late else "info")
        )
    if said := patient.advised:
        words = _("The mobile team advised on %(day)s to come to the centre") % {"day": day_words(said["on"])}
        found.append(Open("calendar-clock", words, tone="warn"))
    return found
