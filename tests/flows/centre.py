"""The real thing as a process: `manage.py start` in a folder of its own, stopped, started again, brought up to date."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from tests.live import free_port

STARTS_WITHIN = 900  # seconds; the demonstration is made first, perhaps beside much other work
NOT_OF_A_RELEASE = shutil.ignore_patterns(".*", "var", "tests", "docs", "bench", "__pycache__", "*.pyc")


class Centre:
    """One system with its data: `start`, `stop`, and `manage` for a command on its database.

    With DATABASE_URL it has a scratch database beside the tests' own, so the same journeys prove both engines.
    """

    def __init__(self, var: Path, *options: str) -> None:
        self.var, self.options, self.tree = var, options, Path(settings.BASE_DIR)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
        self.env |= {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"}
        self.drop = scratch_database(self.env, var.name)
        self.process: subprocess.Popen[bytes] | None = None
        self.said: IO[str] | None = None

    def start(self) -> None:
        """Start it, or start it again on the same port and the same data; return when it is open."""
        log = self.var / "start.log"
        self.said = log.open("w+", encoding="utf-8")
        command = [sys.executable, "manage.py", "start", "--port", str(self.port), *self.options]
        self.process = subprocess.Popen(command, cwd=self.tree, env=self.env, stdout=self.said, stderr=self.said)
        begun = time.monotonic()
        while "Open:" not in log.read_text(encoding="utf-8"):
            assert self.process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
            assert time.monotonic() - begun < STARTS_WITHIN, log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop it with everything it started; what is stopped already stays so."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        if self.said is not None:
            self.said.close()

    def bring_up_to(self, version: str, folder: Path, *touched: str) -> None:
        """Let the next start be another version: a copy of the program with these files changed."""
        shutil.copytree(settings.BASE_DIR, folder, ignore=NOT_OF_A_RELEASE)
        changes = folder / "CHANGELOG.md"
        changes.write_text(f"## {version}\n\n" + changes.read_text(encoding="utf-8"), encoding="utf-8")
        for name in touched:
            with (folder / name).open("a", encoding="utf-8") as file:
                file.write(f"\n// {version}\n")
        self.tree = folder

    def ask(self, code: str) -> Any:
        """Run some Python in a management shell on its data; what it prints as JSON on the last line comes back."""
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code], cwd=settings.BASE_DIR, env=self.env,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])


def scratch_database(env: dict[str, str], name: str) -> Callable[[], None]:
    """On PostgreSQL make an empty database beside the configured one and point `env` at it; return how to drop it."""
    if "DATABASE_URL" not in env or not env["DATABASE_URL"].startswith("postgres"):
        return lambda: None
    import psycopg

    parts, name = urlsplit(env["DATABASE_URL"]), f"flows_{name}_{os.getpid()}"
    env["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))

    def say(sql: str) -> None:
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]

    say(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return lambda: say(f'DROP DATABASE "{name}" WITH (FORCE)')
