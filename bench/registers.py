"""A register of many rows, loaded once."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random

from bench.people import nurse, today
from clinic.models import Condition
from core.places.models import Village
from desk.demo.names import FAMILY, MEN, WOMEN
from desk.register.work import load_register

MOST = 8  # registers made, and so the most rounds
COLUMNS = (
    "patient_ref", "family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth_date", "age",
    "village_code", "phone", "contact_date", "service", "conditions", "dental_education", "toothbrush", "toothpaste",
)  # fmt: skip


def registers(size: int) -> list[bytes]:
    """Return registers of `size` rows, one a round, no person in two of them; two contacts a person."""
    return [register(size, which) for which in range(MOST)]


def register(size: int, which: int) -> bytes:
    """Return one register as CSV."""
    chance = random.Random(2026 + which)
    villages = list(Village.objects.order_by("id").values_list("code", flat=True)[:200])
    conditions = list(Condition.objects.order_by("id").values_list("key", flat=True))
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS)
    rows.writeheader()
    for number in range(size):
        who = random.Random(f"{which}-{number // 2}")
        sex, family = who.choice("FM"), who.choice(FAMILY)
        given = who.choice(WOMEN if sex == "F" else MEN)
        mobile = chance.random() < 0.5
        rows.writerow(
            {
                "patient_ref": f"B{which}-{number // 2}", "family_name": family.latin, "given_name": given.latin,
                "family_name_km": family.km, "given_name_km": given.km, "sex": sex,
                "birth_date": str(who.randrange(1950, today().year - 2)), "age": "",
                "village_code": who.choice(villages), "phone": "",
                "contact_date": (today() - dt.timedelta(days=1 + number % 300)).isoformat(),
                "service": "mobile" if mobile else "outpatient", "conditions": chance.choice(conditions),
                "dental_education": "y" if mobile else "", "toothbrush": "y" if mobile else "",
                "toothpaste": "y" if mobile else "",
            }
        )  # fmt: skip
    return text.getvalue().encode()


def load(made: list[bytes], number: int) -> int:
    """Load one register; return how many contacts were written."""
    summary = load_register(made[number], by=nurse(), today=today())
    if summary.rejects:
        line, reasons = summary.rejects[0]
        raise RuntimeError(f"{len(summary.rejects)} rows refused; line {line.line}: {reasons}")
    return summary.added
