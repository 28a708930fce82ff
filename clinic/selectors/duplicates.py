"""Who may already be the person being registered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clinic.models import Patient
from clinic.rules.likeness import LIKELY, Described, Likeness, likeness, phone_keys
from clinic.selectors import search
from clinic.selectors.search import CANDIDATES, Hit
from core.names import query_keys


@dataclass(frozen=True)
class Likely:
    """One person who may be meant, and why."""

    hit: Hit
    reasons: list[str]


def likely(person: Described, *, today: dt.date, besides: UUID | None = None, limit: int = 4) -> list[Likely]:
    """Return people already known who are likely the one described, likeliest first; two statements.

    The one registered already under the id `besides` is left out.
    """
    keys = [key for name in person.names for key in query_keys(name)]
    telling = [key for key in keys if "|" in key] or keys
    if not telling:
        return []
    telling += phone_keys(person.phone)  # brings people in to be compared; it never decides
    found: dict[UUID, Likeness] = {}
    for row in search.by_keys(telling).values(*_FIELDS)[:CANDIDATES]:
        if row["patient_id"] not in found and row["patient_id"] != besides:
            found[row["patient_id"]] = likeness(person, _described(row))
    best = sorted(found, key=lambda key: -found[key].score)[:limit]
    scores = {key: found[key].score for key in best if found[key].score >= LIKELY}
    return [Likely(hit, found[hit.patient.pk].reasons) for hit in search.hits(scores, today)]


_BIRTH = ("birth_date", "birth_earliest", "birth_latest", "birth_precision")
_FIELDS = (
    "patient_id",
    *(f"patient__{name}" for name in (*search.NAMES, *_BIRTH, "sex", "village_id", "phone", "guardian")),
)


def _described(row: dict[str, Any]) -> Described:
    """Read one joined row as a description; the model says how its columns make a birth and names."""
    known = Patient(**{name.removeprefix("patient__"): value for name, value in row.items() if name != "patient_id"})
    return Described(
        names=(known.name_latin, known.name_khmer), sex=known.sex, birth=known.birth, village_id=known.village_id,
        phone=known.phone, guardian=known.guardian,
    )  # fmt: skip
