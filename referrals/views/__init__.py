"""Pages of the referral desk: referrals and their way, trips and the vehicles."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone

from core.errors import RuleBroken
from core.periods import Month, local_day


def key(text: str) -> UUID | None:
    """Read an id from an address; none when there is none. Raises Http404 for anything else."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def month_of(request: HttpRequest) -> Month:
    """Return the month asked for, this one when it cannot be read."""
    try:
        return Month.parse(request.GET.get("month", ""))
    except RuleBroken:
        return Month.of(local_day(timezone.now()))
