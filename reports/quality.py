"""How far the figures of some days can be trusted: what came late, ages nobody knows exactly, what is not here yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Func, IntegerField, Max, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.utils.module_loading import import_string

from clinic.models import Encounter
from core.ages import Precision

LATE_AFTER = 7  # days: a sheet of paper keyed in next week is no surprise, one of last month is


class DaysBetween(Func):
    """The days from the second of two columns, a plain day, to the first, an instant, by the clinic's calendar.

    Cambodia is seven hours ahead the whole year; SQLite would call Python for every row to be told the time zone.
    """

    arity, output_field = 2, IntegerField()
    template, arg_joiner = "((%(expressions)s)", " AT TIME ZONE 'Asia/Phnom_Penh')::date - "

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Count in days since noon of 24 November 4714 BC, as SQLite does."""
        join = ", '+7 hours', 'start of day') - julianday("
        return self.as_sql(
            compiler, connection, template="CAST(julianday(%(expressions)s) AS INTEGER)", arg_joiner=join, **context
        )


DAYS_LATE = DaysBetween(F("recorded_at"), F("on"))

# Which contacts of a period each number is of: the figures of the same names ask the same.
LATE = Q(GreaterThan(DAYS_LATE, LATE_AFTER))
UNKNOWN_AGE = Q(age_slot=None)
ESTIMATED_AGE = ~UNKNOWN_AGE & ~Q(patient__birth_precision=Precision.DAY)


@dataclass(frozen=True)
class Tablets:
    """What tablets still keep to themselves, as far as they said, and what a person has to look at. All as of now.

    `inbox` is counted no further than a hundred.
    """

    unsent: int = 0
    records: int = 0
    inbox: int = 0


@dataclass(frozen=True)
class Quality:
    """Out of so many contacts of some days: how many were written down late, how many have no or no exact age."""

    contacts: int
    late: int
    longest: int  # days between a service date and the writing down of that contact
    unknown_ages: int
    estimated_ages: int
    tablets: Tablets

    @property
    def is_whole(self) -> bool:
        """Return whether nothing is known to be missing from the figures."""
        return self.tablets == Tablets()


def of(first: date, last: date, *, now: datetime, which: Q | None = None) -> Quality:
    """Return how far the contacts of some days can be trusted, of all or of those that fit: three statements."""
    rows = Encounter.objects.contacts().filter(which or Q(), on__range=(first, last))
    said = rows.order_by().aggregate(
        contacts=Count("pk"),
        late=Count("pk", filter=LATE),
        longest=Coalesce(Max(DAYS_LATE), 0),
        unknown_ages=Count("pk", filter=UNKNOWN_AGE),
        estimated_ages=Count("pk", filter=ESTIMATED_AGE),
    )
    return Quality(**said, tablets=tablets(now))


def tablets(now: datetime) -> Tablets:
    """Return what is not here yet; the room of the tablets is a stranger to this one and named in the settings."""
    return Tablets(**import_string(settings.TABLETS_TELL)(now))
