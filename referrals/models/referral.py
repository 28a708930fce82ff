"""Hospitals, referrals with the steps they took, and the calls made about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, connections, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.models import Encounter, Outcome, Patient
from core.db import Recorded
from core.places.models import Village
from core.syncing import Synced
from referrals.rules import TRANSITIONS


class Hospital(models.Model):
    """A hospital that takes our patients."""

    name_km = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    code = models.CharField(max_length=8, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    distance_km = models.PositiveSmallIntegerField(_("kilometres from here"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class SlipBook(models.Model):
    """The slip numbers of one year: how many are used. Its row stays locked to the commit, so there are no gaps."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    used = models.PositiveIntegerField(default=0)

    @classmethod
    def take(cls, year: int) -> int:
        """Return the next number of a year. Must run inside the transaction that uses it."""
        assert connection.in_atomic_block, "a number taken outside a transaction could be lost"
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO referrals_slipbook (year, used) VALUES (%s, 1) "
                "ON CONFLICT (year) DO UPDATE SET used = referrals_slipbook.used + 1 RETURNING used",
                [year],
            )
            return cursor.fetchone()[0]


_MOVE = """
UPDATE referrals_referral
SET state = %s, moved_at = %s, received_by = CASE WHEN %s = '' THEN received_by ELSE %s END
WHERE id = %s AND state IN ({marks}) AND moved_at <= %s
RETURNING *
"""


class ReferralQuerySet(models.QuerySet["Referral"]):
    """Questions about referrals."""

    def move(
        self, id: UUID, to: str, at: datetime, *, out_of: Iterable[str], since: datetime | None = None,
        received_by: str = "",
    ) -> Referral | None:  # fmt: skip
        """Move one referral from a state of `out_of`, taken up to `since` (or `at`), to `to`; return it locked.

        One statement that checks, locks and writes: two people who press at once cannot both move it. None when
        it is not there, not in such a state, or moved later than that.
        """
        states, link = list(out_of), connections[self.db]
        when, latest = (link.ops.adapt_datetimefield_value(moment) for moment in (at, since or at))
        key = self.model._meta.pk.get_db_prep_value(id, link)
        marks = ", ".join(["%s"] * len(states))
        moved = self.raw(_MOVE.format(marks=marks), [to, when, received_by, received_by, key, *states, latest])
        return next(iter(moved), None) if states else None


class Referral(Recorded, Synced):
    """A request that a hospital take over a patient; its state moves only along `rules.TRANSITIONS`.

    `moved_at` is the time of its newest step. `village` is where the patient waits, empty for our own house.
    """

    class State(models.TextChoices):
        DRAFTED = "drafted", _("Drafted")
        CALLED = "called", _("Hospital called")
        DEPARTED = "departed", _("On the way")
        ARRIVED = "arrived", _("Arrived")
        HANDED_OVER = "handed_over", _("Handed over")
        ANSWERED = "answered", _("Answered")
        OWN_TRANSPORT = "own_transport", _("Went by own transport")
        DID_NOT_ARRIVE = "did_not_arrive", _("Did not arrive")
        NO_ANSWER = "no_answer", _("No answer was to be had")
        CANCELLED = "cancelled", _("Cancelled")

    class Urgency(models.IntegerChoices):
        EMERGENCY = 1, _("Emergency")
        URGENT = 2, _("Urgent, today")
        PLANNED = 3, _("Planned")

    class Channel(models.TextChoices):
        PAPER = "paper", _("On paper")
        PHONE = "phone", _("By telephone")
        FAMILY = "family", _("Told by the family")

    number = models.CharField(_("slip number"), max_length=16, unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="referrals")
    encounter = models.ForeignKey(Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals")
    hospital = models.ForeignKey(
        Hospital, on_delete=models.PROTECT, related_name="referrals", verbose_name=_("hospital")
    )
    village = models.ForeignKey(
        Village, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("waits in")
    )
    on = models.DateField(_("date"))
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.URGENT)
    reason = models.CharField(_("reason for referral"), max_length=200)
    findings = models.TextField(_("history and findings"), blank=True)
    treatment_given = models.TextField(_("treatment given"), blank=True)
    danger_signs = models.CharField(_("danger signs"), max_length=200, blank=True)
    diagnosis = models.CharField(_("provisional diagnosis"), max_length=200, blank=True)
    vitals = models.CharField(_("vital signs, with the time"), max_length=200, blank=True)
    pregnancy = models.CharField(_("pregnancy"), max_length=120, blank=True)
    companion = models.CharField(_("who goes along"), max_length=120, blank=True)
    referrer_role = models.CharField(_("role of who refers"), max_length=80, blank=True)
    state = models.CharField(max_length=14, choices=State.choices, default=State.DRAFTED)
    moved_at = models.DateTimeField(default=timezone.now)
    received_by = models.CharField(_("handed over to"), max_length=120, blank=True)
    answered_on = models.DateField(_("answer dated"), null=True, blank=True)
    answer = models.TextField(_("the hospital's answer"), blank=True)
    answer_outcome = models.CharField(_("outcome at the hospital"), max_length=12, choices=Outcome.choices, blank=True)
    answer_by = models.CharField(_("how the answer came"), max_length=7, choices=Channel.choices, blank=True)
    answer_from = models.CharField(_("who answered"), max_length=120, blank=True)
    received_at = models.DateTimeField(_("received at the hospital"), null=True, blank=True)
    answer_diagnosis = models.CharField(_("diagnosis of the hospital"), max_length=200, blank=True)
    answer_treatment = models.CharField(_("treatment there"), max_length=200, blank=True)
    answer_advice = models.CharField(_("advice for afterwards"), max_length=200, blank=True)
    answer_seen_at = models.DateTimeField(null=True, blank=True)  # by the person who referred

    objects = ReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(TRANSITIONS)), name="referrals_state_known"),
            models.CheckConstraint(
                condition=~Q(state="answered") | (Q(answered_on__isnull=False) & Q(answered_on__gte=F("on"))),
                name="referrals_answer_after_referral",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "on"], name="referrals_open"),
            models.Index(fields=["patient"], name="referrals_patient"),
            models.Index(
                fields=["recorded_by"], condition=Q(state="answered", answer_seen_at=None), name="referrals_unseen"
            ),
        ]

    @property
    def all_answered(self) -> str:
        """Return all that the hospital said, a line each."""
        said = (self.answer_diagnosis, self.answer_treatment, self.answer_advice, self.answer)
        return "\n".join(filter(None, said))


class Step(Recorded):
    """One move of a referral from state to state: when, by whom, with what note. Never edited."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=14, choices=Referral.State.choices)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]


class Call(Recorded):
    """One telephone call with a hospital about a referral: when, who spoke to whom, what came of it."""

    class Result(models.TextChoices):
        ACCEPTED = "accepted", _("They take the patient")
        REFUSED = "refused", _("They cannot take the patient")
        NO_REPLY = "no_reply", _("Nobody answered")
        NEWS = "news", _("News of the patient")

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="calls")
    at = models.DateTimeField(_("when"))
    spoke_to = models.CharField(_("spoke to"), max_length=120, blank=True)
    result = models.CharField(_("what came of it"), max_length=8, choices=Result.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(result__in=["accepted", "refused", "no_reply", "news"]), name="referrals_call_result"
            ),
        ]
