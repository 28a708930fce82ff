"""The one table of figures: its name, its words, what it counts, and which rows it counts.

Every figure is a set of rows, one for each thing counted, or a sum over rows, so the number and the list behind it
come from the same row of this table: screens, papers, Excel, REST and the command line all read it here, through
`reports.asking`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.sources import Days, Source
from reports.sources.contacts import (
    CONTACTS,
    contacts,
    every_contact,
    first_admission_ever,
    first_ever,
    first_in_the_days,
    with_a_condition,
)

__all__ = ["COUNTED", "COUNTS_WORDS", "FIGURES", "HAND_OUTS", "Counts", "Figure", "contacts"]

Words = str | Promise


class Counts(StrEnum):
    """What one unit of a figure is: different numbers that are never mixed."""

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
    """One figure; `counted` says which rows of its source it counts in some days, `by` what it is a list over.

    `amount` is an aggregate where a row counts for more or less than one. `without` are dimensions of the source that
    make no sense here; `apart` is one whose keys are never added: currencies, medicines.
    """

    name: str
    words: Words
    definition: Words
    counts: Counts
    counted: Callable[[Days], Q] = every_contact
    by: str = ""
    source: Source = CONTACTS
    amount: Any = None
    without: tuple[str, ...] = ()
    apart: str = ""

    @property
    def counts_words(self) -> Words:
        """Return what one unit is, for a reader."""
        return COUNTS_WORDS[self.counts]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return by what the figure can be told apart and narrowed."""
        return tuple(name for name in self.source.by if name not in self.without)


def _with_yes(field: str) -> Callable[[Days], Q]:
    def counted(days: Days) -> Q:
        return Q(**{f"checkup__{field}": True})

    return counted


def _new_case(days: Days) -> Q:
    return Q(new_case=True)


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
        ),
        Figure(
            "people_reached",
            _("People reached"),
            _(
                "Different persons with at least one contact in the period, each counted once, by age and service of "
                "their first contact in it. The months do not add up to the year."
            ),
            Counts.PEOPLE,
            first_in_the_days,
            without=("condition", "case"),
        ),
        Figure(
            "new_patients",
            _("New patients"),
            _(
                "Persons whose first contact ever with the centre lies in the period. They are part of the people "
                "reached."
            ),
            Counts.PEOPLE,
            first_ever,
            without=("condition", "case", "visit"),
        ),
        Figure(
            "new_cases",
            _("New cases"),
            _("Contacts that begin an episode of illness. A follow-up of the same episode is not a new case."),
            Counts.CONTACTS,
            _new_case,
            without=("case",),
        ),
        Figure(
            "new_patients_admitted",
            _("New patients admitted"),
            _("Patients whose first admission here ever began in the period. They are part of the hospitalised."),
            Counts.PEOPLE,
            first_admission_ever,
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
            with_a_condition,
            by="condition",
        ),
    )
}

# The figures of the cube (contract 1): those with one number for every month, service, age and sex.
COUNTED = [
    FIGURES[name]
    for name in (
        "patients_assessed", "people_reached", "new_patients_admitted", "dental_education", "toothbrushes_given",
        "toothpaste_given",
    )
]  # fmt: skip
HAND_OUTS = [figure.name for figure in COUNTED if figure.counts is Counts.HAND_OUTS]
