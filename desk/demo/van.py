"""Open work of the mobile team: the newest session, with teeth charted, counted, and advice to come to the centre."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from core.periods import Year
from desk.demo.calendar import Stand, stands
from desk.demo.cast import Cast
from mobile_team.models import DentalCheckup, Session
from mobile_team.rules import CHART_PERMANENT, CHART_PRIMARY, Findings
from mobile_team.services import checkups
from mobile_team.services.checkups import Seen

Urgency = DentalCheckup.Urgency
EACH = dt.timedelta(minutes=9)
HANDED_OUT: Seen = {"dental_education": True, "toothbrush": True, "toothpaste": True}


def _chart(rows: tuple[list[int], list[int]], sound: str, but: dict[int, str]) -> Findings:
    return {tooth: but.get(tooth, sound) for row in rows for tooth in row}


_MILK = _chart(CHART_PRIMARY, "A", {54: "B", 55: "B", 64: "B", 65: "B", 74: "B", 75: "C", 84: "B", 85: "E"})
_MIXED = {16: "1", 26: "0", 36: "1", 46: "2", 11: "0", 21: "0", 31: "0", 41: "0", 54: "B", 55: "B", 64: "E", 65: "B",
          75: "B", 85: "B"}  # fmt: skip
_GROWN = _chart(
    CHART_PERMANENT, "0", {16: "4", 26: "1", 36: "4", 37: "1", 46: "1", 47: "3", 18: "8", 28: "8", 38: "8", 48: "8"}
)


class Mouth(NamedTuple):
    """Whose mouth (sex, ages), a chart if one was drawn, and what else was seen."""

    sex: str
    low: int
    high: int
    findings: Findings
    seen: Seen


FIRST_STOP = (
    Mouth("F", 4, 5, _MILK, {
        "urgency": Urgency.PROMPT, "gums_bleed": True, "marks": {75: "P"}, "treatments": [("sdf", 54), ("sdf", 64)],
        "weight": Decimal("14.6"), "height": Decimal("101.5"), "deworming": "mebendazole",
    }),
    Mouth("M", 8, 10, _MIXED, {"urgency": Urgency.IMMEDIATE, "pain": True, "advised_to_come": True,
                               "note": "ឈឺធ្មេញ ៣៦", "marks": {36: "A", 75: "P"}, "weight": Decimal("21.3")}),
    Mouth("F", 35, 50, _GROWN, {"urgency": Urgency.ROUTINE, "treatments": [("scaling", None)],
                                "treatment": "សម្អាតកំបោរ"}),
    Mouth("M", 6, 7, {}, {"urgency": Urgency.PROMPT, "decayed_primary": 7, "decayed_permanent": 1, "filled": 0,
                        "pufa_count": 2}),
    Mouth("F", 11, 12, {}, {"urgency": Urgency.ROUTINE, "decayed_permanent": 2, "missing": 0, "filled": 0}),
)  # fmt: skip
SECOND_STOP = (
    Mouth("M", 9, 11, {}, {"urgency": Urgency.REFER, "pain": True, "advised_to_come": True, "decayed_permanent": 3}),
    Mouth("F", 60, 80, {}, {"urgency": Urgency.ROUTINE, "decayed_permanent": 4, "missing": 9, "filled": 0}),
)


def newest_stands(today: dt.date) -> list[Stand]:
    """Return where the van stood today, or on its last day of this year before."""
    held = [stand for stand in stands(Year.of(today)) if stand.on <= today and not stand.cancelled]
    return [stand for stand in held if stand.on == held[-1].on]


def see_mouths(cast: Cast) -> None:
    """Record check-ups at the first two stops of the newest day on the road."""
    for stand, mouths in zip(newest_stands(cast.today), (FIRST_STOP, SECOND_STOP), strict=False):
        session = Session.objects.get(village=cast.villages[stand.stop.code], on=stand.on)
        for n, mouth in enumerate(mouths):
            patient = cast.someone(mouth.sex, mouth.low, mouth.high, village=stand.stop.code, since=stand.on)
            seen: Seen = {**HANDED_OUT, **mouth.seen, "findings": mouth.findings}
            checkups.record_checkup(
                session=session, patient=patient, observed_at=cast.hour(stand.on, 8, 40) + n * EACH, by=cast.mobile,
                today=cast.today, **seen,
            )  # fmt: skip
