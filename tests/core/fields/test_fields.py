"""The boxes people type into: Khmer digits, the ways things are written here, words for what is wrong."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core import fields
from core.ages import Precision
from core.money import Currency, Money
from core.periods import CLINIC_TZ

TODAY = dt.date(2026, 11, 20)


def wrong(field: forms.Field, typed: Any) -> str:
    """Return the message a field gives for what was typed."""
    with pytest.raises(ValidationError) as caught:
        field.clean(typed)
    return str(caught.value.messages[0])


def age_field(**given: Any) -> fields.AgeOrBirthField:
    field = fields.AgeOrBirthField(**given)
    field.today = TODAY
    return field


class TestNumbers:
    @pytest.mark.parametrize("typed", ["12", "១២", " 12 ", "០១២"])
    def test_a_number_is_read_in_either_scripts_digits(self, typed: str) -> None:
        assert fields.NumberField().clean(typed) == 12

    @pytest.mark.parametrize("typed", ["12,500", "12 500", "១២,៥០០"])
    def test_thousands_may_be_grouped(self, typed: str) -> None:
        assert fields.NumberField().clean(typed) == 12500

    @pytest.mark.parametrize("typed", ["twelve", "1.5", "12,5", "1e5", "--1", "9" * 40, "²"])
    def test_what_is_no_whole_number_is_refused_in_words(self, typed: str) -> None:
        assert wrong(fields.NumberField(), typed) == "Write a whole number in figures."

    def test_bounds_are_kept(self) -> None:
        assert "greater than or equal to 0" in wrong(fields.NumberField(min_value=0), "-1")
        assert fields.NumberField(min_value=0, required=False).clean("") is None

    @pytest.mark.parametrize("typed", ["37.5", "37,5", "៣៧.៥", "៣៧,៥"])
    def test_a_comma_is_taken_for_the_decimal_point(self, typed: str) -> None:
        assert fields.DecimalField(max_digits=4, decimal_places=1).clean(typed) == Decimal("37.5")

    @pytest.mark.parametrize("typed", ["NaN", "Infinity", "1e9", "37.5.1", "1,234,567", "hot"])
    def test_what_is_no_decimal_is_refused_in_words(self, typed: str) -> None:
        assert wrong(fields.DecimalField(), typed) == "Write a number in figures, for example 37.5."


class TestDates:
    @pytest.mark.parametrize(
        "typed", ["21/11/2026", "21-11-2026", "21.11.2026", "២១/១១/២០២៦", "2026-11-21", "21112026"]
    )
    def test_a_date_is_read_day_first_or_year_first(self, typed: str) -> None:
        assert fields.DateField().clean(typed) == dt.date(2026, 11, 21)

    @pytest.mark.parametrize("typed", ["31/11/2026", "29/02/2025", "11/21/2026", "1/1/26", "yesterday", "0/0/0000"])
    def test_what_is_no_date_is_refused_in_words(self, typed: str) -> None:
        assert wrong(fields.DateField(), typed) == "Write a date as day/month/year, for example 21/11/2026."

    def test_29_february_exists_in_leap_years_only(self) -> None:
        assert fields.DateField().clean("29/02/2024") == dt.date(2024, 2, 29)

    def test_a_buddhist_year_is_asked_again_rather_than_guessed(self) -> None:
        assert "common era" in wrong(fields.DateField(), "21/11/2569")

    def test_a_date_is_shown_as_it_is_typed(self) -> None:
        assert fields.DateField().prepare_value(dt.date(2026, 1, 2)) == "02/01/2026"

    @pytest.mark.parametrize(
        ("typed", "read"), [("14:05", (14, 5)), ("1405", (14, 5)), ("៨", (8, 0)), ("8h30", (8, 30))]
    )
    def test_a_time_is_read_as_people_write_it(self, typed: str, read: tuple[int, int]) -> None:
        assert fields.TimeField().clean(typed) == dt.time(*read)

    def test_an_impossible_time_is_refused(self) -> None:
        assert wrong(fields.TimeField(), "25:00") == "Write a time like 14:05."

    def test_a_day_and_a_time_are_an_instant_of_the_clinic(self) -> None:
        expected = dt.datetime(2026, 11, 1, 0, 30, tzinfo=CLINIC_TZ)
        assert fields.DateTimeField().clean("01/11/2026 00:30") == expected
        assert fields.DateTimeField().clean("2026-11-01T00:30") == expected
        assert "a day and a time" in wrong(fields.DateTimeField(), "01/11/2026")


class TestAges:
    def test_a_bare_number_is_years_as_told_today(self) -> None:
        cleaned = age_field().clean("១២")
        assert cleaned is not None
        assert cleaned.told == (12, "y", TODAY)
        assert cleaned.birth.precision is Precision.STATED

    @pytest.mark.parametrize(
        ("typed", "told"),
        [("3m", (3, "m")), ("about 3 months", (3, "m")), ("12d", (12, "d")), ("0", (0, "y")), ("៣ ខែ", (3, "m"))],
    )
    def test_an_age_is_read_as_it_is_told(self, typed: str, told: tuple[int, str]) -> None:
        cleaned = age_field().clean(typed)
        assert cleaned is not None and cleaned.told is not None
        assert cleaned.told[:2] == told

    @pytest.mark.parametrize(("typed", "precision"), [("29/02/2020", "day"), ("02/2020", "month"), ("2020", "year")])
    def test_a_birth_is_known_as_exactly_as_it_was_said(self, typed: str, precision: str) -> None:
        cleaned = age_field().clean(typed)
        assert cleaned is not None
        assert (cleaned.birth.precision.value, cleaned.told) == (precision, None)
        assert age_field().prepare_value(cleaned) == typed

    def test_a_told_age_comes_back_as_it_was_typed(self) -> None:
        assert age_field().prepare_value(age_field().clean("3m")) == "3m"

    @pytest.mark.parametrize(
        ("typed", "words"),
        [("21/11/2030", "future"), ("200", "130 years"), ("old", "Write an age"), ("31/02/2020", "birth date")],
    )
    def test_what_cannot_be_is_refused_in_words(self, typed: str, words: str) -> None:
        assert words in wrong(age_field(), typed)

    def test_an_empty_box_means_unknown(self) -> None:
        assert age_field(required=False).clean("") is None


class TestPhonesMoneyNames:
    @pytest.mark.parametrize("typed", ["012345678", "012 345 678", "០១២ ៣៤៥ ៦៧៨", "+855 12 345 678", "012-345-678"])
    def test_a_phone_is_stored_one_way_and_shown_as_dialled(self, typed: str) -> None:
        field = fields.PhoneField()
        assert field.clean(typed) == "+85512345678"
        assert field.prepare_value("+85512345678") == "012 345 678"

    def test_a_foreign_phone_keeps_its_country(self) -> None:
        assert fields.PhoneField().prepare_value("+84912345678") == "+84 912 345 678"

    @pytest.mark.parametrize("typed", ["010", "no phone", "1234567890123456"])
    def test_what_is_no_phone_is_refused_in_words(self, typed: str) -> None:
        assert "not a phone number" in wrong(fields.PhoneField(), typed)

    def test_no_phone_is_an_empty_text(self) -> None:
        assert fields.PhoneField(required=False).clean("") == ""

    def test_riel_are_read_whole_and_dollars_with_cents(self) -> None:
        assert fields.MoneyField().clean("១២ ៥០០ ៛") == Money(12500, Currency.KHR)
        assert fields.MoneyField(currency=Currency.USD).clean("$1,234.50") == Money(123450, Currency.USD)

    def test_the_other_currencys_sign_and_unclear_amounts_are_refused(self) -> None:
        assert "cannot be added" in wrong(fields.MoneyField(), "$5")
        assert "amount in figures" in wrong(fields.MoneyField(), "12,5")

    def test_nothing_is_no_amount_unless_the_form_says_so(self) -> None:
        assert wrong(fields.MoneyField(), "0") == "Write an amount above zero."
        assert fields.MoneyField(zero=True).clean("0") == Money(0, Currency.KHR)

    def test_a_name_is_stored_in_its_one_form(self) -> None:
        assert fields.NameField().clean("  Sok   Dara\u200b ") == "Sok Dara"

    @pytest.mark.parametrize("typed", ["123", "...", "១២៣", "-"])
    def test_a_name_has_a_letter(self, typed: str) -> None:
        assert wrong(fields.NameField(), typed) == "Write a name with letters."

    def test_notes_keep_their_lines(self) -> None:
        assert fields.NotesField().clean("one \r\n two") == "one\ntwo"

    def test_a_form_without_its_id_gets_one_and_keeps_the_one_it_has(self) -> None:
        field = fields.HiddenIdField()
        assert field.clean("").version == 7
        assert str(field.clean("01a2008a-9ab0-74c5-a499-15c13007ea4d")) == "01a2008a-9ab0-74c5-a499-15c13007ea4d"


ALL = [
    fields.NumberField, fields.DecimalField, fields.DateField, fields.TimeField, fields.DateTimeField,
    fields.AgeOrBirthField, fields.PhoneField, fields.MoneyField, fields.NameField, fields.NotesField,
    fields.HiddenIdField,
]  # fmt: skip
digits = st.text(alphabet="0123456789០១២៣៤៥៦៧៨៩/-.:, dmyខែ+", max_size=20)


@pytest.mark.parametrize("kind", ALL)
@given(typed=st.one_of(st.text(max_size=60), digits))
def test_nothing_typed_is_more_than_a_wrong_value(kind: type[forms.Field], typed: str) -> None:
    try:
        kind().clean(typed)
    except ValidationError as error:
        assert all(error.messages)
