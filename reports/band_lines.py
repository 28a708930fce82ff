"""Age bands as people write them, a line a band: "0-28d", "29d-11m", "1-4", "5", "65+". Pure.

Both ages of a line are included, as on paper; an age without a unit is in years. Ages may be written as
`core.ages.parse_age` reads them, in Khmer digits too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from core.ages import Band, BandSet, Bound, Unit, band_set, parse_age
from core.errors import RuleBroken
from core.khmer import latin_digits, normalise

MOST = 40  # lines; a table that long is read by nobody
_SPAN = re.compile(r"(?P<low>[^-]+)-(?P<last>[^-]+)")
_OPEN = re.compile(r"(?P<low>[^-+]+?) ?(?:\+|and over|and above|and older|ឡើងទៅ)")
_UNDER = re.compile(r"(?:under|below|<|ក្រោម) ?(?P<high>[^-+<]+)")


def read(key: str, text: str) -> BandSet:
    """Return the set of bands that the lines describe, youngest first whatever their order.

    Raises RuleBroken for field "lines": reports.band_unreadable, reports.band_backwards, reports.band_too_fine,
    reports.bands_too_many, reports.bands_none, and where somebody would be counted nowhere or twice
    reports.bands_start, reports.bands_gap, reports.bands_overlap, reports.bands_end.
    """
    lines = [line for line in re.split(r"[\n;,]", normalise(text, lines=True)) if line.strip()]
    if not lines:
        raise RuleBroken("reports.bands_none", field="lines")
    if len(lines) > MOST:
        raise RuleBroken("reports.bands_too_many", field="lines", most=MOST)
    bands = sorted(map(_band, lines), key=lambda band: band.low.rank)
    _leave_nobody_out(bands)
    return from_beginnings(key, (band.low for band in bands))


def from_beginnings(key: str, beginnings: Iterable[Bound]) -> BandSet:
    """Return the set whose bands begin at these ages; each ends where the next begins, and its key says so."""
    lows = list(beginnings)
    highs = [*lows[1:], None]
    bands = (Band("", low, high) for low, high in zip(lows, highs, strict=True))
    return band_set(key, {key_of(band): f"{band.low.n}{band.low.unit}" for band in bands})


def write(bands: BandSet) -> str:
    """Return the lines of a set, as `read` reads them."""
    return "\n".join(map(line_of, bands.bands))


def line_of(band: Band) -> str:
    """Return one band as a line."""
    low, high = band.low, band.high
    if high is None:
        return f"{_age(low.n, low.unit)}+"
    if low.n == 0 or low.unit == high.unit:
        unit: Unit = high.unit
        first, last = low.n, high.n - 1
    elif low.unit == "d":
        return f"{_age(low.n, 'd')}-{_age(_months(high) - 1, 'm')}"
    else:  # months and years: both in months
        unit, first, last = "m", _months(low), _months(high) - 1
    return _age(first, unit) if first == last else f"{first}-{_age(last, unit)}"


def key_of(band: Band) -> str:
    """Return the key of a band: "under_5", "29d_11m", "65_plus"; no two bands of a set share one."""
    if band.low.n == 0 and band.high is not None and band.high.unit == "y":
        return f"under_{band.high.n}"
    return line_of(band).replace("-", "_").replace("+", "_plus")


def _age(n: int, unit: str) -> str:
    return f"{n}{'' if unit == 'y' else unit}"


def _months(bound: Bound) -> int:
    return bound.n * (12 if bound.unit == "y" else 1)


def _band(line: str) -> Band:
    line = line.strip()
    plain = re.sub(r"\s*(?:[‐-―−~]|\bto\b|ដល់)\s*|\s*-\s*", "-", latin_digits(line).casefold())
    if match := _UNDER.fullmatch(plain):
        high = _bound(match["high"], line)
        low, last = Bound(0, "d"), None
    elif match := _OPEN.fullmatch(plain):
        low, last, high = _bound(match["low"], line), None, None
    else:
        match = _SPAN.fullmatch(plain)
        last = _bound(match["last"] if match else plain, line)
        first = match["low"] if match else plain
        low = _bound(f"{first}{last.unit}" if re.fullmatch(r"[0-9]+", first) else first, line)
        high = Bound(last.n + 1, last.unit)
    if not low.is_served or not (high is None or high.is_served):
        raise RuleBroken("reports.band_too_fine", field="lines", line=line)
    if high is not None and high.rank <= low.rank:
        raise RuleBroken("reports.band_backwards", field="lines", line=line)
    return Band(line, low, high)


def _bound(text: str, line: str) -> Bound:
    try:
        return Bound(*parse_age(text))
    except RuleBroken:
        raise RuleBroken("reports.band_unreadable", field="lines", line=line[:60]) from None


def _leave_nobody_out(bands: list[Band]) -> None:
    """Make sure that every age lies in one band and no age in two."""
    if bands[0].low.rank:
        raise RuleBroken("reports.bands_start", field="lines", line=bands[0].key)
    for before, after in pairwise(bands):
        if before.high is None or after.low.rank < before.high.rank:
            raise RuleBroken("reports.bands_overlap", field="lines", before=before.key, after=after.key)
        if after.low.rank > before.high.rank:
            raise RuleBroken("reports.bands_gap", field="lines", before=before.key, after=after.key)
    if bands[-1].high is not None:
        raise RuleBroken("reports.bands_end", field="lines", line=bands[-1].key)
