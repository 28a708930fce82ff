"""A register of some year, drawn by a seed, full of edges; and whoever counts it by hand.

Nothing here knows the product: the lines are those of docs/how-to/import_a_register.md, the rules of counting those of
docs/figures.md. A line says of itself whether it is good; the counter never looks at why.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

DAY = dt.timedelta(days=1)
COLUMNS = [
    "patient_ref", "family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth_date", "age",
    "village_code", "phone", "contact_date", "service", "conditions", "discharge_date", "outcome",
    "dental_education", "toothbrush", "toothpaste",
]  # fmt: skip
SERVICES, SEXES = ("outpatient", "inpatient", "mobile"), ("F", "M")
GIVEN = ("dental_education", "toothbrush", "toothpaste")
CONDITIONS = {
    "worms": "B82.0", "caries": "K02.9", "pneumonia": "J18.9", "asthma": "J45.9", "cold": "J00", "scabies": "B86",
    "fever": "R50.9", "htn": "I10", "burn": "T30.0", "cough": "R05", "typhoid": "A01.0", "measles": "B05.9",
}  # fmt: skip
BANDS: dict[str, list[tuple[str, int, str]]] = {
    "published": [
        ("under_5", 0, "d"), ("5", 5, "y"), ("6_12", 6, "y"), ("13_17", 13, "y"), ("18_59", 18, "y"),
        ("60_plus", 60, "y"),
    ],
    "ministry": [
        ("0_28d", 0, "d"), ("29d_11m", 29, "d"), ("1_4", 1, "y"), ("5_14", 5, "y"), ("15_24", 15, "y"),
        ("25_49", 25, "y"), ("50_64", 50, "y"), ("65_plus", 65, "y"),
    ],
    "child_health": [
        ("0_28d", 0, "d"), ("29d_5m", 29, "d"), ("6_11m", 6, "m"), ("12_23m", 12, "m"), ("24_59m", 24, "m"),
        ("5_plus", 5, "y"),
    ],
    "dental": [
        ("under_5", 0, "d"), ("5_6", 5, "y"), ("7_11", 7, "y"), ("12", 12, "y"), ("13_14", 13, "y"), ("15", 15, "y"),
        ("16_34", 16, "y"), ("35_44", 35, "y"), ("45_64", 45, "y"), ("65_74", 65, "y"), ("75_plus", 75, "y"),
    ],
}  # fmt: skip


# --- The calendar, walked -----------------------------------------------------------------------------------------


def birthday(born: dt.date, months: int) -> dt.date:
    """Return the day on which so many months are over; where the month lacks the day, the first of the next."""
    year, month = born.year + (born.month - 1 + months) // 12, (born.month - 1 + months) % 12 + 1
    try:
        return dt.date(year, month, born.day)
    except ValueError:
        return dt.date(year + month // 12, month % 12 + 1, 1)


def reached(born: dt.date, n: int, unit: str) -> dt.date:
    """Return the day on which somebody is so old."""
    return born + n * DAY if unit == "d" else birthday(born, n * (12 if unit == "y" else 1))


def completed(born: dt.date, on: dt.date, unit: str) -> int:
    """Return how many days, months or years are over."""
    n = (on - born).days // {"d": 1, "m": 31, "y": 366}[unit]
    while reached(born, n + 1, unit) <= on:
        n += 1
    return n


def middle(first: dt.date, last: dt.date) -> dt.date:
    """Return the middle day, the earlier one of two."""
    return first + (last - first).days // 2 * DAY


def born_when_told(told: str, on: dt.date) -> dt.date:
    """Return the middle of all births of that age on that day."""
    n, unit = int(told[:-1]), told[-1]
    least, most = {"d": (1, 1), "m": (28, 31), "y": (365, 366)}[unit]
    days = (on - back * DAY for back in range(n * least, (n + 1) * most + 1))
    fits = [day for day in days if completed(day, on, unit) == n]
    return middle(min(fits), max(fits))


def born_when_dated(text: str, on: dt.date) -> dt.date:
    """Return the day, or the middle of the month or year as far as it had come on that day."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return dt.date(*parts)
    first = dt.date(*parts, *[1] * (3 - len(parts)))
    return middle(first, min(birthday(first, 1 if len(parts) == 2 else 12) - DAY, on))


# --- The register -------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One line; `good` is whether it should be taken, `copy` whether it says again what another line said."""

    cells: dict[str, str]
    good: bool = True
    copy: bool = False


@dataclass
class Person:
    """Somebody with the truth about their birth; None when nobody knows it."""

    ref: str
    sex: str
    born: dt.date | None
    dies: bool = False
    days: set[dt.date] = field(default_factory=set)


class Register:
    """A register of `year`, the two years before it and the first days after it: `lines`, then `late` ones."""

    def __init__(self, seed: int, rows: int = 300) -> None:
        self.random = random.Random(seed)
        self.year = self.random.randint(1993, 2024)
        self.lines: list[Line] = []
        self.late: list[Line] = []
        self.people: list[Person] = []
        self._draw(rows)

    def _draw(self, rows: int) -> None:
        pick = self.random
        self._at_the_edges()
        while len(self.lines) < rows:
            self._somebody()
        if pick.random() < 0.5:
            self.lines.sort(key=lambda line: line.cells["contact_date"])
        else:
            pick.shuffle(self.lines)
        self._beds()
        self.late = [line for line in self.lines if pick.random() < 0.12]
        kept = {id(line) for line in self.late}
        self.lines = [line for line in self.lines if id(line) not in kept]
        for part in (self.lines, self.late):
            copies = [self._copied(line) for line in pick.sample(part, len(part) // 12)]
            bad = [self._spoilt(pick.choice(part)) for _ in range(max(6, len(part) // 15))]
            part += copies
            for line in bad:
                part.insert(pick.randrange(len(part) + 1), line)
        self.late += [self._copied(line) for line in pick.sample([x for x in self.lines if x.good], 5)]
        self._contradict()

    def _person(self, born: dt.date | None) -> Person:
        person = Person(f"{self.random.choice('ABC')}-{len(self.people) + 1:04}", self.random.choice(SEXES), born)
        self.people.append(person)
        return person

    def _at_the_edges(self) -> None:
        """Let people come on the very day on which a band begins, a day before and a day after, on edges of months."""
        pick, leap = self.random, max(y for y in range(self.year - 70, self.year) if y % 4 == 0)
        edges = [dt.date(self.year, m, 1) for m in range(1, 13)] + [
            dt.date(self.year, m, 1) - DAY for m in range(2, 13)
        ]
        edges += [dt.date(self.year, 12, 31), dt.date(self.year - 1, 12, 31), dt.date(self.year + 1, 1, 1)]
        bounds = sorted({(n, unit) for bands in BANDS.values() for _, n, unit in bands})
        for n, unit in [*bounds, (27, "d"), (28, "d"), (30, "d"), (1, "m"), (11, "m"), (11, "y")]:
            on = pick.choice(edges)
            born = on - n * DAY if unit == "d" else birthday(on, -n * (12 if unit == "y" else 1))
            person = self._person(born)
            for day in {max(born, on - DAY), on, on + DAY}:
                self._comes(person, day, exact=True)
        for years in (1, 5, 6, 12, 13, 18, 60, 65):
            born = dt.date(leap - (years + 3) // 4 * 4, 2, 29)
            person = self._person(born)
            for day in (dt.date(born.year + years, 2, 28), dt.date(born.year + years, 3, 1)):
                self._comes(person, day, exact=True)

    def _somebody(self) -> None:
        """Let somebody come a few times, told of now this way, now that."""
        pick = self.random
        oldest = dt.date(self.year - pick.choice([1, 3, 7, 14, 40, 95]), pick.randint(1, 12), pick.randint(1, 28))
        first = dt.date(self.year - 2, 1, 1)
        born = pick.choice([None, *[oldest + pick.randrange(400) * DAY] * 6])
        person = self._person(born)
        person.dies = pick.random() < 0.06
        for _ in range(pick.choice([1, 1, 1, 2, 2, 3, 5])):
            day = max(first + pick.randrange(3 * 365) * DAY, born or first)
            self._comes(person, day)
            if pick.random() < 0.15:
                self._comes(person, day)  # again on the same day
        if person.dies:
            day = max(person.days) + pick.randrange(20) * DAY
            self._comes(person, day, service="inpatient", discharge_date=str(day + pick.choice([0, 3]) * DAY),
                        outcome="died")  # fmt: skip

    def _comes(self, person: Person, on: dt.date, *, exact: bool = False, **said: str) -> None:
        pick = self.random
        service = said.get("service") or pick.choices(SERVICES, (5, 0 if person.dies else 2, 6))[0]
        if service == "inpatient" and any(
            x.cells["patient_ref"] == person.ref and x.cells["contact_date"] == str(on)
            and x.cells["service"] == "inpatient" for x in self.lines
        ):  # fmt: skip
            service = "mobile"
            said = {}
        person.days.add(on)
        cells = dict.fromkeys(COLUMNS, "") | {
            "patient_ref": person.ref, "given_name": "Dara", "sex": person.sex, "contact_date": str(on),
            "service": service, "village_code": pick.choice(["", "09060603"]),
        }  # fmt: skip
        cells |= self._age(person.born, on, exact)
        named = pick.sample(sorted(CONDITIONS), pick.choice([0, 1, 1, 1, 2, 3]))
        cells["conditions"] = ";".join(pick.choice([key, CONDITIONS[key], CONDITIONS[key].lower()]) for key in named)
        for name in GIVEN:
            cells[name] = pick.choice(["y", "yes", "1", "n", ""]) if service == "mobile" or pick.random() < 0.05 else ""
        if service == "inpatient" and not said:
            cells["discharge_date"] = str(on + pick.choice([0, 1, 4, 40]) * DAY)
            cells["outcome"] = pick.choice(["", "recovered", "improved", "went home by boat"])
        self.lines.append(Line(cells | said))
        if service == "outpatient" and not said and not person.dies and pick.random() < 0.12:
            cells["outcome"] = "admitted"
            if pick.random() < 0.8:
                self._comes(person, on, exact=exact, service="inpatient", discharge_date=str(on + 2 * DAY))

    def _age(self, born: dt.date | None, on: dt.date, exact: bool) -> dict[str, str]:
        if born is None:
            return {}
        n = self.random.random()
        if exact or n < 0.45:
            return {"birth_date": str(born)}
        if n < 0.55:
            return {"birth_date": f"{born:%Y-%m}"}
        if n < 0.65:
            return {"birth_date": f"{born:%Y}"}
        if n < 0.9:
            days, months = (on - born).days, completed(born, on, "m")
            unit = "d" if days < 60 and n < 0.8 else "m" if months < 60 and n < 0.8 else "y"
            return {"age": f"{completed(born, on, unit)}{unit}"}
        return {}

    def _beds(self) -> None:
        """Leave some stays open, one a person; of most of them a later or an earlier line tells the end."""
        pick, done = self.random, set()
        for line in [x for x in self.lines if x.cells["service"] == "inpatient" and x.cells["outcome"] != "died"]:
            if pick.random() < 0.25 and line.cells["patient_ref"] not in done:
                done.add(line.cells["patient_ref"])
                whole = Line(dict(line.cells))
                line.cells |= {"discharge_date": "", "outcome": ""}
                if pick.random() < 0.7:
                    self.lines.insert(self.lines.index(line) + pick.choice([0, 1]), whole)

    def _copied(self, line: Line) -> Line:
        """Say the same again, written a little differently."""
        day = line.cells["contact_date"]
        khmer = day.translate({ord("0") + n: chr(0x17E0 + n) for n in range(10)})
        other = {"service": line.cells["service"].upper(), "sex": f" {line.cells['sex'].lower()}"}
        other["contact_date"] = self.random.choice([day, khmer])
        return Line(line.cells | other, line.good, copy=True)

    def _spoilt(self, line: Line) -> Line:
        """Say something of somebody new that cannot be."""
        wrong = self.random.choice([
            {"sex": "X"}, {"contact_date": "2023-02-29"}, {"contact_date": "2999-01-01"}, {"service": "visit"},
            {"conditions": "worms;no such thing"}, {"village_code": "9060603"}, {"toothbrush": "maybe"},
            {"patient_ref": ""}, {"given_name": ""}, {"service": "mobile", "discharge_date": "2020-01-01"},
            {"birth_date": "", "age": "old"}, {"birth_date": "2999"}, {"outcome": "=1+1"}, {"contact_date": ""},
            {"service": "inpatient", "discharge_date": "1990-01-01"}, {"birth_date": f"{self.year + 3}-01-01"},
        ])  # fmt: skip
        return Line(line.cells | {"patient_ref": f"bad-{self.random.random()}"} | wrong, good=False)

    def _contradict(self) -> None:
        """End with lines against what is known of people: another sex, another birth, a contact after death."""
        pick, good = self.random, [x for x in (*self.lines, *self.late) if x.good]
        for line in pick.sample(good, 3):
            self.late.append(Line(line.cells | {"sex": "MF"[line.cells["sex"].strip().upper() == "M"]}, good=False))
        for line in pick.sample([x for x in good if len(x.cells["birth_date"]) == 10], 3):
            self.late.append(
                Line(line.cells | {"birth_date": f"{int(line.cells['birth_date'][:4]) - 2}-05-05"}, good=False)
            )
        for line in [x for x in good if x.cells["outcome"] == "died"][:3]:
            after = dt.date.fromisoformat(line.cells["discharge_date"]) + DAY
            more = {"contact_date": str(after), "service": "outpatient", "discharge_date": "", "outcome": ""}
            self.late.append(Line(line.cells | more, good=False))


def as_file(lines: Iterable[Line], seed: int) -> bytes:
    """Return lines as the bytes of a CSV file, in some order of columns, with some comma, in some encoding."""
    pick, out = random.Random(seed), io.StringIO()
    columns = pick.sample([*COLUMNS, "remark"], len(COLUMNS) + 1)
    writer = csv.DictWriter(out, columns, restval="x", delimiter=pick.choice(",;\t"))
    writer.writeheader()
    writer.writerows(line.cells for line in lines)
    return out.getvalue().encode(pick.choice(["utf-8", "utf-8-sig", "utf-16"]))


# --- Whoever counts -----------------------------------------------------------------------------------------------


@dataclass
class Contact:
    """One contact as it counts."""

    ref: str
    sex: str
    on: dt.date
    service: str
    told: str
    conditions: set[str]
    given: set[str]
    left: dt.date | None
    died: bool
    admitted: bool
    void: bool = False


class ByHand:
    """Read good lines in their order; count them by hand."""

    def __init__(self) -> None:
        self.contacts: list[Contact] = []
        self.births: dict[str, tuple[int, dt.date]] = {}

    def read(self, lines: Iterable[Line]) -> int:
        """Take in lines; return how many contacts they added."""
        before = len(self.contacts)
        for line in lines:
            if line.good and not line.copy:
                self._read({name: text.strip() for name, text in line.cells.items()})
        return len(self.contacts) - before

    def _read(self, cell: dict[str, str]) -> None:
        ref, on = cell["patient_ref"], dt.date.fromisoformat(cell["contact_date"])
        left = dt.date.fromisoformat(cell["discharge_date"]) if cell["discharge_date"] else None
        if cell["birth_date"]:
            self._learn(ref, len(cell["birth_date"]) * -1, born_when_dated(cell["birth_date"], on))
        elif cell["age"]:
            self._learn(ref, 0, born_when_told(cell["age"], on))
        if cell["service"] == "inpatient":
            for stay in self.contacts:
                if (stay.ref, stay.on, stay.service) == (ref, on, "inpatient"):
                    if stay.left is None:
                        stay.left, stay.died = left, cell["outcome"] == "died"
                    return
        codes = {code.lower(): key for key, code in CONDITIONS.items()}
        named = {codes.get(text.lower(), text) for text in filter(None, cell["conditions"].split(";"))}
        given = {name for name in GIVEN if cell[name] in ("y", "yes", "1")}
        told, admitted = cell["age"] if not cell["birth_date"] else "", cell["outcome"] == "admitted"
        died = cell["outcome"] == "died"
        self.contacts.append(Contact(ref, cell["sex"], on, cell["service"], told, named, given, left, died, admitted))

    def _learn(self, ref: str, vagueness: int, born: dt.date) -> None:
        if ref not in self.births or vagueness < self.births[ref][0]:
            self.births[ref] = (vagueness, born)

    def counted(self) -> list[Contact]:
        """Return what counts: nothing entered in error, no visit that ended in a stay of that day."""
        stays = Counter((c.ref, c.on) for c in self.contacts if c.service == "inpatient" and not c.void)
        found = []
        for contact in self.contacts:
            if contact.void:
                continue
            if contact.service == "outpatient" and contact.admitted and stays[contact.ref, contact.on]:
                stays[contact.ref, contact.on] -= 1
                continue
            found.append(contact)
        return found

    def band(self, contact: Contact, bands: str) -> str:
        """Return the last band that had begun on the day."""
        vagueness, born = self.births.get(contact.ref, (1, None))
        if contact.told and vagueness == 0:
            born = born_when_told(contact.told, contact.on)
        if born is None:
            return "unknown"
        return [key for n, (key, *low) in enumerate(BANDS[bands]) if not n or reached(born, *low) <= contact.on][-1]

    def figures(self, first: dt.date, last: dt.date, bands: str) -> dict:
        """Return what the contract tells of some days; `cells` are (month, service, band, sex)."""
        every = self.counted()
        rows = [c for c in every if first <= c.on <= last]
        stays: dict[str, dt.date] = {}
        met: dict[str, dt.date] = {}
        for c in sorted(every, key=lambda c: c.on):
            met.setdefault(c.ref, c.on)
            if c.service == "inpatient":
                stays.setdefault(c.ref, c.on)
        over = [c for c in every if c.left and first <= c.left <= last]
        return {
            "cells": Counter((f"{c.on:%Y-%m}", c.service, self.band(c, bands), c.sex) for c in rows),
            "totals": {
                "patients_assessed": len(rows),
                "people_reached": len({c.ref for c in rows}),
                "new_patients_admitted": sum(first <= day <= last for day in stays.values()),
                "dental_education": sum("dental_education" in c.given for c in rows),
                "toothbrushes_given": sum("toothbrush" in c.given for c in rows),
                "toothpaste_given": sum("toothpaste" in c.given for c in rows),
            },
            "others": {
                "new_patients": sum(first <= day <= last for day in met.values()),
                "discharges": len(over),
                "deaths_in_care": sum(c.died for c in over),
                "new_cases": len(rows),
            },
            "conditions": Counter(key for c in rows for key in c.conditions),
            "given": Counter((name, c.sex) for c in rows for name in c.given),
        }  # fmt: skip


def along(cells: Counter, place: int) -> Counter:
    """Return the sums along one part of the keys."""
    sums: Counter = Counter()
    for keys, n in cells.items():
        sums[keys[place]] += n
    return sums
