"""Ask for many numbers at once: a page of forty asks the database once, and each number is still the figure's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Value
from django.db.models.functions import Cast, Coalesce

from core.ages import BandSet
from reports.asking import Asked, Rows, Span, counting


class Question(NamedTuple):
    """One number: a figure, of which days, narrowed by what."""

    figure: str
    span: Span
    where: Mapping[str, str] = {}


def totals(questions: Sequence[Question], bands: BandSet | None = None) -> list[int]:
    """Return the number of each question, as `ask` would: one statement for all, and those of what is reckoned.

    Raises what `ask` raises.
    """
    asked = [Asked.checked(one.figure, one.span, (), one.where, bands) for one in questions]
    found, parts = [0] * len(asked), []
    for n, one in enumerate(asked):
        counted = counting(one)
        if not isinstance(counted, Rows):
            found[n] = sum(counted.cells().values())
        elif one.parts:
            parts.append(_part(n, counted))
    if parts:
        for n, number in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
            found[n] = int(number)
    return found


def _part(n: int, counted: Rows) -> Any:
    """Return the statement that gives (n, the number), even where nothing is counted."""
    sums = [Cast(Coalesce(part.sum, 0), BigIntegerField()) for part in counted.asked.parts]
    whole = counted.rows().values(question=Value(n)).annotate(number=sum(sums[1:], sums[0]))
    return whole.values_list("question", "number")
