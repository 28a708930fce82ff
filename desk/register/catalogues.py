"""What a register's rows refer to, loaded once for a file."""

from __future__ import annotations

import datetime as dt
import re

from clinic.models import Condition
from core.places.models import Village
from desk.register.checking import Catalogues, condition_key

_CODE = re.compile(r"[A-Z]\d\d(?:\.\d)?")


def load(today: dt.date) -> Catalogues:
    """Return villages by code and conditions by key and ICD-10 code, in two queries.

    Some village codes are shared by several villages; the first of the gazetteer stands for them.
    """
    villages: dict[str, int] = {}
    for code, pk in Village.objects.order_by("id").values_list("code", "id").iterator():
        villages.setdefault(code, pk)
    return Catalogues(villages, conditions_by_code(list(Condition.objects.order_by("id"))), today)


def conditions_by_code(conditions: list[Condition]) -> dict[str, int]:
    """Return condition ids by key and by every ICD-10 code the catalogue gives them.

    A code that is one condition's own and another's mention (T14.1 in "W54 + T14.1") belongs to the former.
    """
    found = {condition_key(c.key): c.pk for c in conditions}
    for rank in range(4):
        for c in conditions:
            codes = icd10_codes(c.icd10)
            if rank < len(codes):
                found.setdefault(condition_key(codes[rank]), c.pk)
    return found


def icd10_codes(text: str) -> list[str]:
    """Return the codes in a catalogue's ICD-10 column, the main one first: "Z23–Z27" means five codes."""
    if match := re.fullmatch(r"([A-Z])(\d\d)[–-]\1(\d\d)", text.strip()):
        letter, first, last = match.groups()
        return [f"{letter}{n:02}" for n in range(int(first), int(last) + 1)]
    return _CODE.findall(text)
