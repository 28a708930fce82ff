"""The sets of age bands the software came with, as rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.ages import BAND_SETS
from core.ids import derived_id

NAMES = {
    "published": ("លទ្ធផលដែលបានផ្សាយ", "Published results"),
    "ministry": ("ក្រសួង", "Ministry"),
    "child_health": ("សុខភាពកុមារ", "Child health"),
    "dental": ("អាយុសន្ទស្សន៍ធ្មេញរបស់អង្គការសុខភាពពិភពលោក", "WHO dental index ages"),
}


def load(get_model: Callable[[str, str], Any]) -> None:
    """Add the shipped sets that are not there; their bands are those of `core.ages.BAND_SETS`."""
    sets, bands = get_model("reports", "AgeBandSet"), get_model("reports", "AgeBand")
    there = set(sets.objects.filter(key__in=BAND_SETS).values_list("key", flat=True))
    for key in BAND_SETS.keys() - there:
        name_km, name_en = NAMES[key]
        row = sets.objects.create(
            id=derived_id("reports.bands", key), key=key, name_km=name_km, name_en=name_en, shipped=True
        )
        bands.objects.bulk_create(
            bands(
                id=derived_id("reports.bands", key, band.key), bands=row, key=band.key, position=position,
                from_n=band.low.n, from_unit=band.low.unit,
            )
            for position, band in enumerate(BAND_SETS[key].bands)
        )  # fmt: skip
