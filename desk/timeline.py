"""One list of everything that happened to a person, newest first: a row a room in `SOURCES`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Admission, Encounter, Vitals
from clinic.selectors import timeline as clinic
from clinic.selectors.timeline import Contact
from core.ages import Age, slot_age
from desk import selectors
from desk.phrases import day_words
from desk.selectors import Cursor
from mobile_team.models import DentalCheckup
from pharmacy.selectors import history
from pharmacy.selectors.history import Given
from referrals.models import Referral, Trip

PAGE = 50


class Line(NamedTuple):
    """One thing said about an event, with its label (empty when the words speak for themselves)."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day: `kind` is a key of `KINDS`, `link` an address' name and its id."""

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

    @property
    def icon(self) -> str:
        return KINDS[self.kind].icon


@dataclass(frozen=True, slots=True)
class Page:
    """Events of one page, and the key from which the next one goes on (empty at the end)."""

    events: list[Event]
    older: str = ""


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
    "vitals": Kind(gettext_lazy("Measurements"), "activity"),
}
CONTACTS = tuple(Encounter.Kind.values)


def page(patient_id: UUID, *, kind: str = "", before: Cursor | None = None, limit: int = PAGE) -> Page:
    """Return up to `limit` events of one kind, or of all, before the cursor; every room is asked once."""
    found = [
        event
        for source in SOURCES
        if not kind or kind in source.kinds
        for event in source.read(patient_id, kind, before, limit + 1)
    ]
    found.sort(key=lambda event: (event.on, event.id), reverse=True)
    more = len(found) > limit
    return Page(found[:limit], f"{found[limit - 1].on}.{found[limit - 1].id.hex}" if more else "")


def cursor(text: str) -> Cursor | None:
    """Read `Page.older` back; None when it is empty or nobody wrote it."""
    on, dot, key = text.partition(".")
    try:
        return (dt.date.fromisoformat(on), UUID(key)) if dot else None
    except ValueError:
        return None


# --- The centre and the mobile team: contacts -------------------------------------------------------------------------


def _contacts(patient_id: UUID, kind: str, before: Cursor | None, limit: int) -> Iterable[Event]:
    measured = kind == "vitals"
    found = clinic.of(patient_id, limit, before=before, kind=kind if kind in CONTACTS else "", measured=measured)
    outreach = [contact.encounter.id for contact in found if contact.encounter.kind == Encounter.Kind.OUTREACH]
    checkups = selectors.checkups(patient_id, outreach) if outreach else {}
    for contact in found:
        yield _contact(contact, checkups.get(contact.encounter.id), only_vitals=measured)


def _contact(contact: Contact, checkup: DentalCheckup | None, *, only_vitals: bool) -> Event:
    row, stay = contact.encounter, contact.admission
    lines = _vitals(contact) if only_vitals else [*_found(contact), *_stay(stay), *_checkup(checkup), *_done(contact)]
    link: tuple[str, Any] | None = ("clinic:visit", row.id)
    if stay:
        link = ("clinic:admission", stay.id)
    elif row.kind == Encounter.Kind.OUTREACH:
        link = ("mobile_team:checkup", checkup.id) if checkup else None
    waits = row.status == Encounter.Status.OPEN and row.kind == Encounter.Kind.OUTPATIENT
    return Event(
        on=row.on, id=row.id, kind=row.kind, title=_("Dental check-up") if checkup else str(row.get_kind_display()),
        lines=lines, link=link, at=row.arrived_at, age=None if row.age_slot is None else slot_age(row.age_slot),
        by=_name(row), state=_("Open") if waits else "",
        void=_("Entered in error: %(why)s") % {"why": row.void_reason} if row.status == Encounter.Status.VOID else "",
    )  # fmt: skip


def _found(contact: Contact) -> list[Line]:
    row = contact.encounter
    names = [f"{d.condition} ({d.note})" if d.note else str(d.condition) for d in contact.diagnoses]
    return _lines(
        (_("Complaint"), row.complaint), (_("Diagnosis"), ", ".join(names)), *_vitals(contact),
        (_("Findings"), row.findings),
    )  # fmt: skip


def _done(contact: Contact) -> list[Line]:
    row = contact.encounter
    return _lines(
        (_("Treatment"), "; ".join(f"{t.what} {t.dose}".strip() for t in contact.treatments)),
        (_("Advice"), row.advice),
        (_("Outcome"), " · ".join(filter(None, (row.get_result_display(), row.result_text)))),
        (_("Come back on"), day_words(row.follow_up_on)),
    )


def _vitals(contact: Contact) -> list[Line]:
    return _lines(*((_("Measured"), _measures(v)) for v in contact.vitals))


def _measures(v: Vitals) -> str:
    pressure = f"{v.systolic or '–'}/{v.diastolic or '–'}" if v.systolic or v.diastolic else None
    said = (
        (v.temperature, "%s °C"), (v.heart_rate, _("pulse %s")), (v.respiratory_rate, _("breaths %s")),
        (pressure, "%s mmHg"), (v.oxygen, "SpO₂ %s %%"), (v.weight, "%s kg"), (v.height, "%s cm"),
        (v.muac, _("upper arm %s mm")),
    )  # fmt: skip
    return " · ".join(words % _plain(value) for value, words in said if value is not None)


def _stay(stay: Admission | None) -> list[Line]:
    if not stay:
        return []
    bed = _("%(ward)s, bed %(bed)s") % {"ward": stay.bed.ward, "bed": stay.bed} if stay.bed else ""
    ended = (day_words(stay.discharged_on), stay.get_discharge_type_display(), stay.get_outcome_display())
    return _lines(
        (_("Bed"), bed), (_("Reason"), stay.reason), (_("Discharged"), " · ".join(map(str, filter(None, ended)))),
        (_("Summary"), stay.summary),
    )  # fmt: skip


def _checkup(row: Any | None) -> list[Line]:
    if row is None:
        return []
    teeth = ", ".join(f"{t['tooth']}: {t['code']}" for t in sorted(row.seen_teeth or [], key=lambda t: t["tooth"]))
    counts = (
        (row.decayed_primary, _("decayed milk teeth %s")), (row.decayed_permanent, _("decayed permanent teeth %s")),
        (row.missing, _("missing %s")), (row.filled, _("filled %s")),
    )  # fmt: skip
    given = (
        (row.dental_education, _("dental education")), (row.toothbrush, _("toothbrush")),
        (row.toothpaste, _("toothpaste")),
    )  # fmt: skip
    return _lines(
        (_("Pain"), _("yes") if row.pain else ""),
        (_("Gums"), _("bleed") if row.gums_bleed else ""),
        (_("Teeth"), " · ".join(words % n for n, words in counts if n is not None)),
        (_("Tooth chart"), teeth),
        (_("Urgency"), row.get_urgency_display() if row.urgency else ""),
        (_("Treatment"), row.treatment),
        (_("Received"), ", ".join(words for yes, words in given if yes)),
        (_("Advised"), _("to come to the centre") if row.advised_to_come else ""),
        (_("Note"), row.note),
    )


# --- Referrals and journeys -------------------------------------------------------------------------------------------


def _referrals(patient_id: UUID, kind: str, before: Cursor | None, limit: int) -> Iterable[Event]:
    return [_referral(row) for row in selectors.referrals_of(patient_id, before=before, limit=limit)]


def _referral(row: Referral) -> Event:
    answer = " · ".join(filter(None, (day_words(row.answered_on), row.get_answer_outcome_display(), row.answer)))
    return Event(
        on=row.on, id=row.id, kind="referral", by=_name(row), state=str(row.get_state_display()),
        title=_("Referred to %(hospital)s") % {"hospital": row.hospital}, link=("referrals:referral", row.id),
        lines=_lines(
            (_("Urgency"), row.get_urgency_display()), (_("Reason"), row.reason), (_("Findings"), row.findings),
            (_("Treatment"), row.treatment_given), (_("Handed over to"), row.received_by), (_("Answer"), answer),
        ),
    )  # fmt: skip


def _trips(patient_id: UUID, kind: str, before: Cursor | None, limit: int) -> Iterable[Event]:
    return [_trip(row) for row in selectors.trips_of(patient_id, before=before, limit=limit)]


def _trip(row: Any) -> Event:
    return Event(
        on=row.on, id=row.id, kind="trip", title=str(row.get_purpose_display()), at=row.departed_at, by=_name(row),
        state="" if row.returned_at else _("Under way"), link=("referrals:trip", row.id),
        lines=_lines(
            (_("Vehicle"), str(row.vehicle)), (_("Destination"), row.destination),
            (_("Went along"), row.escort if row.purpose != Trip.Purpose.DECEASED_HOME else row.family_contact),
        ),
    )  # fmt: skip


# --- Medicine ---------------------------------------------------------------------------------------------------------


def _medicines(patient_id: UUID, kind: str, before: Cursor | None, limit: int) -> Iterable[Event]:
    rows = history.of_patient(patient_id, before=before, limit=limit, also_taken_back=True)
    return [_dispensing(list(given)) for _id, given in groupby(rows, key=lambda row: row.dispensing.id)]


def _dispensing(given: list[Given]) -> Event:
    row = given[0].dispensing
    kept = [line for line in given if not line.taken_back]
    medicines = [Line("", f"{line.medicine} × {line.quantity}") for line in kept or given]
    return Event(
        on=row.on, id=row.id, kind="medicine", title=_("Medicine given"), by=_name(row),
        void="" if kept else _("Taken back"), lines=[*medicines, *_lines((_("How to take it"), row.directions))],
    )  # fmt: skip


# --- The rooms that speak ---------------------------------------------------------------------------------------------


class Source(NamedTuple):
    """A room's events: which kinds, and how to read up to `limit` of them before a cursor, in one or two statements."""

    kinds: tuple[str, ...]
    read: Callable[[UUID, str, Cursor | None, int], Iterable[Event]]


SOURCES = (
    Source((*CONTACTS, "vitals"), _contacts),
    Source(("referral",), _referrals),
    Source(("trip",), _trips),
    Source(("medicine",), _medicines),
)


# --- Words ------------------------------------------------------------------------------------------------------------


def _lines(*pairs: tuple[Any, Any]) -> list[Line]:
    return [Line(str(label), str(words)) for label, words in pairs if words]


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _name(row: Any) -> str:
    return row.recorded_by.name if row.recorded_by else ""
