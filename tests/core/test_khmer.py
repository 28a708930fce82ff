"""Khmer text: one stored form, and pieces that give the text back."""

import sys
import unicodedata
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import khmer
from core.khmer import (
    break_words,
    format_date,
    has_khmer,
    khmer_digits,
    latin_digits,
    month_name,
    normalise,
    runs,
    search_key,
    weekday_name,
)

KHMERISH = st.text(
    st.one_of(
        st.sampled_from([chr(c) for c in range(0x1780, 0x17DE)]),
        st.sampled_from(
            "\u17d2\u17c1\u17b8\u17bb\u17c9\u17ca\u17d0\u17cc\u200b\u200c\u200d ab1é\u0301\n\t(،"
        ),
    ),
    max_size=24,
)
ANY = st.one_of(KHMERISH, st.text(max_size=24))
SENTENCE = "អ្នកជំងឺត្រូវបានបញ្ជូនទៅមន្ទីរពេទ្យបង្អែក។ សូមអរគុណៗ (ABC 12)"


def test_two_ways_of_typing_one_syllable_become_one():
    assert normalise("ស៊្រី") == normalise("ស្រ៊ី")
    assert normalise("េី") and normalise("កេី") == normalise("កើ")


def test_a_syllable_that_needs_two_passes_gets_them():
    once = normalise("\u178d\u17c1\u17ca\u17b8\u17b6\u17c9")
    assert normalise(once) == once


def test_what_cannot_be_seen_is_not_stored():
    assert normalise("\ufeffសុខ\u200b \u200cដា\u200dរ៉ា\x00") == "សុខ ដារ៉ា"
    assert normalise("a\u00a0 \t b\n") == "a b"
    assert normalise("\ud800x") == "x"


def test_latin_accents_have_one_form():
    assert normalise("e\u0301") == "é"


def test_notes_keep_their_lines():
    assert normalise("ក  \r\n\u200bខ\n\n\n\nគ\n", lines=True) == "ក\nខ\n\nគ"


@given(ANY)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once
    assert normalise(normalise(text, lines=True), lines=True) == normalise(text, lines=True)


@given(ANY)
def test_nothing_stored_is_invisible_or_unencodable(text):
    stored = normalise(text)
    stored.encode()
    assert stored == stored.strip() and "  " not in stored
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in stored)


@given(ANY)
def test_a_search_key_is_the_same_for_what_is_stored(text):
    assert search_key(normalise(text)) == search_key(text) and " " not in search_key(text)


def test_a_search_key_forgives_what_looks_alike():
    assert search_key("ស៊ីម ១២") == search_key("សុីម12") and search_key("Sok DARA") == search_key("sokdara")


def test_digits_turn_both_ways_and_leave_the_rest():
    assert latin_digits("ថ្ងៃទី ២១") == "ថ្ងៃទី 21" and khmer_digits("21/11") == "២១/១១"


def test_khmer_is_noticed_anywhere():
    assert has_khmer("abc ក") and not has_khmer("abc 12 ñ") and not has_khmer("")


def test_runs_change_where_the_script_changes():
    assert runs(" ថ្នាំ ABC ១២ 12") == [
        ("khmer", " ថ្នាំ "),
        ("latin", "ABC "),
        ("khmer", "១២ "),
        ("latin", "12"),
    ]
    assert runs("") == [] and runs("  ") == [("latin", "  ")]


@given(ANY)
def test_runs_joined_again_are_the_text_and_scripts_alternate(text):
    pieces = runs(text)
    assert "".join(piece for _, piece in pieces) == text
    assert all(one[0] != other[0] for one, other in pairwise(pieces))


def test_dates_are_written_in_words():
    assert format_date(date(2026, 11, 21), "km") == "21 វិច្ឆិកា 2026"
    assert (
        format_date(date(2026, 11, 21), "en")
        == format_date(date(2026, 11, 21), "en-gb")
        == "21 November 2026"
    )


def test_weekdays_begin_with_monday():
    assert weekday_name(date(2026, 11, 21), "en") == "Saturday" and weekday_name(0, "km") == "ច័ន្ទ"
    assert month_name(1, "km") == "មករា" and month_name(12, "en") == "December"
    for name, number in ((month_name, 13), (month_name, 0), (weekday_name, 7)):
        with pytest.raises(ValueError):
            name(number, "km")


def test_names_of_days_and_months_are_in_normal_form():
    for name in (*khmer.MONTHS_KM, *khmer.WEEKDAYS_KM):
        assert normalise(name) == name


def test_a_line_may_break_between_khmer_words_but_never_before_a_mark():
    pieces = break_words(SENTENCE)
    assert "".join(pieces) == SENTENCE and len(pieces) > 6
    assert not any(piece[0] in "។៕ៗ) " for piece in pieces) and not any(piece[-1] == "(" for piece in pieces)


def test_an_amount_keeps_its_riel_sign():
    assert break_words("12,500 ៛") == ["12,500 ៛"]


@given(ANY)
def test_broken_words_joined_again_are_the_text(text):
    assert "".join(break_words(text)) == text.replace("\u200b", "") and "" not in break_words(text)


def test_without_the_model_lines_break_at_spaces_and_zero_width_spaces(monkeypatch):
    monkeypatch.setitem(sys.modules, "khmercut", None)
    assert break_words("អ្នកជំងឺ\u200bបញ្ជូន ទៅ។") == ["អ្នកជំងឺ", "បញ្ជូន ", "ទៅ។"]
