"""What differs between two documents of one period: what an issued paper said, and what is so now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language


@dataclass(frozen=True)
class Difference:
    """A number that was one thing when it was issued and is another now; None where it was not, or is no more."""

    id: str
    km: str
    en: str
    unit: str
    was: int | None
    now: int | None
    hidden: bool = False

    @property
    def words(self) -> str:
        """Return what number it is, in the language of the moment."""
        return self.en if get_language() == "en" else self.km

    def as_dict(self) -> dict[str, Any]:
        """Return it for a document."""
        return {**vars(self)}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return what differs between two documents of one period, in the order of the paper.

    A line that one of them does not have counts as nought there when the other says nought: nothing is told twice.
    What only says how things stood at the moment of asking is no difference.
    """
    was, is_ = ({line["id"]: line for line in each["lines"]} for each in (before, now))
    found = []
    for key in dict.fromkeys([*is_, *was]):
        old, new = was.get(key), is_.get(key)
        line = new or old or {}
        if line.get("passing") or _value(old) == _value(new):
            continue
        hidden = any(each.get("hidden") for each in (old, new) if each)
        was_, now_ = (each["value"] if each else None for each in (old, new))
        found.append(Difference(key, line["km"], line["en"], line["unit"], was_, now_, hidden))
    return found


def _value(line: Mapping[str, Any] | None) -> int:
    return line["value"] if line else 0


def restated(rows: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Read back the differences that an issue keeps."""
    return [Difference(**row) for row in rows]
