"""The figures as other programs read them: the JSON contract, and the same numbers as CSV and as plain text.

The contract is described in docs/figures.md; a change that could break a reader raises CONTRACT.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from core.ages import BandSet
from core.periods import Month
from reports.asking import Answer, Span
from reports.cube import Cube, assert_whole
from reports.figures import COUNTED, FIGURES
from reports.naming import SERVICES_SHORT, SEXES, band_words

CONTRACT = 1
CSV_COLUMNS = ("figure", "month", "service", "band", "sex", "condition", "value")


def as_dict(cube: Cube) -> dict[str, Any]:
    """Return the figures in the shape of the contract."""
    return {
        "contract": CONTRACT,
        "period": {"first": cube.period.first.text, "last": cube.period.last.text},
        "bands": cube.bands.key,
        "figures": {
            "patients_assessed": _broken_down(cube, "patients_assessed"),
            **{f.name: {"total": cube.sum(f.name)} for f in COUNTED if f.name != "patients_assessed"},
            "contacts_by_condition": {row.key: row.count for row in cube.conditions},
        },
    }


def _broken_down(cube: Cube, figure: str) -> dict[str, Any]:
    total = cube.sum(figure)
    parts = {f"by_{dimension}": cube.by(figure, dimension) for dimension in ("service", "band", "sex", "month")}
    lines: list[dict[str, Any]] = [
        {"service": service, "band": band, "sex": sex, "count": count}
        for service in cube.keys("service")
        for band in cube.keys("band")
        for sex, count in cube.by(figure, "sex", service=service, band=band).items()
    ]
    for numbers in parts.values():
        assert_whole(numbers.values(), total)
    assert_whole((line["count"] for line in lines), total)
    return {"total": total, **parts, "by_service_band_sex": lines}


def as_csv(cube: Cube) -> str:
    """Return one line for each number of the contract; an empty cell means all of that dimension."""
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_lines(as_dict(cube)["figures"]))
    return out.getvalue()


def _lines(figures: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, figure in figures.items():
        if FIGURES[name].by:
            yield from ({"figure": name, FIGURES[name].by: key, "value": value} for key, value in figure.items())
            continue
        yield {"figure": name, "value": figure["total"]}
        for part in ("service", "band", "sex", "month"):
            numbers = figure.get(f"by_{part}", {})
            yield from ({"figure": name, part: key, "value": value} for key, value in numbers.items())
        for line in figure.get("by_service_band_sex", []):
            cells = {key: line[key] for key in ("service", "band", "sex")}
            yield {"figure": name, **cells, "value": line["count"]}


def as_table(cube: Cube) -> str:
    """Return the figures as plain text for a terminal."""
    first, last = cube.period.first, cube.period.last
    lines = [f"{first}" if first == last else f"{first} – {last}", ""]
    lines += _columns([(str(f.words), f"{cube.sum(f.name):,}", f"({f.counts_words})") for f in COUNTED])
    lines += ["", *_columns(_by_band(cube)), "", *_columns(_by_month(cube))]
    if cube.conditions:
        lines += ["", *_columns([(row.name_en, f"{row.count:,}") for row in cube.conditions])]
    return "\n".join(lines) + "\n"


def answer_as_dict(answer: Answer, span: Span, bands: BandSet) -> dict[str, Any]:
    """Return one figure as it was asked for; combinations with nothing in them are left out.

    There is no total over what is never added: currencies, medicines.
    """
    order = {name: {key: n for n, key in enumerate(keys)} for name, keys in (answer.known or {}).items()}
    places = [order.get(name, {}) for name in answer.by]

    def as_known(cell: tuple[tuple[str, ...], int]) -> list[tuple[int, str]]:
        return [(place.get(key, len(place)), key) for place, key in zip(places, cell[0], strict=True)]

    cells = [(keys, value) for keys, value in sorted(answer.cells.items(), key=as_known) if value]
    return {
        "contract": CONTRACT,
        "days": {"first": span.first.isoformat(), "last": span.last.isoformat()},
        "bands": bands.key,
        "figure": answer.figure.name,
        "counts": answer.figure.counts.value,
        "by": list(answer.by),
        "total": None if answer.figure.apart in answer.by else answer.total,
        "cells": [{**dict(zip(answer.by, keys, strict=True)), "value": value} for keys, value in cells],
    }


def answer_as_csv(found: dict[str, Any]) -> str:
    """Return one line for each combination of keys, with the whole in front where there is one."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ["figure", *found["by"], "value"], restval="", lineterminator="\n")
    writer.writeheader()
    whole = [{"value": found["total"]}] if found["by"] and found["total"] is not None else []
    writer.writerows({"figure": found["figure"], **line} for line in (*whole, *found["cells"]))
    return out.getvalue()


def answer_as_table(answer: Answer, found: dict[str, Any]) -> str:
    """Return the same as plain text for a terminal."""
    days, figure = found["days"], answer.figure
    rows = [(" · ".join(line[name] for name in found["by"]), f"{line['value']:,}") for line in found["cells"]]
    rows = rows if found["by"] else []
    if found["total"] is not None:
        rows.append((str(figure.words), f"{found['total']:,}"))
    head = f"{days['first']} – {days['last']}\n\n{figure.words} ({figure.counts_words})"
    return "\n".join([head, *_columns(rows)] if rows else [head]) + "\n"


def _by_band(cube: Cube) -> Iterator[tuple[str, ...]]:
    """Yield the patients assessed by age, service and sex, with totals both ways."""
    name = "patients_assessed"
    services = cube.keys("service")
    yield (str(FIGURES[name].words), *(str(SERVICES_SHORT[s]) for s in services), *map(str, SEXES.values()), "")
    for band in cube.keys("band"):
        by_service, by_sex = cube.by(name, "service", band=band), cube.by(name, "sex", band=band)
        total = assert_whole(by_service.values(), cube.sum(name, band=band))
        yield (band_words(cube.bands, band), *(f"{n:,}" for n in (*by_service.values(), *by_sex.values(), total)))
    totals = (*cube.by(name, "service").values(), *cube.by(name, "sex").values(), cube.sum(name))
    yield ("", *(f"{n:,}" for n in totals))


def _by_month(cube: Cube) -> Iterator[tuple[str, ...]]:
    for month, total in cube.by("patients_assessed", "month").items():
        by_service = cube.by("patients_assessed", "service", month=month)
        yield (Month(month).text, *(f"{n:,}" for n in by_service.values()), f"{total:,}")


def _columns(rows: Any) -> list[str]:
    """Set rows in columns, the first to the left, the others to the right."""
    table = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 or cell.startswith("(") else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
