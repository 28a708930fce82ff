"""Vehicles, their trips leg by leg, and the fuel they took."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connections, models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.models import Patient
from core.db import Recorded
from core.places.models import Village
from core.syncing import Synced
from referrals.models.referral import Referral


def _there(*names: str) -> Q:
    """Return that columns are filled: a check that compares with an empty one is unknown, and unknown passes."""
    return Q(*[(f"{name}__isnull", False) for name in names])


class Vehicle(models.Model):
    """An ambulance or other vehicle of the centre."""

    name_km = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    plate = models.CharField(max_length=20, unique=True)
    oxygen = models.BooleanField(_("carries oxygen"), default=False)
    active = models.BooleanField(_("in use"), default=True)

    def __str__(self) -> str:
        return f"{self.name_en if get_language() == 'en' else self.name_km} ({self.plate})"


class Driver(models.Model):
    """Somebody who drives for the centre. A trip keeps the name as it was written, so that a log never changes."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["-active", "name", "id"]

    def __str__(self) -> str:
        return self.name


class TripQuerySet(models.QuerySet["Trip"]):
    """Questions about trips."""

    def standing(self) -> TripQuerySet:
        """Keep the trips that were not taken back."""
        return self.filter(void_reason="")


class Trip(Recorded, Synced):
    """A journey of a vehicle. Taking the deceased home carries nothing clinical and no money; no trip has a charge.

    One vehicle is on one trip at a time (database); odometers never run backwards (service, under a lock). A trip that
    never was is taken back with a reason and counts no more.
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
    oxygen = models.BooleanField(_("with oxygen"), default=False)
    called_at = models.DateTimeField(_("called for at"), null=True, blank=True)
    departed_at = models.DateTimeField(_("left at"))
    odometer_out = models.PositiveIntegerField(_("odometer at leaving (km)"))
    reached_at = models.DateTimeField(_("reached the hospital at"), null=True, blank=True)
    handed_over_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    handed_over_to = models.CharField(_("handed over to"), max_length=120, blank=True)
    returned_at = models.DateTimeField(_("back at"), null=True, blank=True)
    odometer_in = models.PositiveIntegerField(_("odometer on return (km)"), null=True, blank=True)
    # Taken on the way, as the driver says on return; fuel at any other time is a row of the fuel log.
    fuel_litres = models.DecimalField(_("fuel (litres)"), max_digits=5, decimal_places=1, null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    objects = TripQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(returned_at=None, void_reason=""), name="referrals_vehicle_on_one_trip"
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None, odometer_in=None)
                | Q(
                    _there("returned_at", "odometer_in"),
                    returned_at__gte=F("departed_at"),
                    odometer_in__gte=F("odometer_out"),
                ),
                name="referrals_trip_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=~Q(purpose="deceased_home") | Q(referral=None), name="referrals_deceased_is_no_referral"
            ),
            models.CheckConstraint(
                condition=~Q(purpose="deceased_home") | ~Q(patient=None) | ~Q(person_name=""),
                name="referrals_deceased_has_a_name",
            ),
            models.CheckConstraint(
                condition=Q(called_at=None) | Q(called_at__lte=F("departed_at")), name="referrals_called_before_leaving"
            ),
            models.CheckConstraint(
                condition=Q(reached_at=None, handed_over_at=None)
                | Q(_there("reached_at"), reached_at__gte=F("departed_at"), handed_over_at=None)
                | Q(_there("reached_at"), reached_at__gte=F("departed_at"), handed_over_at__gte=F("reached_at")),
                name="referrals_trip_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["departed_at"], name="referrals_trip_day"),
            models.Index(fields=["vehicle", "departed_at"], name="referrals_odometer"),
        ]

    @property
    def is_open(self) -> bool:
        """Return whether the vehicle is still out."""
        return self.returned_at is None and not self.void_reason

    @property
    def kilometres(self) -> int | None:
        """Return how far it was, None while the vehicle is out."""
        return None if self.odometer_in is None else self.odometer_in - self.odometer_out

    @property
    def traveller(self) -> str:
        """Return who was carried; join the patient first."""
        return self.patient.name if self.patient else self.person_name


_END_LAST = """
UPDATE referrals_leg SET reached_at = COALESCE(reached_at, %s), odometer_in = COALESCE(odometer_in, %s)
WHERE trip_id = %s AND "order" = (SELECT MAX(other."order") FROM referrals_leg other WHERE other.trip_id = %s)
RETURNING *
"""


class LegQuerySet(models.QuerySet["Leg"]):
    """Questions about legs."""

    def end_last(self, trip_id: UUID, at: datetime, odometer: int) -> Leg | None:
        """End a trip's newest leg where the trip ends, unless it has ended; return it, None for a trip without legs.

        One statement, so that no leg can be written between the look and the end. Raises IntegrityError when the leg
        began later or higher than that.
        """
        link = connections[self.db]
        key, when = Trip._meta.pk.get_db_prep_value(trip_id, link), link.ops.adapt_datetimefield_value(at)
        return next(iter(self.raw(_END_LAST, [when, odometer, key, key])), None)


class Leg(Recorded):
    """A part of a trip between two places, with time and odometer at both ends; legs follow each other."""

    trip = models.ForeignKey(Trip, on_delete=models.PROTECT, related_name="legs")
    order = models.PositiveSmallIntegerField()
    place_from = models.CharField(_("from"), max_length=120)
    place_to = models.CharField(_("to"), max_length=120)
    left_at = models.DateTimeField(_("left at"))
    reached_at = models.DateTimeField(_("reached at"), null=True, blank=True)
    odometer_out = models.PositiveIntegerField(_("odometer at leaving (km)"))
    odometer_in = models.PositiveIntegerField(_("odometer on arrival (km)"), null=True, blank=True)
    carried = models.CharField(_("who was carried"), max_length=160, blank=True)

    objects = LegQuerySet.as_manager()

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["trip", "order"], name="referrals_leg_once"),
            models.CheckConstraint(
                condition=Q(reached_at=None, odometer_in=None)
                | Q(
                    _there("reached_at", "odometer_in"),
                    reached_at__gte=F("left_at"),
                    odometer_in__gte=F("odometer_out"),
                ),
                name="referrals_leg_ends_after_it_began",
            ),
        ]

    @property
    def kilometres(self) -> int | None:
        """Return how far it was, None while the vehicle is on it."""
        return None if self.odometer_in is None else self.odometer_in - self.odometer_out


class Fuel(Recorded, Synced):
    """Fuel put into a vehicle, on a trip or not; what was paid stands here for the log, the books know it apart."""

    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="fuel")
    trip = models.ForeignKey(Trip, null=True, blank=True, on_delete=models.PROTECT, related_name="fills")
    on = models.DateField(_("date"))
    litres = models.DecimalField(_("litres"), max_digits=5, decimal_places=1)
    riel = models.PositiveIntegerField(_("riel paid"), null=True, blank=True)
    odometer = models.PositiveIntegerField(_("odometer (km)"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(litres__gt=0, litres__lte=500), name="referrals_fuel_some")]
        indexes = [models.Index(fields=["vehicle", "-on"], name="referrals_fuel_newest")]
