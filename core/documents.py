"""Read the fields of a document that another program sent: each is what it should be, or the rule names the field.

Forms do this for pages; here the values are plain JSON. Nothing is guessed: a number written as text, or a yes written
as 1, is refused, so that two programs never read one document differently.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping
from typing import Any
from uuid import UUID

from core.errors import RuleBroken

LARGEST = 2**31 - 1


class Document:
    """One JSON object; `path` is where it stands in a larger one ("allergies.0")."""

    def __init__(self, doc: Any, path: str = "") -> None:
        self.path = path
        if not isinstance(doc, Mapping):
            raise RuleBroken("core.not_a_document", field=path or None)
        self.doc: Mapping[str, Any] = doc

    def __contains__(self, name: str) -> bool:
        return name in self.doc

    def field(self, name: str) -> str:
        """Return where a field stands: "allergies.0.substance"."""
        return f"{self.path}.{name}" if self.path else name

    def text(self, name: str) -> str:
        """Return text, "" when there is none. Raises RuleBroken("core.not_text")."""
        value = self.doc.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise RuleBroken("core.not_text", field=self.field(name))
        return value

    def one_of(self, name: str, choices: Container[str], *, otherwise: str | None = None) -> str:
        """Return one of the choices; an empty field reads `otherwise`. Raises RuleBroken("core.not_a_choice")."""
        value = self.text(name)
        if not value and otherwise is not None:
            return otherwise
        if value not in choices:
            raise RuleBroken("core.not_a_choice", field=self.field(name))
        return value

    def flag(self, name: str) -> bool:
        """Return yes or no, no when nothing is said. Raises RuleBroken("core.not_yes_or_no")."""
        return self.flag_or_none(name) or False

    def flag_or_none(self, name: str) -> bool | None:
        """Return yes, no, or None when nothing is said. Raises RuleBroken("core.not_yes_or_no")."""
        value = self.doc.get(name)
        if value is not None and not isinstance(value, bool):
            raise RuleBroken("core.not_yes_or_no", field=self.field(name))
        return value

    def whole(self, name: str, *, least: int = 0, most: int = LARGEST) -> int | None:
        """Return a whole number, None for none. Raises RuleBroken: core.not_whole, core.out_of_range."""
        value = self.doc.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise RuleBroken("core.not_whole", field=self.field(name))
        if not least <= value <= most:
            raise RuleBroken("core.out_of_range", field=self.field(name), least=least, most=most)
        return value

    def day(self, name: str) -> dt.date | None:
        """Return a day ("2026-11-21"), None when there is none. Raises RuleBroken("core.not_a_day")."""
        value = self.doc.get(name)
        if value in (None, ""):
            return None
        try:
            if not isinstance(value, str) or len(value) != 10:
                raise ValueError
            return dt.date.fromisoformat(value)
        except ValueError:
            raise RuleBroken("core.not_a_day", field=self.field(name)) from None

    def key(self, name: str) -> UUID | None:
        """Return the id of a record, None when there is none. Raises RuleBroken("core.key_unreadable")."""
        value = self.doc.get(name)
        if value in (None, ""):
            return None
        if (found := as_uuid(value)) is None:
            raise RuleBroken("core.key_unreadable", field=self.field(name))
        return found

    def part(self, name: str) -> Document:
        """Return the object under a name, an empty one when there is none. Raises RuleBroken("core.not_a_document")."""
        value = self.doc.get(name)
        return Document({} if value is None else value, self.field(name))

    def parts(self, name: str, *, most: int = 100) -> list[Document]:
        """Return the objects of a list. Raises RuleBroken("core.not_a_list"), ("core.out_of_range")."""
        value = self.doc.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise RuleBroken("core.not_a_list", field=self.field(name))
        if len(value) > most:
            raise RuleBroken("core.out_of_range", field=self.field(name), least=0, most=most)
        return [Document(one, f"{self.field(name)}.{at}") for at, one in enumerate(value)]


def as_uuid(value: Any) -> UUID | None:
    """Return a UUID written in its usual form with dashes, None for anything else."""
    if not isinstance(value, str) or len(value) != 36:
        return None
    try:
        return UUID(value)
    except ValueError:
        return None
