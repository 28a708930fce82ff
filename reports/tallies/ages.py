"""Ages as most tallies keep them: slots that every shipped set of bands puts together are one.

Two hundred slots by service, sex, condition and day would be nearly as many lines as there are contacts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from core.ages import BAND_SETS, MAX_SLOT, BandSet

SLOTS = range(MAX_SLOT + 1)


def _first_slots(sets: Sequence[BandSet]) -> tuple[int, ...]:
    """Return for each slot the first one that stands in the same band of every set. A band need not be one run."""
    firsts: dict[tuple[str, ...], int] = {}
    return tuple(firsts.setdefault(tuple(bands.band_of_slot(slot) for bands in sets), slot) for slot in SLOTS)


KEPT = _first_slots(list(BAND_SETS.values()))


@lru_cache(maxsize=64)
def fits(bands: BandSet) -> bool:
    """Return whether ages put together like this can be told apart by a set of bands, as by every shipped one."""
    return all(bands.band_of_slot(slot) == bands.band_of_slot(KEPT[slot]) for slot in SLOTS)


def put_together(slot: str) -> str:
    """Return the SQL of the slot that stands for another one; below nought are the slots that are no age."""
    ends = [at for at in SLOTS[:-1] if KEPT[at] != KEPT[at + 1]]
    arms = " ".join(f"WHEN {slot} <= {at} THEN {KEPT[at]}" for at in ends)
    return f"CASE WHEN {slot} < 0 THEN {slot} {arms} ELSE {KEPT[-1]} END"
