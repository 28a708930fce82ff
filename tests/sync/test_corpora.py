"""What released versions of the app sent is understood for ever: each corpus is sent again to an empty database."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine

from core.audit import journal
from sync.models import PushedOp
from sync.resources import RESOURCES
from tests.sync import corpus

CORPORA = sorted(corpus.FOLDER.glob("*/*.json"))
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", CORPORA, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_the_app_sent_on_a_day_comes_out_as_it_did(path: Path) -> None:
    told = corpus.read(path)
    with time_machine.travel(told["world"]["now"]):
        corpus.lay(told["world"])
        results = [corpus.push(body) for body in told["pushes"]]
        assert results == told["results"]
        assert corpus.within(told["after"], corpus.after(told["pushes"])) == []
        again = [one["status"] for body in told["pushes"] for one in corpus.push(body)]
        assert set(again) == {"duplicate"}
    assert PushedOp.objects.count() == sum(len(body["ops"]) for body in told["pushes"])
    assert journal.broken_at() is None


def test_every_type_and_kind_of_save_is_in_a_corpus() -> None:
    """A new kind of record is recorded too (docs/how-to/add_a_synced_record.md)."""
    there = {
        (op["type"], op["kind"])
        for path in CORPORA for body in corpus.read(path)["pushes"] for op in body["ops"]
    }  # fmt: skip
    wanted = {(name, kind) for name, row in RESOURCES.items() for kind in row.kinds}
    assert wanted - there == set()
