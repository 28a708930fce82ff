"""What a paper is made of, before it is drawn: one count of a period, what is said besides, when and by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language, gettext

from core.ages import BandSet
from core.khmer import format_date
from core.periods import CLINIC_TZ, Period
from reports import facts, selectors, tables
from reports.cube import Cube
from reports.differences import Difference
from reports.facts import Facts
from reports.naming import is_year, period_words
from reports.snapshot import snapshot
from reports.tables import Table
from reports.tallies import touched

TOP_CONDITIONS = 15


@dataclass(frozen=True)
class Seal:
    """What an issued paper says of itself: its revision, the hash of its figures, why it was issued again."""

    revision: int
    sha256: str
    reason: str = ""
    differences: Sequence[Difference] = ()


@dataclass(frozen=True)
class Paper:
    """The paper of a month or a year: a draft, or issued when it has a seal. It speaks the language of the moment.

    `facts` are what it says besides contacts; `by` is empty when the clock made it.
    """

    cube: Cube
    months: Mapping[str, Mapping[str, int]]
    made_at: datetime
    by: str = ""
    facts: Facts | None = None
    seal: Seal | None = None

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
        if self.seal:
            words = gettext("Revision %(revision)d, issued on %(when)s.") % {
                "revision": self.seal.revision, "when": when,
            }  # fmt: skip
        else:
            words = gettext("Counted on %(when)s from the records as they were then.") % {"when": when}
        return f"{words} {self.by}".strip()

    @property
    def spans_months(self) -> bool:
        """Return whether the period has more than one month."""
        return self.cube.period.first != self.cube.period.last

    def tables(self) -> list[Table]:
        """Return every table in the order of the sheets."""
        cube = self.cube
        found = [tables.restatement(self.seal.differences)] if self.seal and self.seal.revision > 1 else []
        found += [tables.summary(cube), tables.services(cube), tables.ages(cube)]
        if self.spans_months:
            found.append(tables.months(cube))
        found += [tables.hand_outs(cube), tables.conditions(cube)]
        if is_year(cube.period):
            found.append(tables.published_results(cube))
        found += self.besides()
        return [*found, tables.definitions(found)]

    def besides(self, top: int | None = None) -> list[Table]:
        """Return the tables of what is said besides contacts; of long lists the first `top` lines."""
        if self.facts is None:
            return []
        cube, found = self.cube, self.facts
        return [
            tables.people(cube, found), tables.care(found),
            tables.teeth(cube, found), tables.dental_care(found),
            tables.talks(found), tables.villages(cube, found),
            tables.referrals(found), tables.trips(found), tables.road(found),
            tables.stock(found), tables.stock_outs(found, top), tables.expiring(found, top),
            tables.gifts(found), tables.funds(found), tables.aid(found),
            tables.quality(cube, found),
        ]  # fmt: skip


def paper_of(period: Period, bands: BandSet, *, at: datetime, by: str = "") -> Paper:
    """Count a period and gather what its paper says, as the records are now."""
    with snapshot():
        log = touched.look()
        return Paper(
            cube=selectors.count(period, bands, log),
            months=selectors.trend(period.last, max(len(period.months()), 12), log),
            made_at=at,
            by=by,
            facts=facts.gather(period, now=at, log=log),
        )
