"""Questions about referrals: which are open, long unanswered or over, and all that one page and its slip say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from clinic.models import Identifier
from clinic.selectors import people
from core.accounts.models import User
from core.gather import gather
from referrals import rules
from referrals.models import Call, Hospital, Referral, Step


def with_names(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    """Join what a list shows: the patient, the village, the hospital."""
    return referrals.select_related("patient__village__commune", "hospital")


def open_referrals() -> QuerySet[Referral]:
    """Return referrals that are under way or wait for an answer: the most urgent, then the oldest first."""
    return with_names(Referral.objects.filter(state__in=rules.OPEN)).order_by("urgency", "on", "id")


def answer_due() -> timedelta:
    """Return after how long an answer is long awaited, as the centre has set it."""
    return timedelta(days=settings.REFERRAL_ANSWER_DAYS)


def long_awaited(today: date) -> Q:
    """Say which referrals went off and have had no answer for longer than that."""
    return Q(state__in=rules.AWAITING_ANSWER, on__lt=today - answer_due())


def unanswered(today: date) -> QuerySet[Referral]:
    """Return referrals whose answer is long awaited, oldest first."""
    return with_names(Referral.objects.filter(long_awaited(today))).order_by("on", "id")


def ended(*, before: Referral | None = None) -> QuerySet[Referral]:
    """Return answered and cancelled referrals, newest first, after the row `before`."""
    rows = with_names(Referral.objects.filter(state__in=rules.ENDED)).order_by("-on", "-id")
    if before:
        rows = rows.filter(Q(on__lt=before.on) | Q(on=before.on, id__lt=before.pk))
    return rows


def of_patient(patient_id: UUID) -> QuerySet[Referral]:
    """Return a person's referrals, newest first."""
    return Referral.objects.filter(patient=patient_id).select_related("hospital").order_by("-on", "-id")


def news_for(user: User, today: date) -> QuerySet[Referral]:
    """Return what a person who referred should look at: answers not opened yet, then answers long awaited."""
    unseen = Q(state=Referral.State.ANSWERED, answer_seen_at=None)
    return with_names(Referral.objects.filter(unseen | long_awaited(today), recorded_by=user)).order_by(
        "state", "on", "id"
    )


def referral(id: UUID) -> Referral | None:
    """Return a referral with all that its page and its slip say of people, allergies, cards and places. One statement.

    `patient.alerts` are the standing allergies, `cards` the equity cards of the person and of the household.
    """
    cards = Identifier.objects.filter(kind=Identifier.Kind.EQUITY, patient__merged_into=None)
    said = {"value": "value", "level": "level", "valid_until": "valid_until"}
    path = "village__commune__district__province"
    rows: Any = Referral.objects.select_related(f"patient__{path}", path, "encounter", "hospital", "recorded_by")
    found = (
        rows.filter(id=id)
        .annotate(
            below_alerts=people.alerts(outer="patient_id"),
            own_cards=gather(cards, "patient", outer="patient_id", **said),
            household_cards=gather(cards, "patient__household", outer="patient__household", **said),
        )
        .first()
    )  # fmt: skip
    if found:
        found.patient.alerts = found.below_alerts
        cards_of_both = [*(found.household_cards or []), *(found.own_cards or [])]
        found.cards = list({card["value"]: card for card in cards_of_both}.values())
    return found


def calls_of(referral: Referral) -> list[Call]:
    """Return the calls made about a referral, oldest first, with who called."""
    return list(referral.calls.select_related("recorded_by"))


def steps_of(referral: Referral) -> list[Step]:
    """Return the steps it took, oldest first, with who took them."""
    return list(referral.steps.select_related("recorded_by"))


def hospitals() -> list[Hospital]:
    """Return the hospitals in use, the usual one first."""
    return list(Hospital.objects.filter(active=True))
