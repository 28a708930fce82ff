"""Load a whole register: read, check, write chunk by chunk, and give back what could not be taken."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from core.errors import RuleBroken
from core.words import say
from desk.register import catalogues
from desk.register.checking import Contact, check
from desk.register.loading import CHUNK, Loader, Outcome
from desk.register.reading import Row, open_register

Progress = Callable[[int, int], None]


@dataclass
class Summary:
    """What came of a register: rows read, contacts added or there already, and each bad row with its reasons."""

    header: list[str]
    read: int = 0
    added: int = 0
    known: int = 0
    rejects: list[tuple[Row, list[RuleBroken]]] = field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        """Return the counts, for a job's result."""
        return {"read": self.read, "added": self.added, "known": self.known, "rejected": len(self.rejects)}


def load_register(
    content: bytes, *, by: Any, today: dt.date, dry: bool = False, progress: Progress | None = None
) -> Summary:
    """Load a register's good rows, each once; with `dry` only say what would happen.

    A row is judged by itself, then against what is known of its person, in the order of the file. Chunks are
    written whole; work cut off between two chunks goes on where it stopped when the file is loaded again.
    Raises RuleBroken when the file as a whole cannot be read, before anything is written.
    """
    register = open_register(content)
    rows = list(register.rows)
    summary, loader, known = Summary(register.header), Loader(by=by, dry=dry), catalogues.load(today)
    for chunk in _chunks(rows):
        judged = [(row, check(row, known)) for row in chunk]
        summary.rejects += [(row, said) for row, said in judged if isinstance(said, list)]
        outcome = _take(loader, [said for _row, said in judged if isinstance(said, Contact)])
        summary.added, summary.known = summary.added + outcome.added, summary.known + outcome.known
        summary.rejects += [(contact.row, reasons) for contact, reasons in outcome.refused]
        summary.read += len(chunk)
        if progress:
            progress(summary.read, len(rows))
    summary.rejects.sort(key=lambda reject: reject[0].line)
    return summary


def _take(loader: Loader, contacts: list[Contact]) -> Outcome:
    """Take a chunk; when somebody changed the same people meanwhile, take it row by row and give back what clashes."""
    try:
        return loader.take(contacts)
    except RuleBroken:
        outcome = Outcome()
    for contact in contacts:
        loader.forget(contact)
        try:
            one = loader.take([contact])
        except RuleBroken as broken:
            loader.forget(contact)
            outcome.refused.append((contact, [broken]))
            continue
        outcome.added, outcome.known = outcome.added + one.added, outcome.known + one.known
        outcome.refused += one.refused
    return outcome


def _chunks(rows: list[Row]) -> Iterator[list[Row]]:
    going = iter(rows)
    while chunk := list(islice(going, CHUNK)):
        yield chunk


def write_rejects(summary: Summary) -> bytes:
    """Return the bad rows as CSV: line number, the cells as they came, every reason; safe to open in a spreadsheet."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["line", *(_safe(name) for name in summary.header), "reasons"])
    width = len(summary.header)
    for row, reasons in summary.rejects:
        cells = (row.raw + [""] * width)[:width]
        if len(row.raw) > width:
            cells[-1:] = [" | ".join(row.raw[width - 1 :])]
        writer.writerow([row.line, *map(_safe, cells), "; ".join(_sentence(reason) for reason in reasons)])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _sentence(reason: RuleBroken) -> str:
    column = reason.field if reason.field and not reason.code.startswith("desk.") else ""
    return f"{column}: {say(reason)}" if column else say(reason)


def _safe(text: str) -> str:
    """Keep a cell from being taken for a formula by a spreadsheet."""
    return f"'{text}" if re.match(r"[=+\-@\t\r]", text) else text


def describe(summary: Summary, *, dry: bool) -> str:
    """Return the summary in one sentence."""
    counts = summary.as_dict()
    if dry:
        return (
            _("%(read)s rows read: %(added)s would be added, %(known)s are there already, %(rejected)s are not right.")
            % counts
        )
    return _("%(read)s rows read: %(added)s added, %(known)s were there already, %(rejected)s are not right.") % counts
