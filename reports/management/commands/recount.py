"""`manage.py recount`: count the tallies of some months again from the records, or only hold them against these."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Max, Min
from django.utils import timezone, translation

from clinic.models import Encounter
from core.errors import RuleBroken
from core.jobs.tasks import send
from core.periods import Month, Period, Year
from core.words import say
from reports.naming import period_named
from reports.tallies import keeping, proving, recounting


class Command(BaseCommand):
    """Month by month in this process, everything in one pass, or a year at a time by all workers at once."""

    help = "Count tallies again from the records, all or some months; then hold them against the records."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare which months, and how."""
        parser.add_argument("--from", dest="first", default="", metavar="YYYY-MM", help="the first month; else all")
        parser.add_argument("--to", dest="last", default="", metavar="YYYY-MM", help="the last month; else the first")
        parser.add_argument("--check", action="store_true", help="count nothing again, only compare")
        parser.add_argument("--workers", action="store_true", help="hand whole years to the Celery workers")

    def handle(self, *, first: str, last: str, check: bool, workers: bool, **options: Any) -> None:
        """Count, compare, and end with 1 where they differ."""
        with translation.override("en"):
            try:
                months = period_named(first, last).months() if first else _all_months()
            except RuleBroken as error:
                raise CommandError(say(error), returncode=2) from error
            if workers:
                self._hand_over(sorted({Year(str(month.year)) for month in months}))
                return
            if not check:
                self._count(months, everything=not first)
            keeping.keep_up()  # what else the log holds, and what followed in other months
            differences = 0
            for made in proving.prove(months, at=timezone.now()):
                differences += made.differences
                if made.differences:
                    self.stdout.write(f"{made.first:%Y-%m}: {made.differences} lines differ from the records")
        if differences:
            raise CommandError(f"{differences} lines of tallies differ from the records.", returncode=1)
        self.stdout.write("The tallies agree with the records.")

    def _count(self, months: list[Month], *, everything: bool) -> None:
        if everything and keeping.in_one_pass(len(months)):
            keeping.count_all()
            self.stdout.write(f"{months[0]} to {months[-1]}: all counted")
            return
        for month in months:
            self.stdout.write(f"{month}: {recounting.count(month)} days counted")

    def _hand_over(self, years: list[Year]) -> None:
        for year in years:
            job = recounting.ask(year=year, by=None)
            words = "handed to the workers" if send(job) else "waits: no broker answers"
            self.stdout.write(f"{year}: {words} ({job.id})")


def _all_months() -> list[Month]:
    """Return every month from the first contact to the last one."""
    found = Encounter.objects.aggregate(first=Min("on"), last=Max("on"))
    if found["first"] is None:
        return []
    return Period(Month.of(found["first"]), Month.of(found["last"])).months()
