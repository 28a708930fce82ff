"""The figures against a counter written independently: plain loops over plain histories, another calendar."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Admission, Condition, Diagnosis, Encounter, Patient
from core.ages import BandSet, Birth, band_set, slot_of
from core.ids import uuid7
from core.periods import Month, Period
from mobile_team.models import DentalCheckup
from reports import selectors
from reports.asking import Span, behind
from reports.contract import as_dict
from tests.reports.rows import NOON

pytestmark = pytest.mark.django_db

CONDITIONS = ("diarrhoea", "worms", "pneumonia")
LAST_BIRTH = dt.date(2024, 12, 27)
DAYS = st.dates(dt.date(2024, 12, 28), dt.date(2025, 4, 4))


@dataclass
class Told:
    """One contact as somebody would tell it."""

    who: int
    kind: str
    on: dt.date
    void: bool = False
    stayed: bool = False
    gave: tuple[bool, bool, bool] = (False, False, False)
    conditions: tuple[str, ...] = ()


@dataclass
class History:
    people: list[tuple[str, dt.date | None]]
    told: list[Told]
    rows: list[Encounter] = field(default_factory=list)


@st.composite
def histories(draw) -> History:
    births = st.none() | st.dates(dt.date(1935, 1, 1), LAST_BIRTH) | st.dates(dt.date(2019, 1, 1), LAST_BIRTH)
    leap = st.sampled_from([dt.date(2020, 2, 29), dt.date(2024, 2, 29), dt.date(2020, 3, 1), dt.date(2018, 12, 28)])
    people = draw(st.lists(st.tuples(st.sampled_from("FM"), births | leap), min_size=1, max_size=5))
    told = st.builds(
        Told,
        who=st.integers(0, len(people) - 1),
        kind=st.sampled_from(["outpatient", "inpatient", "mobile"]),
        on=DAYS,
        void=st.sampled_from([False, False, False, True]),
        stayed=st.booleans(),
        gave=st.tuples(st.booleans(), st.booleans(), st.booleans()),
        conditions=st.lists(st.sampled_from(CONDITIONS), unique=True, max_size=2).map(tuple),
    )
    return History(people, draw(st.lists(told, max_size=14)))


BOUNDS = ["1d", "7d", "28d", "29d", "2m", "6m", "11m", "12m", "23m", "59m", "60m", "6y", "7y", "12y", "13y", "60y"]
SETS = st.sets(st.sampled_from(BOUNDS)).map(
    lambda chosen: band_set("any", {"from_0": "0d", **{f"from_{b}": b for b in BOUNDS if b in chosen}})
)
PERIODS = st.sampled_from([("2025-03", "2025-03"), ("2025-01", "2025-03"), ("2024-12", "2025-04")])


def written(history: History) -> None:
    """Write a history as rows, in the order told; ids grow, so that "recorded first" is "told first"."""
    catalogue = {c.key: c for c in Condition.objects.filter(key__in=CONDITIONS)}
    people = []
    for n, (sex, born) in enumerate(history.people):
        person = Patient(number=f"H{n}", given_name="X", sex=sex)
        person.tell_birth(Birth.on(born) if born else None)
        people.append(person)
    Patient.objects.bulk_create(people)
    contacts, stays, checkups, diagnoses = [], [], [], []
    for told in history.told:
        person = people[told.who]
        common = {
            "patient": person, "on": told.on, "status": "void" if told.void else "closed",
            "void_reason": "mistake" if told.void else "",
            "age_slot": slot_of(person.birth_date, told.on) if person.birth_date else None,
        }  # fmt: skip
        contact = Encounter(id=uuid7(), kind=told.kind, **common)
        rows = [contact]
        if told.kind == "outpatient" and told.stayed:
            stay = Encounter(id=uuid7(), kind="inpatient", **common)
            contact.admitted_as = stay
            rows = [stay, contact]
        contacts += rows
        history.rows += rows
        if told.kind == "mobile":
            education, brush, paste = told.gave
            checkups.append(
                DentalCheckup(
                    encounter=contact, observed_at=NOON, dental_education=education, toothbrush=brush, toothpaste=paste
                )
            )
        for row in rows:
            if row.kind == "inpatient":
                days = {"admitted_on": told.on, "discharged_on": told.on}
                stays.append(Admission(encounter=row, patient=person, void=told.void, **days))
            diagnoses += [Diagnosis(encounter=row, condition=catalogue[key]) for key in told.conditions]
    for model, made in ((Encounter, contacts), (Admission, stays), (DentalCheckup, checkups), (Diagnosis, diagnoses)):
        model.objects.bulk_create(made)


def same_day(born: dt.date, year: int, month: int) -> dt.date:
    """Return the day of birth in another month; the first of the next month where it has no such day."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    try:
        return dt.date(year, month, born.day)
    except ValueError:
        return dt.date(year + month // 12, month % 12 + 1, 1)


def band_by_hand(bands: BandSet, born: dt.date | None, on: dt.date) -> str:
    """Return the last band whose beginning has come, walking the calendar."""
    if born is None:
        return "unknown"
    found = ""
    for band in bands.bands:
        n, unit = band.low.n, band.low.unit
        months = n * (12 if unit == "y" else 1)
        begins = born + dt.timedelta(days=n) if unit == "d" else same_day(born, born.year, born.month + months)
        if begins <= on:
            found = band.key
    return found


def counted_by_hand(history: History, first: str, last: str, bands: BandSet) -> dict:
    """Return the contract's figures, counted in plain loops."""
    assessed, by_condition = Counter(), Counter()
    gave, reached, first_stay = Counter(), set(), {}
    for told in history.told:
        if told.void:
            continue
        sex, born = history.people[told.who]
        kind = "inpatient" if told.kind == "outpatient" and told.stayed else told.kind
        if kind == "inpatient":
            first_stay[told.who] = min(told.on, first_stay.get(told.who, told.on))
        month = f"{told.on.year}-{told.on.month:02}"
        if not first <= month <= last:
            continue
        reached.add(told.who)
        assessed[month, kind, band_by_hand(bands, born, told.on), sex] += 1
        by_condition.update(told.conditions)
        if kind == "mobile":
            gave.update(name for name, yes in zip(("education", "brush", "paste"), told.gave, strict=True) if yes)
    new = [day for day in first_stay.values() if first <= f"{day.year}-{day.month:02}" <= last]
    return {
        "assessed": assessed, "reached": len(reached), "new": len(new), "gave": gave, "by_condition": by_condition,
    }  # fmt: skip


class Undo(Exception):
    """Take back what an example wrote."""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=histories(), months=PERIODS, bands=SETS)
def test_the_figures_are_what_a_patient_person_would_count(db, history, months, bands):
    try:
        with transaction.atomic():
            written(history)
            check(history, Period(Month(months[0]), Month(months[1])), bands)
            raise Undo
    except Undo:
        pass


def check(history: History, period: Period, bands: BandSet) -> None:
    by_hand = counted_by_hand(history, period.first.text, period.last.text, bands)
    cube = selectors.count(period, bands)
    assessed = as_dict(cube)["figures"]["patients_assessed"]
    assert assessed["total"] == by_hand["assessed"].total()
    for place, part in enumerate(("month", "service", "band", "sex")):
        sums = Counter()
        for keys, number in by_hand["assessed"].items():
            sums[keys[place]] += number
        assert {key: n for key, n in assessed[f"by_{part}"].items() if n} == dict(sums)
        assert tuple(assessed[f"by_{part}"]) == cube.keys(part)
    for line in assessed["by_service_band_sex"]:
        wanted = (line["service"], line["band"], line["sex"])
        found = sum(n for (_, *keys), n in by_hand["assessed"].items() if tuple(keys) == wanted)
        assert line["count"] == found
    assert cube.sum("people_reached") == by_hand["reached"]
    assert cube.sum("new_patients_admitted") == by_hand["new"]
    given = [cube.sum(name) for name in ("dental_education", "toothbrushes_given", "toothpaste_given")]
    assert given == [by_hand["gave"][name] for name in ("education", "brush", "paste")]
    assert {row.key: row.count for row in cube.conditions} == dict(by_hand["by_condition"])
    check_lists(cube, period, bands)


def check_lists(cube, period: Period, bands: BandSet) -> None:
    """Make sure that the list behind a number is as long as the number, along a dimension a figure."""
    ways = {
        "patients_assessed": "band",
        "people_reached": "month",
        "new_patients_admitted": "sex",
        "toothbrushes_given": "service",
    }
    for figure, part in ways.items():
        for key, number in cube.by(figure, part).items():
            assert len(behind(figure, Span.of(period), where={part: key}, bands=bands, limit=99)) == number
    for row in cube.conditions:
        found = behind("contacts_by_condition", Span.of(period), where={"condition": row.key}, limit=99)
        assert len(found) == row.count
