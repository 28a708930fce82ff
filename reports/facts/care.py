"""What was done besides contacts: teeth, talks, referrals with their answers, the ambulance."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, OuterRef, Subquery

from clinic.models import Encounter
from core.ages import BAND_SETS, slot_age
from core.periods import CLINIC_TZ
from mobile_team import rules as teeth
from mobile_team.models import DentalCheckup, ToothFinding, ToothTreatment
from mobile_team.selectors import talks as education
from mobile_team.selectors.talks import Heads
from referrals import rules as steps
from referrals.models import Referral, Step
from referrals.selectors import road
from referrals.selectors.referrals import answer_due
from reports.asking import Span

INDEX_AGES = BAND_SETS["dental"]


@dataclass
class Mouths:
    """Check-ups of one age: how many, how many with a chart, the sums of dmft and DMFT over those."""

    seen: int = 0
    decayed: int = 0
    charted: int = 0
    milk: int = 0
    permanent: int = 0

    def mean(self, sum_: int) -> int | None:
        """Return the mean over the charts in hundredths, a half rounded up; None without a chart."""
        return (200 * sum_ + self.charted) // (2 * self.charted) if self.charted else None


@dataclass
class Dental:
    """Teeth of some days: by WHO index age, and how many had, or got, what."""

    ages: dict[str, Mouths] = field(default_factory=lambda: {band: Mouths() for band in INDEX_AGES.lines})
    had: Counter[str] = field(default_factory=Counter)
    treated: dict[str, int] = field(default_factory=dict)

    @property
    def all(self) -> Mouths:
        """Return all ages together."""
        rows = self.ages.values()
        return Mouths(*(sum(getattr(row, name) for row in rows) for name in vars(Mouths())))


_COLUMNS = ("encounter__age_slot", "decayed_primary", "decayed_permanent", "pain", "urgency", "advised_to_come")
_PRESSING = {DentalCheckup.Urgency.IMMEDIATE, DentalCheckup.Urgency.REFER}


def dental(span: Span) -> Dental:
    """Return what was seen and done in mouths: three statements. dmft and DMFT come from charts alone, apart."""
    found, rows = Dental(), _checkups(span)
    charts: dict[Any, dict[int, tuple[str, str]]] = defaultdict(dict)
    for key, tooth, code, mark in ToothFinding.objects.filter(checkup__in=rows.values("pk")).values_list(
        "checkup_id", "tooth", "code", "pufa"
    ):
        charts[key][tooth] = code, mark
    for row in rows.values("pk", *_COLUMNS):
        slot = row["encounter__age_slot"]
        mouth = found.ages[INDEX_AGES.band_of_slot(slot)]
        mouth.seen += 1
        decayed = bool(row["decayed_primary"] or row["decayed_permanent"])
        if chart := charts.get(row["pk"]):
            codes = {tooth: code for tooth, (code, _) in chart.items()}
            marks = {tooth: mark for tooth, (_, mark) in chart.items() if mark}
            index = teeth.indices(codes, marks, None if slot is None else slot_age(slot).years)
            mouth.charted += 1
            mouth.milk += index.primary.total
            mouth.permanent += index.permanent.total
            decayed = decayed or bool(index.primary.decayed or index.permanent.decayed)
        mouth.decayed += decayed
        found.had["pain"] += row["pain"]
        found.had["pressing"] += row["urgency"] in _PRESSING
        found.had["advised"] += row["advised_to_come"]
    done = ToothTreatment.objects.filter(checkup__in=rows.values("pk")).order_by().values_list("what")
    found.treated = dict(done.annotate(n=Count("checkup", distinct=True)))
    return found


def _checkups(span: Span) -> Any:
    contacts = Encounter.objects.contacts().filter(on__range=(span.first, span.last))
    return DentalCheckup.objects.filter(encounter__in=contacts.order_by().values("pk"))


def talks(span: Span) -> dict[str, tuple[Heads, int]]:
    """Return the heads of the talks by topic, and how many were held with the Health Department: one statement."""
    found: dict[str, tuple[Heads, int]] = {}
    for talk in education.between(span.first, span.last):
        heads, together = found.get(talk.topic, (Heads(), 0))
        found[talk.topic] = heads + education.heads_of(talk), together + talk.with_department
    return found


@dataclass
class Sent:
    """Referrals to one hospital, by how each stood at the end of the last day. A late answer is no late record."""

    hospital: Any = None
    written: int = 0
    answered: int = 0
    waiting: int = 0
    own_transport: int = 0
    did_not_arrive: int = 0
    cancelled: int = 0
    no_answer: int = 0


@dataclass
class Referrals:
    """The referrals of some days by hospital, and how many of all times had waited too long on the last day."""

    hospitals: list[Sent]
    long_awaited: int
    answers: int  # that came in these days, to referrals of any day


def referrals(span: Span) -> Referrals:
    """Return the referrals as they stood at the end of the last day: three statements."""
    rows = _stood(Referral.objects.filter(on__range=(span.first, span.last)), span).select_related("hospital")
    found: dict[Any, Sent] = {}
    for row in rows.order_by("hospital__order", "hospital_id"):
        sent = found.setdefault(row.hospital_id, Sent(row.hospital))
        sent.written += 1
        sent.own_transport += row.went is not None
        state = _state(row, span)
        if state in ("answered", "did_not_arrive", "cancelled", "no_answer"):
            setattr(sent, state, getattr(sent, state) + 1)
        else:
            sent.waiting += 1
    older = _stood(Referral.objects.filter(on__lt=span.last - answer_due()), span)
    late = sum(_state(row, span) in steps.AWAITING_ANSWER for row in older)
    answers = Referral.objects.filter(state="answered", answered_on__range=(span.first, span.last)).count()
    return Referrals(list(found.values()), late, answers)


def _stood(rows: Any, span: Span) -> Any:
    """Add the state of the last step taken until the end of the last day, and when they left by themselves."""
    end = dt.datetime.combine(span.last + dt.timedelta(days=1), dt.time(), CLINIC_TZ)
    until = Step.objects.filter(referral=OuterRef("pk"), at__lt=end).exclude(state="answered").order_by("-at", "-id")
    return rows.annotate(
        stood=Subquery(until.values("state")[:1]),
        went=Subquery(until.filter(state="own_transport").values("at")[:1]),
    )


def _state(row: Any, span: Span) -> str:
    if row.state == "answered" and row.answered_on <= span.last:
        return "answered"
    return row.stood or "drafted"


@dataclass(frozen=True)
class Road:
    """What was driven, and how long emergencies took."""

    travelled: road.Travelled
    waits: steps.Waits


def driven(span: Span) -> Road:
    """Return the trips, kilometres and fuel of some days: four statements."""
    when: Any = span
    return Road(road.trips_total(when), road.waits(when))


def total(rows: Iterable[Sent]) -> Sent:
    """Return the sums of all hospitals."""
    rows = list(rows)
    names = [name for name in vars(Sent()) if name != "hospital"]
    return Sent(None, *(sum(getattr(row, name) for row in rows) for name in names))
