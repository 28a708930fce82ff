"""What speaks against a medicine: by age, pregnancy, allergy, class. The list itself is data with its sources."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from core.ages import age_at
from pharmacy import cautions
from pharmacy.cautions import Person, Running, Substance, weigh
from pharmacy.phrases import caution
from tests.builders import TODAY

DOXYCYCLINE = Substance("Doxycycline", "J01AA02")
ASPIRIN = Substance("Acetylsalicylic acid", "N02BA01")
AMOXICILLIN, AMPICILLIN = Substance("Amoxicillin", "J01CA04"), Substance("Ampicillin", "J01CA01")
PARACETAMOL = Substance("Paracetamol", "N02BE01")


def aged(years: int, days: int = 0) -> Person:
    return Person(age=age_at(date(TODAY.year - years, TODAY.month, TODAY.day) - timedelta(days=days), TODAY))


def codes(medicine: Substance, person: Person, *beside: Substance) -> list[str]:
    return weigh(medicine, person, beside=beside, on=TODAY)


@pytest.mark.parametrize(
    ("medicine", "years", "expected"),
    [
        (DOXYCYCLINE, 7, ["age:tetracyclines_child"]), (DOXYCYCLINE, 8, []),
        (ASPIRIN, 15, ["age:aspirin_child"]), (ASPIRIN, 16, []),
        (Substance("Ciprofloxacin", "J01MA02"), 17, ["age:quinolones_child"]),
        (Substance("Metoclopramide", "A03FA01"), 0, ["age:metoclopramide_infant"]),
        (Substance("Metoclopramide", "A03FA01"), 1, ["age:metoclopramide_young"]),
        (Substance("Promethazine", "R06AD02"), 1, ["age:promethazine_infant"]),
        (Substance("Promethazine", "R06AD02"), 2, []), (PARACETAMOL, 0, []),
    ],
)  # fmt: skip
def test_some_medicine_is_not_for_children(medicine, years, expected):
    assert codes(medicine, aged(years)) == expected


def test_of_an_unknown_age_nothing_is_said_by_age():
    assert codes(DOXYCYCLINE, Person()) == []


@pytest.mark.parametrize(
    ("atc", "weeks", "expected"),
    [
        ("J01AA02", 5, ["pregnancy:tetracyclines_pregnant"]), ("J01AA02", None, []),
        ("P02CA01", 12, ["pregnancy:deworming_pregnant"]), ("P02CA01", 13, []),
        ("M01AE01", 27, []), ("M01AE01", 28, ["pregnancy:nsaid_pregnant"]),
        ("J01EE01", 40, ["pregnancy:cotrimoxazole_late"]), ("J01EE01", 20, []),
        ("C09AA02", 0, ["pregnancy:ace_pregnant"]), ("C02AB01", 20, []),
    ],
)  # fmt: skip
def test_some_medicine_is_not_for_a_pregnancy_of_these_weeks(atc, weeks, expected):
    assert codes(Substance("", atc), Person(weeks=weeks)) == expected


def test_weeks_are_counted_back_from_the_expected_day():
    assert cautions.weeks_on(TODAY, TODAY + timedelta(days=280)) == 0
    assert cautions.weeks_on(TODAY, TODAY + timedelta(days=280 - 13 * 7)) == 13
    assert cautions.weeks_on(TODAY, TODAY) == 40
    assert cautions.weeks_on(TODAY, TODAY + timedelta(days=400)) == 0


def test_an_allergy_speaks_first_and_by_its_class():
    person = Person(alerts=[{"substance": "Penicillins", "atc": "J01C"}], age=aged(3).age)
    assert codes(AMOXICILLIN, person) == ["allergy:Penicillins"]
    assert codes(Substance("Ceftriaxone", "J01DD04"), person) == ["allergy:Penicillins"]
    assert codes(PARACETAMOL, person) == []


def test_what_is_still_taken_is_not_given_again_nor_of_its_class_until_it_is_used_up():
    running = Person(running=[Running(AMOXICILLIN, TODAY + timedelta(days=1))])
    assert codes(AMOXICILLIN, running) == ["same:Amoxicillin"]
    assert codes(AMPICILLIN, running) == ["class:Amoxicillin"]
    assert codes(PARACETAMOL, running) == []
    assert codes(AMOXICILLIN, Person(running=[Running(AMOXICILLIN, TODAY)])) == []


@pytest.mark.parametrize(("said", "days"), [("1x3x5", 5), ("1x1x30", 30), ("after food", 7), ("", 7), ("2 stat", 1)])
def test_medicine_lasts_as_long_as_its_directions_say_else_a_week(said, days):
    assert cautions.until(TODAY, said) == TODAY + timedelta(days=days)


def test_two_of_one_class_in_one_act_are_told():
    assert codes(AMPICILLIN, Person(), AMOXICILLIN) == ["twice:Amoxicillin"]
    assert codes(Substance("Paracetamol", "N02BE01"), Person(), PARACETAMOL) == ["twice:Paracetamol"]


def test_every_line_of_the_lists_has_a_source_words_and_a_code_that_exists_in_the_atc():
    for name in ("cautions.csv", "label_advice.csv"):
        with (cautions.FOLDER / name).open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        assert len(rows) > 15
        for row in rows:
            assert row["source"] and row["english"] and row["khmer"], row
            assert not any(char.isascii() and char.isalpha() for char in row["khmer"]), row
            for code in filter(None, row["atc"].split(";")):
                assert code[0].isalpha() and len(code) <= 7, row


def test_a_warning_has_words_and_one_of_an_older_list_still_reads():
    assert caution("age:aspirin_child").startswith("Not under 16 years")
    assert "Penicillins" in caution("allergy:Penicillins")
    assert caution("age:gone") == "gone"
    assert caution("nonsense") == ""


def test_a_label_says_what_matters_and_no_more_than_three_things():
    said = [one.english for one in cautions.sentences("J01CA04", "capsule")]
    assert said == ["Finish all of it even when better"]
    assert "Shake the bottle" in [one.english for one in cautions.sentences("J01CA04", "suspension")]
    assert len(cautions.sentences("J01AA02", "dispersible")) == 3
    assert cautions.sentences("", "gas") == []
