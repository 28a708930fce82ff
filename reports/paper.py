"""What a paper is made of, before it is drawn: one count of a period, the months around it, when and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language, gettext

from core.khmer import format_date
from core.periods import CLINIC_TZ
from reports import tables
from reports.cube import Cube
from reports.naming import is_year, period_words

TOP_CONDITIONS = 15


@dataclass(frozen=True)
class Paper:
    """The paper of a month or a year. Its words are in the language of the moment."""

    cube: Cube
    months: Mapping[str, Mapping[str, int]]
    made_at: datetime
    by: str = ""

    @property
    def title(self) -> str:
        """Return the heading."""
        if is_year(self.cube.period):
            return gettext("Annual results")
        if self.cube.period.first == self.cube.period.last:
            return gettext("Monthly summary")
        return gettext("Summary of several months")

    @property
    def subtitle(self) -> str:
        """Return the period in words."""
        return period_words(self.cube.period)

    @property
    def counted(self) -> str:
        """Return when the figures were counted, and for whom."""
        at = timezone.localtime(self.made_at, CLINIC_TZ)
        when = f"{format_date(at.date(), get_language() or 'km')}, {at:%H:%M}"
        words = gettext("Counted on %(when)s from the records as they were then.") % {"when": when}
        return f"{words} {self.by}".strip()

    @property
    def spans_months(self) -> bool:
        """Return whether the period has more than one month."""
        return self.cube.period.first != self.cube.period.last

    def tables(self) -> list[tables.Table]:
        """Return every table in the order of the sheets."""
        cube = self.cube
        found = [tables.summary(cube), tables.services(cube), tables.ages(cube)]
        if self.spans_months:
            found.append(tables.months(cube))
        found += [tables.hand_outs(cube), tables.conditions(cube)]
        if is_year(cube.period):
            found.append(tables.published_results(cube))
        return [*found, tables.definitions()]
