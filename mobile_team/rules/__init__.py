"""Teeth in one file, spans of days in another; everything is imported from here."""

from mobile_team.rules.dental import (
    ABSENT,
    CHART_PERMANENT,
    CHART_PRIMARY,
    PERMANENT,
    PERMANENT_CODES,
    PRIMARY,
    PRIMARY_CODES,
    PUFA_CODES,
    Findings,
    Index,
    Indices,
    Marks,
    chart_or_counts,
    charted,
    dmft_permanent,
    dmft_primary,
    indices,
    marks_fit,
    significant,
    teeth_exist,
    tooth_exists,
)
from mobile_team.rules.rounds import (
    DAYS_A_WEEK,
    MOST_DAYS_PLANNED,
    TOO_LONG_AGO,
    closed,
    days_between,
    moment_on,
    week_of,
)

__all__ = [
    "ABSENT", "CHART_PERMANENT", "CHART_PRIMARY", "DAYS_A_WEEK", "MOST_DAYS_PLANNED", "PERMANENT", "PERMANENT_CODES",
    "PRIMARY", "PRIMARY_CODES", "PUFA_CODES", "TOO_LONG_AGO", "Findings", "Index", "Indices", "Marks",
    "chart_or_counts", "charted", "closed", "days_between", "dmft_permanent", "dmft_primary", "indices", "marks_fit",
    "moment_on", "significant", "teeth_exist", "tooth_exists", "week_of",
]  # fmt: skip
