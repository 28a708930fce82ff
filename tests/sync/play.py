"""Play the machine by a seed, without Hypothesis: denser days, quicker to run, the same each time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.sync.test_invariants import FAULTS, FIELDS, PULLS, Sync

Step = tuple[int, Any, Callable[[Random], dict[str, Any]]]


def _who(chance: Random) -> dict[str, Any]:
    return {"i": chance.randrange(2)}


def _whom(chance: Random) -> dict[str, Any]:
    return {"i": chance.randrange(2), "k": chance.randrange(31)}


STEPS: list[Step] = [
    (6, Sync.register, lambda r: _who(r) | {"village": r.randrange(2), "twin": r.random() < 0.3}),
    (9, Sync.amend, lambda r: _whom(r) | {"what": r.choice(FIELDS)}),
    (5, Sync.edit_both_ways, _whom),
    (8, Sync.check_up, _whom),
    (7, Sync.correct_a_checkup, lambda r: _whom(r) | {"void": r.random() < 0.3}),
    (2, Sync.allergy, lambda r: _whom(r) | {"substance": r.choice(["Peanut", "Bee"])}),
    (2, Sync.donate, _who),
    (3, Sync.poison, lambda r: _whom(r) | {"kind": r.randrange(4)}),
    (3, Sync.skew, lambda r: _who(r) | {"years": r.choice([-10, 0, 10])}),
    (5, Sync.desk_corrects, lambda r: {"k": r.randrange(31), "what": r.choice(FIELDS[:5])}),
    (3, Sync.desk_merges, lambda r: {"k": r.randrange(31), "j": r.randrange(31)}),
    (2, Sync.desk_settles, lambda r: {"take": r.random() < 0.5}),
    (2, Sync.back_up, lambda r: {}),
    (2, Sync.restore, lambda r: {"go": r.randrange(2)}),
    (16, Sync.push, lambda r: _who(r) | {"n": r.choice([1, 3, 50]), "fault": r.choice(FAULTS)}),
    (4, Sync.deliver_late, _who),
    (10, Sync.pull, lambda r: _who(r) | {"limit": r.choice([1, 3, 500]), "fault": r.choice(PULLS),
                                        "dies": r.random() < 0.3}),
    (2, Sync.log_in_again, lambda r: _who(r) | {"fault": r.choice(FAULTS)}),
]  # fmt: skip


def play(machine: type[Sync], seed: int, *, steps: int = 60, sealing: bool | None = None) -> Sync:
    """Play so many steps, then let all come to rest; raises AssertionError when something does not hold."""
    chance = Random(seed)
    game = machine()
    Sync.morning(game, sealing=seed % 2 == 0 if sealing is None else sealing)
    weights = [weight for weight, _, _ in STEPS]
    for _ in range(steps):
        _, act, given = chance.choices(STEPS, weights)[0]
        act(game, **given(chance))
        Sync.holds(game)
    if seed % 5 == 4:
        game.world.revoke(seed % 2)
    Sync.teardown(game)
    return game
