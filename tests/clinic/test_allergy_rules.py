"""Which allergies a medicine touches: the class, its relatives, and what was only written by hand."""

from __future__ import annotations

import pytest

from clinic.rules.allergies import allergens, named, touching


def alert(substance: str, atc: str = "") -> dict[str, str]:
    return {"substance": substance, "atc": atc}


def said(alerts, atc="", name=""):
    return [(touch.level, touch.reason) for touch in touching(alerts, atc, name)]


@pytest.mark.parametrize(
    ("allergy", "medicine", "found"),
    [
        (("Penicillins", "J01C"), "J01CA04", [("block", "allergy.same")]),
        (("Amoxicillin", "J01CA04"), "J01CE01", [("block", "allergy.class")]),
        (("Penicillins", "J01C"), "J01DD04", [("warn", "allergy.related")]),
        (("Penicillins", "J01C"), "J01FA01", []),
        (("Cephalosporins", "J01D"), "J01CA04", [("warn", "allergy.related")]),
        (("Sulfonamides", "J01E"), "D06BA01", [("block", "allergy.class")]),
        (("Aspirin", "N02BA"), "M01AE01", [("block", "allergy.class")]),
        (("Ibuprofen", "M01AE01"), "N02BA01", [("block", "allergy.class")]),
        (("Lidocaine", "N01BB"), "N01BB52", [("block", "allergy.same")]),
        (("Iodine", "D08AG"), "D08AG02", [("block", "allergy.same")]),
        (("Latex", ""), "J01CA04", []),
        (("Paracetamol", "N02BE"), "N02BA01", []),
        (("Penicillins", "J01C"), "", []),
    ],
)
def test_a_code_is_compared_with_the_class_of_the_allergy(allergy, medicine, found):
    assert said([alert(*allergy)], medicine) == found


@pytest.mark.parametrize(
    ("allergy", "name", "found"),
    [
        ("amoxicilline", "Amoxicillin 250 mg", [("block", "allergy.same")]),
        ("peni", "Amoxicillin 250 mg", [("block", "allergy.class")]),
        ("ប៉េនីស៊ីលីន", "Ampicillin inj", [("block", "allergy.class")]),
        ("Penicillins", "Ceftriaxone 1 g", [("warn", "allergy.related")]),
        ("Noscapine syrup", "noscapine 15 mg", [("block", "allergy.same")]),
        ("Noscapine syrup", "Paracetamol syrup", []),
        ("Bactrim", "Cotrimoxazole 480", [("block", "allergy.class")]),
        ("prawns", "Zinc 20 mg", []),
    ],
)
def test_what_was_written_by_hand_is_compared_by_its_words(allergy, name, found):
    assert said([alert(allergy)], name=name) == found


def test_a_medicine_written_by_hand_meets_an_allergy_with_a_code():
    assert said([alert("Penicillins", "J01C")], name="Amoxi 500") == [("block", "allergy.class")]


def test_what_blocks_comes_first_and_nothing_touches_nobody():
    alerts = [alert("Penicillins", "J01C"), alert("Cephalosporins", "J01D")]
    assert said(alerts, "J01DD04") == [("block", "allergy.same"), ("warn", "allergy.related")]
    assert touching([], "J01DD04", "Ceftriaxone") == []


def test_every_row_of_the_list_has_both_names_a_source_and_finds_itself():
    for key, row in allergens().items():
        assert row.english and row.khmer and row.words, key
        assert named(row.english) == row, key
        assert named(row.khmer) == row, key
        assert len(row.atc) <= 7
