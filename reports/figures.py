"""The one table of figures: its name, its words, what it counts, and which contacts it counts.

Every figure is a set of contacts, one for each thing counted, so the number and the list behind it come from the
same row of this table: screens, papers, Excel, REST and the command line all read it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.models import Admission, Encounter
from core.periods import Period

Words = str | Promise


class Counts(StrEnum):
    """What one unit of a figure is: four different numbers that are never mixed."""

    CONTACTS = "contacts"
    PEOPLE = "people"
    HAND_OUTS = "hand-outs"


COUNTS_WORDS: dict[Counts, Words] = {
    Counts.CONTACTS: _("contacts"),
    Counts.PEOPLE: _("people"),
    Counts.HAND_OUTS: _("hand-outs"),
}


@dataclass(frozen=True)
class Figure:
    """One figure; `counted` says which contacts of a period it counts, `by` the dimension it is a list over."""

    name: str
    words: Words
    definition: Words
    counts: Counts
    counted: Callable[[Period], Q]
    by: str = ""

    @property
    def counts_words(self) -> Words:
        """Return what one unit is, for a reader."""
        return COUNTS_WORDS[self.counts]


def contacts(period: Period) -> Any:
    """Return every contact whose service date lies in the period, each once under one service."""
    return Encounter.objects.contacts().filter(on__range=(period.first_day, period.last_day))


def _every_contact(period: Period) -> Q:
    return Q()


def _first_in_the_period(period: Period) -> Q:
    """Keep one contact a person: the earliest, and of two on one day the one recorded first."""
    earlier = contacts(period).filter(
        Q(on__lt=OuterRef("on")) | Q(on=OuterRef("on"), id__lt=OuterRef("id")), patient=OuterRef("patient")
    )
    return Q(~Exists(earlier))


def _first_admission_ever(period: Period) -> Q:
    """Keep stays before which the patient had no other; the period does not bound what came before it."""
    began = "admission__admitted_on"
    earlier = Admission.objects.filter(
        Q(admitted_on__lt=OuterRef(began)) | Q(admitted_on=OuterRef(began), id__lt=OuterRef("admission__id")),
        patient=OuterRef("patient"), void=False,
    ).exclude(encounter__status=Encounter.Status.VOID)  # fmt: skip
    return Q(kind=Encounter.Kind.INPATIENT, admission__void=False) & Q(~Exists(earlier))


def _with_yes(field: str) -> Callable[[Period], Q]:
    def counted(period: Period) -> Q:
        return Q(**{f"checkup__{field}": True})

    return counted


def _with_a_condition(period: Period) -> Q:
    return Q(diagnoses__isnull=False)


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "patients_assessed",
            _("Patients assessed"),
            _(
                "Contacts of every service by their date: each visit, each stay and each check-up counts once. An "
                "out-patient visit that ended in admission is counted once, as hospitalised. The same person may be "
                "counted several times."
            ),
            Counts.CONTACTS,
            _every_contact,
        ),
        Figure(
            "people_reached",
            _("People reached"),
            _(
                "Different persons with at least one contact in the period, each counted once, by age and service of "
                "their first contact in it. The months do not add up to the year."
            ),
            Counts.PEOPLE,
            _first_in_the_period,
        ),
        Figure(
            "new_patients_admitted",
            _("New patients admitted"),
            _("Patients whose first admission here ever began in the period. They are part of the hospitalised."),
            Counts.PEOPLE,
            _first_admission_ever,
        ),
        Figure(
            "dental_education",
            _("Dental education"),
            _("Check-ups of the mobile team at which dental education was given."),
            Counts.HAND_OUTS,
            _with_yes("dental_education"),
        ),
        Figure(
            "toothbrushes_given",
            _("Toothbrushes given"),
            _("Check-ups of the mobile team at which a toothbrush was given."),
            Counts.HAND_OUTS,
            _with_yes("toothbrush"),
        ),
        Figure(
            "toothpaste_given",
            _("Toothpaste given"),
            _("Check-ups of the mobile team at which toothpaste was given."),
            Counts.HAND_OUTS,
            _with_yes("toothpaste"),
        ),
        Figure(
            "contacts_by_condition",
            _("Contacts by condition"),
            _(
                "Contacts with the condition among their diagnoses. A contact with two diagnoses stands under both, so "
                "the conditions do not add up to the contacts."
            ),
            Counts.CONTACTS,
            _with_a_condition,
            by="condition",
        ),
    )
}

# Those with one number for every month, service, age and sex; the others are lists over a dimension of their own.
COUNTED = [figure for figure in FIGURES.values() if not figure.by]
HAND_OUTS = [figure.name for figure in COUNTED if figure.counts is Counts.HAND_OUTS]
