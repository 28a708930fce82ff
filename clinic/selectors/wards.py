"""The rooms, their beds, who lies in them, and how many bed-days that makes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from clinic.models import Admission, Bed, BedStay, Vitals, Ward
from clinic.rules import stays as rules
from clinic.rules.vitals import Unusual, unusual
from clinic.selectors import catalogue, people
from core.ages import slot_age
from core.gather import gather, instant
from core.periods import Month

MOST = 500  # people in beds that one page can show


@dataclass
class Place:
    """One bed and the stay that occupies it, if any."""

    bed: Bed
    stay: Admission | None = None

    @property
    def measured_at(self) -> dt.datetime | None:
        """Return when the patient was measured last."""
        newest = getattr(self.stay, "newest", None)
        return instant(newest["at"]) if newest else None

    @cached_property
    def unusual(self) -> list[Unusual]:
        """Return what was unusual for the patient's age in the newest measurements."""
        newest, stay = getattr(self.stay, "newest", None), self.stay
        if stay is None or not newest:
            return []
        age = None if stay.encounter.age_slot is None else slot_age(stay.encounter.age_slot)
        return unusual(age, {name: column.to_python(newest[name]) for name, column in _COLUMNS.items()})


_COLUMNS: dict[str, Any] = {name: Vitals._meta.get_field(name) for name in Vitals.MEASURES}


@dataclass
class Room:
    """One ward, its beds in order, and how many are free."""

    ward: Ward
    places: list[Place] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Return the number of beds nobody lies in."""
        return sum(place.stay is None for place in self.places)


@dataclass
class Board:
    """All rooms, and the stays that have no bed of ours."""

    rooms: list[Room]
    elsewhere: list[Admission]

    @property
    def free(self) -> int:
        """Return the number of beds nobody lies in."""
        return sum(room.free for room in self.rooms)

    @property
    def taken(self) -> int:
        """Return the number of people who lie here, in a bed of ours or not."""
        return sum(len(room.places) - room.free for room in self.rooms) + len(self.elsewhere)


def board() -> Board:
    """Return the wards with their beds and who lies there, each person with `alerts`; two statements at most."""
    measured = Vitals.objects.filter(encounter=OuterRef("encounter_id"), void_reason="").order_by("-measured_at")
    newest = measured.values(said=JSONObject(at="measured_at", **{name: name for name in Vitals.MEASURES}))[:1]
    stays: list[Any] = list(
        Admission.objects.open().select_related("patient__village", "encounter")
        .annotate(alerts=people.alerts(outer="patient_id"), newest=Subquery(newest))
        .order_by("admitted_on", "id")[:MOST]
    )  # fmt: skip
    for stay in stays:
        stay.patient.alerts = stay.alerts
    lying = {stay.bed_id: stay for stay in stays if stay.bed_id}
    rooms: dict[int, Room] = {}
    beds = catalogue.beds()
    for bed in beds.values():
        rooms.setdefault(bed.ward_id, Room(bed.ward)).places.append(Place(bed, lying.get(bed.pk)))
    return Board(list(rooms.values()), [stay for stay in stays if stay.bed_id not in beds])


def everything() -> list[Room]:
    """Return every room with every bed, those out of use and empty rooms too; two statements."""
    lying = {stay.bed_id: stay for stay in Admission.objects.open().filter(bed__isnull=False).select_related("patient")}
    rooms = [Room(ward) for ward in Ward.objects.prefetch_related("beds")]
    for room in rooms:
        room.places = [Place(bed, lying.get(bed.pk)) for bed in room.ward.beds.all()]
    return rooms


@dataclass(frozen=True)
class Use:
    """The bed-days of one ward, or of stays without a bed of ours, and how many its beds could have given."""

    ward: Ward | None
    days: int
    possible: int = 0

    @property
    def percent(self) -> int | None:
        """Return the occupancy; None where there are no beds in use."""
        return round(100 * self.days / self.possible) if self.possible else None


def bed_days(month: Month, today: dt.date) -> list[Use]:
    """Return the bed-days of a month ward by ward, up to `today`, the stays without a bed last; two statements.

    The beds in use are those of today: when a bed was taken out of use is not kept.
    """
    first, last = month.first, min(month.last, today)
    days: Counter[int | None] = Counter()
    for stay in _stays_between(first, last):
        lain = sorted(stay.lain or [], key=lambda row: (row["since"], row["recorded_at"], row["id"]))
        rows = [(row["ward"], _day(row["since"]), _day(row["until"])) for row in lain]
        days.update(rules.by_place(rows, first, last))
        whole = rules.bed_days(stay.admitted_on, stay.discharged_on, first, last)
        days[None] += whole - sum(rules.by_place(rows, first, last).values())
    beds = Counter(bed.ward_id for bed in catalogue.beds().values())
    span = max(0, (last - first).days + 1)
    found = [Use(ward, days[ward.pk], beds[ward.pk] * span) for ward in Ward.objects.all()]
    return [use for use in found if use.possible or use.days] + ([Use(None, days[None])] if days[None] else [])


def _stays_between(first: dt.date, last: dt.date) -> Any:
    lain = gather(
        BedStay.objects.all(), "admission", id="id", ward="bed__ward_id", since="since", until="until",
        recorded_at="recorded_at",
    )  # fmt: skip
    rows = Admission.objects.filter(Q(discharged_on=None) | Q(discharged_on__gte=first), void=False)
    return rows.filter(admitted_on__lte=last).annotate(lain=lain)


def _day(text: str | None) -> Any:
    return text and dt.date.fromisoformat(text)
