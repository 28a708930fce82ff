"""Rounds in one file, check-ups in another; everything is asked from here."""

from mobile_team.selectors.checkups import (
    advised,
    awaited,
    charted_before,
    checkup,
    of_patient,
    roster,
    seen_in,
    versions,
)
from mobile_team.selectors.documents import document, whole
from mobile_team.selectors.rounds import (
    NOTHING,
    Day,
    coverage,
    hand_outs,
    planned_until,
    route,
    routes,
    tallies,
    tally,
    week,
)

__all__ = [
    "NOTHING", "Day", "advised", "awaited", "charted_before", "checkup", "coverage", "document", "hand_outs",
    "of_patient", "planned_until", "roster", "route", "routes", "seen_in", "tallies", "tally", "versions", "week",
    "whole",
]  # fmt: skip
