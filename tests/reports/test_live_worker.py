"""A real Celery worker on the embedded broker makes a paper that was asked for while there was no broker at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from config import broker

# The database mark has the fresh database prepared; the house works on a copy of its own.
pytestmark = [pytest.mark.services, pytest.mark.django_db]


class House:
    """A folder with a database, a broker and a worker of its own."""

    def __init__(self, var: Path, database: Path) -> None:
        self.var, self.children = var, []
        shutil.copyfile(database, var / "clinic.sqlite3")
        taken = {"DATABASE_URL", "REDIS_URL", "DEBUG"}
        self.env = {k: v for k, v in os.environ.items() if k not in taken} | {"VAR_DIR": str(var), "SECRET_KEY": "test"}

    def start(self, *command: str) -> None:
        with (self.var / f"{len(self.children)}.log").open("wb") as log:
            made = subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.env, stdout=log, stderr=subprocess.STDOUT)
        self.children.append(made)

    def drive(self, what: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "tests.reports.drive", what],
            cwd=settings.BASE_DIR, env=self.env, capture_output=True, timeout=90,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.var.glob("*.log")))

    def stop(self) -> None:
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()


@pytest.fixture
def house(tmp_path: Path, copied: Path | None, django_db_setup: None) -> Iterator[House]:
    if copied is None or not copied.exists():
        pytest.skip("the embedded default runs on SQLite")
    house = House(tmp_path, copied)
    yield house
    house.stop()


def test_a_worker_that_starts_later_makes_the_paper_that_waits(house):
    program = broker.program()
    if program is None:
        pytest.skip("no embedded broker for this machine")
    assert house.drive("ask") == {"sent": False, "state": "waiting"}

    socket = broker.socket_in(house.var)
    socket.parent.mkdir(parents=True, exist_ok=True)
    (house.var / "broker").mkdir()
    house.start(*broker.command(program, socket, house.var / "broker"))
    for _ in range(100):
        if socket.exists():
            break
        time.sleep(0.1)
    house.start(
        sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-P", "threads", "-c", "2", "-l", "info"
    )

    made = house.drive("wait")
    assert made["state"] == "done", house.logs()
    assert made["result"] == {"patients_assessed": 1}
    assert made["files"] == {
        "figures-2025-03-km.pdf": "%PDF", "figures-2025-03-en.pdf": "%PDF", "figures-2025-03.xlsx": "PK\x03\x04",
    }  # fmt: skip
