"""What the last proof of the books found, and whether it is too long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Subquery

from core.jobs.models import Job
from core.syncing import Clock
from pharmacy.models import Entry, Move

KIND = "books"  # of the work that proves the books
BEGUN = (("entry", Entry), ("move", Move))  # the first row of either is when there was something to prove
LONGEST = timedelta(hours=48)  # two nights


@dataclass(frozen=True)
class Proof:
    """When the books were last proven, None for never, and what was broken."""

    at: datetime | None
    broken: list[dict[str, str]]
    overdue: bool

    @property
    def alarming(self) -> bool:
        """Return whether somebody has to look."""
        return bool(self.broken) or self.overdue


def last(now: datetime) -> Proof:
    """Return the last proof that came to its end; one statement, two while there has been none.

    Where none has been, it is overdue once the first thing in the books is two nights old.
    """
    ended = Job.objects.filter(kind=KIND, state=Job.State.DONE).order_by("-created_at", "-id")
    if found := ended.values_list("finished_at", "result").first():
        at, result = found
        return Proof(at, result.get("broken", []), at is None or now - at > LONGEST)
    first = {name: Subquery(model._default_manager.order_by("pk").values("recorded_at")[:1]) for name, model in BEGUN}
    begun = [at for row in Clock.objects.annotate(**first).values_list(*first) for at in row if at]
    return Proof(None, [], bool(begun) and now - min(begun) > LONGEST)
