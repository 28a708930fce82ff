"""Names are found by how they sound, in either script and either order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.names import khmer_key, latin_key, name_keys, query_keys, skeletons, words

NAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz កខគសុរាីេ៉្ដឌដ-'"), max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Chea", "Jea"), ("Vuthy", "Wuthy"), ("Srey", "Srei"), ("Sok", "Sokh"), ("Sophea", "Sopheap"),
     ("Phally", "Pali"),
     ("Chhay", "Chay"), ("Nhean", "Nean"), ("Ou", "Oo"), ("SREY", "srey"), ("Théa", "Thea"), ("Nyen", "Nen")],
)  # fmt: skip
def test_spellings_of_one_name_share_a_key(one, other):
    assert latin_key(one) == latin_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Sok", "Sak"), ("Sarun", "Sarin"), ("Dara", "Tara"), ("Mony", "Mon")]
)
def test_different_names_keep_different_keys(one, other):
    assert latin_key(one) != latin_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ស៊ីម", "សុីម"), ("ដារ៉ា", "ដារា"), ("ឌារ៉ា", "ដារ៉ា"), ("សុភ័ក្រ", "សុភក្រ")]
)
def test_khmer_spellings_of_one_name_share_a_key(one, other):
    assert khmer_key(one) == khmer_key(other)


def test_words_know_their_script():
    assert words("សុខ Dara, 012 Chea-Ly") == [
        ("khmer", "សុខ"),
        ("latin", "dara"),
        ("latin", "chea"),
        ("latin", "ly"),
    ]


def test_a_person_is_indexed_by_words_and_pairs():
    assert name_keys("Sok", "Dara") == {"sk", "dr", "dr|sk"}
    assert name_keys("សុខ", "ដារ៉ា") == {"សុខ", "ដារា", "ដារា|សុខ", "សុខដារា"}
    assert name_keys("សុខ", "", "Sok", "Dara") == {"សុខ", "sk", "dr", "dr|sk"}
    assert name_keys("", "012") == set()


def test_long_names_and_pasted_paragraphs_still_fit():
    long = "bcdfghklmnpqrstwxz" * 3
    assert max(map(len, name_keys(long, "q" + long))) == 39
    assert len(name_keys(" ".join(f"{a}o{b}o" for a in "bdfgklmnr" for b in "bdfgklmnr"))) == 15 + 6
    assert set(query_keys(("ក" * 30) + ("ខ" * 30))) & name_keys("ក" * 30, "ខ" * 30)


def test_the_most_telling_key_is_asked_first():
    assert query_keys("dara sokh") == ("dr|sk", "dr", "sk")


@pytest.mark.parametrize(
    "typed", ["Sok Dara", "dara sok", "SOKH  DARRA", "ដារ៉ា សុខ", "សុខដារា", "សុខ\u200bដារ៉ា", "Sok ដារ៉ា"]
)
def test_a_person_is_found_in_either_order_script_and_spelling(typed):
    assert set(query_keys(typed)) & name_keys("សុខ", "ដារ៉ា", "Sok", "Dara")


@pytest.mark.parametrize(
    ("one", "other"), [("Chea", "Jea"), ("Vuthy", "Wuthy"), ("Srey", "Srei"), ("Kuoch", "Koch")]
)
def test_spelling_variants_meet_in_the_index(one, other):
    assert skeletons(one) == skeletons(other)


def test_a_word_that_begins_with_a_vowel_keeps_it():
    assert skeletons("Oum") == skeletons("Um") == ("um",) and skeletons("An") != skeletons("In")


def test_a_word_of_two_scripts_has_two_skeletons():
    assert skeletons("Sokសុខ") == ("sk", "សុខ") and skeletons("012") == ()


@given(st.lists(NAMES, max_size=5))
def test_keys_fit_the_column_and_order_does_not_matter_to_pairs(parts):
    keys = name_keys(*parts)
    assert all(0 < len(key) <= 40 for key in keys)
    if len(words(" ".join(parts))) <= 6:
        assert {key for key in keys if "|" in key} == {
            key for key in name_keys(*reversed(parts)) if "|" in key
        }
    assert set(query_keys(" ".join(parts))) == keys


@given(NAMES)
def test_folding_a_folded_khmer_word_changes_nothing(text):
    for script, word in words(text):
        if script == "khmer":
            assert khmer_key(khmer_key(word)) == khmer_key(word)
