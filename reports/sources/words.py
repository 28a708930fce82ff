"""How rows read in a list."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.templatetags.house import age


def joined(*parts: Any) -> str:
    """Put what is known side by side."""
    return " · ".join(str(part) for part in parts if part)


def person_words(patient: Any, on: date) -> str:
    """Return number, sex and age on a day, so that people of one name can be told apart."""
    return joined(patient.number, patient.get_sex_display(), age(patient.age_on(on), patient.age_is_estimated))
