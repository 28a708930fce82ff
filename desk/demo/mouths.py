"""Teeth of the two years: charts on some check-ups that the registers brought, what was done, who was told to come.

A tooth decays once, stays so, and gets worse with the years: two charts of one mouth can be compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from clinic.models import Encounter, Patient
from core.ages import slot_age
from core.audit import journal
from core.db import create_many
from desk.demo.calendar import DAY
from desk.demo.cast import Cast
from desk.demo.chance import Chance
from mobile_team import selectors
from mobile_team.models import DentalCheckup, ToothFinding, ToothTreatment
from mobile_team.rules import PERMANENT, PRIMARY
from mobile_team.services import checkups

CHARTED = 0.05  # of all check-ups; the others were only counted by hand
RECENT = 70 * DAY  # advice given longer ago was followed, or forgotten
FIRST_MOLARS = (16, 26, 36, 46)
FURTHER = dt.timedelta(days=500)  # from decay to an open pulp
COLUMNS = ("decayed_primary", "decayed_permanent", "pufa", "urgency", "pain", "gums_bleed", "advised_to_come")


class Tooth(NamedTuple):
    """One tooth on one day: its code, and what decay did further."""

    tooth: int
    code: str
    pufa: str


def tell(cast: Cast) -> None:
    """Chart some of the mouths seen before today, and let nobody wait any more for one of those told to come."""
    patients = {patient.pk: patient for patient in cast.patients.values()}
    rows = DentalCheckup.objects.standing().filter(encounter__on__lt=cast.today, teeth=None).select_related("encounter")
    looked_at = [row for row in rows.order_by("id") if Chance("charted", row.pk).happens(CHARTED)]
    teeth, done = [], []
    for row in looked_at:
        seen = list(_mouth(patients.get(row.encounter.patient_id), row.encounter))
        teeth += [ToothFinding(checkup=row, recorded_by=cast.mobile, **one._asdict()) for one in seen]
        done += list(_done(row, seen, cast))
        _count(row, seen, cast)
    create_many(ToothFinding, teeth)
    create_many(ToothTreatment, done)
    _write(looked_at)
    journal.note("desk.demo.mouths_told", None, *looked_at, by=cast.mobile)
    if len(told := list(selectors.advised(since=cast.today - RECENT)[:4])) > 3:
        checkups.end_advice(checkup=told[-1], reason="បានព្យាបាលនៅមន្ទីរពេទ្យខេត្តកំពត", by=cast.nurse)  # seen in Kampot


def _mouth(patient: Patient | None, contact: Encounter) -> Iterable[Tooth]:
    """Yield the teeth worth a mark at this age."""
    if patient is None or patient.birth_date is None or contact.age_slot is None:
        return
    years, chance = slot_age(contact.age_slot).years, Chance("teeth", patient.pk)
    teeth = PRIMARY if years < 6 else [*PRIMARY, *FIRST_MOLARS] if years < 12 else PERMANENT
    for tooth in teeth:
        chewing, when, what = tooth % 10 > 3, chance.between(2, 30), chance.between(1, 100)
        begins = patient.birth_date + dt.timedelta(days=365 * (when if tooth < 50 else 1 + when // 4))
        decayed = begins < contact.on and what <= (70 if chewing else 25)
        if not decayed and tooth in FIRST_MOLARS:
            yield Tooth(tooth, "0", "")
        if decayed and what % 9 == 0:
            yield Tooth(tooth, "3" if tooth < 50 else "D", "")
        elif decayed:
            open_ = contact.on - begins > FURTHER and what % 4 == 0
            yield Tooth(tooth, "1" if tooth < 50 else "B", "PPAUF"[what % 5] if open_ else "")


def _done(row: DentalCheckup, seen: list[Tooth], cast: Cast) -> Iterable[ToothTreatment]:
    chance, kinds = Chance("done", row.pk), ToothTreatment.What
    decayed = [one.tooth for one in seen if one.code in "1B" and not one.pufa]
    for tooth in decayed[:3]:
        if chance.happens(0.4):
            yield ToothTreatment(checkup=row, what=kinds.SDF, tooth=tooth, recorded_by=cast.mobile)
    if chance.happens(0.5):
        yield ToothTreatment(checkup=row, what=kinds.VARNISH, recorded_by=cast.mobile)


def _count(row: DentalCheckup, seen: list[Tooth], cast: Cast) -> None:
    """Set what is counted from a chart, how urgent it was, and whether somebody was told to come."""
    chance, urgency = Chance("urgent", row.pk), DentalCheckup.Urgency
    row.decayed_primary = sum(one.code == "B" for one in seen)
    row.decayed_permanent = sum(one.code == "1" for one in seen)
    row.pufa = sum(bool(one.pufa) for one in seen)
    decayed = row.decayed_primary + row.decayed_permanent
    row.urgency = urgency.IMMEDIATE if row.pufa > 1 else urgency.PROMPT if decayed > 3 else urgency.ROUTINE
    row.pain, row.gums_bleed = row.pufa > 1 and chance.happens(0.5), chance.happens(0.6)
    row.advised_to_come = bool(row.pain) and row.encounter.on > cast.today - RECENT


def _write(rows: list[DentalCheckup]) -> None:
    """Write the columns row by row, as `homes` does."""
    fields: list[Any] = [DentalCheckup._meta.get_field(name) for name in (*COLUMNS, "id")]
    values = [[f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields] for row in rows]
    sets = ", ".join(f"{name} = %s" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE mobile_team_dentalcheckup SET {sets} WHERE id = %s", values)  # noqa: S608 - our own
    told = [row.encounter_id for row in rows if row.advised_to_come]
    Encounter.objects.filter(pk__in=told).update(result=Encounter.Result.FOLLOW_UP)
