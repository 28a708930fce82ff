"""The one box: a name in either script and order, a number, a telephone, a village."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from clinic.models import Encounter, NameKey, Patient, Photo
from clinic.rules.namelike import BEGINS, NEAR_SOUND, name_score
from clinic.selectors import people
from clinic.selectors.asking import Asked, Place, Question, understand
from clinic.selectors.numbered import SHORTEST_END, Why, by_number
from core.ages import Age
from core.khmer import latin_digits, normalise, search_key
from core.periods import local_day

CANDIDATES = 300  # rows that another question of this kind may look at
GOOD = 60.0
NO_MATTER = Why(0.0)
LIVES_THERE = 50.0  # only the village answers
IN_VILLAGE = 0.99  # a name and its village, beside a name that reads like both
NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")


@dataclass(frozen=True)
class Hit:
    """One person found, with what tells people of one name apart, and by what they were found when it is not shown."""

    patient: Patient
    score: float
    age: Age | None
    last_visit: dt.date | None
    why: Why = NO_MATTER

    @property
    def phone_end(self) -> str:
        """Return the last three digits of the phone."""
        return self.patient.phone[-3:]


@dataclass(frozen=True)
class Found:
    """What a search found: the best, whether more people answer, whether a patient number has a wrong digit."""

    hits: list[Hit]
    more: bool = False
    wrong_digit: bool = False


class Candidate(NamedTuple):
    """A person looked at, with what they are ranked by; ids and dates as the database's driver brings them."""

    id: UUID | str
    merged_into: UUID | str | None
    family_name: str
    given_name: str
    family_name_km: str
    given_name_km: str
    village: int | None
    died: Any
    phone: str
    seen: Any

    @property
    def latin(self) -> str:
        """Return the name in Latin letters."""
        return f"{self.family_name} {self.given_name}"

    @property
    def khmer(self) -> str:
        """Return the name in Khmer letters."""
        return f"{self.family_name_km} {self.given_name_km}"


def find(text: str, limit: int = 20, *, today: dt.date | None = None) -> list[Hit]:
    """Return the people a text may mean, best first."""
    return look(text, limit, today=today or local_day(timezone.now())).hits


def look(text: str, limit: int = 20, *, today: dt.date) -> Found:
    """Return the people a text may mean, best first; at most five statements and no count.

    Of equal answers the living come first, then those seen lately, those of the catchment, and the alphabet.
    """
    plain = latin_digits(normalise(text[:200]))[:100]
    numbered = by_number(plain) if any(char.isdigit() for char in plain) else None
    if numbered and numbered.people:
        best = dict(sorted(numbered.people.items(), key=lambda pair: -pair[1].score)[: limit + 1])
        return Found(_show(best, today)[:limit], more=len(best) > limit)
    asked = understand(" ".join(word for word in plain.split() if not any(char.isdigit() for char in word)))
    best = _ranked(asked, re.sub(r"\D", "", plain), limit + 1)
    chosen = dict(list(best.items())[:limit])
    return Found(
        _show(chosen, today, keep_order=True), more=len(best) > limit,
        wrong_digit=numbered is not None and numbered.wrong_digit,
    )  # fmt: skip


def hits(scores: dict[UUID, float], today: dt.date) -> list[Hit]:
    """Return rows for people with their scores, best first, then the one seen last; one statement."""
    return _show({key: Why(score) for key, score in scores.items()}, today)


def by_keys(keys: Iterable[str]) -> Any:
    """Return index rows for any of these keys, with the names to rank them by."""
    return NameKey.objects.filter(key__in=list(keys)).values_list("patient_id", *(f"patient__{n}" for n in NAMES))


# -- ranking ---------------------------------------------------------------------------------------------


def _ranked(asked: Asked, digits: str, most: int) -> dict[UUID, Why]:
    """Return the first who answer, best first; slips are looked for only when nothing reads or sounds as typed."""
    if not asked.typed:
        return {}
    answers = _answers(asked, _candidates(asked.first()))
    enough = BEGINS if len(asked.typed) == 1 else NEAR_SOUND
    if not any(why.score >= enough or why.score in {BEGINS, LIVES_THERE} for _, why in answers):
        answers += _answers(asked, _candidates(asked.slips()))
    if len(digits) >= SHORTEST_END:  # a name and the end of a telephone
        answers = [(row, why) for row, why in answers if row.phone.endswith(digits)] or answers
    best: dict[UUID, Why] = {}
    for row, why in sorted(answers, key=_order(asked)):
        known = row.merged_into or row.id
        best.setdefault(known if isinstance(known, UUID) else UUID(known), why)
        if len(best) == most:
            break
    return best


def _order(asked: Asked) -> Callable[[tuple[Candidate, Why]], Any]:
    """Return what answers are sorted by."""
    ours, today = asked.villages.catchment, dt.date.max.toordinal()

    def rank(answer: tuple[Candidate, Why]) -> Any:
        row, why = answer
        seen = dt.date.fromisoformat(str(row.seen)).toordinal() if row.seen else 0
        names = row.latin.casefold(), row.khmer
        return -round(why.score), row.died is not None, today - seen, row.village not in ours, names, str(row.id)

    return rank


def _answers(asked: Asked, rows: Iterable[Candidate]) -> list[tuple[Candidate, Why]]:
    scores: dict[tuple[str, str], float] = {}
    found = []
    for row in rows:
        names = row.latin, row.khmer
        if names not in scores:
            scores[names] = name_score(asked.said, *names)
        score = scores[names]
        for place in asked.places:
            if row.village in place.villages:
                score = max(score, _lives_there(row, place, *names))
        if score >= GOOD or score == LIVES_THERE:
            old = row.merged_into is not None
            found.append((row, Why(score, "old_name", _said(row, asked)) if old else Why(score)))
    return found


def _lives_there(row: Candidate, place: Place, *names: str) -> float:
    if place.name:
        return name_score(place.said, *names) * IN_VILLAGE
    return BEGINS if row.village in place.named else LIVES_THERE


def _said(row: Candidate, asked: Asked) -> str:
    """Return the name by which a record merged away was found."""
    return row.khmer.strip() if name_score(asked.said, row.khmer) > name_score(asked.said, row.latin) else row.latin


def _candidates(questions: list[Question]) -> list[Candidate]:
    """Return whom any of these questions finds, each once; one statement."""
    asked = [question for question in questions if question[0]]
    if not asked:
        return []
    union = " UNION ".join(f"SELECT * FROM ({sql}) AS q{at}" for at, (sql, _) in enumerate(asked))  # noqa: S608
    given = [value for _, values in asked for value in values]
    seen = Encounter.objects.filter(patient=OuterRef("pk")).exclude(status=Encounter.Status.VOID).order_by("-on")
    if connection.vendor == "postgresql":  # an array it looks up by id; a subquery it joins by reading all people
        among: Any = RawSQL(f"clinic_patient.id = ANY(ARRAY({union}))", given, BooleanField())  # noqa: S611
    else:
        among = Q(pk__in=RawSQL(union, given))  # noqa: S611 (values apart)
    rows = Patient.objects.filter(among).values_list(
        "id", "merged_into", *NAMES, "village", "deceased_on", "phone", Subquery(seen.values("on")[:1])
    )
    with connection.cursor() as cursor:  # hundreds of rows: what Django would make of each column is not needed
        cursor.execute(*rows.query.sql_with_params())
        return [Candidate(*row) for row in cursor.fetchall()]


def _show(chosen: dict[UUID, Why], today: dt.date, *, keep_order: bool = False) -> list[Hit]:
    """Return what a list shows of people; one statement."""
    if not chosen:
        return []
    seen = Encounter.objects.filter(patient=OuterRef("pk")).exclude(status=Encounter.Status.VOID).order_by("-on")
    rows: Any = people.with_alerts(Patient.objects.filter(pk__in=list(chosen)).select_related("village")).annotate(
        last_visit=Subquery(seen.values("on")[:1]), has_photo=Exists(Photo.objects.filter(patient=OuterRef("pk")))
    )
    found = []
    for person in rows:
        why = chosen[person.pk]
        if why.kind == "old_name" and search_key(why.said) in {
            search_key(person.name_latin),
            search_key(person.name_khmer),
        }:
            why = Why(why.score)  # both records bore it
        found.append(Hit(person, why.score, person.age_on(today), person.last_visit, why))
    if keep_order:
        order = {key: at for at, key in enumerate(chosen)}
        return sorted(found, key=lambda hit: order[hit.patient.pk])
    return sorted(
        found,
        key=lambda hit: (
            -round(hit.score), hit.patient.deceased_on is not None, -(hit.last_visit or dt.date.min).toordinal(),
            hit.patient.number,
        ),
    )  # fmt: skip
