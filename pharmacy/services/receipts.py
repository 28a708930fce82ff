"""Receipt books: their pages are turned one by one, and no number is ever left out."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from core.audit.journal import note
from core.db import save_checked
from core.errors import RuleBroken
from pharmacy.models import ReceiptBook

_NAMED = "prefix = %s"
_DESK = "prefix LIKE %s AND NOT closed"


def turn(book: str = "", pages: int = 1) -> tuple[str, int]:
    """Turn so many pages of a book, else of the desk's open one; return its prefix and the first of the numbers.

    One statement. The book stays locked until the commit, so a receipt not written leaves no gap.
    Raises RuleBroken("pharmacy.no_such_book").
    """
    which, name = (_NAMED, book) if book else (_DESK, f"{ReceiptBook.DESK}%")
    assert connection.in_atomic_block, "a page is turned only together with what is written on it"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE pharmacy_receiptbook SET last_number = last_number + %s WHERE {which} "  # noqa: S608 (ours)
            "RETURNING prefix, last_number",
            [pages, name],
        )
        turned = cursor.fetchall()
    if not turned:
        raise RuleBroken("pharmacy.no_such_book")
    prefix, last = turned[0]
    return prefix, last - pages + 1


def given(book: str, number: int) -> tuple[str, int]:
    """Hold the book to the commit, and let it reach as far as the number that was given out elsewhere.

    Raises RuleBroken("pharmacy.no_such_book").
    """
    if not ReceiptBook.objects.filter(pk=book).update(last_number=Greatest(F("last_number"), number)):
        raise RuleBroken("pharmacy.no_such_book")
    return book, number


@transaction.atomic
def open_next_book(*, by: Any) -> ReceiptBook:
    """Close the desk's receipt book and begin the next: receipts may have been given out of it that are not here."""
    used = ReceiptBook.objects.select_for_update().filter(prefix__startswith=ReceiptBook.DESK)
    book = ReceiptBook(prefix=f"{ReceiptBook.DESK}{len(used) + 1}")
    closed = [old.prefix for old in used if not old.closed]
    used.update(closed=True)
    save_checked(book)
    note("pharmacy.book.opened", by=by, prefix=book.prefix, closed=closed)
    return book
