"""The one box: a name in either script and order, a number, a telephone, a village."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from clinic.models import Encounter, Identifier, NameKey, Patient
from clinic.rules.likeness import name_score, phone_key
from core.ages import Age
from core.errors import RuleBroken
from core.ids import parse_patient_number, patient_number
from core.khmer import latin_digits, normalise
from core.names import query_keys, skeletons, words
from core.periods import local_day
from core.places.models import Village

CANDIDATES = 300  # rows looked at before the best are chosen
GOOD = 60.0
NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")
_CARD = re.compile(r"SA[-‐-― ]?\d{6,9}[-‐-― ]?\d", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """One person found, with what tells people of one name apart."""

    patient: Patient
    score: float
    age: Age | None
    last_visit: dt.date | None

    @property
    def phone_end(self) -> str:
        """Return the last three digits of the phone."""
        return self.patient.phone[-3:]


def find(text: str, limit: int = 20, *, today: dt.date | None = None) -> list[Hit]:
    """Return the people a text may mean, best first; at most five statements and no count."""
    text = normalise(text)[:100]
    scores = _by_number(text) if any(char.isdigit() for char in text) else {}
    if not scores:
        scores = _by_name(" ".join(word for word in text.split() if not any(c.isdigit() for c in word)), limit)
    if len(scores) < limit and len(text) > 2 and not any(char.isdigit() for char in text):
        scores = _in_village(text, limit) | scores
    best = sorted(scores.items(), key=lambda pair: -pair[1])[:limit]
    return hits(dict(best), today or local_day(timezone.now()))


def hits(scores: dict[UUID, float], today: dt.date) -> list[Hit]:
    """Return rows for people with their scores, best first, then the one seen last; one statement."""
    if not scores:
        return []
    seen = Encounter.objects.filter(patient=OuterRef("pk")).exclude(status=Encounter.Status.VOID).order_by("-on")
    people = Patient.objects.filter(pk__in=list(scores)).select_related("village")
    rows = [
        Hit(person, scores[person.pk], person.age_on(today), person.last_visit)
        for person in people.annotate(last_visit=Subquery(seen.values("on")[:1]))
    ]
    return sorted(
        rows, key=lambda hit: (-round(hit.score), -(hit.last_visit or dt.date.min).toordinal(), hit.patient.number)
    )


def beginning(prefix: str) -> Q:
    """Return the condition that a key begins so, in the form each database answers from its index."""
    if connection.vendor == "postgresql":
        return Q(key__startswith=prefix)
    return Q(key__gte=prefix, key__lt=prefix + "\U0010ffff")


def by_keys(keys: Iterable[str]) -> Any:
    """Return index rows for any of these keys, with the names to rank them by."""
    return NameKey.objects.filter(key__in=list(keys)).values_list("patient_id", *(f"patient__{n}" for n in NAMES))


def _by_number(text: str) -> dict[UUID, float]:
    """Look a text with digits up as a patient number, another number, or (the end of) a telephone number."""
    plain = latin_digits(text)
    if numbers := _patient_numbers(plain):
        found = Patient.objects.filter(number__in=numbers).values_list("pk", flat=True)
        if scores := dict.fromkeys(found, 100.0):
            return scores
    others = Identifier.objects.filter(value__in={plain, plain.upper(), plain.replace(" ", "")})
    scores = dict.fromkeys(others.values_list("patient_id", flat=True)[:50], 95.0)
    digits = re.sub(r"\D", "", plain)
    if len(digits) >= 3 and re.fullmatch(r"[\d\s+().\-/]+", plain):
        if len(digits) > 7:
            digits = digits.removeprefix("855").removeprefix("0")
        rows = NameKey.objects.filter(beginning(phone_key(digits))).values_list("patient_id", flat=True)
        scores = dict.fromkeys(rows[:50], 90.0) | scores
    return scores


def _patient_numbers(plain: str) -> list[str]:
    """Return the patient numbers a text may mean: written whole, on a scanned card, or only the running number."""
    found = _CARD.search(plain)
    try:
        return [patient_number(parse_patient_number(found[0] if found else plain))]
    except RuleBroken:
        running = re.fullmatch(r"(?:SA)?[- ]?(\d{1,6})", plain, re.IGNORECASE)
        return [patient_number(int(running[1]))] if running and int(running[1]) else []


def _by_name(text: str, limit: int) -> dict[UUID, float]:
    typed = [word for _, word in words(text)]
    if not typed:
        return {}
    keys = query_keys(text)
    run_together = skeletons("".join(typed))
    telling = [key for key in (*keys, *run_together) if len(typed) == 1 or "|" in key or key in run_together]
    scores = _ranked(text, by_keys(telling))
    if len(scores) < limit:
        scores |= _ranked(text, _beginning_so(typed))
    if not scores and len(typed) > 1:
        scores = _ranked(text, by_keys(keys))
    return scores


def _beginning_so(typed: list[str]) -> Any:
    """Return index rows of people of whose name the last word typed is a beginning, the others whole words."""
    *whole, part = typed
    bones = skeletons(part) or ("",)
    begins = beginning(bones[0])
    if not whole:
        return NameKey.objects.filter(begins).values_list("patient_id", *(f"patient__{n}" for n in NAMES))
    also = NameKey.objects.filter(begins, patient=OuterRef("patient"))
    return by_keys(bone for word in whole for bone in skeletons(word)).filter(Exists(also))


def _ranked(text: str, rows: Any) -> dict[UUID, float]:
    scores: dict[UUID, float] = {}
    for key, family, given, family_km, given_km in rows[:CANDIDATES]:
        if key not in scores:
            scores[key] = name_score(text, f"{family} {given}", f"{family_km} {given_km}")
    return {key: score for key, score in scores.items() if score >= GOOD}


def _in_village(text: str, limit: int) -> dict[UUID, float]:
    villages = Village.objects.matching(text).values("id")[:20]
    people = Patient.objects.filter(village__in=villages).order_by("-id").values_list("pk", flat=True)
    return dict.fromkeys(people[:limit], 50.0)
