"""Merge two records of one person, take a merge back, and bring home what was written late for a merged record."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q

from clinic.models import Allergy, ContactPoint, Encounter, LikelyPair, Merge, Patient, Pregnancy
from clinic.rules import contacts
from clinic.services import keys
from core.audit import journal
from core.db import broken_constraints, save_checked
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from desk.merging import hindrances
from desk.merging.columns import GROUPS, chosen, fingerprint
from desk.merging.table import MOVING, Key
from mobile_team.services import checkups
from referrals.models import Referral

Moved = dict[str, list[UUID]]
CONTACTS, PREGNANCIES, REFERRALS = (
    next(key.label for key in MOVING if key.model is model) for model in (Encounter, Pregnancy, Referral)
)
CARRIERS = {"encounter": CONTACTS, "referral": REFERRALS}  # what other rows hang on
PHONE, APART = "made.clinic.contactpoint", "made.clinic.likelypair"  # what a merge itself adds, beside `MOVING` labels


@dataclass(frozen=True)
class Choice:
    """What the administrator chose: values by the name of their group, and what the page had shown.

    `seen` is the fingerprint of both records, `sure` says that strong reasons against were looked at.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""
    sure: bool = False


@dataclass(frozen=True)
class Undone:
    """A merge taken back: what stayed with the survivor because it was written or corrected since."""

    merge: Merge
    rows: Mapping[str, int]
    groups: tuple[str, ...]


@transaction.atomic
def merge(
    *, winner: UUID, loser: UUID, reason: str, by: Any, at: dt.datetime, today: dt.date, id: UUID | None = None,
    choice: Choice | None = None,
) -> Merge:  # fmt: skip
    """Let `winner` take up `loser`: what `TABLE` says moves, the columns chosen are taken over, nothing is deleted.

    Sent twice under one id it is done once. Of two people who merge the same records at one instant one is told so.
    Raises Patient.DoesNotExist; Conflict: clinic.merged_away, desk.merge_changed; RuleBroken: desk.merge_with_itself,
    desk.merge_be_sure, desk.merge_two_stays, desk.merge_two_pregnancies, clinic.birth_after_contact,
    clinic.death_before_contact.
    """
    if id and (kept := Merge.objects.filter(pk=id, winner=winner, loser=loser).first()):
        return kept
    choice = choice or Choice()
    one, other = _held(winner, loser)
    if one.merged_into_id or other.merged_into_id:
        raise Conflict("clinic.merged_away")
    if choice.seen and choice.seen != fingerprint(one, other):
        raise Conflict("desk.merge_changed")
    hindrances.check(one, other, sure=choice.sure)
    act = Merge(
        id=id or uuid7(), winner=one, loser=other, reason=normalise(reason)[:200], recorded_by=by, recorded_at=at
    )
    changes = chosen(one, other, choice.values)
    moved = _move(other.pk, one.pk)
    made = _keep_phone(one, other, changes, by=by, at=at) | _keep_apart(one, other, by=by, at=at)
    _take_over(one, other, changes)
    again = _age_again(one, today)
    other.merged_into = one
    act.moved = {label: [str(key) for key in ids] for label, ids in (moved | made).items()}
    act.before = {column: [_plain(old), _plain(new)] for column, (old, new) in changes.items()}
    save_checked(one, other)
    with broken_constraints():
        act.save(force_insert=True)
    keys.rewrite(one)
    LikelyPair.objects.filter(_pair(one.pk, other.pk)).update(state=LikelyPair.State.MERGED)
    journal.note(
        "desk.patients.merged", act, one, other, *_rows(moved), *again, by=by, winner=one.number, loser=other.number,
        reason=act.reason, moved={label: len(ids) for label, ids in moved.items()}, columns=changes,
    )  # fmt: skip
    return act


@transaction.atomic
def undo(*, id: UUID, reason: str, by: Any, at: dt.datetime, today: dt.date, distinct: bool = False) -> Undone:
    """Take a merge back: what came from the loser and is still the survivor's goes back, with what hangs on it.

    Columns go back where nobody corrected them since; what was written since stays with the survivor. `distinct` says
    that they are two different people. Raises Merge.DoesNotExist; Conflict("desk.merge_undone"); RuleBroken:
    desk.undo_later_merge_first, clinic.reason_missing.
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    act = Merge.objects.select_for_update().get(pk=id)
    one, other = _held(act.winner_id, act.loser_id)
    if act.undone_at:
        raise Conflict("desk.merge_undone")
    if one.merged_into_id or other.merged_into_id != one.pk:
        raise RuleBroken("desk.undo_later_merge_first")
    back = _give_back(act)
    stayed = {key.label: count for key in MOVING if (count := key.of(one.pk).filter(_since(key, act)).count())}
    kept = _restore(one, act)
    other.merged_into = None
    act.undone_at, act.undone_by, act.undo_reason = at, by, reason[:200]
    save_checked(other, one)
    act.save()
    again = [*_age_again(one, today, strict=False), *_age_again(other, today, strict=False)]
    keys.rewrite(one)
    _part(act, by=by, at=at, distinct=distinct)
    journal.note(
        "desk.patients.merge_undone", act, one, other, *_rows(back), *again, by=by, winner=one.number,
        loser=other.number, reason=reason, back={label: len(ids) for label, ids in back.items()}, kept=kept,
    )  # fmt: skip
    return Undone(act, stayed, kept)


@transaction.atomic
def bring_home(*, by: Any, today: dt.date) -> int:
    """Give the survivors what was written for a merged record at the very instant of its merge; return how many rows.

    Services write for the survivor to begin with; this catches the transaction that had looked just before.
    """
    found = 0
    merged = Merge.objects.filter(undone_at=None).values("loser")
    late: set[UUID] = set()
    for key in MOVING:
        rows = key.model._default_manager.filter(**{f"{key.field}__in": merged})
        late |= set(rows.values_list(f"{key.field}_id", flat=True))
    for act in Merge.objects.select_for_update().filter(loser__in=late, undone_at=None).order_by("pk"):
        root = Patient.objects.filter(merged=act.loser_id).values_list("pk", flat=True)[0]  # of several merges the last
        winner, loser = _held(root, act.loser_id)
        if moved := _move(loser.pk, winner.pk):
            for label, ids in moved.items():
                act.moved.setdefault(label, []).extend(str(key) for key in ids)
            act.save(update_fields=["moved"])
            again = _age_again(winner, today, strict=False)
            journal.note("desk.patients.late_rows", act, winner, *_rows(moved), *again, by=by)
            found += sum(len(ids) for ids in moved.values())
    return found


# --- The rows ---------------------------------------------------------------------------------------------------------


def _held(winner: UUID, loser: UUID) -> tuple[Patient, Patient]:
    """Lock both records, always in the same order, and return them as they stand."""
    if winner == loser:
        raise RuleBroken("desk.merge_with_itself")
    rows = Patient.objects.select_for_update().filter(pk__in=[winner, loser]).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) < 2:
        raise Patient.DoesNotExist
    return found[winner], found[loser]


def _move(loser: UUID, winner: UUID) -> Moved:
    """Let the winner have the rows of the loser, as `TABLE` says; return their keys by label."""
    moved: Moved = {}
    for key in MOVING:
        if ids := key.movable(loser, winner):
            key.give(ids, winner)
            moved[key.label] = ids
    _rename_checkups(moved, winner)
    return moved


def _give_back(act: Merge) -> Moved:
    """Let the loser have again what came from it and is still the winner's, and what hangs on that."""
    back: Moved = {}
    for key in MOVING:
        came = Q(pk__in=act.moved.get(key.label, []))
        if key.model is Encounter:
            came |= _led_to(act)
        for carrier in key.hangs_on:
            if gone := back.get(CARRIERS[carrier]):
                came |= Q(**{f"{carrier}__in": gone})
        if ids := list(key.of(act.winner_id).filter(came).values_list("pk", flat=True)):
            key.give(ids, act.loser_id)
            back[key.label] = ids
    _rename_checkups(back, act.loser_id)
    ContactPoint.objects.filter(
        pk__in=act.moved.get(PHONE, []), patient=act.winner_id, recorded_at__lte=act.recorded_at
    ).delete()
    LikelyPair.objects.filter(pk__in=act.moved.get(APART, []), state=LikelyPair.State.DISTINCT).delete()
    return back


def _led_to(act: Merge) -> Q:
    """Return contacts written since the merge that follow from what came with it: a stay, care in a pregnancy."""
    visits = act.moved.get(CONTACTS, [])
    pregnancies = act.moved.get(PREGNANCIES, [])
    follows = Q(came_from__in=visits) | Q(antenatal__pregnancy__in=pregnancies)
    return Q(pk__in=Encounter.objects.filter(follows, recorded_at__gt=act.recorded_at).values("pk"))


def _since(key: Key, act: Merge) -> Q:
    """Return what was written for the survivor after the merge."""
    return Q(pk__in=[]) if key.model is Patient else Q(recorded_at__gt=act.recorded_at)


def _rename_checkups(moved: Moved, to: UUID) -> None:
    if ids := moved.get(CONTACTS):
        checkups.rename(ids, to)


def _rows(moved: Moved) -> list[models.Model]:
    """Return rows for the feed of changes; only their keys are known, and no more is asked."""
    by_label = {key.label: key.model for key in MOVING}
    return [by_label[label](pk=key) for label, ids in moved.items() for key in ids]


# --- The columns ------------------------------------------------------------------------------------------------------


def _take_over(one: Patient, other: Patient, changes: dict[str, list[Any]]) -> None:
    """Set the chosen columns, and of two answers about allergies the one that warns."""
    for column, (_old, new) in changes.items():
        setattr(one, column, new)
    asked = max(filter(None, (one.no_allergy_on, other.no_allergy_on)), default=None)
    none_known = None if Allergy.objects.standing().filter(patient=one).exists() else asked
    if none_known != one.no_allergy_on:
        changes["no_allergy_on"] = [one.no_allergy_on, none_known]
        one.no_allergy_on = none_known


def _keep_phone(one: Patient, other: Patient, changes: dict[str, list[Any]], *, by: Any, at: dt.datetime) -> Moved:
    """Keep the phone that was not chosen as a further one."""
    gone = changes["phone"][0] if "phone" in changes else other.phone
    standing = changes["phone"][1] if "phone" in changes else one.phone
    if not gone or gone == standing or ContactPoint.objects.filter(patient=one, phone=gone).exists():
        return {}
    row = ContactPoint(patient=one, phone=gone, recorded_by=by, recorded_at=at)
    save_checked(row)
    return {PHONE: [row.pk]}


def _keep_apart(one: Patient, other: Patient, *, by: Any, at: dt.datetime) -> Moved:
    """Let those who were told apart from the loser be told apart from the survivor too."""
    told = LikelyPair.objects.filter(Q(one=other) | Q(other=other), state=LikelyPair.State.DISTINCT)
    apart = {pair.other_id if pair.one_id == other.pk else pair.one_id: pair for pair in told}
    apart.pop(one.pk, None)
    if not apart:
        return {}
    known = LikelyPair.objects.filter(Q(one=one, other__in=apart) | Q(other=one, one__in=apart))
    taken = {key for pair in known.values_list("one", "other") for key in pair}
    rows = [
        LikelyPair(
            one_id=min(one.pk, key), other_id=max(one.pk, key), score=pair.score, reasons=pair.reasons, recorded_by=by,
            state=pair.state, decided_at=pair.decided_at, decided_by_id=pair.decided_by_id, recorded_at=at,
        )
        for key, pair in apart.items()
        if key not in taken
    ]  # fmt: skip
    LikelyPair.objects.bulk_create(rows)
    return {APART: [row.pk for row in rows]} if rows else {}


def _restore(one: Patient, act: Merge) -> tuple[str, ...]:
    """Set the columns back that still say what the merge wrote; return the groups that were corrected since."""
    kept = []
    groups = [(group.name, group.columns) for group in GROUPS] + [("no_allergy", ("no_allergy_on",))]
    for name, columns in groups:
        changed = [column for column in columns if column in act.before]
        if any(_plain(getattr(one, column)) != act.before[column][1] for column in changed):
            kept.append(name)
            continue
        for column in changed:
            kind: Any = Patient._meta.get_field(column)
            setattr(one, column, kind.to_python(act.before[column][0]))
    return tuple(kept)


def _plain(value: Any) -> Any:
    """Return a column's value as JSON reads it back."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def _age_again(patient: Patient, today: dt.date, *, strict: bool = True) -> list[Encounter]:
    """Write the age of each contact under the birth now known; when `strict`, refuse a birth or death that cannot be.

    Raises RuleBroken: clinic.birth_after_contact, clinic.death_before_contact.
    """
    seen = list(Encounter.objects.filter(patient=patient).exclude(status=Encounter.Status.VOID))
    days = [contact.on for contact in seen]
    if strict:
        contacts.check_birth(patient.birth, today=today, seen=days)
        if patient.deceased_on and days and max(days) > patient.deceased_on:
            raise RuleBroken("clinic.death_before_contact", field="death", seen=max(days).isoformat())
    changed = []
    for contact in seen:
        slot = contacts.slot_at(contact.on, birth=patient.birth, told=contact.told)
        if slot != contact.age_slot:
            contact.age_slot = slot
            changed.append(contact)
    if changed:
        Encounter.objects.bulk_update(changed, ["age_slot"], batch_size=500)
    return changed


# --- The pair ---------------------------------------------------------------------------------------------------------


def _pair(one: UUID, other: UUID) -> Q:
    return Q(one=min(one, other), other=max(one, other))


def _part(act: Merge, *, by: Any, at: dt.datetime, distinct: bool) -> None:
    """Let the pair be what it was before the merge, or two different people from now on."""
    pair = LikelyPair.objects.filter(_pair(act.winner_id, act.loser_id)).first()
    if distinct and pair is None:
        one, other = sorted((act.winner_id, act.loser_id))
        pair = LikelyPair(one_id=one, other_id=other, score=0, recorded_by=by)
    if pair is None:
        return
    if distinct:
        pair.state, pair.decided_at, pair.decided_by = LikelyPair.State.DISTINCT, at, by
    else:
        pair.state = LikelyPair.State.DISTINCT if pair.decided_at else LikelyPair.State.OPEN
    pair.save()
