"""One contact of a patient with the centre, and what was found and done in it."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from clinic.models.condition import Condition
from clinic.models.patient import AgeUnit, Patient
from core.ages import Unit
from core.db import Recorded
from core.places.models import Village
from core.syncing import Synced


class EncounterQuerySet(models.QuerySet["Encounter"]):
    """Questions about contacts."""

    def contacts(self) -> EncounterQuerySet:
        """Return what counts as a contact, each once under one service.

        Leaves out what was entered in error, and out-patient visits that ended in admission: those are counted
        as hospitalised, once. `admitted_as IS NULL` is written so that no index fits: SQLite would take the unique
        one, read every row, and turn a month's figures from milliseconds into a minute (measured).
        """
        stayed = Q(id=Coalesce("admitted_as", "id"))
        return self.exclude(status=Encounter.Status.VOID).filter(stayed)


class Encounter(Recorded, Synced):
    """A visit, an admission or a contact of the mobile team; its kind is fixed when it begins.

    `on` is the service date, a plain local day. `age_slot` is the age on that day (`core.ages.slot_of`), written
    with the row and again when the birth date is corrected (docs/adr/0004); null means age unknown.
    `told_age` is the age as told at this very contact, where the birth date is not known.
    """

    class Kind(models.TextChoices):
        OUTPATIENT = "outpatient", _("Out-patient")
        INPATIENT = "inpatient", _("In-patient")
        OUTREACH = "mobile", _("Mobile team")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")
        VOID = "void", _("Entered in error")

    class Urgency(models.IntegerChoices):
        EMERGENCY = 1, _("Emergency")
        URGENT = 2, _("Urgent")
        ROUTINE = 3, _("Can wait")

    class Result(models.TextChoices):
        TREATED = "treated", _("Treated")
        ADMITTED = "admitted", _("Admitted")
        REFERRED = "referred", _("Referred")
        FOLLOW_UP = "follow_up", _("To come back")
        LEFT = "left", _("Left before the end")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters", verbose_name=_("patient"))
    kind = models.CharField(max_length=10, choices=Kind.choices)
    on = models.DateField(_("date"))
    village = models.ForeignKey(Village, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    age_slot = models.PositiveSmallIntegerField(null=True, blank=True)
    told_age = models.PositiveSmallIntegerField(null=True, blank=True)
    told_unit = models.CharField(max_length=1, choices=AgeUnit.choices, blank=True)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.OPEN)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.ROUTINE)
    arrived_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    new_case = models.BooleanField(_("new case"), default=True)
    complaint = models.TextField(_("complaint"), blank=True)
    findings = models.TextField(_("findings"), blank=True)
    advice = models.TextField(_("advice"), blank=True)
    result = models.CharField(_("outcome"), max_length=10, choices=Result.choices, blank=True)
    result_text = models.CharField(max_length=120, blank=True)
    follow_up_on = models.DateField(_("come back on"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    admitted_as = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="came_from"
    )
    void_reason = models.CharField(max_length=200, blank=True)

    objects = EncounterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["outpatient", "inpatient", "mobile"]), name="clinic_encounter_kind"
            ),
            models.CheckConstraint(
                condition=Q(admitted_as=None) | Q(kind="outpatient"), name="clinic_only_outpatients_are_admitted"
            ),
            models.CheckConstraint(condition=~Q(status="void") | ~Q(void_reason=""), name="clinic_void_needs_a_reason"),
        ]
        indexes = [
            models.Index(fields=["patient", "-on"], name="clinic_encounter_patient"),
            models.Index(fields=["on", "kind"], name="clinic_encounter_day"),
            models.Index(fields=["status", "kind", "on"], name="clinic_encounter_queue"),
        ]

    @property
    def told(self) -> tuple[int, Unit] | None:
        """Return the age as told at this contact, (value, unit), or None."""
        return None if self.told_age is None else (self.told_age, cast("Unit", self.told_unit))


class Vitals(Recorded, Synced):
    """One set of measurements. Limits refuse typing errors only; what is unusual for an age is a warning elsewhere.

    Limits: reference/cambodia.md 3.3 (general knowledge, wider than any alert limit).
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="vitals")
    measured_at = models.DateTimeField()
    temperature = models.DecimalField(
        _("temperature (°C)"), max_digits=3, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(Decimal(30)), MaxValueValidator(Decimal(43))],
    )  # fmt: skip
    heart_rate = models.PositiveSmallIntegerField(
        _("heart rate (/min)"), null=True, blank=True, validators=[MinValueValidator(20), MaxValueValidator(260)]
    )
    respiratory_rate = models.PositiveSmallIntegerField(
        _("breaths (/min)"), null=True, blank=True, validators=[MinValueValidator(5), MaxValueValidator(120)]
    )
    systolic = models.PositiveSmallIntegerField(
        _("systolic (mmHg)"), null=True, blank=True, validators=[MinValueValidator(40), MaxValueValidator(260)]
    )
    diastolic = models.PositiveSmallIntegerField(
        _("diastolic (mmHg)"), null=True, blank=True, validators=[MinValueValidator(20), MaxValueValidator(180)]
    )
    oxygen = models.PositiveSmallIntegerField(
        _("oxygen saturation (%)"), null=True, blank=True, validators=[MinValueValidator(40), MaxValueValidator(100)]
    )
    weight = models.DecimalField(
        _("weight (kg)"), max_digits=5, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.5")), MaxValueValidator(Decimal(200))],
    )  # fmt: skip
    height = models.DecimalField(
        _("height (cm)"), max_digits=4, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(Decimal(30)), MaxValueValidator(Decimal(220))],
    )  # fmt: skip
    muac = models.PositiveSmallIntegerField(
        _("mid-upper arm (mm)"), null=True, blank=True, validators=[MinValueValidator(60), MaxValueValidator(400)]
    )
    glucose = models.PositiveSmallIntegerField(
        _("blood sugar (mg/dl)"), null=True, blank=True, validators=[MinValueValidator(10), MaxValueValidator(1500)]
    )
    void_reason = models.CharField(max_length=200, blank=True)

    MEASURES = (
        "temperature", "heart_rate", "respiratory_rate", "systolic", "diastolic", "oxygen", "weight", "height", "muac",
        "glucose",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(temperature=None) | Q(temperature__range=(30, 43)))
                & (Q(heart_rate=None) | Q(heart_rate__range=(20, 260)))
                & (Q(respiratory_rate=None) | Q(respiratory_rate__range=(5, 120)))
                & (Q(systolic=None) | Q(systolic__range=(40, 260)))
                & (Q(diastolic=None) | Q(diastolic__range=(20, 180)))
                & (Q(oxygen=None) | Q(oxygen__range=(40, 100)))
                & (Q(weight=None) | Q(weight__range=(Decimal("0.5"), 200)))
                & (Q(height=None) | Q(height__range=(30, 220)))
                & (Q(muac=None) | Q(muac__range=(60, 400)))
                & (Q(glucose=None) | Q(glucose__range=(10, 1500))),
                name="clinic_vitals_possible",
            ),
        ]


class Diagnosis(Recorded, Synced):
    """A condition found in a contact; at most one is the primary."""

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="diagnoses")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="+", verbose_name=_("diagnosis"))
    primary = models.BooleanField(_("main diagnosis"), default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "condition"], name="clinic_diagnosis_once"),
            models.UniqueConstraint(
                fields=["encounter"], condition=Q(primary=True), name="clinic_one_primary_diagnosis"
            ),
        ]


class Treatment(Recorded, Synced):
    """What was given, ordered or done: a medicine with its dose, or a procedure, in words.

    `atc` is the code of the medicine where the formulary knows it, for the check against allergies; `despite` is why
    it was ordered all the same. `stopped_at` ends an order of a stay; `take_home` is medicine for after it.
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="treatments")
    what = models.CharField(_("medicine or treatment"), max_length=160)
    dose = models.CharField(_("dose and how long"), max_length=160, blank=True)
    atc = models.CharField("ATC", max_length=7, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    take_home = models.BooleanField(_("to take home"), default=False)
    despite = models.CharField(_("reason for giving it all the same"), max_length=200, blank=True)


class EncounterVersion(Recorded):
    """How a contact read before somebody changed it: a document that stays readable, with who changed it and why.

    `recorded_by` and `recorded_at` say who changed it and when; the newest state is the contact itself.
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    why = models.CharField(_("why it was changed"), max_length=200, blank=True)
    document = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["encounter", "number"], name="clinic_version_once")]
