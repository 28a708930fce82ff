"""Questions about issued papers: the newest of a period, its revisions, what is due."""

from __future__ import annotations

import datetime as dt
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from core.periods import CLINIC_TZ, Month, Period, Year
from reports import selectors
from reports.models import Issue, IssueFile

HOUR = 5  # on the first of the month, at the clinic: before anybody is there
CATCH_UP = dt.timedelta(days=7)  # a laptop that was off on the first issues a few days late; later, people decide
MOST = 200
BACK = 12  # months that are looked at for papers nobody issued


def kind_of(period: Period) -> str:
    """Return which paper a period has: of a month, of a year, or none."""
    if period.first == period.last:
        return Issue.Kind.MONTH
    return Issue.Kind.YEAR if period == Year.of(period.first_day).period else ""


def _light() -> QuerySet[Issue]:
    return Issue.objects.select_related("recorded_by")


def newest(kind: str, first: date) -> Issue | None:
    """Return the newest revision of a paper with its figures, None while nothing was issued. One statement."""
    return _light().filter(kind=kind, first=first).order_by("-revision").first()


def revision(kind: str, first: date, number: int) -> Issue | None:
    """Return one revision of a paper."""
    return _light().filter(kind=kind, first=first, revision=number).first()


def revisions(kind: str, first: date) -> list[Issue]:
    """Return every revision of a paper without its figures, the newest first. One statement."""
    return list(_light().filter(kind=kind, first=first).defer("figures", "restated").order_by("-revision")[:MOST])


def issue(id: UUID) -> Issue | None:
    """Return one issue with its figures."""
    return _light().filter(pk=id).first()


def files(issue_id: UUID) -> list[IssueFile]:
    """Return the files of an issue without their content, Khmer first."""
    found = IssueFile.objects.filter(issue=issue_id).defer("content")
    return sorted(found, key=lambda file: ({"km": 0, "en": 1}.get(file.language, 2), file.name))


def file(issue_id: UUID, name: str) -> IssueFile | None:
    """Return one file of an issue, as it was issued."""
    return IssueFile.objects.filter(issue=issue_id, name=name).first()


def of_year(year: Year) -> dict[str, int]:
    """Return the newest revision of each month's paper ("2026-03") and of the year's ("2026"). One statement."""
    rows = Issue.objects.filter(first__range=(year.first, year.last)).order_by("revision")
    return {
        (year.text if kind == Issue.Kind.YEAR else Month.of(first).text): number
        for kind, first, number in rows.values_list("kind", "first", "revision")
    }


def due(now: dt.datetime) -> list[tuple[str, date]]:
    """Return the papers that the clock issues now: (kind, first day), the month before the year.

    The month that is over is issued on the first at five in the morning, in January the year too; for some days
    after that, when nobody was there. A centre that had no contact until then has nothing to say.
    """
    here = now.astimezone(CLINIC_TZ)
    this = Month.of(here.date())
    from_ = dt.datetime.combine(this.first, dt.time(HOUR), CLINIC_TZ)
    if not from_ <= here < from_ + CATCH_UP:
        return []
    over = this.previous()
    began = selectors.first_day()
    if began is None or began > over.last:
        return []
    wanted = [(str(Issue.Kind.MONTH), over.first)]
    if over.number == 12:
        wanted.append((str(Issue.Kind.YEAR), Year.of(over.first).first))
    return [(kind, first) for kind, first in wanted if newest(kind, first) is None]


def waiting(today: date) -> list[Period]:
    """Return what is over and was never issued, of the last twelve months and the year before: newest first.

    What lies before the first contact has nothing to say. Two statements.
    """
    this, year = Month.of(today), Year.of(today).previous()  # twelve months never reach back beyond that year
    began = selectors.first_day()
    if began is None:
        return []
    there = set(Issue.objects.filter(first__gte=year.first).values_list("kind", "first").distinct())
    months: list[Period] = []
    month = this.previous()
    while len(months) < BACK and month.last >= began:
        months.append(Period(month, month))
        month = month.previous()
    years = [year.period] if year.last >= began else []
    return [period for period in [*months, *years] if (kind_of(period), period.first_day) not in there]
