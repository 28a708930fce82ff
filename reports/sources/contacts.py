"""Contacts of patients with the centre: each once under one service."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from clinic.models import Admission, Diagnosis, EquityLevel, Identifier
from clinic.models.encounter import Encounter
from reports.cube import SERVICES, SEXES
from reports.sources.source import NONE, Days, Dimension, Shown, Source
from reports.sources.words import joined, person_words

NEW, KNOWN = "new", "known"
CASES = ("new", "follow_up")
UNSAID = "unsaid"  # an equity card on which nobody wrote the level


def contacts(days: Days) -> Any:
    """Return every contact whose service date lies in the days, each once under one service."""
    return Encounter.objects.contacts().filter(on__range=(days.first_day, days.last_day))


def every_contact(days: Days) -> Q:
    """Leave nothing out."""
    return Q()


def _before(rows: Any) -> Exists:
    """Return whether the person had one of these contacts earlier; of two on one day the one recorded first."""
    earlier = Q(on__lt=OuterRef("on")) | Q(on=OuterRef("on"), id__lt=OuterRef("id"))
    return Exists(rows.filter(earlier, patient=OuterRef("patient")))


def first_in_the_days(days: Days) -> Q:
    """Keep one contact a person: the earliest of these days."""
    return Q(~_before(contacts(days)))


def first_ever(days: Days) -> Q:
    """Keep the first contact a person ever had with the centre; the days do not bound what came before."""
    return Q(~_before(Encounter.objects.contacts()))


def first_admission_ever(days: Days) -> Q:
    """Keep stays before which the patient had no other; the days do not bound what came before it."""
    began = "admission__admitted_on"
    earlier = Admission.objects.filter(
        Q(admitted_on__lt=OuterRef(began)) | Q(admitted_on=OuterRef(began), id__lt=OuterRef("admission__id")),
        patient=OuterRef("patient"), void=False,
    ).exclude(encounter__status=Encounter.Status.VOID)  # fmt: skip
    return Q(kind=Encounter.Kind.INPATIENT, admission__void=False) & Q(~Exists(earlier))


def with_a_condition(days: Days) -> Q:
    """Keep contacts with a diagnosis."""
    return Q(Exists(Diagnosis.objects.filter(encounter=OuterRef("pk"))))


def equity_level() -> Coalesce:
    """Return the level of the equity card that held for the person on the day of the contact.

    Their own card, else one of the household in which they live now: the one written last of those that were valid on
    that day as far as their dates are known. "unsaid" for a card without a level, "none" without a card. Two questions,
    each out of an index: put as one, every card is read for every contact.
    """
    on = OuterRef("on")
    holds = (Q(issued_on=None) | Q(issued_on__lte=on)) & (Q(valid_until=None) | Q(valid_until__gte=on))
    cards = Identifier.objects.filter(holds, kind=Identifier.Kind.EQUITY).order_by("-id")
    said = Case(When(level="", then=Value(UNSAID)), default=F("level"), output_field=CharField())
    own = cards.filter(patient=OuterRef("patient"))
    family = cards.filter(patient__household=OuterRef("patient__household"), patient__merged_into=None)
    return Coalesce(*(Subquery(rows.values(level_said=said)[:1]) for rows in (own, family)), Value(NONE))


def _visit() -> Case:
    earlier = _before(Encounter.objects.contacts())
    return Case(When(earlier, then=Value(KNOWN)), default=Value(NEW), output_field=CharField())


def _case() -> Case:
    return Case(When(new_case=True, then=Value("new")), default=Value("follow_up"), output_field=CharField())


DIMENSIONS = {
    "service": Dimension("kind", SERVICES),
    "sex": Dimension("patient__sex", SEXES),
    "village": Dimension("village_id", numbered=True),
    "commune": Dimension("village__commune_id", numbered=True),
    "district": Dimension("village__commune__district_id", numbered=True),
    "condition": Dimension("diagnoses__condition__key", several=True),
    "case": Dimension(_case(), CASES),
    "visit": Dimension(_visit(), (NEW, KNOWN)),
    "equity": Dimension(equity_level(), (*EquityLevel.values, UNSAID, NONE)),
    "route": Dimension("checkup__session__route_id", numbered=True),
}


def shown(row: Any) -> Shown:
    """Tell a contact by whose it is."""
    more = joined(person_words(row.patient, row.on), row.get_kind_display(), row.village)
    return Shown(row.patient.name, more, reverse("desk:record", args=[row.patient_id]), row.patient_id)


CONTACTS = Source(contacts, shown, dimensions=DIMENSIONS, slot="age_slot", related=("patient", "village"))
