"""What a person must not be given, and what they agreed to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.patient import Patient
from core.db import Recorded
from core.syncing import Synced


class AllergyQuerySet(models.QuerySet["Allergy"]):
    """Questions about allergies."""

    def standing(self) -> AllergyQuerySet:
        """Return those not marked as entered in error."""
        return self.filter(void_reason="")


class Allergy(Recorded, Synced):
    """Something a person reacts to. A medicine carries the beginning of its ATC code, a class or one medicine.

    "None known" is said by `Patient.no_allergy_on`; a person with neither was never asked.
    """

    class Kind(models.TextChoices):
        MEDICINE = "medicine", _("Medicine")
        FOOD = "food", _("Food")
        OTHER = "other", _("Something else")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.MEDICINE)
    substance = models.CharField(_("allergic to"), max_length=120)
    atc = models.CharField("ATC", max_length=7, blank=True)
    reaction = models.CharField(_("what happened"), max_length=160, blank=True)
    severe = models.BooleanField(_("severe"), default=False)
    told_on = models.DateField(_("told on"))
    void_reason = models.CharField(max_length=200, blank=True)

    objects = AllergyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "substance"], condition=Q(void_reason=""), name="clinic_allergy_once"
            ),
        ]


class Consent(Recorded, Synced):
    """What a person, or who answers for them, agreed to or refused; the newest of a purpose holds."""

    class Purpose(models.TextChoices):
        RECORD = "record", _("Keeping this record")
        PHOTO = "photo", _("A photo in the record")
        SHARE = "share", _("Telling the hospital what it needs to know")
        CALL = "call", _("Being telephoned about appointments")
        STORY = "story", _("Telling their story to donors")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=6, choices=Purpose.choices)
    given = models.BooleanField()
    on = models.DateField(_("asked on"))
    said_by = models.CharField(_("who said so"), max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "purpose", "-on"], name="clinic_consent_newest")]
