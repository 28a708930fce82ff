"""Patient numbers, handed out one by one from the blocks reserved for a place, and the reserving of blocks."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max

from clinic.models import NumberBlock, Patient
from core.audit import journal
from core.db import save_checked
from core.errors import Conflict, RuleBroken
from core.ids import parse_patient_number, patient_number
from core.khmer import normalise

DESK = ""  # the holder whose blocks the desk draws from
GRAIN = 1_000  # blocks begin after a round thousand, so that a number on paper tells whose it is
BLIND = 50_000  # left out after a restore: given out since the copy, by the desk or as blocks of tablets
DESK_BLOCK = 10_000  # what the desk reserves for itself when its numbers run out
LARGEST = 100_000
LAST = 999_999_999  # what a card can carry (core.ids)
_TRIES = 5

# The row stays locked to the commit, so no two transactions see the same number and none is lost on a rollback.
_TAKE = """
UPDATE clinic_numberblock SET next = next + 1
WHERE id = (SELECT id FROM clinic_numberblock WHERE holder = %s AND next <= last ORDER BY first LIMIT 1)
  AND next <= last
RETURNING next - 1
"""

# A device goes on behind the number it gave; one statement, for tablets come in flocks.
_CLAIM = """
UPDATE clinic_numberblock SET next = CASE WHEN next <= %s THEN %s ELSE next END
WHERE first <= %s AND last >= %s AND holder = %s
RETURNING id
"""


def take(holder: str = DESK) -> str:
    """Return the next patient number of a holder's blocks; the desk's own by default, which never run out.

    Must run inside the transaction that uses the number. Raises RuleBroken("clinic.numbers_used_up") for a device
    whose blocks are empty.
    """
    for _ in range(_TRIES):  # a neighbour may have taken the last of one block; the next block is then found
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [holder])
            row = cursor.fetchone()
        if row:
            return patient_number(row[0])
        _grow(holder)
    raise RuleBroken("clinic.numbers_used_up")


def claim(text: str, holder: str) -> str | None:
    """Return the patient number that a device gave by itself, when it may stand; None when another must be taken.

    It may when it is free and out of the device's own block, which then goes on behind it, or out of no block at all
    below the last one. Must run inside the transaction that uses the number; it locks the block.
    """
    try:
        n = parse_patient_number(text)
    except RuleBroken:
        return None
    number = patient_number(n)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [n, n + 1, n, n, holder])
        own = cursor.fetchone() is not None
    if not own:
        if NumberBlock.objects.filter(first__lte=n, last__gte=n).exists():
            return None  # somebody else's
        if not NumberBlock.objects.filter(first__gt=n).exists():
            return None  # a later block would hand it out again
    return None if Patient.objects.filter(number=number).exists() else number


def take_many(count: int, holder: str = DESK) -> list[str]:
    """Return the next `count` numbers, in order, over as many blocks as it needs; for loading a register."""
    taken: list[str] = []
    empty = 0
    while len(taken) < count:
        open_blocks = NumberBlock.objects.select_for_update().filter(holder=holder, next__lte=F("last"))
        block = open_blocks.order_by("first").first()
        if block is None:
            empty += 1
            if empty > _TRIES:
                raise RuleBroken("clinic.numbers_used_up")
            _grow(holder)
            continue
        some = min(count - len(taken), block.last + 1 - block.next)
        taken += [patient_number(number) for number in range(block.next, block.next + some)]
        block.next += some
        block.save(update_fields=["next"])
    return taken


@transaction.atomic
def reserve(*, holder: str, size: int, by: Any, after: int | None = None) -> NumberBlock:
    """Reserve the next free block for a device, or for the desk (an empty `holder`); the size is rounded up.

    `after` is the last number that was reserved when the user looked: if there is a later one by now, nothing is
    reserved, so that a form sent twice makes one block. Raises RuleBroken("clinic.block_size"),
    ("clinic.numbers_at_an_end"), Conflict("clinic.block_meanwhile").
    """
    if not 1 <= size <= LARGEST:
        raise RuleBroken("clinic.block_size", field="size", most=LARGEST)
    block = _append(normalise(holder), size, after=after)
    journal.note("clinic.numbers.reserved", by=by, holder=block.holder, first=block.first, last=block.last)
    return block


@transaction.atomic
def pass_over(*, by: Any) -> NumberBlock:
    """Go on far behind every number that may have been given out since the copy which was restored.

    The desk's blocks are closed and it gets a new one. The gap is nobody's block, so that what tablets still hold of
    it can stand.
    """
    NumberBlock.objects.filter(holder=DESK, next__lte=F("last")).update(next=F("last") + 1)
    block = _append(DESK, DESK_BLOCK, beyond=BLIND)
    journal.note("clinic.numbers.passed_over", by=by, first=block.first, last=block.last)
    return block


def _grow(holder: str) -> None:
    """Give the desk a new block when its own are used up; a device asks the administrator."""
    if holder != DESK:
        raise RuleBroken("clinic.numbers_used_up")
    # Held to the commit: who waits here finds the block of the one before, instead of reserving another.
    NumberBlock.objects.select_for_update().filter(holder=DESK).order_by("-first").first()
    if NumberBlock.objects.filter(holder=DESK, next__lte=F("last")).exists():
        return
    try:
        _append(DESK, DESK_BLOCK)
    except Conflict:  # a neighbour did it at the same instant; that block serves us too
        return


def _append(holder: str, size: int, *, after: int | None = None, beyond: int = 0) -> NumberBlock:
    """Write the block that follows the last one, or begins so far beyond it.

    No two blocks overlap: each begins right behind the last one there is, and `first` is unique, so that of two who
    see the same last one the database lets one through.
    """
    last = NumberBlock.objects.aggregate(last=Max("last"))["last"] or 0
    if after is not None and last != after:
        raise Conflict("clinic.block_meanwhile")
    first = -(-(last + beyond) // GRAIN) * GRAIN + 1
    block = NumberBlock(holder=holder, first=first, last=first - 1 + -(-size // GRAIN) * GRAIN, next=first)
    if block.last > LAST:
        raise RuleBroken("clinic.numbers_at_an_end")
    try:
        with transaction.atomic():
            save_checked(block)
    except Conflict as conflict:
        raise Conflict("clinic.block_meanwhile") from conflict
    return block
