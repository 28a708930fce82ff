"""Health education with who listened, and the kit taken along to a session."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.db import Recorded
from core.places.models import Village
from core.syncing import Synced
from mobile_team.models.rounds import Session


class Education(Recorded, Synced):
    """A talk on hygiene, health or the proper use of medicine, held alone or with the Health Department.

    Who came is counted in `Attendance`: unnamed heads, never mixed with contacts. `brushes` and `pastes` were handed
    to the group.
    """

    class Topic(models.TextChoices):
        TEETH = "teeth", _("Care of the teeth")
        HYGIENE = "hygiene", _("Hygiene and clean hands")
        WATER = "water", _("Clean water and latrines")
        MEDICINE = "medicine", _("Proper use of medicine")
        NUTRITION = "nutrition", _("Food and growth")
        PREGNANCY = "pregnancy", _("Pregnancy and birth")
        WORMS = "worms", _("Worms")
        DENGUE = "dengue", _("Dengue and mosquitoes")
        OTHER = "other", _("Something else")

    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.PROTECT, related_name="talks")
    village = models.ForeignKey(Village, on_delete=models.PROTECT, related_name="+")
    on = models.DateField(_("date"))
    topic = models.CharField(_("topic"), max_length=10, choices=Topic.choices)
    topic_text = models.CharField(_("what exactly"), max_length=120, blank=True)
    place = models.CharField(_("place"), max_length=80, blank=True)
    teachers = models.CharField(_("who taught"), max_length=160, blank=True)
    with_department = models.BooleanField(_("with the Health Department"), default=False)
    brushes = models.PositiveSmallIntegerField(_("toothbrushes handed to the group"), default=0)
    pastes = models.PositiveSmallIntegerField(_("toothpaste handed to the group"), default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(topic="other") | ~Q(topic_text=""), name="mobile_other_topic_named"),
            models.CheckConstraint(condition=Q(brushes__lte=2000) & Q(pastes__lte=2000), name="mobile_talk_handed"),
        ]
        indexes = [models.Index(fields=["-on", "-id"], name="mobile_talk_newest")]


class Attendance(Recorded):
    """How many of one audience listened, by sex and by child or adult."""

    class Audience(models.TextChoices):
        VILLAGERS = "villagers", _("Villagers")
        CHIEF = "chief", _("Village chief")
        LEADERS = "leaders", _("Community leaders")
        PUPILS = "pupils", _("School children")

    HEADS = ("women", "men", "girls", "boys")

    education = models.ForeignKey(Education, on_delete=models.PROTECT, related_name="audiences")
    audience = models.CharField(max_length=10, choices=Audience.choices)
    women = models.PositiveSmallIntegerField(_("women"), default=0)
    men = models.PositiveSmallIntegerField(_("men"), default=0)
    girls = models.PositiveSmallIntegerField(_("girls"), default=0)
    boys = models.PositiveSmallIntegerField(_("boys"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["education", "audience"], name="mobile_audience_once"),
            models.CheckConstraint(
                condition=Q(women__lte=2000) & Q(men__lte=2000) & Q(girls__lte=2000) & Q(boys__lte=2000),
                name="mobile_heads_possible",
            ),
        ]


class KitLine(Recorded, Synced):
    """So many of one thing taken along to a session, and what became of them.

    packed = given + returned + lost; what is given is counted from check-ups and talks where they say it, else told
    here (`given`). The difference is shown, not refused.
    """

    class Item(models.TextChoices):
        BRUSH = "brush", _("Toothbrush")
        PASTE = "paste", _("Toothpaste")
        MEBENDAZOLE = "mebendazole", _("Mebendazole")
        ALBENDAZOLE = "albendazole", _("Albendazole")
        VARNISH = "varnish", _("Fluoride varnish")
        SDF = "sdf", _("Silver diamine fluoride")
        GLOVES = "gloves", _("Gloves (pairs)")
        LEAFLET = "leaflet", _("Leaflet")

    COUNTED = ("brush", "paste", "mebendazole", "albendazole")  # given is counted from check-ups and talks

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="kit")
    item = models.CharField(_("item"), max_length=12, choices=Item.choices)
    packed = models.PositiveIntegerField(_("packed"), default=0)
    given = models.PositiveIntegerField(_("given"), null=True, blank=True)
    returned = models.PositiveIntegerField(_("brought back"), null=True, blank=True)
    lost = models.PositiveIntegerField(_("lost or spoilt"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "item"], name="mobile_kit_line_once"),
            models.CheckConstraint(
                condition=Q(packed__lte=20000)
                & (Q(given=None) | Q(given__lte=20000))
                & (Q(returned=None) | Q(returned__lte=20000))
                & (Q(lost=None) | Q(lost__lte=20000)),
                name="mobile_kit_possible",
            ),
        ]
