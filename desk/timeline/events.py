"""What an event is, which kinds there are, and the small words that all sources share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy

from clinic.models import Encounter, Patient
from core.ages import Age
from desk.selectors import Cursor


class Line(NamedTuple):
    """One thing said about an event, with its label (empty when the words speak for themselves)."""

    label: str
    words: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day: `kind` is a key of `KINDS`, `link` an address' name and its id.

    `below` are lines folded away until somebody opens them.
    """

    on: dt.date
    id: UUID
    kind: str
    title: str
    lines: list[Line] = field(default_factory=list)
    link: tuple[str, Any] | None = None
    at: dt.datetime | None = None
    age: Age | None = None
    by: str = ""
    state: str = ""
    void: str = ""
    below: list[Line] = field(default_factory=list)

    @property
    def icon(self) -> str:
        return KINDS[self.kind].icon


class Kind(NamedTuple):
    """How one sort of event is called and drawn."""

    words: Any
    icon: str


KINDS: dict[str, Kind] = {
    "outpatient": Kind(gettext_lazy("Visits"), "stethoscope"),
    "inpatient": Kind(gettext_lazy("Stays"), "bed"),
    "mobile": Kind(gettext_lazy("Mobile team"), "bus"),
    "referral": Kind(gettext_lazy("Referrals"), "file-output"),
    "trip": Kind(gettext_lazy("Journeys"), "ambulance"),
    "medicine": Kind(gettext_lazy("Medicine given"), "pill"),
    "aid": Kind(gettext_lazy("Help with costs"), "hand-coins"),
    "vitals": Kind(gettext_lazy("Measurements"), "activity"),
    "pregnancy": Kind(gettext_lazy("Pregnancies"), "heart-pulse"),
    "prevention": Kind(gettext_lazy("Prevention"), "shield-plus"),
    "person": Kind(gettext_lazy("About the person"), "user"),
}
CONTACTS = tuple(Encounter.Kind.values)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to read: of whom, of one kind or of all, that speak of some words, before a key, how many."""

    patient: Patient
    limit: int
    kind: str = ""
    words: str = ""
    before: Cursor | None = None


def lines(*pairs: tuple[Any, Any]) -> list[Line]:
    """Return what there is to say; what is empty is left out."""
    return [Line(str(label), str(words)) for label, words in pairs if words]


def plain(value: Any) -> str:
    """Write a number without zeros nobody measured."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def recorder(row: Any) -> str:
    """Return who recorded a row."""
    return row.recorded_by.name if row.recorded_by else ""
