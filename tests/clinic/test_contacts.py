"""When somebody may be seen, and how old they were then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from clinic.rules import contacts
from core.ages import Birth, slot_age
from core.errors import RuleBroken

DAY = date(2026, 11, 20)


def age(on: date, **known: object):
    slot = contacts.slot_at(on, **({"birth": None} | known))  # type: ignore[arg-type]
    return None if slot is None else slot_age(slot)


def test_nothing_known_is_age_unknown():
    assert age(DAY) is None


def test_the_day_of_birth_is_age_zero():
    assert age(DAY, birth=Birth.on(DAY)).days == 0


def test_about_three_months_is_three_months_on_that_day():
    assert age(DAY, told=(3, "m")).months == 3


def test_a_leap_day_child_is_five_on_the_first_of_march():
    born = Birth.on(date(2020, 2, 29))
    assert age(date(2025, 2, 28), birth=born).years == 4
    assert age(date(2025, 3, 1), birth=born).years == 5


def test_a_child_is_five_on_the_fifth_birthday():
    born = Birth.on(date(2021, 11, 20))
    assert (age(DAY - timedelta(days=1), birth=born).years, age(DAY, birth=born).years) == (4, 5)


def test_a_birth_known_to_the_year_is_believed_before_an_age_told_later():
    assert age(DAY, birth=Birth.in_year(2016, DAY), told=(3, "y")).years == 10


def test_an_age_told_at_the_contact_is_believed_before_one_told_another_day():
    assert age(DAY, birth=Birth.from_stated(9, "y", DAY), told=(7, "y")).years == 7


def test_a_contact_between_the_earliest_and_the_derived_birth_is_age_zero():
    stated = Birth.from_stated(0, "y", DAY)
    assert age(stated.earliest, birth=stated).days == 0


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (DAY + timedelta(days=1), "clinic.date_in_future"),
        (date(2019, 12, 31), "clinic.date_before_birth"),
        (date(2026, 6, 2), "clinic.date_after_death"),
        (date(2026, 6, 1), ""),
        (date(2020, 1, 1), ""),
    ],
)
def test_a_contact_outside_of_a_life_is_refused_and_says_which(on, code):
    def check():
        contacts.check_contact_day(on, today=DAY, birth=Birth.in_year(2020, DAY), died=date(2026, 6, 1))

    if code:
        with pytest.raises(RuleBroken, match=f"^{code}$"):
            check()
    else:
        check()
