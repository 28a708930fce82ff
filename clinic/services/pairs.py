"""Pairs of records that look like one person: found at night, noticed while registering, decided by people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from clinic.models import LikelyPair, Patient
from clinic.selectors import duplicates
from core.audit import journal
from core.errors import Conflict
from core.syncing import Change

CHUNK = 400  # people a transaction
JOB = "pairs"  # the kind and the key of the work that looks for them: one at a time

State = LikelyPair.State
Progress = Callable[[int, int, int], None]


class Shown(NamedTuple):
    """Somebody who was shown as likely the same while a person was registered."""

    id: UUID
    score: float
    reasons: list[str]


@dataclass
class Found:
    """What came of looking: people looked at, pairs that stand among them, and how far the feed was read."""

    people: int = 0
    pairs: int = 0
    seq: int = 0


def registered_anyway(patient: Patient, shown: Iterable[Shown], *, by: Any) -> None:
    """Remember who was shown when a person was registered all the same; one statement, the caller notes it."""
    rows = [
        _pair(patient.pk, one.id, round(one.score), list(one.reasons), by=by, registered_anyway=True)
        for one in shown
        if one.id != patient.pk
    ]
    if rows:
        LikelyPair.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def look_near(ids: Collection[UUID]) -> int:
    """Put people registered where nobody could look, and those near them whom they resemble, on the list.

    A proposal, no change of anybody's record: it is not noted. The nightly look finds the same pairs and more.
    """
    rows = [
        _pair(one, other, round(said.score), said.reasons, by=None)
        for one, others in duplicates.near(ids).items()
        for other, said in others.items()
    ]
    if rows:
        LikelyPair.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def look(*, after: int, by: Any, progress: Progress | None = None) -> Found:
    """Compare everybody registered or corrected since `after`, a place in the feed of changes, with all others.

    Goes chunk by chunk, each whole or not at all; `progress(done, total, seq)` is told after each, and work that was
    cut off goes on behind that `seq`. What was decided stays decided; an open pair that no longer looks alike goes.
    """
    if connection.vendor == "postgresql":  # without statistics of fresh rows it walks everybody for everybody
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE core_change, clinic_patient, clinic_namekey")
    found = Found(seq=after)
    total = _changed(after).count()
    while span := list(_changed(found.seq).order_by("seq").values_list("seq", "record_id")[:CHUNK]):
        upto = span[-1][0]
        found.pairs += _look_at([key for _, key in span], found.seq, upto)
        found.people, found.seq = found.people + len(span), upto
        if progress:
            progress(found.people, max(total, found.people), upto)
    if found.people:
        with transaction.atomic():
            journal.note("clinic.pairs.looked_for", by=by, people=found.people, found=found.pairs)
    return found


@transaction.atomic
def distinct(*, id: UUID, by: Any, at: dt.datetime) -> LikelyPair:
    """Say that these are two different people; they are not proposed again.

    Raises LikelyPair.DoesNotExist, and Conflict("clinic.pair_decided") when the two were merged meanwhile.
    """
    pair = LikelyPair.objects.select_for_update().get(pk=id)
    if pair.state == State.MERGED:
        raise Conflict("clinic.pair_decided")
    if pair.state == State.OPEN:
        pair.state, pair.decided_at, pair.decided_by = State.DISTINCT, at, by
        pair.save(update_fields=["state", "decided_at", "decided_by"])
        journal.note("clinic.pair.distinct", pair, by=by, one=pair.one_id, other=pair.other_id)
    return pair


@transaction.atomic
def reopen(*, id: UUID, by: Any) -> LikelyPair:
    """Take back that two are different people. Raises what `distinct` raises."""
    pair = LikelyPair.objects.select_for_update().get(pk=id)
    if pair.state == State.MERGED:
        raise Conflict("clinic.pair_decided")
    if pair.state == State.DISTINCT:
        pair.state, pair.decided_at, pair.decided_by = State.OPEN, None, None
        pair.save(update_fields=["state", "decided_at", "decided_by"])
        journal.note("clinic.pair.reopened", pair, by=by, one=pair.one_id, other=pair.other_id)
    return pair


def _changed(after: int) -> Any:
    return Change.objects.filter(resource=Patient.resource(), seq__gt=after)


@transaction.atomic
def _look_at(people: list[UUID], after: int, upto: int) -> int:
    alike = duplicates.alike(after, upto)
    standing = LikelyPair.objects.filter(Q(one__in=people) | Q(other__in=people))
    known = {(row.one_id, row.other_id): row for row in standing}
    rows = [
        _pair(one, other, round(said.score), said.reasons, by=None)
        for (one, other), said in alike.items()
        if (row := known.get((one, other))) is None or (row.score, row.reasons) != (round(said.score), said.reasons)
    ]
    LikelyPair.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["one", "other"], update_fields=["score", "reasons"]
    )
    gone = [
        row.pk for key, row in known.items()
        if key not in alike and row.state == State.OPEN and not row.registered_anyway
    ]  # fmt: skip
    if gone:
        LikelyPair.objects.filter(pk__in=gone).delete()
    return len(alike)


def _pair(one: UUID, other: UUID, score: int, reasons: list[str], *, by: Any, **more: Any) -> LikelyPair:
    return LikelyPair(
        one_id=min(one, other), other_id=max(one, other), score=max(0, score), reasons=reasons, recorded_by=by, **more
    )
