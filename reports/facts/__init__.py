"""What a paper says besides contacts, gathered once from the rooms that know it, so that all its tables agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.periods import Period, local_day
from reports import quality
from reports.asking import Span, ask
from reports.facts import care, rounds, supply

__all__ = ["Facts", "gather"]


@dataclass(frozen=True)
class Facts:
    """The facts of some days; each part says what it holds."""

    span: Span
    new_patients: Mapping[str, int]  # by service
    dental: care.Dental
    talks: Mapping[str, tuple[care.Heads, int]]
    referrals: care.Referrals
    road: care.Road
    stock: supply.Stock
    funds: list[supply.Kept]
    gifts: list[supply.Gifts]
    purchases: int
    aid: supply.Aid
    villages: list[rounds.Reached]
    quality: quality.Quality


def gather(period: Period, *, now: datetime) -> Facts:
    """Return the facts of a period. The number of statements does not grow with what there is."""
    span, today = Span.of(period), local_day(now)
    # What is told as of the last day is told as of today while that day has not come.
    until = Span(span.first, min(span.last, today)) if span.first <= today else span
    return Facts(
        span=span,
        new_patients=ask("new_patients", span, by=("service",)).along("service"),
        dental=care.dental(span),
        talks=care.talks(span),
        referrals=care.referrals(until),
        road=care.driven(span),
        stock=supply.stock(until),
        funds=supply.funds(span),
        gifts=supply.gifts(span),
        purchases=supply.purchases(span),
        aid=supply.aid(span),
        villages=rounds.villages(span),
        quality=quality.of(span.first, span.last, now=now),
    )
