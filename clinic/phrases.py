"""A visit's document in words: what each part is called and how its value reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from clinic.models import AntenatalContact, Encounter, Vitals
from clinic.pdf import doses
from clinic.rules import dosage
from clinic.rules.dosage import figure
from clinic.selectors import assessed, catalogue
from core.khmer import format_date

LABELS = {
    "urgency": _("Urgency"), "new_case": _("New illness or follow-up"), "complaint": _("Complaint"),
    "findings": _("Examination"), "advice": _("Advice"), "result": _("Outcome"), "result_text": _("About the outcome"),
    "follow_up_on": _("Come back on"), "diagnoses": _("Diagnoses"), "treatments": _("Treatment given"),
    "signs": _("Signs looked for"), "antenatal": _("Care in pregnancy"),
}  # fmt: skip


def label(name: str) -> str:
    """Return what a part of a visit is called."""
    if name in LABELS:
        return str(LABELS[name])
    return str(capfirst(Vitals._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def words(name: str, value: Any) -> str:
    """Return how a value of a visit's document reads; empty when it says nothing."""
    if value in (None, "", []):
        return ""
    if name == "urgency":
        return str(Encounter.Urgency(value).label)
    if name == "result":
        return str(Encounter.Result(value).label)
    if name == "new_case":
        return gettext("New case") if value else gettext("Follow-up visit")
    if name == "follow_up_on":
        return format_date(dt.date.fromisoformat(value), get_language() or "km")
    if name == "diagnoses":
        known = catalogue.conditions()
        return "\n".join(str(known.get(key, key)) for key in value)
    if name == "signs":
        return "\n".join(f"{sign_words(sign)}: {answer_words(*answer)}" for sign, answer in value.items())
    if name == "antenatal":
        said = {part: there for part, there in value.items() if there not in (None, "", False)}
        return "\n".join(f"{measure_of_pregnancy(part)}: {plainly(there)}" for part, there in said.items())
    if name == "treatments":
        return "\n".join(_line(row) for row in value)
    return str(value)


def both(name: str, value: Any) -> tuple[str, str]:
    """Return (label, value in words), as a shared edit shows it."""
    return label(name), words(name, value)


def dose_words(text: str) -> str:
    """Return a dose in words of the page's language, with how much it is together; empty when it cannot be read."""
    dose = dosage.parse(text)
    if dose is None:
        return ""
    khmer, english = doses.words(dose).split("\n")
    said = english if get_language() == "en" else khmer
    if dose.quantity is None or dose.once:
        return said
    return gettext("%(dose)s, together %(quantity)s") % {"dose": said, "quantity": figure(dose.quantity)}


def sign_words(sign: str) -> str:
    """Return what a sign is called in the language of the page."""
    said = assessed.sign_said(sign)
    return said.in_language(get_language()) if said else sign


def answer_words(present: bool, days: int | None = None) -> str:
    """Return the answer to a sign: yes, no, or for how many days."""
    if not present:
        return gettext("no")
    return gettext("yes, for %(days)s days") % {"days": days} if days is not None else gettext("yes")


def measure_of_pregnancy(name: str) -> str:
    """Return what a measure of an antenatal contact is called."""
    return str(capfirst(AntenatalContact._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def plainly(value: Any) -> str:
    """Return a plain value in words; nothing for nothing."""
    if value is None or value == "":
        return ""
    return (gettext("yes") if value else gettext("no")) if isinstance(value, bool) else str(value)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what differs between two documents as (label, before, after), in the order of the page."""
    return [
        (label(name), words(name, old), words(name, after.get(name)))
        for name, old in before.items()
        if old != after.get(name, old)
    ]


def _line(row: Sequence[str]) -> str:
    what, dose, _atc, despite = row
    said = " — ".join(filter(None, (what, dose)))
    return f"{said} ({despite})" if despite else said
