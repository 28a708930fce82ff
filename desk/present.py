"""What is open now for a person, in the words of the top of the record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from clinic.models import AgeUnit, CardPrint, Consent, ContactPoint, Encounter, Identifier
from clinic.rules import antenatal, prevention
from clinic.selectors.registry import other_phones
from core.ages import Precision
from core.gather import instant
from core.periods import local_day
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
    """Return the person's other numbers, each with the words for its kind; the equity card stands apart."""
    rows = sorted(patient.numbers or [], key=lambda row: (row["kind"], row["value"]))
    found = [(str(Identifier.Kind(row["kind"]).label), row["value"]) for row in rows if row["kind"] != "equity"]
    merged = [(_("Number of a merged record"), row["number"]) for row in patient.taken_up or []]
    return [*found, *merged]


def phones(patient: Any) -> list[tuple[str, str]]:
    """Return every telephone with whose it is; of the first nobody said, so it is the person's own or the family's."""
    others = [(phone, str(ContactPoint.Whose(whose).label)) for phone, whose in other_phones(patient)]
    return [(patient.phone, ""), *others] if patient.phone else others


def agreements(patient: Any) -> list[tuple[str, bool, str]]:
    """Return what the person last said to each question of consent, and when."""
    newest = {row["purpose"]: row for row in sorted(patient.agreed or [], key=lambda row: (row["on"], row["id"]))}
    return [
        (str(purpose.label), bool(newest[purpose]["given"]), day_words(newest[purpose]["on"]))
        for purpose in Consent.Purpose
        if purpose in newest
    ]


def merges(patient: Any, user: Any) -> list[dict[str, Any]]:
    """Return the records that were taken up into this one, newest first, each with the way to take it back."""
    rows = sorted(patient.taken_up or [], key=lambda row: row["at"], reverse=True)
    days = [day_words(local_day(instant(row["at"]))) for row in rows]
    ways = [address(user, "desk:merge_done", UUID(row["id"])) for row in rows]
    return [row | {"day": day, "undo": way} for row, day, way in zip(rows, days, ways, strict=True)]


def last_card(patient: Any) -> tuple[str, str] | None:
    """Return when the newest card was printed and why; None without one."""
    if not patient.cards:
        return None
    row = max(patient.cards, key=lambda row: row["at"])
    return day_words(local_day(instant(row["at"]))), str(CardPrint.Reason(row["reason"]).label)


# --- What is open now -------------------------------------------------------------------------------------------------


def open_now(patient: Any, user: Any, today: dt.date) -> list[Open]:
    """Return what is open for a person from `selectors.person`; nobody is asked back after death."""
    found = [
        *(_stay(row, user) for row in patient.open_stays or []),
        *(_visit(row, user) for row in patient.open_visits or []),
        *(_referral(row, user) for row in patient.open_referrals or []),
        *(_trip(row, user) for row in patient.open_trips or []),
        *(_aid(row, user) for row in patient.open_aid or []),
    ]
    if not patient.deceased_on:
        found += _pregnancies(patient, user, today)
        found += [*_asked_back(patient, user, today), *_doses(patient, user, today)]
    return [*found, *_doubles(patient, user)]


def _pregnancies(patient: Any, user: Any, today: dt.date) -> list[Open]:
    found = []
    for row in patient.open_pregnancies or []:
        edd = dt.date.fromisoformat(row["edd"])
        far = antenatal.gestation(edd, today)
        words = _("Pregnant, %(weeks)s weeks") % {"weeks": far.weeks} if far else _("Pregnant")
        late = far is not None and far.weeks * 7 + far.days > antenatal.LONGEST
        more = _("birth expected on %(day)s") % {"day": day_words(edd)}
        url = address(user, "clinic:pregnancy", UUID(row["id"]))
        found.append(Open("heart-pulse", words, more, url, "warn" if late else "info"))
    return found


def _doses(patient: Any, user: Any, today: dt.date) -> list[Open]:
    """Say which doses of prevention a child is due, and when the last one was."""
    last: dict[str, dt.date] = {}
    for row in patient.doses or []:
        against, on = prevention.against(row["what"]), dt.date.fromisoformat(row["on"])
        last[against] = max(on, last.get(against, on))
    pregnant = [dt.date.fromisoformat(row["edd"]) for row in patient.open_pregnancies or []]
    far = antenatal.gestation(pregnant[0], today) if pregnant else None
    found = []
    for due in prevention.due(patient.age_on(today), on=today, last=last, pregnant=far):
        name = due.dose.said.in_language(get_language())
        more = _("last on %(day)s") % {"day": day_words(due.last)} if due.last else _("none written so far")
        words = _("Due: %(what)s %(amount)s") % {"what": name, "amount": due.dose.amount}
        found.append(Open("shield-plus", words, more, address(user, "clinic:prevent", patient.id)))
    return found


def _doubles(patient: Any, user: Any) -> list[Open]:
    """Name the records that may be of the same person, each with the way to look at both."""
    words, more = _("Another record may be of the same person"), _("Look at both")
    return [
        Open("copy", words, more, address(user, "desk:merge", patient.id, UUID(row["with"])) or listed, "warn")
        for listed in [address(user, "desk:duplicates")]
        for row in [*(patient.doubles_before or []), *(patient.doubles_after or [])]
    ]


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


def _aid(row: dict[str, Any], user: Any) -> Open:
    words = _("Help with costs %(number)s") % {"number": row["number"]}
    return Open("hand-coins", words, row["illness"], address(user, "pharmacy:aid_case", UUID(row["id"])))


def _asked_back(patient: Any, user: Any, today: dt.date) -> list[Open]:
    found = []
    if said := patient.asked_back:
        late = said["back_on"][:10] < today.isoformat()
        words = _("Should have come back on %(day)s") if late else _("To come back on %(day)s")
        found.append(
            Open("calendar-clock", words % {"day": day_words(said["back_on"])}, tone="warn" if late else "info")
        )
    if said := patient.advised:
        words = _("The mobile team advised on %(day)s to come to the centre") % {"day": day_words(said["on"])}
        days = (today - dt.date.fromisoformat(said["on"])).days
        more = ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days} if days else ""
        found.append(
            Open("calendar-clock", words, more, address(user, "mobile_team:checkup", UUID(said["id"])), tone="warn")
        )
    return found
