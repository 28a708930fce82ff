"""Make the files of a report that the clock asked for: one pair for each role that reads it."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext

from core.jobs import work
from core.jobs.models import Job
from reports import questions
from reports.building import build
from reports.csvs import as_csv
from reports.rights import OUTSIDE, visible
from reports.xlsx import workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


def make(job: Job, *, at: datetime) -> None:
    """Count once for each different view and write it for each role; raises work.Stopped, RuleBroken.

    The label of a file is the role that may take it. A role that sees none of the figures gets no file.
    """
    asked, due = questions.read(job.params["question"]), date.fromisoformat(job.params["due"])
    roles, made = job.params["roles"], {}
    for done, role in enumerate(roles):
        work.progress(job, done, len(roles), gettext("Counting"))
        seen, outside = visible(role, asked.figures), role in OUTSIDE
        if not seen:
            continue
        if (seen, outside) not in made:
            built = build(asked.only(seen), name=job.params["name"], today=due, at=at, for_outside=outside)
            with translation.override(job.params["language"]):
                made[seen, outside] = workbook(built), as_csv(built)
        sheets, lines = made[seen, outside]
        work.keep(job, f"{role}.xlsx", sheets, XLSX, label=role)
        work.keep(job, f"{role}.csv", lines, CSV, label=role)
    work.progress(job, len(roles), len(roles), gettext("Ready"))
    work.finish(job)


def file_name(name: str, day: date, kind: str) -> str:
    """Return a name for a download that any computer keeps: letters of any script, no signs."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "report"
    return f"{stem}-{day}.{kind}"
