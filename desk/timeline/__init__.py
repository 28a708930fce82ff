"""One list of everything that happened to a person, newest first: a row a room in `SOURCES`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from clinic.models import Patient
from core.khmer import normalise
from desk.selectors import Cursor
from desk.timeline import about, contacts, rooms
from desk.timeline.events import CONTACTS, KINDS, Event, Wanted

__all__ = ["KINDS", "Page", "cursor", "page", "year_of"]

PAGE = 50
EARLIEST = 1900


@dataclass(frozen=True, slots=True)
class Page:
    """Events of one page, and the key from which the next one goes on (empty at the end)."""

    events: list[Event]
    older: str = ""


class Source(NamedTuple):
    """A room's events: which kinds, and how to read what is wanted of them, in one to three statements."""

    kinds: tuple[str, ...]
    read: Callable[[Wanted], Iterable[Event]]


SOURCES = (
    Source((*CONTACTS, "vitals", "pregnancy"), contacts.read),
    Source(("referral",), rooms.referrals),
    Source(("trip",), rooms.trips),
    Source(("medicine",), rooms.medicines),
    Source(("pregnancy", "prevention", "person", "aid"), about.read),
)


def page(
    patient: Patient, *, kind: str = "", words: str = "", year: int | None = None, before: Cursor | None = None,
    limit: int = PAGE,
) -> Page:  # fmt: skip
    """Return up to `limit` events of one kind, or of all, before the cursor; every room is asked once.

    `words` keeps those that speak of them, `year` those of a year.
    """
    if year and not before:
        before = dt.date(year + 1, 1, 1), UUID(int=0)
    wanted = Wanted(patient, limit + 1, kind, normalise(words), before)
    found = [event for source in SOURCES if not kind or kind in source.kinds for event in source.read(wanted)]
    found = [event for event in found if not year or event.on.year == year]
    found.sort(key=lambda event: (event.on, event.id), reverse=True)
    more = len(found) > limit
    return Page(found[:limit], f"{found[limit - 1].on}.{found[limit - 1].id.hex}" if more else "")


def cursor(text: str) -> Cursor | None:
    """Read `Page.older` back; None when it is empty or nobody wrote it."""
    on, dot, key = text.partition(".")
    try:
        return (dt.date.fromisoformat(on), UUID(key)) if dot else None
    except ValueError:
        return None


def year_of(text: str, today: dt.date) -> int | None:
    """Read a year that the page offered; None for anything else."""
    return int(text) if text.isdecimal() and len(text) == 4 and EARLIEST <= int(text) <= today.year else None
