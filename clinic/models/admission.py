"""Wards, beds and who lies in them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.models.encounter import Encounter
from clinic.models.patient import Patient
from core.db import Recorded
from core.syncing import Synced


class Ward(models.Model):
    """A room of beds."""

    name_km = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class Bed(models.Model):
    """A bed with its label; one patient at a time."""

    ward = models.ForeignKey(Ward, on_delete=models.PROTECT, related_name="beds")
    label = models.CharField(max_length=20)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["ward__order", "id"]
        constraints = [models.UniqueConstraint(fields=["ward", "label"], name="clinic_bed_label_once")]

    def __str__(self) -> str:
        return self.label


class DischargeType(models.TextChoices):
    """How a stay ended; ministry codes (PMRS v2, reference/pmrs_lookup.csv)."""

    AUTHORIZED = "DITY-0000E08", _("Left with permission")
    UNAUTHORIZED = "DITY-0B00009", _("Left against advice")
    DECEASED = "DITY-00000CA", _("Deceased")
    REFERRED = "DITY-000Y00F", _("Referred out")
    ABSCONDED = "DITY-000010X", _("Left without telling")


class Outcome(models.TextChoices):
    """How the patient was at the end; ministry codes (PMRS v2, reference/pmrs_lookup.csv)."""

    RECOVERED = "VIOU-0000V09", _("Recovered")
    IMPROVED = "VIOU-000G00A", _("Improved")
    UNCHANGED = "VIOU-B000008", _("Unchanged")
    HOPELESS = "VIOU-0V0000C", _("Hopeless")
    HOME = "VIOU-00000NE", _("Treatment continues at home")
    DECEASED = "VIOU-00C000B", _("Deceased")


class AdmissionQuerySet(models.QuerySet["Admission"]):
    """Questions about stays."""

    def open(self) -> AdmissionQuerySet:
        """Return stays that have not ended."""
        return self.filter(discharged_on=None, void=False)


class Admission(Recorded, Synced):
    """A stay: its in-patient contact, its bed, when it began and how it ended.

    The database itself refuses a second open stay of a patient and a second patient in a bed.
    """

    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="admission")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="admissions")
    bed = models.ForeignKey(Bed, null=True, blank=True, on_delete=models.PROTECT, related_name="admissions")
    reason = models.CharField(_("reason for admission"), max_length=200, blank=True)
    admitted_on = models.DateField(_("admitted on"))
    discharged_on = models.DateField(_("discharged on"), null=True, blank=True)
    discharge_type = models.CharField(max_length=12, choices=DischargeType.choices, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    void = models.BooleanField(default=False)

    objects = AdmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(discharged_on=None, void=False), name="clinic_one_open_admission"
            ),
            models.UniqueConstraint(
                fields=["bed"], condition=Q(discharged_on=None, void=False, bed__isnull=False), name="clinic_bed_taken"
            ),
            models.CheckConstraint(
                condition=Q(discharged_on=None) | Q(discharged_on__gte=F("admitted_on")),
                name="clinic_discharge_after_admission",
            ),
        ]
        indexes = [models.Index(fields=["patient", "admitted_on"], name="clinic_admission_first")]
