"""A check-up's document in words: what each part is called and how its value reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.models import PreventiveDose, Vitals
from core.templatetags.house import moment
from mobile_team.forms import CODE_WORDS, MARK_WORDS
from mobile_team.models import DentalCheckup, ToothTreatment
from mobile_team.selectors.documents import NAMES, column

LABELS = {
    "observed_at": _("When"), "teeth": _("Teeth"), "pufa": _("Open or inflamed teeth"), "treatments": _("Treatment"),
    "treatment": _("Treatment in other words"), "deworming": _("Against worms"),
    "deworming_despite": _("Given all the same because"),
}  # fmt: skip


def label(name: str) -> str:
    """Return what a part of a check-up is called."""
    if name in LABELS:
        return str(LABELS[name])
    model: Any = Vitals if name in Vitals.MEASURES else DentalCheckup
    return str(capfirst(model._meta.get_field(column(name)).verbose_name))


def words(name: str, value: Any) -> str:
    """Return how a value of a check-up's document reads; empty when it says nothing."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value in (None, "", [], {}):
        return ""
    say = _WORDS.get(name)
    return say(value) if say else str(value)


def both(name: str, value: Any) -> tuple[str, str]:
    """Return (label, value in words), as a shared edit shows it."""
    return label(name), words(name, value)


def done(treatments: Iterable[Mapping[str, Any]]) -> list[str]:
    """Name each treatment once, with the teeth it was done to: "Sealant: 16, 26"."""
    teeth: dict[str, list[str]] = {}
    for one in treatments:
        teeth.setdefault(one["what"], []).extend([str(one["tooth"])] if one["tooth"] else [])
    return [
        f"{ToothTreatment.What(what).label}{': ' + ', '.join(where) if where else ''}" for what, where in teeth.items()
    ]


def tooth(said: Mapping[str, Any], number: str) -> str:
    """Return how one tooth of a document reads: its state, and what decay did further."""
    code, mark = said["teeth"].get(number, ""), said["pufa"].get(number, "")
    return ", ".join(str(words) for words in (CODE_WORDS.get(code, code), MARK_WORDS.get(mark, mark)) if words)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (label, before, after) in words for all that differs; of a chart only the teeth that do."""
    found = []
    for name in NAMES:
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            differ = {tooth for tooth in was.keys() | now.keys() if was.get(tooth) != now.get(tooth)}
            was, now = ({t: said for t, said in part.items() if t in differ} for part in (was, now))
        found.append((label(name), words(name, was), words(name, now)))
    return found


def _by_tooth(teeth: Mapping[str, str], letters: Mapping[str, Any]) -> str:
    return "\n".join(f"{tooth}: {letters.get(said, said)}" for tooth, said in sorted(teeth.items()))


_WORDS: dict[str, Any] = {
    "observed_at": lambda value: moment(dt.datetime.fromisoformat(value)),
    "teeth": lambda value: _by_tooth(value, CODE_WORDS),
    "pufa": lambda value: _by_tooth(value, MARK_WORDS),
    "treatments": lambda value: "\n".join(done(value)),
    "urgency": lambda value: str(DentalCheckup.Urgency(value).label),
    "deworming": lambda value: str(PreventiveDose.What(value).label),
}
