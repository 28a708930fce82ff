"""People by a number: the patient number, another number of theirs, a telephone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from clinic.models import Bare, Identifier, NameKey, Patient
from clinic.rules.likeness import phone_key
from clinic.selectors.lexicon import beginning
from core.errors import RuleBroken
from core.ids import PATIENT_PREFIX, parse_patient_number, patient_number

MOST = 60
SHORTEST_END = 3  # digits of a telephone
_CARD = re.compile(rf"{PATIENT_PREFIX}[-‐-― ]?\d{{6,9}}[-‐-― ]?\d", re.IGNORECASE)
_ONLY_DIGITS = re.compile(r"[\d\s+().\-/]+")


@dataclass(frozen=True)
class Why:
    """How well a person answers, and by what when the page does not show it: a kind, and the words to show."""

    score: float
    kind: str = ""
    said: str = ""


@dataclass
class Numbered:
    """Whom a number found; `wrong_digit` when it reads as a patient number but its check digit says otherwise."""

    people: dict[UUID, Why] = field(default_factory=dict)
    wrong_digit: bool = False

    def add(self, patient: UUID, why: Why) -> None:
        """Count a person, by the best reason there is."""
        if patient not in self.people or self.people[patient].score < why.score:
            self.people[patient] = why


def by_number(plain: str) -> Numbered:
    """Look text with Latin digits up as a patient number, another number, and a telephone; three statements at most."""
    found = Numbered()
    number, whole, found.wrong_digit = _patient_number(plain)
    digits = re.sub(r"\D", "", plain) if _ONLY_DIGITS.fullmatch(plain) else ""
    asked = [Q(number=number)] if number else []
    if 5 <= len(digits) <= 9 and digits.startswith("0"):  # the beginning of a telephone, still being typed
        asked.append(beginning(f"+855{digits[1:]}", "phone"))
    if asked:
        rows = Patient.objects.filter(reduce(or_, asked)).values_list("pk", "merged_into", "number")
        for patient, taken_up_by, said in rows[:MOST]:
            score = 88.0 if said != number else 100.0 if whole else 96.0
            found.add(taken_up_by or patient, Why(score, "old_number", said) if taken_up_by else Why(score))
    if not (whole and found.people):
        _other_numbers(plain, found)
        if len(digits) >= SHORTEST_END:
            _telephones(digits, found)
    return found


def _other_numbers(plain: str, found: Numbered) -> None:
    bare = re.sub(r"[\s.\-/‐-―]", "", plain).upper()
    rows = Identifier.objects.annotate(bare=Bare("value")).filter(bare=bare)
    for patient, taken_up_by, kind, value in rows.values_list("patient", "patient__merged_into", "kind", "value")[
        :MOST
    ]:
        found.add(taken_up_by or patient, Why(95.0, kind, value))


def _telephones(digits: str, found: Numbered) -> None:
    end = digits
    if len(end) > 7:
        end = end.removeprefix("855").removeprefix("0")
    rows = NameKey.objects.filter(beginning(phone_key(end)))
    columns = ("patient", "patient__merged_into", "patient__phone", "key")
    for patient, taken_up_by, phone, key in rows.values_list(*columns)[:MOST]:
        first = phone_key(phone) == key and taken_up_by is None
        found.add(taken_up_by or patient, Why(90.0) if first else Why(90.0, "phone", f"…{key[1:4][::-1]}"))


def _patient_number(plain: str) -> tuple[str, bool, bool]:
    """Return the patient number a text may mean, whether it is written whole, and whether a digit of it is wrong.

    It may stand on a scanned card, or be the running number only. A wrong digit is spoken of only where nothing but
    a patient number can be meant.
    """
    found = _CARD.search(plain)
    try:
        return patient_number(parse_patient_number(found[0] if found else plain)), True, False
    except RuleBroken as broken:
        wrong = broken.code == "core.number_check_digit"
    running = re.fullmatch(rf"(?:{PATIENT_PREFIX})?[- ]?(\d{{1,6}})", plain, re.IGNORECASE)
    if running and int(running[1]):
        return patient_number(int(running[1])), False, False
    return "", False, wrong and (found is not None or len(re.sub(r"\D", "", plain)) == 7)
