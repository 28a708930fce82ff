"""Whatever a tablet sends, every op of it is kept and answered for, and nothing falls over."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.journal import broken_at
from core.errors import RuleBroken
from sync import engine
from sync.models import PushedOp
from sync.resources import RESOURCES
from tests.sync.ops import NOW, Tablet, a_person, a_tablet

pytestmark = pytest.mark.django_db

TERMINAL = {"applied", "merged", "duplicate", "conflict", "quarantined", "parked"}
words = st.text(max_size=12) | st.sampled_from(["\x00", "\ud800", "ក" * 300, "x" * 20_000, "2026-11-20", "T07", "4y"])
plain = st.none() | st.booleans() | st.integers() | st.integers(-(2**80), 2**80) | words
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)
names = st.sampled_from(
    [
        "number", "family_name", "sex", "birth", "village", "phone", "guardian", "allergies", "consent", "photo",
        "patient", "session", "observed_at", "teeth", "pufa", "treatments", "weight", "urgency", "deworming", "index",
        "set", "was", "seen", "why", "reason", "substance", "on", "currency", "minor", "topic", "audiences", "item",
        "packed", "state",
    ]
)  # fmt: skip
parts = st.sampled_from(
    [
        "op_id", "seq", "group", "type", "id", "kind", "base", "after", "at", "skew_ms", "clock_suspect", "schema",
        "doc", "actor", "seal_kid", "sealed",
    ]
)  # fmt: skip
kinds = st.sampled_from(["create", "amend", "void"])
around = st.sampled_from(["db_id", "ops", "sent_at", "pending", "oldest_at", "schema", "server_epoch"])
documents = st.dictionaries(names | words, anything, max_size=6)
HOUSE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def tablet() -> Tablet:
    return a_tablet()


@HOUSE
@given(doc=documents | anything, type=st.sampled_from(sorted(RESOURCES)), kind=kinds)
def test_any_document_is_kept_and_gets_an_answer(tablet, doc, type, kind):
    op = tablet.op(type, kind) | {"doc": doc}
    first, good = tablet.push(op, tablet.op("patient", doc=a_person()))
    assert first["status"] in TERMINAL
    assert first.get("code") != "sync.unforeseen", first
    assert good["status"] == "applied"
    assert PushedOp.objects.filter(pk=op["op_id"]).exists()


@HOUSE
@given(op=anything | st.dictionaries(parts, anything, max_size=5))
def test_what_is_no_op_at_all_is_kept_too(tablet, op):
    before = PushedOp.objects.count()
    (result,) = tablet.push(op)
    assert result["status"] in {"quarantined", "duplicate"}
    assert PushedOp.objects.count() - before == (result["status"] == "quarantined")


@HOUSE
@given(changes=st.dictionaries(parts, anything, min_size=1, max_size=4))
def test_an_op_bent_in_any_part_is_kept(tablet, changes):
    op = tablet.op("patient", doc=a_person()) | changes
    first, good = tablet.push(op, tablet.op("patient", doc=a_person()))
    assert first["status"] in TERMINAL
    assert first.get("code") != "sync.unforeseen", first
    assert good["status"] == "applied"


@HOUSE
@given(envelope=anything | st.dictionaries(around, anything))
def test_an_envelope_that_is_none_is_refused_and_never_falls_over(tablet, envelope):
    with suppress(RuleBroken):
        engine.take(device=tablet.device, envelope=envelope, now=NOW)


@HOUSE
@given(pending=anything, oldest=anything, sent=anything, schema=anything)
def test_what_a_device_says_of_itself_never_stands_in_the_way(tablet, pending, oldest, sent, schema):
    said = {"pending": pending, "oldest_at": oldest, "sent_at": sent, "schema": schema}
    envelope = tablet.envelope(tablet.op("patient", doc=a_person())) | said
    assert engine.take(device=tablet.device, envelope=envelope, now=NOW).results[0]["status"] == "applied"


def test_brackets_within_brackets_exhaust_nobody(tablet):
    deep: list = []
    for _ in range(600):
        deep = [deep]
    with pytest.raises(RuleBroken):
        tablet.push(tablet.op("patient", doc={"family_name": deep}))


def test_the_log_stays_whole_after_a_storm(tablet):
    ops = [tablet.op("patient", doc=a_person(sex="M" if n % 3 else "?", phone="1" * (n % 14))) for n in range(50)]
    results = tablet.push(*ops)
    assert {one["status"] for one in results} <= TERMINAL
    assert json.dumps(results)
    assert broken_at() is None
