"""The log: every change and every look at a person's record, newest first, and the proof that nothing was taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from clinic.models import Patient
from clinic.selectors import people
from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit.models import Entry, Read
from core.errors import RuleBroken
from core.ids import parse_patient_number, patient_number
from core.jobs import work
from core.jobs.tasks import send
from desk.links import address
from desk.verbs import ROOMS, words_for

PAGE = 50
KIND = "audit"  # of the job that proves the chain


@dataclass(frozen=True)
class Asked:
    """What part of the log is wanted; anything unreadable is left out, a record that nobody knows finds nothing."""

    looks: bool = False
    room: str = ""
    by: UUID | None = None
    record: str = ""
    before: int | None = None

    @classmethod
    def of(cls, given: Any) -> Asked:
        """Read a query string."""
        room, before = given.get("room", ""), given.get("before", "")
        return cls(
            looks=given.get("show") == "looks", room=room if room in ROOMS else "", by=_uuid(given.get("by", "")),
            record=given.get("record", "").strip()[:80],
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        )  # fmt: skip

    def rows(self) -> QuerySet[Any]:
        """Return the rows asked for, newest first."""
        found: QuerySet[Any] = Read.objects.order_by("-id") if self.looks else Entry.objects.order_by("-seq")
        if self.by:
            found = found.filter(by=self.by)
        if self.room and not self.looks:
            found = found.filter(verb__startswith=f"{self.room}.")
        if self.record:
            found = found.filter(self._about())
        if self.before is not None:
            found = found.filter(pk__lt=self.before)
        return found.select_related("by")

    def _about(self) -> Q:
        """Return the condition for a record, given by its id or by a person's number."""
        if key := _uuid(self.record):
            about = Q(patient_id=key) | Q(patient_id__in=people.family(key).values("pk"))
            return about if self.looks else about | Q(subject_id=key)
        try:
            number = patient_number(parse_patient_number(self.record))
        except RuleBroken:
            return Q(pk__in=[])
        known = Patient.objects.filter(number=number).values_list("pk", flat=True).first()
        return Q(patient_id__in=people.family(known).values("pk")) if known else Q(pk__in=[])

    def address(self, before: int | None = None) -> str:
        """Return the query string that asks for the same, from another place on."""
        given = {"show": "looks" if self.looks else "", "room": self.room, "by": self.by, "record": self.record}
        return "?" + urlencode({name: value for name, value in (given | {"before": before}).items() if value})


@require_safe
@requires(Action.SEE_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Show changes, or looks at records, filtered by room, colleague and record.

    People are shown by their number: whoever audits need not know who is ill.
    """
    asked = Asked.of(request.GET)
    rows = list(asked.rows()[: PAGE + 1])
    shown, more = rows[:PAGE], len(rows) > PAGE
    patients = Patient.objects.filter(pk__in={row.patient_id for row in shown if row.patient_id})
    numbers = dict(patients.values_list("id", "number"))
    return render(request, "desk/audit.html", {
        "asked": asked, "rooms": ROOMS, "colleagues": User.objects.order_by("name", "username")[:500],
        "rows": [_shown(row, numbers, asked, request.user) for row in shown],
        "changes_url": Asked(by=asked.by, record=asked.record).address(),
        "looks_url": Asked(looks=True, by=asked.by, record=asked.record).address(),
        "older": asked.address(shown[-1].pk) if more else "", "newer": asked.address() if asked.before else "",
    })  # fmt: skip


def _shown(row: Any, numbers: dict[UUID, str], asked: Asked, user: Any) -> dict[str, Any]:
    return {
        "row": row,
        "words": row.what if asked.looks else words_for(row.verb),
        "number": numbers.get(row.patient_id, ""),
        "record": address(user, "desk:record", row.patient_id) if row.patient_id in numbers else "",
        "detail": [] if asked.looks else [(k, v) for k, v in row.detail.items() if k != "also" and v not in ("", None)],
    }


@require_POST
@requires(Action.SEE_AUDIT)
def check(request: HttpRequest) -> HttpResponse:
    """Ask for the proof of the whole chain; it is long work with its own page."""
    with transaction.atomic():
        job, new = work.ask(KIND, by=request.user, key=KIND, language=get_language() or "km")
        if new:
            transaction.on_commit(lambda: send(job))
    return redirect("jobs:job", job.id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
