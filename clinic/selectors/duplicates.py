"""Who may already be the person being registered, and which records look like one another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from clinic.models import ContactPoint, Identifier, NameKey, Patient, Relation
from clinic.rules.likeness import LIKELY, OF_ONE_PERSON, Described, Likeness, likeness, phone_keys
from clinic.selectors import search
from clinic.selectors.search import CANDIDATES, Hit
from core.gather import gather
from core.names import query_keys

NEAREST, MOST_NEAR = 24, 4_000  # compared with one person, and looked at for all that are asked for at once
NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")


@dataclass(frozen=True)
class Likely:
    """One person who may be meant, and why."""

    hit: Hit
    reasons: list[str]


def likely(person: Described, *, today: dt.date, besides: UUID | None = None, limit: int = 4) -> list[Likely]:
    """Return people already known who are likely the one described, likeliest first; four statements at most.

    The one registered already under the id `besides` is left out. Of merged records the survivor is shown.
    """
    ids = _candidates(person) - {besides}
    if not ids:
        return []
    found = {key: likeness(person, known) for key, known in described(ids).items() if key != besides}
    best = sorted(found, key=lambda key: -found[key].score)[:limit]
    scores = {key: found[key].score for key in best if found[key].score >= LIKELY}
    return [Likely(hit, found[hit.patient.pk].reasons) for hit in search.hits(scores, today)]


def near(ids: Collection[UUID], *, limit: int = 4) -> dict[UUID, dict[UUID, Likeness]]:
    """Return, for each of these people, who is likely the same among those of their village and their telephone.

    Three statements for all of them, cheap enough for a flood of tablets; the nightly look compares with everybody.
    """
    people = described(ids)
    asked = {key: _near_keys(person) for key, person in people.items()}
    wanted = {pair for pairs in asked.values() for pair in pairs}
    if not wanted:
        return {}
    rows = NameKey.objects.filter(key__in={key for key, _ in wanted}).order_by("-patient")
    where = Q(village__in={village for _, village in wanted if village}) | Q(key__startswith="#")
    bearers: dict[tuple[str, int | None], list[UUID]] = {}
    for key, village, patient in rows.filter(where).values_list("key", "village", _survivor())[:MOST_NEAR]:
        bearers.setdefault((key, None if key.startswith("#") else village), []).append(patient)
    others = {
        one: [key for key in dict.fromkeys(k for pair in pairs for k in bearers.get(pair, ())) if key != one][:NEAREST]
        for one, pairs in asked.items()
    }
    known = people | described({key for keys in others.values() for key in keys} - people.keys())
    found = {}
    for one, keys in others.items():
        scored = {key: likeness(people[one], known[key]) for key in keys if key in known}
        best = sorted(scored, key=lambda key: -scored[key].score)[:limit]
        found[one] = {key: scored[key] for key in best if scored[key].score >= LIKELY}
    return found


def _near_keys(person: Described) -> set[tuple[str, int | None]]:
    """Return the telling keys of a name with the village, and of telephones without one."""
    keys = [key for name in person.names for key in query_keys(name)]
    telling = [key for key in keys if "|" in key] or keys
    named: set[tuple[str, int | None]] = {(key, person.village_id) for key in telling if person.village_id}
    return named | {(key, None) for phone in person.every_phone for key in phone_keys(phone)}


def _candidates(person: Described) -> set[Any]:
    """Return the people worth comparing: by name keys, and by telephone or number where one is given."""
    keys = [key for name in person.names for key in query_keys(name)]
    telling = [key for key in keys if "|" in key] or keys
    telling += [key for phone in person.every_phone for key in phone_keys(phone)]  # to be compared; it never decides
    found: set[Any] = set()
    if telling:
        rows = NameKey.objects.filter(key__in=telling).order_by("-patient")
        found |= set(rows.values_list(_survivor(), flat=True)[:CANDIDATES])
    if numbers := [value for kind, value in person.numbers if kind in OF_ONE_PERSON]:
        found |= set(Identifier.objects.filter(value__in=numbers).values_list(_survivor(), flat=True)[:CANDIDATES])
    return found


def _survivor() -> Coalesce:
    return Coalesce("patient__merged_into", "patient")


def described(ids: Iterable[UUID]) -> dict[UUID, Described]:
    """Return what is known of each of these people, with the names of the records they took up; one statement."""
    named = {name: name for name in NAMES}
    rows: Any = Patient.objects.filter(pk__in=list(ids), merged_into=None).annotate(
        phones=gather(ContactPoint.objects.all(), "patient", phone="phone"),
        numbers=gather(Identifier.objects.all(), "patient", kind="kind", value="value"),
        answering=gather(Relation.objects.all(), "patient", id="guardian_id"),
        taken_up=gather(Patient.objects.all(), "merged_into", **named),
    )
    return {row.pk: _described(row) for row in rows}


def _described(row: Any) -> Described:
    names = [row.name_latin, row.name_khmer]
    for other in row.taken_up or []:
        names += [
            f"{other['family_name']} {other['given_name']}",
            f"{other['family_name_km']} {other['given_name_km']}",
        ]
    return Described(
        names=tuple(dict.fromkeys(filter(None, names))), sex=row.sex, birth=row.birth,
        village_id=row.village_id, phone=row.phone, guardian=row.guardian, household_id=row.household_id,
        phones=frozenset(said["phone"] for said in row.phones or []),
        guardian_ids=frozenset(str(UUID(said["id"])) for said in row.answering or []),
        numbers=frozenset((said["kind"], said["value"]) for said in row.numbers or []),
    )  # fmt: skip


# --- Among all records --------------------------------------------------------------------------------------------

# A person and others with a telling name key or telephone in common, where besides the name something else may agree
# enough to be worth a nurse's time. The tables are joined in this order (SQLite obeys CROSS JOIN): from the newest
# changes over their keys to the others of the key. Dates and flags are left to `likeness`.
_PAIRS = """
SELECT DISTINCT p.id, q.id
FROM core_change c
CROSS JOIN clinic_patient p
CROSS JOIN clinic_namekey a
CROSS JOIN clinic_namekey b
CROSS JOIN clinic_patient q
WHERE c.resource = 'clinic.patient' AND c.seq > %s AND c.seq <= %s
  AND p.id = c.record_id AND p.merged_into_id IS NULL
  AND a.patient_id = p.id AND a.key NOT LIKE '=%%' AND (a.key LIKE '%%|%%' OR a.key LIKE '#%%' OR LENGTH(a.key) > 6)
  AND b.key = a.key AND b.patient_id <> a.patient_id
  AND q.id = b.patient_id AND q.merged_into_id IS NULL
  AND (q.village_id = p.village_id OR q.household_id = p.household_id OR q.birth_date = p.birth_date
       OR (p.phone <> '' AND q.phone = p.phone) OR (p.guardian <> '' AND q.guardian <> ''))
"""
MOST = 200  # others of one person that are compared; who shares more is no person but a name
KEPT = 12  # pairs of one person that are kept


def alike(after: int, upto: int) -> dict[tuple[UUID, UUID], Likeness]:
    """Return the pairs, smaller id first, of whom one was registered or corrected in this span of the feed.

    Only pairs worth a look, and of one person's the best `KEPT`; two statements.
    """
    others = _others(after, upto)
    people = described({key for pair in others.items() for key in (pair[0], *pair[1])})
    found: dict[tuple[UUID, UUID], Likeness] = {}
    for key, keys in others.items():
        if key not in people:
            continue
        mine = {other: likeness(people[key], people[other]) for other in keys if other in people}
        good = [other for other, said in mine.items() if said.worth_a_look]
        for other in sorted(good, key=lambda other: -mine[other].score)[:KEPT]:
            found[min(key, other), max(key, other)] = mine[other]
    return found


def _others(after: int, upto: int) -> dict[UUID, list[UUID]]:
    as_uuid = Patient._meta.pk.to_python
    others: dict[UUID, list[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, [after, upto])
        for one, other in cursor:
            mine = others.setdefault(as_uuid(one), [])
            if len(mine) < MOST:
                mine.append(as_uuid(other))
    return others
