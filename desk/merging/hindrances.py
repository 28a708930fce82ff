"""What speaks against a merge: what makes it impossible until somebody acts, and what must be looked at first."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from clinic.models import Admission, Encounter, LikelyPair, Patient, Pregnancy
from clinic.reasons import Reason, in_words
from clinic.rules.likeness import likeness
from clinic.selectors.duplicates import described
from core.errors import RuleBroken
from core.gather import gather
from desk.phrases import day_words

MILD = frozenset({"other_village"})  # what happens to one person too: people move


class Case(NamedTuple):
    """Two records side by side: what forbids their merge, why they look alike, what must be looked at first."""

    forbidden: list[RuleBroken]
    reasons: list[Reason]
    doubts: list[str]


def of(one: Patient, other: Patient) -> Case:
    """Return what speaks for and against; three statements."""
    codes, facts = _codes(one, other), _facts(one, other)
    doubts = [reason.words for reason in in_words(code for code in codes if code not in MILD) if reason.against]
    if any(row.apart for row in facts):
        doubts.append(_("A colleague has said that these are two different people."))
    if bool(one.deceased_on) != bool(other.deceased_on):
        doubts.append(_("One of them is recorded as deceased, the other is not."))
    if days := _same_day(one.pk, other.pk):
        words = _("Both were seen on %(day)s. If that was one visit, mark one of the two as entered in error.")
        doubts.append(words % {"day": ", ".join(map(day_words, days))})
    return Case(_forbidden(facts), in_words(codes), doubts)


def check(one: Patient, other: Patient, *, sure: bool) -> None:
    """Refuse a merge that is forbidden, or whose doubts nobody says to have looked at.

    Raises RuleBroken: desk.merge_two_stays, desk.merge_two_pregnancies, desk.merge_be_sure.
    """
    case = of(one, other)
    if case.forbidden:
        raise case.forbidden[0]
    if case.doubts and not sure:
        raise RuleBroken("desk.merge_be_sure", field="sure")


def _codes(one: Patient, other: Patient) -> list[str]:
    known = described([one.pk, other.pk])
    return likeness(known[one.pk], known[other.pk]).reasons or ["other_name"]


def _facts(one: Patient, other: Patient) -> list[Any]:
    """Return, of both, the beds they lie in and whether a pregnancy is open, and whether they were told apart."""
    apart = LikelyPair.objects.filter(
        one=min(one.pk, other.pk), other=max(one.pk, other.pk), state=LikelyPair.State.DISTINCT
    )
    pregnant = Pregnancy.objects.filter(patient=OuterRef("pk"), ended_on=None, void_reason="")
    rows = Patient.objects.filter(pk__in=[one.pk, other.pk]).only("pk").order_by("pk")
    beds = gather(Admission.objects.open(), "patient", bed="bed__label")
    return list(rows.annotate(beds=beds, pregnant=Exists(pregnant), apart=Exists(apart)))


def _forbidden(facts: list[Any]) -> list[RuleBroken]:
    found = []
    if all(row.beds for row in facts):
        beds = ", ".join(stay["bed"] or "—" for row in facts for stay in row.beds)
        found.append(RuleBroken("desk.merge_two_stays", beds=beds))
    if all(row.pregnant for row in facts):
        found.append(RuleBroken("desk.merge_two_pregnancies"))
    return found


def _same_day(one: UUID, other: UUID) -> list[dt.date]:
    standing = Encounter.objects.exclude(status=Encounter.Status.VOID)
    days = standing.filter(patient=one, on__in=standing.filter(patient=other).values("on"))
    return list(days.order_by("-on").values_list("on", flat=True).distinct()[:5])
