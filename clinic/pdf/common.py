"""What every paper about a person says: whose paper it is, who they are, what they must not be given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import override

from clinic.models import AgeUnit, Diagnosis, Patient
from clinic.selectors import people
from clinic.substances import called
from core.ages import Precision
from core.khmer import format_date
from core.pdf.blocks import Field, Organisation
from core.pdf.page import Document, Size
from core.periods import CLINIC_TZ
from core.phones import national
from core.templatetags.house import age

NONE = "–"
SEX = {"F": "ស្រី · Female", "M": "ប្រុស · Male"}
LANGUAGES = ("km", "en")


def organisation() -> Organisation:
    """Return the centre, as the letterhead names it."""
    centre = settings.CENTRE
    department = f"{centre['department_km']} · {centre['department_en']}"
    return Organisation(centre["name_km"], centre["name_en"], department, centre["phone"])


def paper(title: str, *, subtitle: str = "", by: Any, at: dt.datetime, size: Size = "A4", stamp: str = "") -> Document:
    """Begin a paper with the centre's letterhead; its foot says who printed it and when."""
    return Document(
        title, organisation=organisation(), subtitle=subtitle, size=size, created=at, stamp=stamp,
        footer=f"{by} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}",
    )  # fmt: skip


def both(say: Callable[[], Any], sign: str = " · ") -> str:
    """Say something in Khmer and in English; once, when both are the same."""
    said = []
    for language in LANGUAGES:
        with override(language):
            said.append(str(say()))
    return sign.join(dict.fromkeys(filter(None, said)))


def named(row: Any, sign: str = " · ") -> str:
    """Return what a row of a catalogue is called in both languages, Khmer first; nothing for none."""
    return sign.join(dict.fromkeys(filter(None, (row.name_km, row.name_en)))) if row else ""


def day(value: dt.date | None, sign: str = "\n") -> str:
    """Write a date in words of both languages; nothing for none."""
    return sign.join(format_date(value, language) for language in LANGUAGES) if value else ""


def names(patient: Patient) -> str:
    """Return the name in both scripts, Khmer first; one of them may be missing."""
    return " · ".join(filter(None, (patient.name_khmer, patient.name_latin)))


def age_on(patient: Patient, on: dt.date) -> str:
    """Say how old a person was on a day, in both languages."""
    return both(lambda: age(patient.age_on(on), patient.age_is_estimated))


def birth(patient: Patient, sign: str = " · ") -> str:
    """Say what is known of the birth, as exactly as it was told and no more."""
    born, precision = patient.birth_date, Precision(patient.birth_precision)
    if born is None:
        return sign.join(("មិនដឹងថ្ងៃកំណើត", "birth not known"))
    shown = {Precision.DAY: f"{born:%d/%m/%Y}", Precision.MONTH: f"{born:%m/%Y}"}.get(precision, str(born.year))
    if precision is Precision.STATED:
        shown = shown if patient.told_unit == AgeUnit.YEARS else f"{born:%m/%Y}"
        return sign.join((f"កើតប្រហែល {shown}", f"born about {shown}"))
    return sign.join((f"កើត {shown}", f"born {shown}"))


def place(patient: Patient, sign: str = "\n") -> str:
    """Return the village with all that it lies in, in both languages; join them first (`with_path`)."""
    village = patient.village
    if village is None:
        return NONE
    commune = village.commune
    places = (village, commune, commune.district, commune.district.province)
    return sign.join((", ".join(p.name_km for p in places), ", ".join(p.name_en for p in places)))


def allergies(patient: Patient) -> str:
    """Name what a person must not be given, or say that none is known; nothing when nobody asked."""
    if alerts := people.alerts_of(patient):
        return f"ប្រតិកម្ម · ALLERGY: {', '.join(map(_alert, alerts))}"
    return ""


def asked(patient: Patient) -> str:
    """Say of a person without an allergy whether anybody asked."""
    if patient.no_allergy_on:
        return f"គ្មានប្រតិកម្មដែលដឹង · no allergy known ({patient.no_allergy_on:%d/%m/%Y})"
    return "មិនទាន់សួរអំពីប្រតិកម្ម · not asked about allergies yet"


def warn(document: Document, patient: Patient) -> None:
    """Set the allergies in red, or say in small print that none is known or nobody asked."""
    if said := allergies(patient):
        document.alert(said)
    else:
        document.small(asked(patient))


def who(patient: Patient, on: dt.date) -> list[Field]:
    """Return who this is, for the head of a paper about a day; for three columns."""
    return [
        Field("ឈ្មោះអ្នកជំងឺ · Patient", patient.name_khmer or NONE),
        Field("ជាអក្សរឡាតាំង · In Latin letters", patient.name_latin or NONE),
        Field("លេខសម្គាល់ · Patient number", patient.number),
        Field("ភេទ · Sex", SEX[patient.sex]),
        Field("អាយុ · Age", age_on(patient, on)),
        Field("លេខទូរស័ព្ទ · Phone", national(patient.phone) if patient.phone else NONE),
        Field("ភូមិ · Village", place(patient), wide=True),
    ]


def who_in_short(patient: Patient, on: dt.date) -> list[Field]:
    """Return who this is on a small paper that the person carries home; for two columns."""
    return [
        Field("ឈ្មោះអ្នកជំងឺ · Patient", lines(patient.name_khmer, patient.name_latin)),
        Field("លេខសម្គាល់ · Patient number", patient.number),
        Field("ភេទ · Sex", SEX[patient.sex]),
        Field("អាយុ · Age", age_on(patient, on)),
    ]


def diagnoses(rows: Iterable[Diagnosis]) -> str:
    """Name what was found, a line each, in both languages with its code; the main diagnosis first."""
    return "\n".join(" – ".join(filter(None, (named(row.condition), row.condition.icd10, row.note))) for row in rows)


def _alert(row: dict[str, Any]) -> str:
    name = both(lambda: called(row["substance"]), " / ")
    said = f"{name} ({row['reaction']})" if row["reaction"] else name
    return f"{said} – ធ្ងន់ធ្ងរ severe" if row["severe"] else said


def lines(*parts: str) -> str:
    """Join what is said, each on a line of its own."""
    return "\n".join(filter(None, parts))


def listed(parts: Iterable[str]) -> str:
    """Join what is said with commas; a dash for nothing."""
    return ", ".join(filter(None, parts)) or NONE
