"""The newest tooth chart of a person and what changed since the one before, as the record shows it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from mobile_team import rules

SOUND, DECAYED = frozenset("0A"), frozenset("12BC")


@dataclass(frozen=True)
class Tooth:
    """One tooth: its number, its code now and before (empty when nobody looked), and how to draw it.

    After the code stands what decay did further (P, U, F or A), now and before.
    """

    number: int
    code: str
    before: str

    @property
    def kind(self) -> str:
        """Return open (or inflamed), decayed, sound, other, or nothing."""
        if not self.code:
            return ""
        if len(self.code) > 1:
            return "open"
        return "sound" if self.code in SOUND else "decayed" if self.code in DECAYED else "other"

    @property
    def changed(self) -> bool:
        """Return whether both charts speak of it and differ."""
        return bool(self.before and self.code and self.before != self.code)


@dataclass(frozen=True)
class Mouth:
    """A chart in rows as one looks into the mouth, its day, and the day of the one it is compared with."""

    on: dt.date
    before: dt.date | None
    permanent: list[list[Tooth]]
    primary: list[list[Tooth]]

    @property
    def sets(self) -> list[tuple[list[list[Tooth]], str]]:
        """Return the rows of each set of teeth that was looked at, with its name for the style sheet."""
        return [(rows, name) for rows, name in ((self.permanent, "permanent"), (self.primary, "primary")) if rows]

    @property
    def changes(self) -> list[Tooth]:
        """Return the teeth that are not as they were."""
        return [tooth for row in (*self.permanent, *self.primary) for tooth in row if tooth.changed]


def mouth(patient: Any) -> Mouth | None:
    """Return the mouth of a person of `selectors.person`; None when no teeth were ever charted."""
    charts: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for row in patient.teeth or []:
        charts[row["on"], row["chart"]][row["tooth"]] = row["code"] + row["pufa"]
    newest = sorted(charts, reverse=True)[:2]
    if not newest:
        return None
    days = [dt.date.fromisoformat(on) for on, _ in newest]
    now, before = charts[newest[0]], charts[newest[1]] if len(newest) > 1 else {}
    return Mouth(
        days[0], days[1] if before else None, _rows(rules.CHART_PERMANENT, now, before),
        _rows(rules.CHART_PRIMARY, now, before),
    )  # fmt: skip


def _rows(chart: tuple[list[int], ...], now: dict[int, str], before: dict[int, str]) -> list[list[Tooth]]:
    """Lay teeth out as they stand in a mouth; nothing when this set of teeth has none that was looked at."""
    if not any(tooth in now for row in chart for tooth in row):
        return []
    return [[Tooth(tooth, now.get(tooth, ""), before.get(tooth, "")) for tooth in row] for row in chart]
