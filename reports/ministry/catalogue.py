"""Load what a new database starts with: the ministry's forms as far as we know them, to be corrected by the clinic."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "data"
STEP = 10  # between the places of neighbours, so that a line fits in between


def load(get_model: Callable[[str, str], Any]) -> None:
    """Add forms that are missing, each whole; a form that is there is an administrator's and is left alone."""
    form, block, line = (get_model("reports", name) for name in ("MinistryForm", "FormBlock", "FormLine"))
    known = set(form.objects.values_list("key", flat=True))
    forms = {
        row["key"]: form.objects.create(position=place * STEP, **_names(row), key=row["key"])
        for place, row in enumerate(_rows("ministry_forms.csv"), start=1)
        if row["key"] not in known
    }
    blocks: dict[tuple[str, str], Any] = {}
    for place, row in enumerate(_rows("ministry_blocks.csv"), start=1):
        if row["form"] in forms:
            blocks[row["form"], row["key"]] = block.objects.create(
                form=forms[row["form"]], position=place * STEP, **_names(row), key=row["key"], columns=row["columns"],
                bands=row["bands"], source=row["source"],
            )  # fmt: skip
    line.objects.bulk_create(
        line(
            block=blocks[row["form"], row["block"]], position=place * STEP, **_names(row), key=row["key"],
            figure=row["figure"], narrowed=json.loads(row["narrowed"] or "{}"), rest=row["rest"] == "y",
            source=row["source"],
        )
        for place, row in enumerate(_rows("ministry_lines.csv"), start=1)
        if row["form"] in forms
    )  # fmt: skip


def _names(row: dict[str, str]) -> dict[str, str]:
    return {"name_km": row["khmer"], "name_en": row["english"]}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
