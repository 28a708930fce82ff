"""Signs asked for in a contact, care in pregnancy, and medicine given to prevent."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models.encounter import Encounter
from clinic.models.patient import Patient
from core.db import Recorded
from core.syncing import Synced


class Finding(Recorded, Synced):
    """A sign that was looked for, and whether it was there; what was not asked has no row.

    `sign` is a key of the reviewable lists in `clinic/data/` (IMCI, danger signs in pregnancy).
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="signs")
    sign = models.SlugField(max_length=40)
    present = models.BooleanField()
    days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["encounter", "sign"], name="clinic_sign_once")]


class Pregnancy(Recorded, Synced):
    """One pregnancy. The day of birth expected, `edd`, is kept, and from what it was reckoned."""

    class Reckoned(models.TextChoices):
        LMP = "lmp", _("First day of the last period")
        SCAN = "scan", _("Ultrasound")
        TOLD = "told", _("Months told, or height of the womb")

    class Outcome(models.TextChoices):
        LIVE = "live", _("Live birth")
        STILL = "still", _("Stillbirth")
        MISCARRIAGE = "miscarriage", _("Miscarriage or abortion")
        UNKNOWN = "unknown", _("Not known")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="pregnancies")
    lmp = models.DateField(_("first day of the last period"), null=True, blank=True)
    edd = models.DateField(_("expected day of birth"))
    reckoned = models.CharField(_("reckoned from"), max_length=4, choices=Reckoned.choices)
    gravida = models.PositiveSmallIntegerField(_("pregnancies, with this one"), null=True, blank=True)
    para = models.PositiveSmallIntegerField(_("births"), null=True, blank=True)
    abortions = models.PositiveSmallIntegerField(_("miscarriages and abortions"), null=True, blank=True)
    living = models.PositiveSmallIntegerField(_("living children"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    outcome = models.CharField(_("how it ended"), max_length=11, choices=Outcome.choices, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(ended_on=None, void_reason=""), name="clinic_one_open_pregnancy"
            ),
            models.CheckConstraint(
                condition=Q(lmp=None) | Q(lmp__lt=F("edd")), name="clinic_pregnancy_dates"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, outcome="") | (Q(ended_on__isnull=False) & ~Q(outcome="")),
                name="clinic_pregnancy_ends_somehow",
            ),
        ]  # fmt: skip


class AntenatalContact(Recorded, Synced):
    """What is measured and given in pregnancy at one visit. Its number is its place among those of the pregnancy."""

    class Urine(models.TextChoices):
        NEGATIVE = "neg", _("Negative")
        TRACE = "trace", _("Trace")
        ONE = "1", "+"
        TWO = "2", "++"
        THREE = "3", "+++"

    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="antenatal")
    pregnancy = models.ForeignKey(Pregnancy, on_delete=models.PROTECT, related_name="contacts")
    fundal_height = models.DecimalField(
        _("height of the womb (cm)"), max_digits=3, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(Decimal(5)), MaxValueValidator(Decimal(50))],
    )  # fmt: skip
    fetal_heart_rate = models.PositiveSmallIntegerField(
        _("heart rate of the child (/min)"), null=True, blank=True,
        validators=[MinValueValidator(50), MaxValueValidator(240)],
    )  # fmt: skip
    haemoglobin = models.DecimalField(
        _("haemoglobin (g/dl)"), max_digits=3, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(Decimal(2)), MaxValueValidator(Decimal(22))],
    )  # fmt: skip
    urine_protein = models.CharField(_("protein in urine"), max_length=5, choices=Urine.choices, blank=True)
    tetanus = models.BooleanField(_("tetanus vaccine given"), default=False)
    iron_tablets = models.PositiveSmallIntegerField(_("iron tablets given"), null=True, blank=True)

    MEASURES = ("fundal_height", "fetal_heart_rate", "haemoglobin", "urine_protein", "tetanus", "iron_tablets")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(fundal_height=None) | Q(fundal_height__range=(5, 50)))
                & (Q(fetal_heart_rate=None) | Q(fetal_heart_rate__range=(50, 240)))
                & (Q(haemoglobin=None) | Q(haemoglobin__range=(2, 22))),
                name="clinic_antenatal_possible",
            ),
        ]


class PreventiveDose(Recorded, Synced):
    """A dose against worms or of vitamin A. The least interval is a rule; giving sooner needs a reason."""

    class What(models.TextChoices):
        MEBENDAZOLE = "mebendazole", _("Mebendazole")
        ALBENDAZOLE = "albendazole", _("Albendazole")
        VITAMIN_A = "vitamin_a", _("Vitamin A")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="preventive_doses")
    encounter = models.ForeignKey(
        Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="preventive_doses"
    )
    what = models.CharField(_("what was given"), max_length=11, choices=What.choices)
    dose = models.CharField(_("dose"), max_length=40, blank=True)
    on = models.DateField(_("given on"))
    despite = models.CharField(_("reason for giving it all the same"), max_length=200, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "what", "on"], condition=Q(void_reason=""), name="clinic_dose_once_a_day"
            ),
        ]
        indexes = [models.Index(fields=["patient", "what", "-on"], name="clinic_dose_newest")]
