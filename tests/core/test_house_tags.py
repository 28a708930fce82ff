"""The small words of the templates, in both languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation

from core.ages import age_at
from core.money import Currency, Money
from core.periods import Month

BIRTH = dt.date(2026, 1, 31)


def say(text: str, language: str = "en", **given: Any) -> str:
    with translation.override(language):
        return Template(text).render(Context(given))


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (dt.date(2026, 1, 31), "0 days"),
        (dt.date(2026, 2, 1), "1 day"),
        (dt.date(2026, 2, 28), "28 days"),
        (dt.date(2026, 3, 1), "1 month"),
        (dt.date(2027, 12, 31), "23 months"),
        (dt.date(2028, 1, 31), "2 years"),
        (dt.date(2031, 1, 30), "4 years"),
        (dt.date(2031, 1, 31), "5 years"),
    ],
)
def test_an_age_is_said_in_the_unit_that_tells_most(on: dt.date, words: str) -> None:
    assert say("{{ a|age }}", a=age_at(BIRTH, on)) == words


def test_an_estimated_age_says_about_and_an_unknown_one_says_so() -> None:
    assert say("{{ a|age:True }}", a=age_at(BIRTH, dt.date(2036, 2, 1))) == "about 10 years"
    assert say("{{ a|age }}", a=None) == "age unknown"


def test_a_date_is_in_words_of_the_page_with_latin_figures() -> None:
    day = dt.date(2026, 11, 21)
    assert say("{{ d|day }}", d=day) == "21 November 2026"
    assert say("{{ d|day }}", "km", d=day) == "21 វិច្ឆិកា 2026"
    assert say("{{ d|khmer_date }}", d=day) == "21 វិច្ឆិកា 2026"
    assert say("{{ d|short_day }}", d=day) == "21/11/2026"


def test_an_instant_is_told_by_the_clinics_clock() -> None:
    at = dt.datetime(2026, 10, 31, 17, 30, tzinfo=dt.UTC)
    assert say("{{ t|moment }}", t=at) == "1 November 2026, 00:30"
    assert say("{{ t|short_day }} {{ t|clock }}", t=at) == "01/11/2026 00:30"


def test_a_month_is_in_words() -> None:
    assert say("{{ m|month_words }}", m=Month("2026-11")) == "November 2026"
    assert say("{{ m|month_words }}", "km", m="2026-11") == "វិច្ឆិកា 2026"


def test_money_and_phones_read_as_people_write_them() -> None:
    assert say("{{ m|money }}", m=Money(12500, Currency.KHR)) == "12,500 ៛"
    assert say('{{ m|money:"USD" }}', m=1250) == "$12.50"
    assert say("{{ p|phone }}", p="+85512345678") == "012 345 678"
    assert say("{{ p|phone }}", p="not a phone") == "not a phone"


def test_nothing_stays_nothing() -> None:
    assert say("{{ x|day }}{{ x|short_day }}{{ x|moment }}{{ x|money }}{{ x|clock }}", x=None) == ""


def test_a_run_of_the_other_language_says_so_and_is_escaped() -> None:
    assert say("{{ n|run }}", n="សុខ") == '<span lang="km">សុខ</span>'
    assert say("{{ n|run }}", "km", n="Sok") == '<span lang="en">Sok</span>'
    assert say("{{ n|run }}", n="Sok") == "Sok"
    assert say("{{ n|run }}", n="<b>ស") == '<span lang="km">&lt;b&gt;ស</span>'


def test_an_icon_is_silent_beside_words_and_speaks_alone() -> None:
    assert 'aria-hidden="true"' in say('{% icon "house" %}')
    assert 'role="img" aria-label="Home"' in say('{% icon "house" "Home" %}')
    assert "&lt;" in say("{% icon name %}", name='"><script>')
