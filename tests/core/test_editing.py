"""Two people edit one record at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.editing import MINE, THEIRS, Choice, Clashed, Edit, bring_together

NAMES = ("phone", "village", "guardian")
values = st.sampled_from(["", "a", "b", "c"])
documents = st.fixed_dictionaries(dict.fromkeys(NAMES, values))

WAS = {"phone": "012", "village": 1, "guardian": ""}


def test_what_one_changed_and_the_other_did_not_stands_with_the_others_change():
    now, mine = WAS | {"village": 2}, WAS | {"phone": "099"}
    assert bring_together(Edit(WAS), now=now, mine=mine) == {"phone": "099", "village": 2, "guardian": ""}


def test_one_field_changed_differently_by_two_is_asked_about():
    with pytest.raises(Clashed) as clashed:
        bring_together(Edit(WAS), now=WAS | {"phone": "077"}, mine=WAS | {"phone": "099"})
    assert clashed.value.clashes == [("phone", "077", "099")]


def test_two_who_meant_the_same_do_not_clash():
    same = WAS | {"phone": "099"}
    assert bring_together(Edit(WAS), now=same, mine=same) == same


@pytest.mark.parametrize(("keep", "stands"), [(MINE, "099"), (THEIRS, "077")])
def test_the_choice_holds_for_the_value_that_was_seen(keep, stands):
    edit = Edit(WAS, {"phone": Choice(keep, "077")})
    assert bring_together(edit, now=WAS | {"phone": "077"}, mine=WAS | {"phone": "099"})["phone"] == stands


def test_a_third_change_after_the_choice_is_asked_about_again():
    edit = Edit(WAS, {"phone": Choice(MINE, "077")})
    with pytest.raises(Clashed):
        bring_together(edit, now=WAS | {"phone": "011"}, mine=WAS | {"phone": "099"})


def test_without_what_was_seen_the_form_stands_as_it_is():
    assert bring_together(None, now=WAS, mine=WAS | {"phone": "099"}) == WAS | {"phone": "099"}


@given(was=documents, now=documents, mine=documents)
def test_no_change_of_either_is_ever_lost_in_silence(was, now, mine):
    try:
        together = bring_together(Edit(was), now=now, mine=mine)
    except Clashed as clashed:
        together = None
        fields = {clash.field for clash in clashed.clashes}
        assert fields == {n for n in NAMES if len({was[n], now[n], mine[n]}) == 3}
        return
    for name in NAMES:
        if mine[name] != was[name]:
            assert together[name] == mine[name]
        elif now[name] != was[name]:
            assert together[name] == now[name]
