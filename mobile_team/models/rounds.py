"""Routes with their stops, and sessions: the team at one village on one day."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import connections, models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.db import Recorded
from core.places.models import Village
from core.syncing import Synced


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
    vehicle = models.CharField(_("vehicle"), max_length=60, blank=True)
    team = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("team"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["weekday", "id"]
        constraints = [models.CheckConstraint(condition=Q(weekday__lte=6), name="mobile_route_weekday")]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class Stop(models.Model):
    """A village (or its school) on a route, in driving order.

    `road` says how the road is, and from which month to which it cannot be used: 7 to 10 is July to October, 11 to 2
    goes over the new year.
    """

    class Kind(models.TextChoices):
        VILLAGE = "village", _("Village")
        SCHOOL = "school", _("School")

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="stops")
    village = models.ForeignKey(Village, on_delete=models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind of stop"), max_length=7, choices=Kind.choices, default=Kind.VILLAGE)
    place = models.CharField(_("meeting place"), max_length=80, blank=True)
    road = models.CharField(_("the road"), max_length=160, blank=True)
    closed_from = models.PositiveSmallIntegerField(_("no way from month"), null=True, blank=True)
    closed_to = models.PositiveSmallIntegerField(_("to month"), null=True, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["route", "village"], name="mobile_stop_once"),
            models.CheckConstraint(
                condition=Q(closed_from=None, closed_to=None) | Q(closed_from__range=(1, 12), closed_to__range=(1, 12)),
                name="mobile_stop_months",
            ),
        ]


class SessionQuerySet(models.QuerySet["Session"]):
    """Questions about sessions."""

    def called(self, id: UUID) -> SessionQuerySet:
        """Return the session of this id, also when a tablet gave that id to a session that was there already."""
        return self.filter(models.Q(pk=id) | models.Q(pk__in=SessionAlias.objects.filter(pk=id).values("session")))

    def hold(self, id: UUID) -> Session | None:
        """Mark one session held, whatever it was, and return it locked until the transaction ends.

        One statement: the first check-up of a session must not cost more than the others. Follows `SessionAlias`.
        """
        table, alias = self.model._meta.db_table, SessionAlias._meta.db_table
        key = self.model._meta.pk.get_db_prep_value(id, connections[self.db])
        held = self.raw(
            f"UPDATE {table} SET state = 'held', reason = ''"  # noqa: S608 - our own names
            f" WHERE id = %s OR id IN (SELECT session_id FROM {alias} WHERE id = %s) RETURNING *",
            [key, key],
        )
        return next(iter(held), None)


class Session(Recorded, Synced):
    """The team at one village on one day: planned, held, or cancelled with a reason.

    A session that was moved knows the day it was first planned for, and keeps the reason.
    """

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
    moved_from = models.DateField(_("moved from"), null=True, blank=True)
    moved_why = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    place = models.CharField(_("meeting place"), max_length=80, blank=True)
    vehicle = models.CharField(_("vehicle"), max_length=60, blank=True)
    team = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("team"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["village", "on"], name="mobile_session_once"),
            models.CheckConstraint(
                condition=(Q(state="cancelled") & ~Q(reason="")) | (~Q(state="cancelled") & Q(reason="")),
                name="mobile_cancelled_needs_a_reason",
            ),
            models.CheckConstraint(
                condition=(Q(moved_from=None) & Q(moved_why="")) | (Q(moved_from__isnull=False) & ~Q(moved_why="")),
                name="mobile_moved_needs_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["on"], name="mobile_session_day")]


class SessionAlias(Recorded):
    """An id that a tablet gave to a session which was there already: one village, one day, one session.

    Two tablets in one van both add the stop that no route foresaw; what the second one wrote belongs to the first.
    """

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="aliases")
