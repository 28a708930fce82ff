"""Routes and their stops, sessions, check-ups and what was seen in each tooth."""

from __future__ import annotations

from uuid import UUID

from django.db import connections, models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.models import Encounter
from core.db import Recorded
from core.places.models import Village
from core.syncing import Synced
from mobile_team.rules import PERMANENT, PERMANENT_CODES, PRIMARY, PRIMARY_CODES


class Weekday(models.IntegerChoices):
    """Days of the week, Monday first, as `date.weekday()` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Route(models.Model):
    """A round of villages that the van drives on a set weekday."""

    name_km = models.CharField(_("name in Khmer"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["weekday", "id"]
        constraints = [models.CheckConstraint(condition=Q(weekday__lte=6), name="mobile_route_weekday")]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class Stop(models.Model):
    """A village (or its school) on a route, in driving order."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="stops")
    village = models.ForeignKey(Village, on_delete=models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField()
    place = models.CharField(_("meeting place"), max_length=80, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["route", "village"], name="mobile_stop_once")]


class SessionQuerySet(models.QuerySet["Session"]):
    """Questions about sessions."""

    def hold(self, id: UUID) -> Session | None:
        """Mark one session held, whatever it was, and return it locked until the transaction ends.

        One statement: the first check-up of a session must not cost more than the others.
        """
        table = self.model._meta.db_table
        held = self.raw(
            f"UPDATE {table} SET state = 'held', reason = '' WHERE id = %s RETURNING *",  # noqa: S608 - our own name
            [self.model._meta.pk.get_db_prep_value(id, connections[self.db])],
        )
        return next(iter(held), None)


class Session(Recorded, Synced):
    """The team at one village on one day: planned, held, or cancelled with a reason."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        HELD = "held", _("Held")
        CANCELLED = "cancelled", _("Cancelled")

    class Reason(models.TextChoices):
        FLOOD = "flood", _("Flood")
        ROAD = "road", _("Road")
        STAFF = "staff", _("Staff")
        HOLIDAY = "holiday", _("Holiday")
        OTHER = "other", _("Other reason")

    route = models.ForeignKey(Route, null=True, on_delete=models.PROTECT, related_name="sessions")
    village = models.ForeignKey(Village, on_delete=models.PROTECT, related_name="+")
    on = models.DateField(_("date"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    place = models.CharField(_("meeting place"), max_length=80, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["village", "on"], name="mobile_session_once"),
            models.CheckConstraint(
                condition=(Q(state="cancelled") & ~Q(reason="")) | (~Q(state="cancelled") & Q(reason="")),
                name="mobile_cancelled_needs_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["on"], name="mobile_session_day")]


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
    dental_education = models.BooleanField(_("dental education"), default=False)
    toothbrush = models.BooleanField(_("toothbrush"), default=False)
    toothpaste = models.BooleanField(_("toothpaste"), default=False)
    treatment = models.CharField(_("treatment"), max_length=160, blank=True)
    advised_to_come = models.BooleanField(_("advised to come to the centre"), default=False)
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
                & (Q(filled=None) | Q(filled__lte=32)),
                name="mobile_checkup_counts_possible",
            ),
        ]
        indexes = [models.Index(fields=["session"], name="mobile_checkup_session")]

    @property
    def patient_id(self) -> UUID:
        """Return whose mouth it was; the log ties each change to a person."""
        return self.encounter.patient_id


class ToothFinding(Recorded):
    """The state of one tooth at one check-up: FDI number and WHO crown code (reference/cambodia.md 4)."""

    checkup = models.ForeignKey(DentalCheckup, on_delete=models.PROTECT, related_name="teeth")
    tooth = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=1)

    class Meta:
        ordering = ["tooth"]
        constraints = [
            models.UniqueConstraint(fields=["checkup", "tooth"], name="mobile_tooth_once"),
            models.CheckConstraint(
                condition=Q(tooth__in=PERMANENT, code__in=list(PERMANENT_CODES))
                | Q(tooth__in=PRIMARY, code__in=list(PRIMARY_CODES)),
                name="mobile_tooth_and_code",
            ),
        ]
