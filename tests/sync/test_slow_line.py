"""Three hundred saves over 64 kbit/s, of which three in ten requests and three in ten answers are lost.

What is counted as bytes: `tests.sync.faults.SlowLine`. The ideal is what the same tablet moves for the same saves over
a line that loses nothing: the same batches, the same sealed ops, once.
"""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from statistics import mean

import pytest
from django.utils import timezone

from clinic.models import Patient
from mobile_team.models import DentalCheckup
from sync.models import PushedOp
from tests.sync.client import Tablet
from tests.sync.faults import Answer, Letter, NoAnswer, SlowLine
from tests.sync.ground import Copies, Server
from tests.sync.world import Clock, World, first_morning

SAVES, LINES = 300, 300
HEADERS = 230  # bytes of the real server's
NO_LOSS = (0.0, 0.0)


def a_days_work(world: World) -> Tablet:
    """Return a tablet with a day in the villages on it: every fifth save a new person, the others check-ups."""
    tablet = world.tablets[0]
    patient = ""
    for number in range(SAVES):
        if number % 2 == 0:
            patient = world.register(0, given_name=f"Child{number}", family_name_km="សុខ", given_name_km="ស្រីមុំ")
        else:
            world.check_up(0, patient, weight="16.5", height="104.0", dental_education=True, toothbrush=True,
                           teeth={"55": "B", "65": "B", "75": "A", "16": "0"}, advised_to_come=True,
                           note="Pain at night")  # fmt: skip
    return tablet


def push_all(tablet: Tablet, line: SlowLine) -> None:
    """Let the tablet push all it has over a line, as its rules say."""
    tablet.line, pause = line, 1.0
    while tablet.outbox:
        assert line.requests < 1_000, "it does not come through"
        try:
            tablet.push_once()
            pause = 1.0
        except NoAnswer:
            line.pause(line.chance.uniform(0, pause))
            pause = min(60.0, 2 * pause)


@pytest.mark.django_db(transaction=True)
def test_a_days_work_comes_through_a_bad_line_once_and_for_little_more_than_it_weighs():
    with Server() as server, Copies() as copies:
        base = first_morning(server, copies, tablets=1)
        moved = {}
        for seed, lose in ((1, NO_LOSS), (2, (0.3, 0.3)), (3, (0.3, 0.3))):
            world = World(server, copies, base)
            people = Patient.objects.count()
            tablet, line = a_days_work(world), SlowLine(server.url, Random(seed), lose=lose)
            push_all(tablet, line)
            assert PushedOp.objects.filter(status="applied").count() == SAVES
            assert Patient.objects.count() == people + SAVES // 2
            assert DentalCheckup.objects.count() == SAVES // 2
            moved[seed] = line.moved
        ideal = moved.pop(1)
        assert all(some <= 1.5 * ideal for some in moved.values()), (ideal, moved)


class Ears(SlowLine):
    """A line to nobody: what comes is kept and answered at the size of the real answers, to play it often."""

    def __init__(self, seed: int, lose: tuple[float, float]) -> None:
        super().__init__("http://nobody", Random(seed), lose=lose)
        self.seqs: set[int] = set()

    def deliver(self, letter: Letter) -> Answer:
        """Answer a push."""
        self.requests += 1
        self.bytes_up += letter.size
        sent = json.loads(letter.body)
        self.seqs |= {op["seq"] for op in sent["ops"]}
        contiguous = next(n for n in range(SAVES + 2) if n + 1 not in self.seqs)
        results = [
            {"op_id": op["op_id"], "status": "applied", "version": 90211, "server_seq": 90211} for op in sent["ops"]
        ]
        ack = {"db_id": sent["db_id"], "contiguous_seq": contiguous, "durable_seq": 0}
        said = {"results": results, "ack": ack, "want_blobs": [], "server_time": timezone.now().isoformat()}
        body = json.dumps(said, separators=(",", ":")).encode()
        self.bytes_down += len(body) + HEADERS
        return Answer(200, {}, body)


def test_bad_lines_move_less_than_one_and_a_half_times_the_ideal_in_the_mean():
    ideal, moved, longest = 0, [], 0.0
    for seed in range(-1, LINES):
        tablet = Tablet(line := Ears(seed, NO_LOSS if seed < 0 else (0.3, 0.3)), Clock(), sealing=False)
        tablet.access = "x"
        tablet.outbox, tablet.seq = [{"op_id": str(n), "seq": n, "at": "2026", "sealed": "x" * 800, "more": "y" * 330}
                                     for n in range(1, SAVES + 1)], SAVES  # fmt: skip
        push_all(tablet, line)
        assert line.seqs == set(range(1, SAVES + 1))
        if seed < 0:
            ideal = line.moved
        else:
            moved.append(line.moved / ideal)
            longest = max(longest, line.seconds)
    assert mean(moved) <= 1.5, mean(moved)
    assert longest < 3600, longest


def test_without_asking_what_arrived_a_bad_line_would_move_far_more():
    ideal, moved = 0, []
    for seed in range(-1, LINES // 10):
        tablet = Tablet(line := Ears(seed, NO_LOSS if seed < 0 else (0.3, 0.3)), Clock(), sealing=False)
        tablet.access = "x"
        tablet.outbox = [{"op_id": str(n), "seq": n, "at": "2026", "sealed": "x" * 1130} for n in range(1, SAVES + 1)]
        while tablet.outbox:
            tablet.unanswered = False  # the rule left out
            with suppress(NoAnswer):
                tablet.push_once()
        if seed < 0:
            ideal = line.moved
        else:
            moved.append(line.moved / ideal)
    assert mean(moved) > 1.7, mean(moved)
