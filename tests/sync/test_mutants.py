"""The test of the test: each bug of tests/sync/mutants.py, planted, makes a played day fail; without it they pass."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable

import pytest

from tests.sync.mutants import MUTANTS
from tests.sync.play import play
from tests.sync.test_invariants import Sync, machine
from tests.sync.world import World

__all__ = ["machine"]

# The day that caught each of them when it was written comes first; others follow should the days have changed.
FIRST = {
    "M5 cursor before page": 2, "M6 restore without epoch": 7, "M8 pull over edits": 1,
    "M9 edit after void dropped": 3, "M11 rebased base": 1, "N5 never taken back": 1, "N6 everybody is given": 1,
}  # fmt: skip


def a_copy_older_than_a_promise(world: World) -> None:
    """Let a tablet forget, years later by its clock, what only a copy that was never made would hold."""
    world.back_up()
    world.register(0)
    world.sync(0)
    world.tablets[0].clock.skew = dt.timedelta(days=3650)
    world.register(0)
    world.sync(0)
    world.restore()


STORIES: dict[str, Callable[[World], None]] = {"N4 durable too early": a_copy_older_than_a_promise}


def tell(machine: type[Sync], name: str) -> None:
    """Play the story that is told of this bug, else days by their seeds."""
    if name in STORIES:
        world = World(machine.server, machine.copies, machine.base)
        STORIES[name](world)
        world.come_to_rest()
        world.must_hold_at_rest()
        return
    first = FIRST.get(name, 0)
    for seed in [first, *(seed for seed in range(12) if seed != first)]:
        play(machine, seed)


# The bugs are of the engine and the client, not of the database: half of them are planted on each.
@pytest.mark.parametrize("name", sorted(MUTANTS)["DATABASE_URL" in os.environ :: 2])
def test_a_planted_bug_is_caught(machine, monkeypatch, name):
    MUTANTS[name](monkeypatch)
    with pytest.raises(AssertionError) as caught:
        tell(machine, name)
    print(name, "→", str(caught.value)[:100])


@pytest.mark.parametrize("name", STORIES)
def test_the_same_story_passes_where_nothing_is_planted(machine, name):
    tell(machine, name)


@pytest.mark.parametrize("seed", range(int(os.environ.get("SYNC_DAYS", 5))))
def test_a_played_day_passes_where_nothing_is_planted(machine, seed):
    play(machine, seed, steps=100)
