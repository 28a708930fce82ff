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
from mobile_team.selectors.roads import closed_stops, colleagues, coverage, route, routes, routes_in_short
from mobile_team.selectors.rounds import (
    NOTHING,
    Day,
    days,
    hand_outs,
    planned_until,
    sessions_between,
    tallies,
    tally,
    week,
)
from mobile_team.selectors.talks import Heads

__all__ = [
    "NOTHING", "Day", "Heads", "advised", "awaited", "charted_before", "checkup", "closed_stops", "colleagues",
    "coverage", "days", "document", "hand_outs", "of_patient", "planned_until", "roster", "route", "routes",
    "routes_in_short", "seen_in", "sessions_between", "tallies", "tally", "versions", "week", "whole",
]  # fmt: skip
