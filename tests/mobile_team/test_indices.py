"""The dental indices: the same mouths give the same numbers here and on the tablet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from mobile_team import rules

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/dental.json").read_text(encoding="utf-8"))

teeth = st.dictionaries(st.sampled_from(rules.PERMANENT), st.sampled_from(rules.PERMANENT_CODES)) | st.dictionaries(
    st.sampled_from(rules.PRIMARY), st.sampled_from(rules.PRIMARY_CODES)
)
ages = st.none() | st.integers(0, 100)


def by_tooth(said):
    return {int(tooth): letter for tooth, letter in said.items()}


@pytest.mark.parametrize("mouth", VECTORS, ids=lambda mouth: mouth["what"])
def test_a_mouth_gives_the_indices_written_beside_it(mouth):
    found = rules.indices(by_tooth(mouth["teeth"]), by_tooth(mouth["pufa"]), mouth["years"])
    big, small = found.permanent, found.primary
    assert {
        "DMFT": big.total, "D": big.decayed, "M": big.missing, "F": big.filled, "PUFA": found.pufa_permanent,
        "dmft": small.total, "d": small.decayed, "m": small.missing, "f": small.filled, "pufa": found.pufa_primary,
    } == mouth["expect"]  # fmt: skip


@given(teeth, ages)
def test_no_mouth_has_more_than_its_teeth_and_the_sets_are_never_added(chart, years):
    found = rules.indices(chart, {}, years)
    assert found.permanent.total <= sum(tooth in rules.PERMANENT for tooth in chart) <= 32
    assert found.primary.total <= sum(tooth in rules.PRIMARY for tooth in chart) <= 20
    if not any(tooth in rules.PRIMARY for tooth in chart):
        assert found.primary.total == found.pufa_primary == 0


@given(teeth)
def test_age_only_ever_adds_lost_grown_teeth_and_takes_away_lost_milk_incisors(chart):
    child, grown = rules.indices(chart, {}, 5), rules.indices(chart, {}, 30)
    assert child.permanent.total <= grown.permanent.total
    assert child.primary.total >= grown.primary.total
    assert (child.permanent.decayed, child.primary.decayed) == (grown.permanent.decayed, grown.primary.decayed)


def test_the_share_of_decay_that_went_further_counts_both_sets():
    assert rules.indices({55: "B", 65: "B", 36: "1"}, {55: "P", 36: "A"}, 8).untreated == 67
    assert rules.indices({55: "A"}, {}, 8).untreated is None


@pytest.mark.parametrize(
    ("chart", "marks", "code"),
    [
        ({}, {19: "P"}, "no_such_tooth"), ({}, {16: "X"}, "no_such_code"), ({}, {16: ""}, "no_such_code"),
        ({}, {16: "PU"}, "no_such_code"), ({16: "4"}, {16: "A"}, "mark_without_tooth"),
        ({18: "8"}, {18: "A"}, "mark_without_tooth"), ({55: "E"}, {55: "F"}, "mark_without_tooth"),
    ],
)  # fmt: skip
def test_a_mark_needs_a_tooth_that_is_there(chart, marks, code):
    with pytest.raises(RuleBroken, match=code):
        rules.marks_fit(chart, marks)


@pytest.mark.parametrize(
    ("totals", "sic"), [([], None), ([3], 3), ([0, 0, 6], 6), ([1, 2, 3, 4, 5, 6], 5.5), ([0, 1, 4, 4], 4)]
)
def test_the_significant_caries_index_is_the_mean_of_the_worst_third(totals, sic):
    assert rules.significant(totals) == sic
