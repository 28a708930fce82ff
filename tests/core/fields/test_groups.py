"""How a field stands on the page: label, help and error tied together, what is optional said in words."""

from __future__ import annotations

from django import forms

from core.fields import DateField, NumberField


class SomeForm(forms.Form):
    count = NumberField(label="How many", min_value=1, help_text="Of both kinds")
    note = forms.CharField(label="Note", required=False)
    sex = forms.ChoiceField(label="Sex", choices=[("F", "Female"), ("M", "Male")], widget=forms.RadioSelect)
    on = DateField(label="Day")
    sure = forms.BooleanField(label="I am sure", required=False)


def test_an_error_is_tied_to_its_box_and_what_was_typed_stays() -> None:
    shown = SomeForm({"count": "many"})["count"].as_field_group()
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="id_count_helptext id_count_error"' in shown
    assert 'id="id_count_error"' in shown
    assert 'value="many"' in shown


def test_what_is_optional_says_so_in_words() -> None:
    form = SomeForm()
    assert "(optional)" in form["note"].as_field_group()
    assert "(optional)" not in form["count"].as_field_group()
    assert "(optional)" not in form["sure"].as_field_group()


def test_radio_buttons_are_large_choices_under_one_legend() -> None:
    shown = SomeForm()["sex"].as_field_group()
    assert "<legend>Sex" in shown
    assert 'class="choices"' in shown


def test_numbers_open_the_number_keys_and_take_khmer_digits() -> None:
    shown = SomeForm()["count"].as_field_group()
    assert 'type="text"' in shown
    assert 'inputmode="numeric"' in shown


def test_a_date_offers_today_in_one_tap() -> None:
    assert 'data-fill="' in SomeForm()["on"].as_field_group()


def test_words_of_a_user_are_never_markup() -> None:
    shown = SomeForm({"note": '"><script>alert(1)</script>'})["note"].as_field_group()
    assert "<script>" not in shown
