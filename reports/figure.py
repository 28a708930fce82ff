"""What a figure is: a set of rows, or a sum over rows, with its words and what one unit of it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from reports.sources import ONE, Days, Part, Source
from reports.sources.contacts import CONTACTS, every_contact

Words = str | Promise


class Counts(StrEnum):
    """What one unit of a figure is: different numbers that are never mixed."""

    CONTACTS = "contacts"
    PEOPLE = "people"
    HAND_OUTS = "hand-outs"
    TEETH = "teeth"
    STAYS = "stays"
    DAYS = "days"
    HEADS = "heads"
    TALKS = "talks"
    SESSIONS = "sessions"
    VILLAGES = "villages"
    REFERRALS = "referrals"
    TRIPS = "trips"
    KILOMETRES = "kilometres"
    MONEY = "money"
    PAPERS = "papers"
    CASES = "cases"
    UNITS = "units"
    MEDICINES = "medicines"
    BATCHES = "batches"


COUNTS_WORDS: dict[Counts, Words] = {
    Counts.CONTACTS: _("contacts"),
    Counts.PEOPLE: _("people"),
    Counts.HAND_OUTS: _("hand-outs"),
    Counts.TEETH: _("teeth"),
    Counts.STAYS: _("stays"),
    Counts.DAYS: _("days"),
    Counts.HEADS: _("heads, not names"),
    Counts.TALKS: _("talks"),
    Counts.SESSIONS: _("sessions"),
    Counts.VILLAGES: _("villages"),
    Counts.REFERRALS: _("referrals"),
    Counts.TRIPS: _("trips"),
    Counts.KILOMETRES: _("kilometres"),
    Counts.MONEY: _("money"),
    Counts.PAPERS: _("papers of the books"),
    Counts.CASES: _("cases"),
    Counts.UNITS: _("units of a medicine"),
    Counts.MEDICINES: _("medicines"),
    Counts.BATCHES: _("batches"),
}


@dataclass(frozen=True)
class Figure:
    """One figure; `counted` says which rows of its source it counts in some days, `by` what it is a list over.

    `parts` say what a row counts for, where that is not one. `without` are dimensions of the source that make no sense
    here; `apart` is one whose keys are never added: currencies, medicines.
    """

    name: str
    words: Words
    definition: Words
    counts: Counts
    counted: Callable[[Days], Q] = every_contact
    by: str = ""
    source: Source = CONTACTS
    parts: tuple[Part, ...] = ONE
    without: tuple[str, ...] = ()
    apart: str = ""

    @property
    def counts_words(self) -> Words:
        """Return what one unit is, for a reader."""
        return COUNTS_WORDS[self.counts]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return by what the figure can be told apart and narrowed."""
        names = dict.fromkeys((*self.source.by, *(name for part in self.parts for name in part.keys)))
        return tuple(name for name in names if name not in self.without)

    def keys_of_parts(self, name: str) -> tuple[str, ...]:
        """Return the keys of a dimension in which the parts of a row stand, and not the row; empty for any other."""
        return tuple(dict.fromkeys(part.keys[name] for part in self.parts if name in part.keys))

    def value(self, name: str, key: str) -> Any:
        """Return what a key of a dimension other than month and band is compared with.

        Raises RuleBroken("reports.filter_unknown").
        """
        if keys := self.keys_of_parts(name):
            if key not in keys:
                raise RuleBroken("reports.filter_unknown", field=name, value=key[:60])
            return key
        return self.source.dimensions[name].value(name, key)
