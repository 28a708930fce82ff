"""What happens during a stay: beds one after the other, notes, medicine given."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models.admission import Admission, Bed
from clinic.models.encounter import Encounter, Treatment
from core.db import Recorded
from core.syncing import Synced


class BedStay(Recorded):
    """One bed of a stay, from a day to a day; `Admission.bed` is the last of them."""

    admission = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="bed_stays")
    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="clinic_bed_stay_forward"),
            models.UniqueConstraint(fields=["admission"], condition=Q(until=None), name="clinic_one_bed_at_a_time"),
        ]
        indexes = [models.Index(fields=["bed", "since"], name="clinic_bed_stay_bed")]


class StayNote(Recorded, Synced):
    """What a nurse wrote of a patient in a bed. Never edited: a better note supersedes it, and both stay readable."""

    class Kind(models.TextChoices):
        PROGRESS = "progress", _("How it goes")
        NURSING = "nursing", _("Care given")
        ORDER = "order", _("To be done")

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.PROGRESS)
    text = models.TextField(_("note"))
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    why = models.CharField(_("why it was changed"), max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["encounter", "-at"], name="clinic_note_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(supersedes=None) | ~Q(why=""), name="clinic_note_says_why"),
        ]


class MedicineGiven(Recorded, Synced):
    """One dose given, refused or missing at the bedside; what leaves the shelf is another room's book."""

    class State(models.TextChoices):
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Refused")
        MISSING = "missing", _("Not given")

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="medicine_given")
    treatment = models.ForeignKey(
        Treatment, null=True, blank=True, on_delete=models.PROTECT, related_name="medicine_given"
    )
    what = models.CharField(_("medicine"), max_length=160)
    atc = models.CharField("ATC", max_length=7, blank=True)
    dose = models.CharField(_("dose"), max_length=160, blank=True)
    at = models.DateTimeField(_("when"))
    state = models.CharField(max_length=7, choices=State.choices, default=State.GIVEN)
    reason = models.CharField(_("why not, or why despite the warning"), max_length=200, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["encounter", "-at"], name="clinic_given_newest")]
