"""Teeth, indices, spans: what is pure."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from mobile_team import rules

FINDINGS = st.dictionaries(
    st.sampled_from(rules.PERMANENT), st.sampled_from(rules.PERMANENT_CODES), max_size=32
) | st.dictionaries(st.sampled_from(rules.PRIMARY), st.sampled_from(rules.PRIMARY_CODES), max_size=20)


def test_there_are_thirty_two_permanent_and_twenty_milk_teeth():
    assert len(rules.PERMANENT) == 32
    assert len(rules.PRIMARY) == 20
    assert sorted(tooth for row in rules.CHART_PERMANENT for tooth in row) == rules.PERMANENT
    assert sorted(tooth for row in rules.CHART_PRIMARY for tooth in row) == rules.PRIMARY


@pytest.mark.parametrize("tooth", [0, 10, 19, 29, 49, 50, 56, 86, 91, -11])
def test_a_tooth_nobody_has_is_refused(tooth):
    with pytest.raises(RuleBroken, match="no_such_tooth"):
        rules.teeth_exist({tooth: "0"})


@pytest.mark.parametrize(("tooth", "code"), [(16, "B"), (55, "1"), (55, "H"), (16, ""), (16, "00"), (55, "b")])
def test_a_code_of_the_other_dentition_is_refused(tooth, code):
    with pytest.raises(RuleBroken, match="no_such_code"):
        rules.teeth_exist({tooth: code})


@given(FINDINGS)
def test_milk_teeth_never_count_in_the_permanent_index_nor_the_other_way(findings):
    rules.teeth_exist(findings)
    milk = {tooth: code for tooth, code in findings.items() if tooth > 50}
    permanent = {tooth: code for tooth, code in findings.items() if tooth < 50}
    assert rules.dmft_primary(permanent, 7).total == 0
    assert rules.dmft_permanent(milk, 7).total == 0
    assert rules.dmft_primary(findings, 7).total <= len(milk)
    assert rules.dmft_permanent(findings, 30).total <= len(permanent)


def test_dmft_counts_decayed_missing_and_filled():
    findings = {16: "1", 26: "2", 36: "3", 46: "4", 11: "0", 12: "5", 13: "6", 14: "7", 15: "8", 17: "9"}
    assert rules.dmft_permanent(findings, 12) == rules.Index(2, 1, 1)
    assert rules.dmft_permanent(findings, 29).total == 4


def test_from_thirty_years_on_a_tooth_lost_for_another_reason_counts_as_missing():
    assert rules.dmft_permanent({46: "5"}, 29).missing == 0
    assert rules.dmft_permanent({46: "5"}, 30).missing == 1
    assert rules.dmft_permanent({46: "5"}, None).missing == 0


def test_a_milk_incisor_that_fell_out_counts_only_below_six():
    findings = {51: "E", 52: "E", 55: "E", 64: "B", 74: "C", 84: "D", 65: "A", 75: "F", 85: "G"}
    assert rules.dmft_primary(findings, 5) == rules.Index(2, 3, 1)
    assert rules.dmft_primary(findings, 6) == rules.Index(2, 1, 1)
    assert rules.dmft_primary(findings, None) == rules.Index(2, 1, 1)


def test_a_chart_beside_typed_counts_is_refused():
    rules.chart_or_counts({16: "1"}, [None, None])
    rules.chart_or_counts({}, [0, 3])
    with pytest.raises(RuleBroken, match="chart_or_counts"):
        rules.chart_or_counts({16: "1"}, [None, 0])


def test_a_span_has_both_its_ends_and_an_end():
    assert rules.days_between(date(2026, 11, 30), date(2026, 12, 1)) == [date(2026, 11, 30), date(2026, 12, 1)]
    assert len(rules.days_between(date(2026, 1, 1), date(2026, 12, 31))) == 365
    with pytest.raises(RuleBroken, match="span_backwards"):
        rules.days_between(date(2026, 11, 2), date(2026, 11, 1))
    with pytest.raises(RuleBroken, match="span_too_long"):
        rules.days_between(date(2026, 1, 1), date(2027, 3, 1))


def test_a_week_runs_from_monday_to_sunday():
    for day in (date(2026, 11, 16), date(2026, 11, 20), date(2026, 11, 22)):
        assert rules.week_of(day) == (date(2026, 11, 16), date(2026, 11, 22))


def test_a_sheet_keyed_in_later_carries_noon_of_the_sessions_day():
    told = datetime(2026, 11, 20, 2, 5, tzinfo=UTC)  # 09:05 at the clinic
    assert rules.moment_on(date(2026, 11, 20), told) == told
    assert rules.moment_on(date(2026, 11, 18), told).isoformat() == "2026-11-18T12:00:00+07:00"
