"""What a paper says besides contacts, asked once, so that all its tables agree.

Numbers are figures (`reports.figures`), asked as everywhere. Lists of things and what is no figure come beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from core.ages import BAND_SETS
from core.periods import Period, local_day
from mobile_team.models import Education
from pharmacy.models import Entry, Fund, Medicine
from pharmacy.selectors import levels
from pharmacy.selectors.supply import LATER as SOON
from referrals.models import Hospital
from referrals.selectors import road
from reports import quality
from reports.asking import Answer, Question, ask_together
from reports.facts import rounds
from reports.spans import Span
from reports.tallies.touched import Log

__all__ = ["INDEX_AGES", "Facts", "gather"]

INDEX_AGES = BAND_SETS["dental"]

# Every figure that the tables besides the contacts say, and by what it is told apart.
ASKED: dict[str, tuple[str, ...]] = {
    "new_patients": ("service",),
    "mouths_with_decay": ("band",),
    "mouths_charted": ("band",),
    "dmft_primary": ("band",),
    "dmft_permanent": ("band",),
    "mouths_in_pain": ("sex",),
    "mouths_treated": ("sex",),
    "advised_to_come": ("sex",),
    "discharges": ("sex",),
    "deaths_in_care": ("sex",),
    "antenatal_contacts": ("sex",),
    "preventive_doses": ("item", "sex"),
    "talks_held": ("topic",),
    "heads_taught": ("topic", "sex", "grown"),
    "group_toothbrushes": ("topic",),
    "group_toothpaste": ("topic",),
    "villages_planned": (),
    "villages_reached": (),
    "referrals": ("hospital", "state"),
    "referrals_answered": ("hospital",),
    "referrals_unanswered": ("hospital",),
    "trips": ("purpose",),
    "trip_kilometres": ("purpose",),
    "receipts": ("source", "currency"),
    "donations": ("fund", "source", "currency"),
    "purchases": (),
    "medicine_bought": ("fund", "currency"),
    "cash_differences": ("fund", "currency"),
    "aid_paid": ("fund", "kind", "currency"),
    "aid_by_equity_fund": ("kind", "currency"),
    "aid_cases": (),
    "people_helped": (),
    "stock_value": ("currency",),
    "days_out": ("medicine",),
    "batches_expiring": (),
    "batches_expired": (),
}


@dataclass(frozen=True)
class Facts:
    """The facts of some days: answers by figure, the money that was there before, and what is no figure."""

    span: Span
    answers: Mapping[str, Answer]
    balances: tuple[Answer, Answer]  # of the funds, before the first day and at the end of the last
    changed: Mapping[tuple[str, str], int]  # money exchanged, by fund and currency, what came in above nothing
    together: Mapping[str, int]  # talks held with the Health Department, by topic
    fuel: road.Travelled
    waits: Any
    lying: list[levels.Lying]  # what expires within six months of the last day, or has
    villages: list[rounds.Reached]
    quality: quality.Quality
    named: Mapping[str, Mapping[str, Any]]  # hospitals, funds and medicines by their key


def gather(period: Period, *, now: datetime, log: Log | None = None) -> Facts:
    """Return the facts of a period. The number of statements does not grow with what there is."""
    span = Span.of(period, local_day(now))
    day_before = Span(span.first - timedelta(days=1), span.first - timedelta(days=1))
    questions = [Question(name, span, by=by) for name, by in ASKED.items()]
    questions += [Question("fund_balance", when, by=("fund", "currency")) for when in (day_before, span)]
    *found, before, at_the_end = ask_together(questions, INDEX_AGES, log)
    answers = dict(zip(ASKED, found, strict=True))
    when: Any = span
    return Facts(
        span=span,
        answers=answers,
        balances=(before, at_the_end),
        changed=_changed(span),
        together=_together(span),
        fuel=road.trips_total(when),
        waits=road.waits(when),
        lying=[one for one in levels.lying(span.known) if one.batch.expires_on <= span.known + SOON],
        villages=rounds.villages(span),
        quality=quality.of(span.first, span.last, now=now),
        named={
            "hospital": {str(row.pk): row for row in Hospital.objects.all()},
            "fund": {row.pk: row for row in Fund.objects.all()},
            "medicine": {
                str(row.pk): row for row in Medicine.objects.filter(pk__in=answers["days_out"].along("medicine"))
            },
        },
    )


def _changed(span: Span) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for side, sign in (("credit", 1), ("debit", -1)):
        rows: Any = Entry.objects.filter(
            on__range=(span.first, span.last), **{f"{side}__code__startswith": "exchange-"}
        )
        sums = rows.order_by().values_list(f"{side}__fund", "currency").annotate(n=Sum("minor"))
        for fund, currency, minor in sums:
            found[fund, currency] += sign * minor
    return dict(found)


def _together(span: Span) -> dict[str, int]:
    rows = Education.objects.filter(on__range=(span.first, span.last), void_reason="", with_department=True)
    found: dict[str, int] = {}
    for topic in rows.values_list("topic", flat=True):
        found[topic] = found.get(topic, 0) + 1
    return found
