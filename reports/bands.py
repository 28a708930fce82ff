"""The sets of age bands: those the software came with and those an administrator wrote, by key.

Shipped sets cannot be changed, so their bands stand in `core.ages.BAND_SETS`; the rows of all sets carry the names
and say which are offered. Rows are read once a request (`OncePerRequest`), never kept for longer: another worker may
have changed them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from core.ages import BAND_SETS, BandSet, Bound, Unit
from core.errors import RuleBroken
from reports import band_lines
from reports.models import AgeBand, AgeBandSet

DEFAULT = "published"


class Kept(NamedTuple):
    """One set as its rows tell it; `beginnings` are the ages at which its bands begin."""

    key: str
    name_km: str
    name_en: str
    shipped: bool
    retired: bool
    beginnings: tuple[Bound, ...]

    @property
    def words(self) -> str:
        """Return its name in the language of the moment."""
        return self.name_en if get_language() == "en" else self.name_km

    @property
    def bands(self) -> BandSet:
        """Return the bands themselves."""
        return BAND_SETS.get(self.key) or _built(self.key, self.beginnings)


_of_request: ContextVar[dict[str, Kept] | None] = ContextVar("band sets of a request", default=None)


class OncePerRequest:
    """Middleware: what a request has read of the sets serves it to its end, and is then forgotten."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _of_request.set({})
        try:
            return self.get_response(request)
        finally:
            _of_request.reset(token)


def named(key: str) -> BandSet:
    """Return the set of this name, a retired one too. Raises RuleBroken("reports.bands_unknown")."""
    if key in BAND_SETS:
        return BAND_SETS[key]
    sets = every()
    if key not in sets:
        known = ", ".join(each.key for each in offered())
        raise RuleBroken("reports.bands_unknown", field="bands", value=key[:60], known=known)
    return sets[key].bands


def words(key: str) -> str:
    """Return what a set is called, in the language of the moment; its key when nobody knows it."""
    found = every().get(key)
    return found.words if found else key


def offered() -> list[Kept]:
    """Return the sets in use, the shipped ones first."""
    return [each for each in every().values() if not each.retired]


def every() -> dict[str, Kept]:
    """Return all sets by key, the shipped ones first; one statement, and none the second time in a request."""
    kept = _of_request.get()
    if kept:
        return kept
    sets = _read()
    if kept is not None:
        kept |= sets
    return sets


def stored(row: AgeBandSet) -> BandSet:
    """Return the bands of one set from its rows, as they are now."""
    rows = AgeBand.objects.filter(bands=row).order_by("position").values_list("from_n", "from_unit")
    return band_lines.from_beginnings(row.key, (Bound(n, cast("Unit", unit)) for n, unit in rows))


def forget() -> None:
    """Read the rows again: a service has changed them."""
    if _of_request.get() is not None:
        _of_request.set({})


def _read() -> dict[str, Kept]:
    head = ("bands__key", "bands__name_km", "bands__name_en", "bands__shipped", "bands__retired")
    rows = AgeBand.objects.order_by("bands__recorded_at", "bands__id", "position")
    found = rows.values_list(*head, "from_n", "from_unit")
    sets = [
        Kept(*about, tuple(Bound(n, unit) for *_, n, unit in band_rows))  # type: ignore[call-arg]
        for about, band_rows in groupby(found, key=lambda row: row[:5])
    ]
    order = list(BAND_SETS)
    sets.sort(key=lambda each: order.index(each.key) if each.key in BAND_SETS else len(order))
    return {each.key: each for each in sets}


@lru_cache(maxsize=64)
def _built(key: str, beginnings: tuple[Bound, ...]) -> BandSet:
    """Return a set from what its rows say: the same rows are the same set, whenever they are read."""
    return band_lines.from_beginnings(key, beginnings)
