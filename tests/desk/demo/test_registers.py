"""The made-up registers, looked at without a database: only what stands in their lines is believed."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from core.khmer import has_khmer, normalise
from core.money import Currency
from core.periods import Year
from core.places.gazetteer import rows as gazetteer
from desk.demo import build, names, shelves
from desk.demo.calendar import stands
from desk.demo.register import as_csv
from desk.demo.villages import HOUSEHOLDS, ROUNDS
from tests.builders import TODAY

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
Line = dict[str, str]


@pytest.fixture(scope="module")
def registers() -> list[bytes]:
    """The registers of 2025 and of 2026 until yesterday, seen on 20 November 2026."""
    return [as_csv(contacts) for contacts in build.contacts(TODAY)]


@pytest.fixture(scope="module")
def published(registers: list[bytes]) -> list[Line]:
    """The lines of the published year."""
    return read(registers[0])


@pytest.fixture(scope="module")
def both(registers: list[bytes]) -> list[Line]:
    """The lines of both years."""
    return [line for register in registers for line in read(register)]


def read(register: bytes) -> list[Line]:
    return list(csv.DictReader(io.StringIO(register.decode())))


def results() -> dict[str, int]:
    """The published results, by line."""
    with (HERE / "results_last_year.csv").open(encoding="utf-8") as file:
        return {row["figure"]: int(row["value"]) for row in csv.DictReader(file)}


def years_old(line: Line) -> int | None:
    """Count completed years by hand: on a calendar, as a child counts birthdays. A year alone means its middle."""
    on = date.fromisoformat(line["contact_date"])
    if line["age"]:
        return (
            int(line["age"][:-1])
            if line["age"].endswith("y")
            else int(line["age"][:-1]) // 12 * line["age"].endswith("m")
        )
    if not line["birth_date"]:
        return None
    parts = [int(part) for part in line["birth_date"].split("-")]
    year, month, day = {1: (*parts, 7, 2), 2: (*parts, 15), 3: parts}[len(parts)]
    return on.year - year - ((on.month, on.day) < (month, day))


def test_the_lines_of_the_year_add_up_to_the_published_results(published: list[Line]) -> None:
    services = Counter(line["service"] for line in published)
    ages = Counter(years_old(line) for line in published)
    stays = [line for line in published if line["service"] == "inpatient"]
    assert {
        "patients assessed": len(published),
        "hospitalised": services["inpatient"],
        "treated as out-patients": services["outpatient"],
        "checked by the mobile team": services["mobile"],
        "dental education received": sum(line["dental_education"] == "y" for line in published),
        "toothbrushes given": sum(line["toothbrush"] == "y" for line in published),
        "toothpaste given": sum(line["toothpaste"] == "y" for line in published),
        "children under 5 assessed": sum(n for age, n in ages.items() if age is not None and age < 5),
        "children aged 6 to 12 assessed": sum(n for age, n in ages.items() if age is not None and 6 <= age <= 12),
        "new patients admitted to the health centre": len({line["patient_ref"] for line in stays}),
    } == results()


def test_the_same_day_gives_the_same_bytes_whatever_the_hash_seed(registers: list[bytes]) -> None:
    script = """
import django, hashlib, sys
django.setup()
from datetime import date
from desk.demo import build, register
made = build.contacts(date.fromisoformat(sys.argv[1]))
print([hashlib.sha256(register.as_csv(contacts)).hexdigest() for contacts in made])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, TODAY.isoformat()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    assert done.stdout.strip() == str([hashlib.sha256(register).hexdigest() for register in registers])


def test_a_later_day_only_adds_lines(registers: list[bytes]) -> None:
    earlier = [as_csv(contacts) for contacts in build.contacts(date(2026, 8, 3))]
    assert earlier[0] == registers[0]
    later = registers[1].splitlines()
    assert set(earlier[1].splitlines()) <= set(later)
    assert len(earlier[1].splitlines()) < len(later)


def test_nobody_is_seen_today_or_later_and_nobody_still_lies_in_bed(both: list[Line]) -> None:
    days = [line["contact_date"] for line in both] + [line["discharge_date"] for line in both]
    assert max(days) < TODAY.isoformat()
    assert all(line["discharge_date"] for line in both if line["service"] == "inpatient")


def test_the_van_drives_on_its_three_days_only_and_never_to_a_cancelled_session(both: list[Line]) -> None:
    weekday = {stop.code: tour.weekday for tour in ROUNDS for stop in tour.stops}
    off = {(s.stop.code, s.on.isoformat()) for y in ("2025", "2026") for s in stands(Year(y)) if s.cancelled}
    seen = [(line["village_code"], line["contact_date"]) for line in both if line["service"] == "mobile"]
    assert {date.fromisoformat(on).weekday() for _, on in seen} == {1, 2, 3}
    assert all(date.fromisoformat(on).weekday() == weekday[village] for village, on in seen)
    assert not off & set(seen)


def test_every_session_that_was_not_cancelled_saw_somebody(published: list[Line]) -> None:
    seen = {(line["village_code"], line["contact_date"]) for line in published if line["service"] == "mobile"}
    assert seen == {(s.stop.code, s.on.isoformat()) for s in stands(Year("2025")) if not s.cancelled}


def test_everybody_has_a_name_in_khmer_and_in_latin_letters(both: list[Line]) -> None:
    pairs = {(line[part + "_km"], line[part]) for line in both for part in ("family_name", "given_name")}
    assert all(has_khmer(km) and latin.isascii() and latin.isalpha() for km, latin in pairs)
    known = {*names.FAMILY, *names.MEN, *names.WOMEN, *names.OLD_MEN, *names.OLD_WOMEN}
    assert pairs <= known


def test_names_are_written_as_they_are_stored_and_never_twice_in_one_list() -> None:
    for given in (names.FAMILY, names.MEN, names.WOMEN, names.OLD_MEN, names.OLD_WOMEN):
        assert [name.km for name in given] == [normalise(name.km) for name in given]
        assert len({name.km for name in given}) == len({name.latin for name in given}) == len(given)


def test_one_person_is_told_the_same_way_in_every_line(both: list[Line]) -> None:
    told = defaultdict(set)
    for line in both:
        who = [line[name] for name in ("family_name_km", "given_name_km", "sex", "birth_date", "village_code", "phone")]
        told[line["patient_ref"]].add((*who, bool(line["age"])))
    assert all(len(ways) == 1 for ways in told.values())


def test_every_age_is_possible_on_its_day(both: list[Line]) -> None:
    ages = [years_old(line) for line in both]
    assert all(age is None or 0 <= age <= 105 for age in ages)
    kinds = Counter(line["age"][-1:] or len(line["birth_date"].split("-")) * bool(line["birth_date"]) for line in both)
    assert all(kinds[kind] for kind in ("d", "m", "y", 3, 2, 1, 0))  # told, exact, month, year, and nothing at all


def test_newborns_birthdays_and_the_day_before_are_there(published: list[Line]) -> None:
    exact = [(line["birth_date"], line["contact_date"]) for line in published if len(line["birth_date"]) == 10]
    assert ("2025-06-03", "2025-06-03") in exact
    assert any(line["age"] == "0d" for line in published)
    assert {("2020-06-03", "2025-06-03"), ("2020-06-04", "2025-06-03"), ("2012-06-03", "2025-06-03")} <= set(exact)
    assert {("2020-02-29", "2025-02-28"), ("2020-02-29", "2025-03-01")} <= set(exact)


def test_no_stay_overlaps_another_and_no_day_needs_more_than_twelve_beds(both: list[Line]) -> None:
    lying: Counter[date] = Counter()
    whose: Counter[tuple[str, date]] = Counter()
    for line in both:
        day, home = date.fromisoformat(line["contact_date"]), date.fromisoformat(line["discharge_date"] or "2000-01-01")
        while line["service"] == "inpatient" and day <= home:
            lying[day] += 1
            whose[line["patient_ref"], day] += 1
            day += timedelta(days=1)
    assert max(lying.values()) <= 12
    assert max(whose.values()) == 1


def test_nobody_is_seen_twice_on_one_day_or_after_death(both: list[Line]) -> None:
    assert max(Counter((line["patient_ref"], line["contact_date"]) for line in both).values()) == 1
    died = {line["patient_ref"]: line["discharge_date"] for line in both if line["outcome"] == "deceased"}
    assert died
    assert all(line["contact_date"] <= died.get(line["patient_ref"], "9") for line in both)


def test_the_rains_bring_dengue_and_diarrhoea_and_the_cool_months_colds(published: list[Line]) -> None:
    def seen(condition: str, *months: int) -> int:
        at_the_centre = [line for line in published if line["service"] != "mobile"]
        return sum(
            condition in line["conditions"].split(";")
            for line in at_the_centre
            if int(line["contact_date"][5:7]) in months
        )

    assert seen("dengue", 6, 7, 8) > 5 * seen("dengue", 12, 1, 2)
    assert seen("diarrhoea", 6, 7, 8) > 2 * seen("diarrhoea", 12, 1, 2)
    assert seen("cold", 12, 1, 2) > 2 * seen("cold", 5, 6, 7)


def test_every_village_is_one_of_the_gazetteer_and_its_code_is_not_shared() -> None:
    codes = Counter(row["village_code"] for row in gazetteer("Villages"))
    assert {codes[code] for code in HOUSEHOLDS} == {1}
    assert {code[:4] for code in HOUSEHOLDS} == {"0906", "0703", "0707", "0709"}


def test_the_fund_can_always_pay_for_what_is_bought() -> None:
    for n in range(0, 9 * 366, 19):
        today = date(2024, 1, 1) + timedelta(days=n)
        first = date(today.year - 1, 1, 1)
        cash: Counter[tuple[date, Currency]] = Counter()
        for gift in shelves.gifts(first, today):
            cash[gift.on, gift.amount.currency] += gift.amount.minor
        for on in shelves.quarter_days(first, today):
            cash[on, Currency.KHR] -= sum(line.cost for line in shelves.QUARTERLY)
        cash[today - timedelta(days=40), Currency.USD] -= sum(line.cost for line in shelves.IN_DOLLARS)
        cash[today - timedelta(days=3), Currency.KHR] -= sum(line.cost for line in shelves.THIS_MONTH)
        for currency in Currency:
            balance = 0
            for day, _ in sorted(key for key in cash if key[1] is currency):
                balance += cash[day, currency]
                assert balance >= 0, f"{currency} on {day}, seen on {today}"
