"""Errors carry a code, never words."""

import pickle

from core.errors import Conflict, NotAllowed, RuleBroken


def test_a_broken_rule_names_its_code_its_field_and_what_fills_the_sentence():
    broken = RuleBroken("clinic.date_in_future", "on", day="2026-11-22")
    assert (str(broken), broken.field, broken.params) == (
        "clinic.date_in_future",
        "on",
        {"day": "2026-11-22"},
    )


def test_a_broken_rule_survives_the_way_to_a_worker_and_back():
    broken = pickle.loads(pickle.dumps(RuleBroken("core.month_unreadable", "month", text="x")))
    assert (broken.code, broken.field, broken.params) == ("core.month_unreadable", "month", {"text": "x"})


def test_a_conflict_is_a_broken_rule_and_a_refusal_is_not():
    assert isinstance(Conflict("sync.changed"), RuleBroken)
    assert not isinstance(NotAllowed("clinic.write"), RuleBroken)
    assert NotAllowed("clinic.write").action == str(NotAllowed("clinic.write")) == "clinic.write"
