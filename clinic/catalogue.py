"""Load what a new database starts with: the catalogue of conditions, a ward with beds, the desk's patient numbers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONDITIONS = Path(__file__).parent / "data" / "conditions.csv"
WARDS = [("បន្ទប់បុរស", "Men's room", "M"), ("បន្ទប់ស្ត្រី", "Women's room", "W"), ("បន្ទប់កុមារ", "Children's room", "C")]
BEDS_A_WARD = 4
DESK_NUMBERS = (1, 499_999)


def load(get_model: Callable[[str, str], Any]) -> None:
    """Add what is missing; leave what an administrator has changed."""
    condition = get_model("clinic", "Condition")
    known = set(condition.objects.values_list("key", flat=True))
    with CONDITIONS.open(encoding="utf-8") as lines:
        condition.objects.bulk_create(
            condition(
                key=row["key"], name_en=row["english"], name_km=row["khmer"], icd10=row["icd10"], icd11=row["icd11"],
                common=row["seed"] == "y",
            )
            for row in csv.DictReader(lines)
            if row["key"] not in known
        )  # fmt: skip
    ward, bed = get_model("clinic", "Ward"), get_model("clinic", "Bed")
    if not ward.objects.exists():
        for order, (name_km, name_en, letter) in enumerate(WARDS):
            made = ward.objects.create(name_km=name_km, name_en=name_en, order=order)
            bed.objects.bulk_create(bed(ward=made, label=f"{letter}{n}") for n in range(1, BEDS_A_WARD + 1))
    first, last = DESK_NUMBERS
    get_model("clinic", "NumberBlock").objects.get_or_create(
        holder="", defaults={"first": first, "last": last, "next": first}
    )
