"""Histories of this server: every restored copy begins a new one, so that tablets send again what it lost."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from clinic.models import NumberBlock
from clinic.services import numbers
from core.audit import journal
from core.db import keep
from core.syncing import Clock
from pharmacy.models import ReceiptBook
from pharmacy.services import receipts
from sync.models import History


def current() -> History:
    """Return the history that goes on now; the first is begun here when there is none."""
    if found := History.objects.first():
        return found
    with transaction.atomic():
        Clock.objects.select_for_update().get(id=1)  # of two who come first, one begins it
        return History.objects.first() or History.objects.create(why="begun")


@transaction.atomic
def rotate(*, why: str, at: dt.datetime, by: Any = None, instead_of: UUID | None = None) -> History:
    """Begin a new history: tablets send again what they keep, and pull from the beginning.

    Patient numbers and receipts that may have been given out since the copy are not given out again. With
    `instead_of` only when that one still goes on, so that of two who find out at once one begins it.
    """
    History.objects.select_for_update().first()
    now = current()
    if instead_of and now.pk != instead_of:
        return now
    # Also on a machine whose clock stands behind: the newest is known by its moment.
    begun = History(why=why, began_at=max(at, now.began_at + dt.timedelta(microseconds=1)))
    keep(begun)
    numbers.pass_over(by=by)
    receipts.open_next_book(by=by)
    journal.note("sync.history.begun", begun, by=by, why=why)
    return begun


def goes_on_with() -> tuple[NumberBlock, ReceiptBook]:
    """Return the block and the book that the desk draws from now."""
    block = NumberBlock.objects.filter(holder=numbers.DESK, next__lte=F("last")).order_by("first")[0]
    return block, ReceiptBook.objects.filter(prefix__startswith=ReceiptBook.DESK, closed=False)[0]
