"""Ask for many figures at once: a page of forty asks the database once, and each number is still the figure's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, CharField, Value
from django.db.models.functions import Cast, Coalesce

from core.ages import BandSet
from reports.asking import Answer, Asked, Keys, Lines, Rows, Span, counting


class Question(NamedTuple):
    """One figure, of which days, narrowed by what, told apart by what."""

    figure: str
    span: Span
    where: Mapping[str, str] = {}
    by: Keys = ()


def totals(questions: Sequence[Question], bands: BandSet | None = None) -> list[int]:
    """Return the number of each question, as `ask` would: one statement for all, and those of what is reckoned.

    Raises what `ask` raises.
    """
    return [answer.total for answer in ask_together(questions, bands)]


def ask_together(questions: Sequence[Question], bands: BandSet | None = None) -> list[Answer]:
    """Return the answer to each question, as `ask` would: one statement for all, and those of what is reckoned.

    Raises what `ask` raises.
    """
    asked = [Asked.checked(one.figure, one.span, one.by, one.where, bands) for one in questions]
    wholes = {n: replace(one, by=()) for n, one in enumerate(asked) if one.several}
    cells = _cells([counting(one) for one in (*asked, *wholes.values())])
    whole = {n: cells[len(asked) + place].get((), 0) for place, n in enumerate(wholes)}
    return [
        Answer(one.figure, one.by, found, whole.get(n, sum(found.values())), one.several, one.known())
        for n, (one, found) in enumerate(zip(asked, cells, strict=False))
    ]


def _cells(counted: Sequence[Rows | Lines]) -> list[dict[Keys, int]]:
    """Return the cells of each, those of the database out of one statement."""
    found = [{} if isinstance(one, Rows) else one.cells() for one in counted]
    rows = {n: one for n, one in enumerate(counted) if isinstance(one, Rows) and one.asked.parts}
    if not rows:
        return found
    keys = max(len(one.grouped) for one in rows.values())
    sums = max(len(one.asked.parts) for one in rows.values())
    told = {n: one.told_apart() for n, one in rows.items()}
    lines: dict[int, list[tuple[Any, ...]]] = {n: [] for n in rows}
    statements = [_statement(n, one, told[n], keys, sums) for n, one in rows.items()]
    for n, *line in statements[0].union(*statements[1:], all=True) if len(statements) > 1 else statements[0]:
        lines[n].append(line)
    for n, one in rows.items():
        fields = [told[n].query.annotations[f"key_{name}"].output_field for name in one.grouped]
        found[n] = one.added_up(
            (
                [field.to_python(text) for field, text in zip(fields, line, strict=False)],
                line[keys : keys + len(one.asked.parts)],
            )
            for line in lines[n]
        )
    return found


def _statement(n: int, counted: Rows, rows: Any, keys: int, sums: int) -> Any:
    """Return the statement that gives lines of (n, keys as text, sums), filled up to so many."""
    nothing = {f"text_{place}": Value("", CharField()) for place in range(keys)}
    texts = {f"text_{place}": Cast(f"key_{name}", CharField()) for place, name in enumerate(counted.grouped)}
    amounts: dict[str, Any] = {f"sum_{place}": Value(0, BigIntegerField()) for place in range(sums)}
    for place, part in enumerate(counted.asked.parts):
        amounts[f"sum_{place}"] = Cast(Coalesce(part.sum, 0), BigIntegerField())
    columns = {"question": Value(n), **nothing, **texts, **amounts}
    if not counted.grouped:  # a line even where nothing is counted
        rows = counted.rows().values(question=Value(n))
        del columns["question"]
    return rows.annotate(**columns).values_list("question", *nothing, *amounts)
