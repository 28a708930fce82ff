"""What the papers of a session say: its figures by sex and age, treatments, doses, and who is expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count

from core.ages import BAND_SETS, BandSet
from mobile_team.models import DentalCheckup, KitLine, Session, ToothTreatment
from mobile_team.selectors import checkups, kits
from mobile_team.selectors import talks as education

BANDS = BAND_SETS["published"]
SEXES = ("F", "M")
EXPECTED_FOR = timedelta(days=365)  # whom the team advised longer ago is not waited for on a day sheet
FACTS = ("dental_education", "toothbrush", "toothpaste", "pain", "advised_to_come")


@dataclass
class Figures:
    """One session in numbers. Contacts by (band, sex); heads, hand-outs and doses stand apart."""

    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    urgency: Counter[int] = field(default_factory=Counter)
    treatments: dict[str, int] = field(default_factory=dict)
    doses: dict[str, int] = field(default_factory=dict)
    kit: list[kits.Line] = field(default_factory=list)
    talks: list[Any] = field(default_factory=list)
    bands: BandSet = BANDS

    @property
    def total(self) -> int:
        return sum(self.seen.values())

    @property
    def heads(self) -> education.Heads:
        return sum((education.heads_of(talk) for talk in self.talks), education.Heads())

    def rows(self) -> list[tuple[str, int, int, int]]:
        """Return (band, female, male, both) for every band, "unknown" last."""
        found = []
        for band in self.bands.lines:
            female, male = (self.seen[band, sex] for sex in SEXES)
            found.append((band, female, male, female + male))
        return found


def figures(session: Session) -> Figures:
    """Return a session in numbers; the age is that of each contact. Six statements."""
    found = Figures()
    rows = DentalCheckup.objects.standing().filter(session=session)
    columns = ("encounter__age_slot", "encounter__patient__sex", "urgency", "decayed_primary", "decayed_permanent")
    for row in rows.values(*columns, *FACTS):
        found.seen[BANDS.band_of_slot(row["encounter__age_slot"]), row["encounter__patient__sex"]] += 1
        found.facts.update(name for name in FACTS if row[name])
        found.facts["decayed"] += bool(row["decayed_primary"] or row["decayed_permanent"])
        found.urgency[row["urgency"]] += 1
    found.treatments = _treatments(session)
    found.kit = [line for line in kits.lines(session.pk) if line.row or line.counted]
    found.doses = {line.item: line.counted or 0 for line in found.kit if line.item in kits.DEWORMING}
    found.talks = [talk for talk in education.of_sessions([session.pk]).get(session.pk, []) if not talk.void_reason]
    return found


def _treatments(session: Session) -> dict[str, int]:
    """Return how many people got each treatment."""
    rows = ToothTreatment.objects.filter(checkup__in=DentalCheckup.objects.standing().filter(session=session))
    counted = rows.order_by().values_list("what").annotate(n=Count("checkup", distinct=True))
    return dict(counted)


def expected(session: Session) -> list[DentalCheckup]:
    """Return those of the session's village who were advised to come to the centre earlier and have not come."""
    rows = checkups.advised(since=session.on - EXPECTED_FOR)
    return list(rows.filter(encounter__patient__village=session.village_id, encounter__on__lt=session.on))


def days_kit(rows: Iterable[KitLine]) -> list[KitLine]:
    """Return the lines of a kit in which something was packed, in their order."""
    order = KitLine.Item.values
    return sorted((row for row in rows if row.packed), key=lambda row: order.index(row.item))
