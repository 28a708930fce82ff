"""How many contacts of each age a year has. The published year is the centre's own result, to the digit."""

from __future__ import annotations

from collections.abc import Mapping

from core.ages import BAND_SETS
from desk.demo.chance import shares

LINES = BAND_SETS["published"].lines  # under 5, 5, 6–12, 13–17, 18–59, 60 and over, unknown
Bands = Mapping[str, int]


def _bands(*counts: int) -> dict[str, int]:
    return dict(zip(LINES, counts, strict=True))


# 375 + 2,954 + 7,963 = 11,292 contacts; 2,261 of children under 5, 3,606 of children from 6 to 12.
PUBLISHED: dict[str, Bands] = {
    "inpatient": _bands(131, 16, 46, 26, 110, 45, 1),
    "outpatient": _bands(950, 130, 420, 190, 930, 320, 14),
    "mobile": _bands(1180, 410, 3140, 980, 1660, 560, 33),
}
# Of the 375 admissions 75 were of people admitted before in the year: 300 people came for the first time.
AGAIN = _bands(24, 2, 7, 4, 26, 12, 0)


def scaled(bands: Bands, factor: float) -> Bands:
    """Return another year's numbers: the same ages, more or fewer contacts."""
    return dict(zip(bands, shares(round(sum(bands.values()) * factor), list(bands.values())), strict=True))


def less(bands: Bands, other: Bands) -> Bands:
    """Take other numbers away, band by band."""
    return {band: count - other.get(band, 0) for band, count in bands.items()}


def spelled(bands: Bands) -> list[str]:
    """List each band as often as it is counted."""
    return [band for band, count in bands.items() for _ in range(count)]
