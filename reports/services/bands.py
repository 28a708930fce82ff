"""Write sets of age bands: a new one, a copy, another wording, out of use."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db import transaction

from core.ages import BAND_SETS, BandSet
from core.audit.journal import note
from core.db import create_many, save_checked
from core.editing import Edit, bring_together
from core.errors import RuleBroken
from core.khmer import normalise
from reports import band_lines, bands
from reports.models import AgeBand, AgeBandSet


@transaction.atomic
def add(*, id: UUID, name_km: str, name_en: str, lines: str, by: Any) -> AgeBandSet:
    """Add a set; `lines` are its bands as `reports.band_lines` reads them.

    Raises what `band_lines.read` raises and Conflict("constraint.same_id").
    """
    key = _free_key(name_en)
    found = band_lines.read(key, lines)
    row = AgeBandSet(id=id, key=key, name_km=normalise(name_km), name_en=normalise(name_en), recorded_by=by)
    save_checked(row)
    create_many(AgeBand, _rows(row, found, by))
    bands.forget()
    note("reports.bands.added", row, by=by, **document(row, found))
    return row


@transaction.atomic
def change(*, key: str, name_km: str, name_en: str, lines: str, by: Any, edit: Edit | None = None) -> AgeBandSet:
    """Change the names and the bands of a set; with an `edit` what others changed meanwhile stands.

    Raises RuleBroken("reports.bands_shipped") for a set the software came with, AgeBandSet.DoesNotExist,
    `core.editing.Clashed`, and what `band_lines.read` raises.
    """
    row = AgeBandSet.objects.select_for_update().get(key=key)
    if row.shipped:
        raise RuleBroken("reports.bands_shipped")
    before = document(row, bands.stored(row))
    mine = document(AgeBandSet(name_km=normalise(name_km), name_en=normalise(name_en)), band_lines.read(key, lines))
    together = bring_together(edit, now=before, mine=mine)
    row.name_km, row.name_en = together["name_km"], together["name_en"]
    save_checked(row)
    if together["lines"] != before["lines"]:
        AgeBand.objects.filter(bands=row).delete()
        create_many(AgeBand, _rows(row, band_lines.read(key, together["lines"]), by))
    bands.forget()
    note("reports.bands.changed", row, by=by, before=before, after=together)
    return row


@transaction.atomic
def set_retired(*, key: str, retired: bool, by: Any) -> AgeBandSet:
    """Offer a set no more, or again; whatever was saved with it still works.

    Raises RuleBroken("reports.bands_needed") for the set that every page begins with, AgeBandSet.DoesNotExist.
    """
    row = AgeBandSet.objects.select_for_update().get(key=key)
    if retired and key == bands.DEFAULT:
        raise RuleBroken("reports.bands_needed")
    if row.retired != retired:
        row.retired = retired
        save_checked(row)
        bands.forget()
        note("reports.bands.retired" if retired else "reports.bands.offered", row, by=by, key=key)
    return row


def document(row: AgeBandSet, found: BandSet) -> dict[str, str]:
    """Return how a set reads in its form."""
    return {"name_km": row.name_km, "name_en": row.name_en, "lines": band_lines.write(found)}


def _rows(row: AgeBandSet, found: BandSet, by: Any) -> list[AgeBand]:
    return [
        AgeBand(
            bands=row, key=band.key, position=position, from_n=band.low.n, from_unit=band.low.unit, recorded_by=by
        )
        for position, band in enumerate(found.bands)
    ]  # fmt: skip


def _free_key(name: str) -> str:
    """Return a short name for addresses and commands that no set has yet: "school_ages", "school_ages_2"."""
    stem = re.sub("[^a-z0-9]+", "_", name.casefold()).strip("_")[:24] or "bands"
    taken = {*BAND_SETS, "new", *AgeBandSet.objects.filter(key__startswith=stem).values_list("key", flat=True)}
    number = 1
    while (key := stem if number == 1 else f"{stem}_{number}") in taken:
        number += 1
    return key
