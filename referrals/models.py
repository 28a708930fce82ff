"""Hospitals, referrals with the steps they took, vehicles and trips."""

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
    phone = models.CharField(max_length=20, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

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

    def move(self, id: UUID, to: str, at: datetime, *, out_of: Iterable[str], received_by: str = "") -> Referral | None:
        """Move one referral from a state of `out_of`, whose time is not after `at`, to `to`; return it locked.

        One statement that checks, locks and writes: two people who press at once cannot both move it. None when
        it is not there, not in such a state, or moved later than `at`.
        """
        states, link = list(out_of), connections[self.db]
        when = link.ops.adapt_datetimefield_value(at)
        key = self.model._meta.pk.get_db_prep_value(id, link)
        marks = ", ".join(["%s"] * len(states))
        moved = self.raw(_MOVE.format(marks=marks), [to, when, received_by, received_by, key, *states, when])
        return next(iter(moved), None) if states else None


class Referral(Recorded, Synced):
    """A request that a hospital take over a patient; its state moves only along `rules.TRANSITIONS`.

    `moved_at` is the time of its newest step.
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
        CANCELLED = "cancelled", _("Cancelled")

    class Urgency(models.IntegerChoices):
        EMERGENCY = 1, _("Emergency")
        URGENT = 2, _("Urgent, today")
        PLANNED = 3, _("Planned")

    number = models.CharField(_("slip number"), max_length=16, unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="referrals")
    encounter = models.ForeignKey(Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals")
    hospital = models.ForeignKey(
        Hospital, on_delete=models.PROTECT, related_name="referrals", verbose_name=_("hospital")
    )
    on = models.DateField(_("date"))
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.URGENT)
    reason = models.CharField(_("reason for referral"), max_length=200)
    findings = models.TextField(_("history and findings"), blank=True)
    treatment_given = models.TextField(_("treatment given"), blank=True)
    companion = models.CharField(_("who goes along"), max_length=120, blank=True)
    state = models.CharField(max_length=14, choices=State.choices, default=State.DRAFTED)
    moved_at = models.DateTimeField(default=timezone.now)
    received_by = models.CharField(_("handed over to"), max_length=120, blank=True)
    answered_on = models.DateField(_("answer dated"), null=True, blank=True)
    answer = models.TextField(_("the hospital's answer"), blank=True)
    answer_outcome = models.CharField(_("outcome at the hospital"), max_length=12, choices=Outcome.choices, blank=True)

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
        ]


class Step(Recorded):
    """One move of a referral from state to state: when, by whom, with what note. Never edited."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=14, choices=Referral.State.choices)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]


class Vehicle(models.Model):
    """An ambulance or other vehicle of the centre."""

    name_km = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    plate = models.CharField(max_length=20, unique=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.name_en if get_language() == 'en' else self.name_km} ({self.plate})"


class Trip(Recorded, Synced):
    """A journey of a vehicle. Taking the deceased home carries nothing clinical and no money; no trip has a charge.

    One vehicle is on one trip at a time (database); odometers never run backwards (service, under a lock).
    """

    class Purpose(models.TextChoices):
        EMERGENCY = "emergency", _("Emergency to hospital")
        TRANSFER = "transfer", _("Planned transfer")
        PATIENT_HOME = "patient_home", _("Bringing a patient home")
        DECEASED_HOME = "deceased_home", _("Taking the deceased home to the family")

    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="trips", verbose_name=_("vehicle"))
    purpose = models.CharField(_("purpose"), max_length=14, choices=Purpose.choices)
    referral = models.ForeignKey(Referral, null=True, blank=True, on_delete=models.PROTECT, related_name="trips")
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="trips")
    person_name = models.CharField(_("name"), max_length=120, blank=True)
    family_contact = models.CharField(_("family member"), max_length=120, blank=True)
    village = models.ForeignKey(Village, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    destination = models.CharField(_("destination"), max_length=120, blank=True)
    driver = models.CharField(_("driver"), max_length=80)
    escort = models.CharField(_("who went along"), max_length=120, blank=True)
    departed_at = models.DateTimeField(_("left at"))
    odometer_out = models.PositiveIntegerField(_("odometer at leaving (km)"))
    returned_at = models.DateTimeField(_("back at"), null=True, blank=True)
    odometer_in = models.PositiveIntegerField(_("odometer on return (km)"), null=True, blank=True)
    fuel_litres = models.DecimalField(_("fuel (litres)"), max_digits=5, decimal_places=1, null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(returned_at=None), name="referrals_vehicle_on_one_trip"
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None, odometer_in=None)
                | Q(returned_at__gte=F("departed_at"), odometer_in__gte=F("odometer_out")),
                name="referrals_trip_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=~Q(purpose="deceased_home") | Q(referral=None), name="referrals_deceased_is_no_referral"
            ),
            models.CheckConstraint(
                condition=~Q(purpose="deceased_home") | ~Q(patient=None) | ~Q(person_name=""),
                name="referrals_deceased_has_a_name",
            ),
        ]
        indexes = [
            models.Index(fields=["departed_at"], name="referrals_trip_day"),
            models.Index(fields=["vehicle", "departed_at"], name="referrals_odometer"),
        ]

    @property
    def is_open(self) -> bool:
        """Return whether the vehicle is still out."""
        return self.returned_at is None

    @property
    def kilometres(self) -> int | None:
        """Return how far it was, None while the vehicle is out."""
        return None if self.odometer_in is None else self.odometer_in - self.odometer_out

    @property
    def traveller(self) -> str:
        """Return who was carried; join the patient first."""
        return self.patient.name if self.patient else self.person_name
