"""Donation boxes: where they stand, and what two people found in them, note by note."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import create_many, save_checked
from core.editing import Edit, bring_together
from core.errors import RuleBroken
from core.ids import uuid7
from core.money import Currency, Money
from core.places.models import Village
from pharmacy import rules
from pharmacy.models import BoxOpening, Donation, DonationBox, Entry, Fund, Notes
from pharmacy.selectors.cash import document
from pharmacy.services import donations, receipts

Found = Mapping[Currency, Mapping[int, int]]


@transaction.atomic
def add(*, code: str, place_km: str, by: Any, place_en: str = "", village: Village | None = None) -> DonationBox:
    """Put up a box. Raises RuleBroken("pharmacy.code_unreadable"); Conflict("constraint.same_id")."""
    box = DonationBox(code=rules.a_code(code), place_km=place_km, place_en=place_en, village=village)
    save_checked(box)
    note("pharmacy.box.added", box, by=by, code=code, place=str(box))
    return box


@transaction.atomic
def change(
    *, code: str, place_km: str, place_en: str, village: Village | None, active: bool, by: Any,
    edit: Edit | None = None,
) -> DonationBox:  # fmt: skip
    """Say where a box stands now, or that it is out of use; with an `edit` what others changed meanwhile stands.

    Raises DonationBox.DoesNotExist, `core.editing.Clashed`.
    """
    box = DonationBox.objects.select_for_update().get(pk=code)
    before = document(box)
    mine = {"place_km": place_km, "place_en": place_en, "village": village and village.pk, "active": active}
    after = bring_together(edit, now=before, mine=mine)
    box.place_km, box.place_en, box.active = after["place_km"], after["place_en"], after["active"]
    box.village_id = after["village"]
    save_checked(box)
    changes = {name: [before[name], value] for name, value in after.items() if value != before[name]}
    note("pharmacy.box.changed", box, by=by, code=code, changes=changes)
    return box


@transaction.atomic
def open_box(
    *, box: DonationBox, found: Found, counted_by: str, witnessed_by: str, on: date, by: Any, today: date,
    remark: str = "", id: UUID | None = None,
) -> BoxOpening:  # fmt: skip
    """Open a box: what was counted becomes one gift a currency into the medicine fund, each with its receipt.

    `found` holds how many pieces of each note, by its value in minor units. A box in which there was nothing is
    written down too, when the remark says so. Raises RuleBroken: pharmacy.two_people, pharmacy.no_such_note,
    pharmacy.box_not_in_use, pharmacy.nothing_counted, pharmacy.date_in_future.
    """
    rules.two_people(counted_by, witnessed_by)
    rules.not_in_the_future(on, today)
    if not box.active:
        raise RuleBroken("pharmacy.box_not_in_use", field="box")
    sums = [worth for currency in Currency if (worth := rules.worth(found.get(currency, {}), currency))]
    if not sums and not remark:
        raise RuleBroken("pharmacy.nothing_counted", field="remark")
    opening = BoxOpening(
        id=id or uuid7(), box=box, on=on, counted_by=counted_by, witnessed_by=witnessed_by, note=remark,
        recorded_by=by,
    )  # fmt: skip
    gifts = _gifts(opening, sums)
    entries = [gift.entry for gift in gifts]
    save_checked(opening)
    create_many(Entry, entries)
    create_many(Donation, gifts)
    create_many(Notes, notes_of(found, opening=opening))
    note("pharmacy.box.opened", opening, *gifts, *entries, by=by, box=box.pk, on=on,
         found=[worth.format() for worth in sums], receipts=[gift.receipt for gift in gifts])  # fmt: skip
    return opening


def _gifts(opening: BoxOpening, sums: list[Money]) -> list[Donation]:
    if not sums:
        return []
    book, first = receipts.turn(pages=len(sums))
    return [
        donations.written(
            (book, first + n), worth, id=uuid7(), fund_id=Fund.MEDICINE, source=Donation.Source.BOX, opening=opening,
            village_id=opening.box.village_id, on=opening.on, recorded_by=opening.recorded_by,
        )
        for n, worth in enumerate(sums)
    ]  # fmt: skip


def notes_of(found: Found, **of: Any) -> list[Notes]:
    """Return the unsaved notes of a box that was opened, or of cash that was counted."""
    return [
        Notes(currency=currency.value, value=value, pieces=pieces, **of)
        for currency, counted in found.items()
        for value, pieces in counted.items()
        if pieces
    ]
