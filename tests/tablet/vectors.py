"""What the house's rules in Python say of names, births and numbers, written down for the rules in JavaScript.

`python -m tests.tablet.vectors` writes the files anew; a test fails while they differ from what the rules say now.
"""

from __future__ import annotations

import datetime as dt
import json
from itertools import product
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "vectors"

LATIN = [
    "Sok", "Sokh", "Sak", "Chea", "Jea", "Srey", "Srei", "Sreymom", "Srey Mom", "Vuthy", "Wuthy", "Vutthy", "Sokhorn",
    "Sokhon", "Samphors", "Samphos", "Dara", "Tara", "Daravuth", "Heng", "Heang", "Kuoch", "Koch", "Bopha", "Bophea",
    "Phalla", "Falla", "Nhem", "Nhem Nhem", "Ny", "Nyta", "Chhay", "Chhaya", "Kimhourt", "Kimhuot", "Ourn", "Oun",
    "Ea", "Ieng", "Eang", "Yem", "Sarun", "Sarin", "Thavy", "Tavy", "Đức", "José", "O'Neil", "Sok Dara", "SOK  dara",
    "Khuon", "Kuon", "Pheakdey", "Pheaktra", "Leang", "Lieng", "Ratha", "Rotha", "Mao", "Mau", "Touch", "Tuch", "Ly",
    "Sre Ambel", "Srae Ambel", "Kampong Trach", "Kompong Trach", "A", "Ou Thum", "Chhuk", "Sambath", "Sombath",
]  # fmt: skip
KHMER = [
    "សុខ", "សក់", "ជា", "ស្រី", "ស្រីមុំ", "ស្រី មុំ", "វុទ្ធី", "ដារ៉ា", "តារា", "ហេង", "បុប្ផា", "ផល្លា", "ញ៉ែម", "ពេជ្រ",
    "វណ្ណៈ", "វណ្ណា", "សុភ័ក្រ", "សុភក្ត្រ", "គឹម ហ៊ួត", "ហ្វីលីព", "សំអាត", "ធីតា", "ឌីណា", "ដីណា", "ឧត្តម", "ឫទ្ធី", "ស៊ីម",
    "សុីម", "ប៉ែន", "បុ៉ែន", "កែវ", "កេវ", "រស្មី", "រស្មៈ", "សុវណ្ណ", "សុវណ្ណ\u200bារី", "ចន្ទ្រា", "ម៉ៅ", "សម្បត្តិ", "ភក្តី", "ភ្ដី",
    "ហៃ", "អៀង", "អេង", "ឈុន", "លី", "ស្រែអំបិល", "កំពង់ត្រាច",
]  # fmt: skip
# As it comes from keyboards, old fonts and copied text: signs out of order, doubled, invisible.
RAW = [
    *KHMER, *LATIN, "ស្រី\u200bមុំ", "  Sok \t Dara ", "កេើ", "កាំ", "កំា", "ស៊្រី", "ស្រ៊ី", "ក្ត្រ", "ក្រ្ត", "ប្ដី", "ប្តី", "កុី",
    "បុី", "ងុី", "សុំី", "១២៣ សុខ 45", "\u17a3ា", "ក\u17b4", "e\u0301a", "ក់៍", "ាក", "្ក", "ក្", "ស្ត្រី", "ស្រ្តី", "មុី", "មិុ", "ចុះ",
    "កោះ", "កេាះ", "ខ្ញុំ", "ខ្ញំុ", "នឹង\u200c", "\ufeffជា", "ទ្រ្ត", "ហ៊ាន", "ហុាន", "យ៉ាង", "យ៉ាង", "ឲ្យ", "អោយ",
]  # fmt: skip
SLIPS = [
    "sok dra",
    "dara sok",
    "srey mum",
    "sreymon",
    "vuthi",
    "bopah",
    "sokhunthea",
    "chea sreymom",
    "pisey",
    "kimhuot",
]

ON = [dt.date(2026, 11, 21), dt.date(2026, 3, 1), dt.date(2024, 2, 29), dt.date(2026, 12, 31)]
TOLD = [
    "4y", "7m", "0y", "0m", "3 weeks", "12 ថ្ងៃ", "១២ ថ្ងៃ", "១២", "5", "130", "131", "about 3 months",
    "1y 6m", "2 years and 3 months", "2019", "2019-05", "5/2019", "3/5/2019", "03-05-2019",
    "2019-05-03", "31/12/2025", "29/2/2024", "29/2/2023", "30/2/2024", "2027", "1800", "99999",
    "12/2026", "1/13/2020", "x", "", "4 ឆ្នាំ", "4ឆ្នាំ", "~2 ans", "20yo", "6 wks old", "អាយុ ៣ ខែ",
    "0d", "1d", "21/11/2026", "22/11/2026", "1560m", "1561m", "2026", "2026-12", "4 y old",
    "10 months.", "5.5", "-3", "3 5 2019", "0000",
]  # fmt: skip
NUMBERS = [1, 2, 9, 10, 12345, 99999, 100000, 500001, 999999, 1000000, 123456789]


def names() -> dict[str, Any]:
    """Say how names fold, how they are put in order, how well they answer one another."""
    from clinic.rules.namelike import name_score
    from core.khmer import normalise, search_key
    from core.names import crossing_key, khmer_key, latin_key, near_key, place_key, words

    typed = [*LATIN[:60:3], *KHMER[::4], *SLIPS]
    people = [f"{a} {b}" for a, b in zip(LATIN[:40:2], LATIN[1:41:2], strict=True)] + KHMER[::3]
    scores = [
        [one, other, round(score, 6)] for one, other in product(typed, people) if (score := name_score(one, other)) > 0
    ]  # fmt: skip
    return {
        "normalise": {text: normalise(text) for text in RAW},
        "search_key": {text: search_key(text) for text in RAW},
        "words": {text: [list(word) for word in words(text)] for text in RAW},
        "latin_key": {name: latin_key(name) for name in LATIN},
        "near_key": {name: near_key(name.split()[0]) for name in LATIN if name.isascii()},
        "khmer_key": {name: khmer_key(name) for name in KHMER},
        "crossing_key": {name: crossing_key(name) for name in [*LATIN, *KHMER]},
        "place_key": {name: place_key(name) for name in LATIN},
        "name_score": scores,
        "asked": {"typed": typed, "people": people},
    }


def ages() -> list[dict[str, Any]]:
    """Say what births and ages as told are read as, on some days."""
    from core.ages import parse_age_or_birth
    from core.errors import RuleBroken

    found = []
    for on, text in product(ON, TOLD):
        line: dict[str, Any] = {"on": str(on), "text": text}
        try:
            birth = parse_age_or_birth(text, on)
            line |= {name: str(getattr(birth, name)) for name in ("date", "earliest", "latest", "precision")}
        except RuleBroken as broken:
            line["broken"] = broken.code
        found.append(line)
    return found


def completed() -> list[list[Any]]:
    """Say how old somebody is on a day: birth, day, years, months, days."""
    from core.ages import age_at

    days = list(
        map(dt.date.fromisoformat, ("2020-02-29", "2024-02-29", "2025-01-31", "2025-03-01", "2026-11-21", "2026-12-31"))
    )
    pairs = [(a, b) for a, b in product(days, days) if a <= b]
    return [[str(a), str(b), (age := age_at(a, b)).years, age.months, age.days] for a, b in pairs]


def numbers() -> dict[str, Any]:
    """Say how patient numbers are written, and which texts are one."""
    from core.errors import RuleBroken
    from core.ids import parse_patient_number, patient_number

    texts = [
        text for n in NUMBERS for whole in [patient_number(n)] for text in (whole, whole.replace("-", ""), whole[3:])
    ]
    texts += ["SA-012345-0", "SA-000000-0", "sa 012345 4", "១២៣៤៥៦៧", "12", "SA-12345-0", "abc", "SA-0123456-7"]
    read: dict[str, Any] = {}
    for text in texts:
        try:
            read[text] = parse_patient_number(text)
        except RuleBroken:
            read[text] = None
    return {"written": {str(n): patient_number(n) for n in NUMBERS}, "read": read}


FILES = {"names": names, "ages": lambda: {"told": ages(), "completed": completed()}, "numbers": numbers}


def written(name: str) -> str:
    """Return a file as it should be."""
    return json.dumps(FILES[name](), ensure_ascii=False, indent=0, sort_keys=True) + "\n"


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for file in FILES:
        (FOLDER / f"{file}.json").write_text(written(file), encoding="utf-8")
