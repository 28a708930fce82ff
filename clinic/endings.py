"""The end of a stay in words: what each part of its document is called and how it reads; a first draft of a summary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from clinic import phrases
from clinic.models import DischargeType, Outcome, StayNote, Vitals
from clinic.selectors import catalogue
from clinic.selectors.stays import Stay
from clinic.services.care import figure
from core.khmer import format_date
from core.periods import local_day

LABELS = {
    "on": _("Discharged on"), "type": _("How the stay ended"), "outcome": _("How the patient is"),
    "diagnoses": _("Diagnoses at discharge"), "summary": _("Summary"), "advice": _("Advice"),
    "take_home": _("Medicine to take home"), "follow_up_on": _("Come back on"),
}  # fmt: skip
LONGEST = 3500  # a draft leaves room in the box


def words(name: str, value: Any) -> tuple[str, str]:
    """Return (label, value in words) of one part of the document."""
    if not value:
        said = ""
    elif name in ("on", "follow_up_on"):
        said = format_date(dt.date.fromisoformat(value), get_language() or "km")
    elif name in ("type", "outcome"):
        said = str((DischargeType if name == "type" else Outcome)(value).label)
    elif name == "diagnoses":
        said = ", ".join(str(catalogue.conditions().get(key, key)) for key in value)
    elif name == "take_home":
        said = "\n".join(" ".join(part for part in row[:2] if part) for row in value)
    else:
        said = str(value)
    return str(LABELS.get(name, name)), said


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what reads differently in two documents: (label, before, after)."""
    changed = (name for name in LABELS if before.get(name) != after.get(name))
    return [(*words(name, before.get(name)), words(name, after.get(name))[1]) for name in changed]


def draft(stay: Stay) -> str:
    """Return a first draft of the summary out of what was written during the stay, for a nurse to make better."""
    row, vitals = stay.admission, stay.standing_vitals
    progress = [note for note in reversed(stay.notes) if note.kind == StayNote.Kind.PROGRESS]
    ordered = ", ".join(dict.fromkeys(order.what for order in stay.orders))
    parts = [
        gettext("Came with: %(reason)s") % {"reason": row.reason or row.encounter.complaint} if
        row.reason or row.encounter.complaint else "",
        gettext("At admission: %(values)s") % {"values": _measured(vitals[0])} if vitals else "",
        *(f"{local_day(note.at):%d/%m}: {note.text}" for note in progress),
        gettext("Treated with: %(medicine)s") % {"medicine": ordered} if ordered else "",
        gettext("At the end: %(values)s") % {"values": _measured(vitals[-1])} if len(vitals) > 1 else "",
    ]  # fmt: skip
    return "\n".join(filter(None, parts))[:LONGEST]


def _measured(row: Vitals) -> str:
    return ", ".join(f"{label} {value}" for label, value in measured(row))


def measured(row: Vitals, names: Iterable[str] = Vitals.MEASURES) -> list[tuple[str, str]]:
    """Return (label, figure) of what was measured."""
    taken = ((name, getattr(row, name)) for name in names)
    return [(phrases.label(name), figure(value)) for name, value in taken if value is not None]
