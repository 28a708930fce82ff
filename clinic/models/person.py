"""What belongs to a person beside the names: telephones, a photo, printed cards, who they live with."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models.patient import Patient
from core.db import Recorded
from core.ids import uuid7
from core.places.models import Village
from core.syncing import Synced


class ContactPoint(Recorded):
    """Another telephone by which a person is reached, beside `Patient.phone`, and whose it is."""

    class Whose(models.TextChoices):
        OWN = "own", _("Their own")
        FAMILY = "family", _("Family")
        NEIGHBOUR = "neighbour", _("Neighbour")
        CHIEF = "chief", _("Village chief")
        HEALTH = "health", _("Village health volunteer")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contact_points")
    phone = models.CharField(_("phone"), max_length=16)
    whose = models.CharField(_("whose"), max_length=9, choices=Whose.choices, default=Whose.OWN)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "phone"], name="clinic_phone_once")]


class Photo(Recorded):
    """A small picture of the face: JPEG, at most 320 pixels a side, without metadata."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="photo")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)


class CardPrint(Recorded):
    """A patient card that was printed, and why again. Cards of one `sheet` left the printer together."""

    class Reason(models.TextChoices):
        FIRST = "first", _("First card")
        LOST = "lost", _("The card was lost")
        DAMAGED = "damaged", _("The card was damaged")
        CHANGED = "changed", _("What it says has changed")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="card_prints")
    reason = models.CharField(_("why it is printed"), max_length=7, choices=Reason.choices)
    sheet = models.UUIDField(default=uuid7, editable=False, db_index=True)


class Household(Recorded, Synced):
    """People who live together; its equity card is one written for any of its members."""

    village = models.ForeignKey(Village, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(_("note"), max_length=200, blank=True)


class Relation(Recorded, Synced):
    """Who answers for whom: a parent or guardian who is a patient too."""

    class Kind(models.TextChoices):
        MOTHER = "mother", _("Mother")
        FATHER = "father", _("Father")
        GRANDPARENT = "grandparent", _("Grandparent")
        SIBLING = "sibling", _("Brother or sister")
        RELATIVE = "relative", _("Other relative")
        SPOUSE = "spouse", _("Husband or wife")
        OTHER = "other", _("Somebody else")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="guardians")
    guardian = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="guardian_of")
    kind = models.CharField(_("who this is"), max_length=11, choices=Kind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "guardian"], name="clinic_guardian_once"),
            models.CheckConstraint(condition=~Q(patient=F("guardian")), name="clinic_nobody_is_their_own_guardian"),
        ]
