"""What the measurements and signs of a contact say, what a pregnancy has come to, and which doses are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Max

from clinic.models import AntenatalContact, Encounter, Finding, Patient, Pregnancy, PreventiveDose, Vitals
from clinic.rules import antenatal, contacts, growth, imci, prevention
from clinic.rules.antenatal import Coverage, Gestation, Planned
from clinic.rules.growth import Growth
from clinic.rules.imci import Assessment
from clinic.rules.judging import Judgement
from clinic.rules.prevention import Due
from clinic.rules.tables import Said
from clinic.selectors import people
from clinic.selectors.timeline import Contact
from core.ages import Age, Birth, age_at
from core.gather import gather

UNDER_IMCI = 60  # months
OEDEMA = "oedema_feet"


# -- one contact ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What one contact says of a child: growth, classification, danger signs; `facts` are what that was read from."""

    age: Age | None
    growth: Growth = field(default_factory=Growth)
    imci: Assessment | None = None
    dangers: tuple[str, ...] = ()
    days: Mapping[str, int | None] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_red(self) -> bool:
        """Return whether a referral should be proposed: a danger sign, or a red classification."""
        return bool(self.dangers) or (self.imci is not None and self.imci.refer)


def birth_at(patient: Patient, visit: Encounter) -> Birth | None:
    """Return the birth to reckon with at a contact: a dated one, else the age as told that day, else any."""
    birth = patient.birth
    if visit.told and not (birth and birth.precision in contacts.DATED):
        return Birth.from_stated(*visit.told, visit.on)
    return birth


def age_of(patient: Patient, visit: Encounter) -> Age | None:
    """Return the age at a contact; None when it is not known."""
    birth = birth_at(patient, visit)
    return age_at(birth.date, max(birth.date, visit.on)) if birth else None


def measured(contact: Contact) -> dict[str, Any]:
    """Return the newest of each measurement of a contact."""
    values: dict[str, Any] = {}
    for row in contact.vitals:
        values |= {name: getattr(row, name) for name in Vitals.MEASURES if getattr(row, name) is not None}
    return values


def seen(contact: Contact, patient: Patient, *, signs: Mapping[str, tuple[bool, int | None]] | None = None) -> Seen:
    """Return what a contact says; no statement. `signs` stand for those written, while they are being typed."""
    visit, values = contact.encounter, measured(contact)
    if signs is None:
        signs = {row.sign: (row.present, row.days) for row in contact.signs}
    present = {name: there for name, (there, _) in signs.items()}
    days = {name: count for name, (_, count) in signs.items()}
    birth, age = birth_at(patient, visit), age_of(patient, visit)
    grown = growth.assess(
        sex=patient.sex, birth=birth, on=visit.on, oedema=present.get(OEDEMA, False),
        **{name: values.get(name) for name in ("weight", "height", "muac")},
    )  # fmt: skip
    dangers = tuple(sign.key for sign in imci.danger_signs(age) if present.get(sign.key))
    if age is None or age.months >= UNDER_IMCI:
        return Seen(age, grown, dangers=dangers)
    measures = {name: values.get(name) for name in imci.MEASURES & set(Vitals.MEASURES)}
    measures |= {name: grown.z(name) for name in imci.MEASURES & set(growth.INDICATORS)}
    found = imci.classify(age, signs=present, days=days, measures=measures)
    return Seen(age, grown, found, dangers, days, measures)


@cache
def _all_signs() -> dict[str, Said]:
    children, door, pregnant = imci.tables().signs, imci.danger_signs(None), antenatal.danger_signs()
    return (
        {row.key: row.said for row in pregnant} | {row.key: row.said for row in door}
        | {row.key: row.said for row in children}
    )  # fmt: skip


def sign_said(key: str) -> Said | None:
    """Return the words of any sign that is asked for anywhere."""
    return _all_signs().get(key)


# -- pregnancy --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expecting:
    """An open pregnancy on a day: how far, how many contacts, when the next is."""

    pregnancy: Pregnancy
    at: Gestation | None
    days: tuple[dt.date, ...] = ()

    @property
    def contacts(self) -> int:
        """Return the number of contacts so far."""
        return len(self.days)

    def following(self, on: dt.date, plan: str = "who8") -> Planned | None:
        """Return the next contact of the plan after a day."""
        return antenatal.next_contact(self.pregnancy.edd, on, plan=plan)


def expecting(patient: Patient, on: dt.date) -> Expecting | None:
    """Return a woman's open pregnancy as it is on a day, in one statement; None for a man without asking."""
    if patient.sex != "F":
        return None
    rows = standing_contacts()
    open_ones: Any = Pregnancy.objects.filter(patient=patient, ended_on=None, void_reason="")
    found = open_ones.annotate(seen_on=gather(rows, "pregnancy", on="encounter__on")).first()
    if found is None:
        return None
    days = sorted(dt.date.fromisoformat(row["on"]) for row in found.seen_on or [])
    return Expecting(found, antenatal.gestation(found.edd, on), tuple(days))


def pregnancy(id: Any) -> Pregnancy | None:
    """Return a pregnancy with the woman, her village and her allergies, in one statement."""
    rows: Any = Pregnancy.objects.filter(pk=id).select_related("patient__village")
    found = rows.annotate(below_alerts=people.alerts(outer="patient_id")).first()
    if found:
        found.patient.alerts = found.below_alerts
    return found


def written_of(contact: Contact) -> AntenatalContact | None:
    """Return what is written of a pregnancy at a contact, with the pregnancy."""
    return AntenatalContact.objects.select_related("pregnancy").filter(encounter=contact.encounter).first()


def of_visit(contact: Contact, written: AntenatalContact | None) -> Pregnancy | None:
    """Return the pregnancy that a contact is of: the one written, else the woman's open one."""
    if written:
        return written.pregnancy
    expected = expecting(contact.encounter.patient, contact.encounter.on)
    return expected.pregnancy if expected else None


def standing_contacts() -> Any:
    """Return antenatal contacts of visits that were not entered in error."""
    return AntenatalContact.objects.exclude(encounter__status=Encounter.Status.VOID)


@dataclass(frozen=True)
class Course:
    """One pregnancy with all its contacts, oldest first, each with its weeks, pressure, signs and warnings."""

    pregnancy: Pregnancy
    rows: list[CourseRow]
    coverage: Coverage
    doses: list[PreventiveDose]


@dataclass(frozen=True)
class CourseRow:
    """One contact of a pregnancy."""

    number: int
    contact: AntenatalContact
    at: Gestation | None
    values: dict[str, Any]
    signs: dict[str, bool]
    warnings: Judgement


def course(pregnancy: Pregnancy) -> Course:
    """Return the whole course in two statements: contacts with what was measured and asked, and doses given."""
    below: dict[str, Any] = {
        "below_vitals": gather(
            Vitals.objects.filter(void_reason=""), "encounter", outer="encounter_id", measured_at="measured_at",
            systolic="systolic", diastolic="diastolic", weight="weight",
        ),
        "below_signs": gather(Finding.objects.all(), "encounter", outer="encounter_id", sign="sign", present="present"),
    }  # fmt: skip
    found = standing_contacts().filter(pregnancy=pregnancy).select_related("encounter").annotate(**below)
    rows = [
        _course_row(number, row, pregnancy)
        for number, row in enumerate(found.order_by("encounter__on", "encounter_id"), start=1)
    ]
    since = pregnancy.edd - dt.timedelta(days=antenatal.TERM)
    until = pregnancy.ended_on or pregnancy.edd + dt.timedelta(days=antenatal.LONGEST - antenatal.TERM)
    doses = PreventiveDose.objects.filter(
        patient_id=pregnancy.patient_id, void_reason="", on__range=(since, until)
    ).order_by("on")
    days = [row.contact.encounter.on for row in rows]
    return Course(pregnancy, rows, antenatal.coverage(days, pregnancy.edd), list(doses))


def _course_row(number: int, row: Any, pregnancy: Pregnancy) -> CourseRow:
    values: dict[str, Any] = {}
    for said in sorted(row.below_vitals or [], key=lambda v: v["measured_at"]):
        values |= {name: said[name] for name in ("systolic", "diastolic", "weight") if said[name] is not None}
    signs = {said["sign"]: bool(said["present"]) for said in row.below_signs or []}
    at = antenatal.gestation(pregnancy.edd, row.encounter.on)
    return CourseRow(number, row, at, values, signs, antenatal.warnings(signs, measures_of(row, at, values)))


def measures_of(row: AntenatalContact, at: Gestation | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the warnings look at in one antenatal contact; `values` are the measurements of its visit."""
    return antenatal.measures(
        at=at, systolic=values.get("systolic"), diastolic=values.get("diastolic"), protein=row.urine_protein,
        haemoglobin=row.haemoglobin, fetal_heart_rate=row.fetal_heart_rate, fundal_height=row.fundal_height,
    )  # fmt: skip


# -- doses ------------------------------------------------------------------------------------------------


def due(patient: Patient, today: dt.date, *, expected: Expecting | None = None) -> list[Due]:
    """Return the doses due on a day, in one statement; `expected` is the open pregnancy where it is known already."""
    birth = patient.birth
    if birth is None or patient.deceased_on or birth.date > today:
        return []
    newest = PreventiveDose.objects.filter(patient=patient, void_reason="", on__lte=today)
    last: dict[str, dt.date] = {}
    for what, on in newest.order_by().values_list("what").annotate(Max("on")):
        kind = prevention.against(what)
        last[kind] = max(on, last.get(kind, on))
    pregnant = expected.at if expected else None
    return prevention.due(age_at(birth.date, today), on=today, last=last, pregnant=pregnant)


# -- at a glance ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Glance:
    """What the visit page shows beside the form."""

    seen: Seen
    expecting: Expecting | None
    due: list[Due]


def glance(contact: Contact, patient: Patient, today: dt.date) -> Glance:
    """Return what a contact says, the open pregnancy on its day, and what is due today; two statements at most."""
    expected = expecting(patient, contact.encounter.on)
    return Glance(seen(contact, patient), expected, due(patient, today, expected=expected))
