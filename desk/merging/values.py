"""What a record says in one group of columns, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from clinic.models import Patient
from core.phones import national
from core.templatetags.house import age
from desk.merging.columns import Group
from desk.phrases import day_words
from desk.present import birth_words


def in_words(group: Group, record: Any, today: dt.date) -> tuple[str, str]:
    """Return what a record says and what stands small beside it; both empty when it says nothing."""
    if not group.filled(record):
        return "", ""
    return _birth(record, today) if group.name == "birth" else _WORDS[group.name](record)


def _birth(record: Patient, today: dt.date) -> tuple[str, str]:
    if record.birth_date is None:
        return "", ""
    return age(record.age_on(today), record.age_is_estimated), birth_words(record)


def _household(record: Patient) -> tuple[str, str]:
    return _("Lives in a household known here"), record.household.note if record.household else ""


def _death(record: Patient) -> tuple[str, str]:
    return _("Died on %(day)s") % {"day": day_words(record.deceased_on)}, record.deceased_source


_WORDS: dict[str, Callable[[Any], tuple[str, str]]] = {
    "khmer": lambda record: (record.name_khmer, ""),
    "latin": lambda record: (record.name_latin, ""),
    "sex": lambda record: (str(record.get_sex_display()), ""),
    "village": lambda record: (str(record.village or ""), ""),
    "phone": lambda record: (national(record.phone), ""),
    "guardian": lambda record: (record.guardian, ""),
    "household": _household,
    "payer": lambda record: (str(record.get_payer_display()), ""),
    "death": _death,
}
