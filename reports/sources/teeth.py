"""Check-ups of mouths: the contacts that have one, and what is counted in them.

A tooth counts as the WHO says (mobile_team/rules/dental.py, which reckons one chart); here the database reckons all.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from mobile_team.models import ToothFinding, ToothTreatment
from mobile_team.rules import PERMANENT, PRIMARY
from reports.sources.contacts import CONTACTS, DIMENSIONS, contacts, shown
from reports.sources.source import Days, Part, Shown, Source

SIX, THIRTY = (85 + years for years in (6, 30))  # slots of core.ages: whole years from the fifth on
PARTS = ("decayed", "missing", "filled")


def checkups(days: Days) -> Any:
    """Return the contacts of some days at which a mouth was looked into."""
    return contacts(days).filter(checkup__isnull=False)


def _teeth(dentition: list[int], which: Q) -> Count:
    return Count("checkup__teeth", filter=Q(checkup__teeth__tooth__in=dentition) & which)


def _code(*codes: str) -> Q:
    return Q(checkup__teeth__code__in=codes)


INCISORS = [tooth for tooth in PRIMARY if tooth % 10 <= 2]  # lost from the sixth birthday on, they fell out
_LOST = _code("E") & (Q(age_slot__lt=SIX) | ~Q(checkup__teeth__tooth__in=INCISORS))
PRIMARY_PARTS = tuple(
    Part(_teeth(PRIMARY, which), {"part": part})
    for part, which in zip(PARTS, (_code("B", "C"), _LOST, _code("D")), strict=True)
)
_GONE = _code("4") | (_code("5") & Q(age_slot__gte=THIRTY))
PERMANENT_PARTS = tuple(
    Part(_teeth(PERMANENT, which), {"part": part})
    for part, which in zip(PARTS, (_code("1", "2"), _GONE, _code("3")), strict=True)
)
PUFA = (Part(Count("checkup__teeth", filter=~Q(checkup__teeth__pufa=""))),)
TREATMENTS = tuple(
    Part(Count("checkup__treatments", filter=Q(checkup__treatments__what=what)), {"treatment": what})
    for what in ToothTreatment.What.values
)


def charted(days: Days) -> Q:
    """Keep mouths of which the teeth were charted."""
    return Q(Exists(ToothFinding.objects.filter(checkup=OuterRef("checkup"))))


def decayed(days: Days) -> Q:
    """Keep mouths with a decayed tooth, charted or counted."""
    return Q(checkup__decayed_primary__gt=0) | Q(checkup__decayed_permanent__gt=0)


def treated(days: Days) -> Q:
    """Keep mouths in which something was done, ticked or written."""
    ticked = Exists(ToothTreatment.objects.filter(checkup=OuterRef("checkup")))
    return Q(ticked) | ~Q(checkup__treatment="")


def _shown(row: Any) -> Shown:
    said = shown(row)
    return Shown(said.words, said.more, reverse("mobile_team:checkup", args=[row.checkup.pk]), said.patient_id)


CHECKUPS = Source(checkups, _shown, dimensions=DIMENSIONS, slot="age_slot", related=(*CONTACTS.related, "checkup"))
