"""Never lose a record: the invariants of the protocol, played by Hypothesis against the real server over HTTP.

Steps are saves on two or three tablets, corrections at the desk, merges, pushes and pulls with every fault of the line,
deaths of the server between two commits, wrong clocks, poison, backups and restores, revoked tablets. What must hold is
in tests/sync/world.py, by the numbers of the design. `SYNC_STEPS=200 SYNC_EXAMPLES=500` plays longer, and
elsewhere each time; `SYNC_DAYS=100` plays as many seeded days in tests/sync/test_mutants.py.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.sync.ground import Copies, Server
from tests.sync.world import Base, World, first_morning

STEPS = int(os.environ.get("SYNC_STEPS", 0))
FAULTS = [
    "ok", "ok", "ok", "lost_request", "lost_answer", "twice", "late", "dies_after_0", "dies_after_1", "dies_after_3",
]  # fmt: skip
FIELDS = ["phone", "phone", "guardian", "village", "given_name", "family_name"]
PULLS = ["ok", "ok", "lost_answer", "twice", "dies_after_0"]
TABLETS = st.integers(0, 1)
NUMBER = st.integers(0, 30)


class Sync(RuleBasedStateMachine):
    """Two tablets, a desk and a bad line."""

    server: Server
    copies: Copies
    base: Base

    @initialize(sealing=st.booleans())
    def morning(self, sealing: bool) -> None:
        self.world = World(self.server, self.copies, self.base, sealing=sealing)
        self.changed = True
        self.edits = 0

    # -- in the field -------------------------------------------------------------------------------------------

    def _patient(self, number: int, k: int) -> str | None:
        """Return somebody on the tablet's screen; most often one of the same two, so that edits meet."""
        tablet = self.world.tablets[number]
        if tablet.gone:
            return None
        gone = {key for key, row in tablet.records.items() if "merged_into" in row.doc}
        people = sorted(key[1] for key in {*tablet.own, *tablet.records} - gone if key[0] == "patient")
        pool = people[:2] if k % 4 else people
        return pool[k % len(pool)] if pool else None

    def _next(self) -> int:
        self.edits += 1
        return self.edits

    @rule(i=TABLETS, village=st.integers(0, 1), twin=st.booleans())
    def register(self, i: int, village: int, twin: bool) -> None:
        if not self.world.tablets[i].gone:
            name = "Sreymom" if twin else f"Child{self._next()}"
            self.world.register(i, given_name=name, village=self.world.base.villages[village])

    @rule(i=TABLETS, k=NUMBER, what=st.sampled_from(FIELDS))
    def amend(self, i: int, k: int, what: str) -> None:
        if one := self._patient(i, k):
            n = self._next()
            special: dict[str, Any] = {"phone": f"012 {300000 + n}", "village": self.world.base.villages[n % 3]}
            value = special.get(what, f"Other{n}")
            self.world.amend(i, one, **{what: value})

    @rule(i=TABLETS, k=NUMBER)
    def check_up(self, i: int, k: int) -> None:
        if one := self._patient(i, k):
            self.world.check_up(i, one, note=f"seen {self._next()}")

    @rule(i=TABLETS, k=NUMBER, void=st.booleans())
    def correct_a_checkup(self, i: int, k: int, void: bool) -> None:
        tablet = self.world.tablets[i]
        seen = [
            (part["id"], key[1]) for key, row in tablet.records.items() if key[0] == "patient"
            for part in row.doc.get("checkups", []) if not part["void_reason"]
        ]  # fmt: skip
        seen += [
            (key[1], doc["patient"]) for key, doc in tablet.own.items() if key[0] == "checkup" and "patient" in doc
        ]
        if seen and not tablet.gone:
            checkup, patient = sorted(seen)[k % len(seen)]
            if void:
                self.world.void(i, "checkup", checkup, patient)
            else:
                self.world.amend_checkup(i, checkup, patient, note=f"corrected {self._next()}", urgency=k % 5)

    @rule(i=TABLETS, k=NUMBER, substance=st.sampled_from(["Peanut", "Bee"]))
    def allergy(self, i: int, k: int, substance: str) -> None:
        if one := self._patient(i, k):
            self.world.allergy(i, one, substance)

    @rule(i=TABLETS)
    def donate(self, i: int) -> None:
        if not self.world.tablets[i].gone:
            self.world.donate(i, 1000 * self._next())

    @rule(i=TABLETS, k=NUMBER, kind=st.integers(0, 3))
    def poison(self, i: int, k: int, kind: int) -> None:
        if one := self._patient(i, k):
            self.world.poison(i, one, kind)

    @rule(i=TABLETS, years=st.sampled_from([-10, 0, 0, 10]))
    def skew(self, i: int, years: int) -> None:
        self.world.tablets[i].clock.skew = dt.timedelta(days=365 * years)  # type: ignore[attr-defined]

    # -- at the centre ------------------------------------------------------------------------------------------

    @rule(k=NUMBER, what=st.sampled_from(["phone", "phone", "guardian", "given_name", "village"]))
    def desk_corrects(self, k: int, what: str) -> None:
        n, one = self._next(), sorted(self.world.base.patients)[k % 3]
        value: Any = {"phone": f"012 {700000 + n}", "village": self.world.village(n % 3)}.get(what, f"Desk{n}")
        self.world.desk_corrects(one, **{what: value})
        self.changed = True

    @rule(k=NUMBER, j=NUMBER)
    def desk_merges(self, k: int, j: int) -> None:
        if k % 3 == 0:
            people = sorted(set(self.world.base.patients) | self.world.by_desk | self._pushed())
            self.world.desk_merges(people[k % len(people)], people[j % len(people)])
            self.changed = True

    def _pushed(self) -> set[str]:
        return {one.op["id"] for one in self.world.saved.values() if one.op["type"] == "patient" and not one.poison}

    @rule(take=st.booleans())
    def desk_settles(self, take: bool) -> None:
        self.world.desk_settles(take=take)
        self.changed = True

    @rule()
    def back_up(self) -> None:
        self.world.back_up()

    @precondition(lambda self: self.world.backup is not None)
    @rule(go=st.integers(0, 2))
    def restore(self, go: int) -> None:
        if go == 0:
            self.world.restore()
            self.changed = True

    @rule(i=TABLETS, go=st.integers(0, 29))
    def revoke(self, i: int, go: int) -> None:
        if go == 7 and not self.world.revoked:
            self.world.revoke(i)

    # -- on the line --------------------------------------------------------------------------------------------

    @rule(i=TABLETS, n=st.sampled_from([1, 3, 50]), fault=st.sampled_from(FAULTS))
    def push(self, i: int, n: int, fault: str) -> None:
        tablet = self.world.tablets[i]
        tablet.line.script.script = [fault]
        if not tablet.gone:
            self.world.try_(i, lambda: tablet.push_once(n))
        tablet.line.script.script = []
        self.changed = True

    @rule(i=TABLETS)
    def deliver_late(self, i: int) -> None:
        self.world.tablets[i].line.deliver_late()
        self.changed = True

    @rule(i=TABLETS, limit=st.sampled_from([1, 3, 500]), fault=st.sampled_from(PULLS), dies=st.booleans())
    def pull(self, i: int, limit: int, fault: str, dies: bool) -> None:
        tablet = self.world.tablets[i]
        tablet.line.script.script = [fault]
        if not tablet.gone:
            with self.world.browser_dies(tablet) if dies and limit > 1 else nullcontext():
                self.world.try_(i, lambda: tablet.pull_page(limit))
        tablet.line.script.script = []
        self.changed = True

    @rule(i=TABLETS, k=NUMBER)
    def edit_both_ways(self, i: int, k: int) -> None:
        """Let a tablet and the desk correct the same field of the same person, neither knowing of the other."""
        one = sorted(self.world.base.patients)[k % 3]
        known = self.world.tablets[i].records.get(("patient", one))
        if known and "merged_into" not in known.doc:
            self.world.desk_corrects(one, guardian=f"Desk{self._next()}")
            self.world.amend(i, one, guardian=f"Aunt{self._next()}")
            self.world.amend(i, one, guardian=f"Uncle{self._next()}")

    @rule(i=TABLETS, fault=st.sampled_from(FAULTS))
    def log_in_again(self, i: int, fault: str) -> None:
        tablet = self.world.tablets[i]
        tablet.line.script.script = [fault]
        if not tablet.gone:
            self.world.try_(i, lambda: self.world.log_in(i))
        tablet.line.script.script = []

    # -- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        if getattr(self, "changed", False):
            self.world.must_hold()
            self.changed = False

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.come_to_rest()
            self.world.must_hold_at_rest()


@pytest.fixture
def machine(transactional_db: None) -> Iterator[type[Sync]]:
    """The machine, on a centre on its first morning."""
    with Server() as server, Copies() as copies:
        base = first_morning(server, copies, tablets=2)
        yield type("Sync", (Sync,), {"server": server, "copies": copies, "base": base})


def test_nothing_that_was_said_to_be_saved_is_lost_doubled_or_silently_overwritten(machine):
    examples = int(os.environ.get("SYNC_EXAMPLES", 100 if STEPS else 12))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=STEPS or 40, deadline=None, derandomize=not STEPS,
            suppress_health_check=list(HealthCheck), print_blob=True, report_multiple_bugs=False, database=None,
            phases=[Phase.generate] if os.environ.get("SYNC_NOSHRINK") else list(Phase),
        ),
    )  # fmt: skip
