"""Who needs a patient card, and which cards were printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.models import CardPrint, Encounter, Patient
from clinic.selectors import people
from core.gather import gather
from core.periods import CLINIC_TZ
from core.places.models import Village

MOST = 100  # people on one list, ten sheets
REGISTERED, SEEN, SEEN_OUTSIDE = "registered", "seen", "outside"
WAYS = (
    (REGISTERED, _("registered")),
    (SEEN, _("seen at the centre")),
    (SEEN_OUTSIDE, _("seen by the mobile team")),
)


def prints_of(patient: Patient) -> list[CardPrint]:
    """Return the cards printed for a person, newest first."""
    return list(CardPrint.objects.filter(patient=patient).select_related("recorded_by").order_by("-id")[:20])


def printed(sheet: UUID) -> list[Patient]:
    """Return whose cards left the printer together, ready for the card, in the order of their names."""
    rows = Patient.objects.filter(card_prints__sheet=sheet).distinct()
    return list(_ready(rows).order_by("village", "family_name_km", "given_name_km", "id"))


def chosen(ids: Iterable[UUID]) -> list[Patient]:
    """Return the people of these ids who live and whose record stands, each with `last_print`."""
    return list(_with_prints(_living().filter(pk__in=list(ids))))


def household(id: UUID) -> list[Patient]:
    """Return who lives in a household, the oldest first, with or without a card."""
    return list(_with_prints(_living().filter(household=id)).order_by("birth_date", "id")[:MOST])


def without_card(*, first: dt.date, last: dt.date, how: str, village: Village | None = None) -> list[Patient]:
    """Return who was registered or seen between two days and has no card yet, at most one more than `MOST`."""
    rows = _living().filter(~Exists(CardPrint.objects.filter(patient=OuterRef("pk"))))
    if how == REGISTERED:
        rows = rows.filter(recorded_at__gte=_midnight(first), recorded_at__lt=_midnight(last + dt.timedelta(days=1)))
    else:
        seen = Encounter.objects.filter(patient=OuterRef("pk"), on__range=(first, last))
        seen = seen.exclude(status=Encounter.Status.VOID)
        outside = Encounter.Kind.OUTREACH
        rows = rows.filter(Exists(seen.filter(kind=outside) if how == SEEN_OUTSIDE else seen.exclude(kind=outside)))
    if village:
        rows = rows.filter(village=village)
    return list(_with_prints(rows).order_by("-id")[: MOST + 1])


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=CLINIC_TZ)


def _living() -> QuerySet[Patient]:
    return Patient.objects.filter(deceased_on=None, merged_into=None)


def _with_prints(rows: QuerySet[Patient]) -> QuerySet[Patient]:
    prints = gather(CardPrint.objects.all(), "patient", at="recorded_at", reason="reason")
    return _ready(rows).annotate(prints=prints)


def _ready(rows: QuerySet[Patient]) -> QuerySet[Patient]:
    return people.with_alerts(rows.select_related("village__commune__district__province"))
