"""Care that has rows of its own: stays that ended, days in bed, doses that prevent, care in pregnancy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from clinic.models import Admission, AntenatalContact, DischargeType, Encounter, Outcome, PreventiveDose
from core.periods import Month
from reports.cube import SEXES
from reports.sources import contacts
from reports.sources.source import NONE, Days, Dimension, Line, Shown, Source
from reports.sources.words import joined, person_words
from reports.spans import Span

DAY = timedelta(days=1)


def _stays() -> Any:
    return Admission.objects.filter(void=False).exclude(encounter__status=Encounter.Status.VOID)


def _discharged(span: Span) -> Any:
    return _stays().filter(discharged_on__range=(span.first, span.last))


def died(span: Any) -> Q:
    """Keep stays that ended with death, said as the way of leaving or as the outcome."""
    return Q(discharge_type=DischargeType.DECEASED) | Q(outcome=Outcome.DECEASED)


def _stay(row: Any) -> Shown:
    more = joined(
        person_words(row.patient, row.admitted_on), row.get_discharge_type_display(), row.get_outcome_display()
    )
    return Shown(row.patient.name, more, reverse("clinic:admission", args=[row.pk]), row.patient_id)


_STAY = {
    "sex": Dimension("patient__sex", SEXES),
    "village": Dimension("encounter__village_id", numbered=True),
    "commune": Dimension("encounter__village__commune_id", numbered=True),
    "district": Dimension("encounter__village__commune__district_id", numbered=True),
}
DISCHARGES = Source(
    _discharged, _stay, "discharged_on", slot="encounter__age_slot", related=("patient",),
    dimensions=_STAY | {
        "discharge": Dimension("discharge_type", tuple(DischargeType.values)),
        "outcome": Dimension("outcome", tuple(Outcome.values)),
    },
)  # fmt: skip


def _days_in_bed(span: Span) -> Iterator[Line]:
    """Tell the days of each stay, month by month: from the first up to the day of leaving, which counts no more.

    A stay that ends on the day on which it began is one day. Of those still here the days until now are told.
    """
    here = Q(discharged_on=None) | Q(discharged_on__gte=span.first)
    rows = _stays().filter(here, admitted_on__lte=span.known).select_related("patient", "encounter")
    for row in rows.order_by("admitted_on", "pk"):
        end = max(row.discharged_on, row.admitted_on + DAY) if row.discharged_on else span.known + DAY
        begin, end = max(row.admitted_on, span.first), min(end, span.known + DAY)
        while begin < end:
            month = Month.of(begin)
            until = min(end, month.last + DAY)
            keys = {"sex": row.patient.sex, "village": str(row.encounter.village_id or NONE)}
            yield Line(begin, f"{row.pk}", _stay(row), (until - begin).days, keys, row.encounter.age_slot)
            begin = until


BED_DAYS = Source(lines=_days_in_bed, slot="encounter__age_slot", dimensions={
    name: _STAY[name] for name in ("sex", "village")
})  # fmt: skip


def _doses(span: Span) -> Any:
    return PreventiveDose.objects.filter(on__range=(span.first, span.last), void_reason="")


def _dose(row: Any) -> Shown:
    more = joined(person_words(row.patient, row.on), row.get_what_display(), row.dose)
    return Shown(row.patient.name, more, reverse("desk:record", args=[row.patient_id]), row.patient_id)


DOSES = Source(
    _doses, _dose, slot="encounter__age_slot", related=("patient",),
    dimensions={
        "item": Dimension("what", tuple(PreventiveDose.What.values)),
        "sex": Dimension("patient__sex", SEXES),
        "village": Dimension(Coalesce("encounter__village_id", "patient__village_id"), numbered=True),
    },
)  # fmt: skip


def _antenatal(days: Days) -> Any:
    return contacts.contacts(days).filter(antenatal__isnull=False, antenatal__pregnancy__void_reason="")


def _place_in_the_pregnancy() -> Any:
    """Return which of the contacts of its pregnancy this one is: 1, 2, 3 …; the days do not bound those before."""
    earlier = Q(encounter__on__lt=OuterRef("on")) | Q(encounter__on=OuterRef("on"), encounter__lt=OuterRef("pk"))
    rows = AntenatalContact.objects.filter(earlier, pregnancy=OuterRef("antenatal__pregnancy"))
    standing = rows.exclude(encounter__status=Encounter.Status.VOID).order_by().values("pregnancy")
    return Coalesce(Subquery(standing.annotate(n=Count("pk")).values("n")), Value(0)) + Value(1)


ANTENATAL = Source(
    _antenatal, contacts.shown, slot="age_slot", related=("patient", "village"),
    dimensions={
        name: contacts.DIMENSIONS[name] for name in ("service", "sex", "village", "commune", "district", "equity")
    } | {"number": Dimension(_place_in_the_pregnancy(), numbered=True)},
)  # fmt: skip
