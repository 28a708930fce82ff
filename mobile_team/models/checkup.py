"""Check-ups: what was seen in each tooth, what was done and given, and how it read before a correction."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Encounter
from core.db import Recorded
from core.syncing import Synced
from mobile_team.models.rounds import Session
from mobile_team.rules import PERMANENT, PERMANENT_CODES, PRIMARY, PRIMARY_CODES


class CheckupQuerySet(models.QuerySet["DentalCheckup"]):
    """Questions about check-ups."""

    def standing(self) -> CheckupQuerySet:
        """Leave out what was entered in error."""
        return self.exclude(encounter__status=Encounter.Status.VOID)


class DentalCheckup(Recorded, Synced):
    """What the dental team saw and did in one mouth at one contact.

    Dental education, toothbrush and toothpaste are three separate yes/no facts. Either teeth are charted
    (`ToothFinding`) or quick counts are kept; with a chart the decayed are counted from it, and missing and filled
    stay null, for milk and permanent teeth are never added. `decayed` etc. are null when nobody counted.
    `once` is derived from session and patient and empty on a void row: by it the database refuses a second check-up
    of one person in one session, and a later merge of two people does not break it.
    """

    class Urgency(models.IntegerChoices):
        NONE = 0, _("No treatment needed")
        ROUTINE = 1, _("Preventive or routine")
        PROMPT = 2, _("Prompt")
        IMMEDIATE = 3, _("Immediate: pain or infection")
        REFER = 4, _("Refer")

    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="checkup")
    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.PROTECT, related_name="checkups")
    once = models.UUIDField(null=True, blank=True, editable=False)
    observed_at = models.DateTimeField()
    pain = models.BooleanField(_("pain now"), default=False)
    gums_bleed = models.BooleanField(_("gums bleed"), default=False)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.NONE)
    decayed_primary = models.PositiveSmallIntegerField(_("decayed milk teeth"), null=True, blank=True)
    decayed_permanent = models.PositiveSmallIntegerField(_("decayed permanent teeth"), null=True, blank=True)
    missing = models.PositiveSmallIntegerField(_("missing because of decay"), null=True, blank=True)
    filled = models.PositiveSmallIntegerField(_("filled"), null=True, blank=True)
    pufa = models.PositiveSmallIntegerField(_("teeth with open pulp, ulcer, fistula or abscess"), null=True, blank=True)
    dental_education = models.BooleanField(_("dental education"), default=False)
    toothbrush = models.BooleanField(_("toothbrush"), default=False)
    toothpaste = models.BooleanField(_("toothpaste"), default=False)
    treatment = models.CharField(_("treatment"), max_length=160, blank=True)
    advised_to_come = models.BooleanField(_("advised to come to the centre"), default=False)
    advice_ended = models.CharField(_("why nobody waits for them any more"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = CheckupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["once"], name="mobile_checkup_once"),
            models.CheckConstraint(condition=Q(urgency__lte=4), name="mobile_checkup_urgency"),
            models.CheckConstraint(
                condition=(Q(decayed_primary=None) | Q(decayed_primary__lte=20))
                & (Q(decayed_permanent=None) | Q(decayed_permanent__lte=32))
                & (Q(missing=None) | Q(missing__lte=32))
                & (Q(filled=None) | Q(filled__lte=32))
                & (Q(pufa=None) | Q(pufa__lte=52)),
                name="mobile_checkup_counts_possible",
            ),
        ]
        indexes = [models.Index(fields=["session"], name="mobile_checkup_session")]

    @property
    def patient_id(self) -> UUID:
        """Return whose mouth it was; the log ties each change to a person."""
        return self.encounter.patient_id


class ToothFinding(Recorded):
    """The state of one tooth at one check-up: FDI number and WHO crown code (reference/cambodia.md 4).

    `pufa` is what untreated decay did to it: open pulp, ulcer, fistula or abscess; of one tooth only one is counted.
    """

    class Pufa(models.TextChoices):
        PULP = "P", _("Pulp lies open")
        ULCER = "U", _("Ulcer")
        FISTULA = "F", _("Fistula")
        ABSCESS = "A", _("Abscess")

    checkup = models.ForeignKey(DentalCheckup, on_delete=models.PROTECT, related_name="teeth")
    tooth = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=1)
    pufa = models.CharField(max_length=1, choices=Pufa.choices, blank=True)

    class Meta:
        ordering = ["tooth"]
        constraints = [
            models.UniqueConstraint(fields=["checkup", "tooth"], name="mobile_tooth_once"),
            models.CheckConstraint(
                condition=Q(tooth__in=PERMANENT, code__in=list(PERMANENT_CODES))
                | Q(tooth__in=PRIMARY, code__in=list(PRIMARY_CODES)),
                name="mobile_tooth_and_code",
            ),
            models.CheckConstraint(condition=Q(pufa__in=["", "P", "U", "F", "A"]), name="mobile_tooth_pufa"),
        ]


class ToothTreatment(Recorded):
    """One thing done at a check-up: to one tooth, or to the whole mouth when `tooth` is null."""

    class What(models.TextChoices):
        SDF = "sdf", _("Silver diamine fluoride")
        VARNISH = "varnish", _("Fluoride varnish")
        SEALANT = "sealant", _("Sealant")
        ART = "art", _("Filling without drill (ART)")
        SCALING = "scaling", _("Scaling")
        EXTRACTION = "extraction", _("Extraction")
        OTHER = "other", _("Other")

    checkup = models.ForeignKey(DentalCheckup, on_delete=models.PROTECT, related_name="treatments")
    what = models.CharField(max_length=10, choices=What.choices)
    tooth = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["what", "tooth"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkup", "what", "tooth"], condition=Q(tooth__isnull=False), name="mobile_treated_once"
            ),
            models.UniqueConstraint(
                fields=["checkup", "what"], condition=Q(tooth=None), name="mobile_mouth_treated_once"
            ),
            models.CheckConstraint(
                condition=Q(tooth=None) | Q(tooth__in=[*PERMANENT, *PRIMARY]), name="mobile_treated_tooth"
            ),
        ]  # fmt: skip


class CheckupVersion(Recorded):
    """How a check-up read before somebody changed it: a document that stays readable (docs/adr/0012)."""

    checkup = models.ForeignKey(DentalCheckup, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=200, blank=True)
    document = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checkup", "number"], name="mobile_version_once")]
