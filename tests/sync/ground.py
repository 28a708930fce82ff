"""What proofs of the protocol stand on: the real application behind HTTP, its death, copies of its whole database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, current_thread
from typing import Any
from uuid import uuid4

import psycopg
from django.core.cache import cache
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from config.settings import VAR_DIR


class Died(BaseException):
    """The server's process ended here; nothing after this line has happened."""


class Server:
    """The application on a port of its own, in threads of this process; each connection has its own of the database."""

    def __init__(self) -> None:
        self.left: int | None = None  # commits until it dies; None while it is well
        self.commits = 0
        self.threads: set[Thread] = set()
        application = get_wsgi_application()
        server = self

        def dying(environ: dict[str, Any], start: Any) -> Any:
            server.threads.add(current_thread())
            try:
                response = application(environ, start)
                answer = list(response)
                response.close()
                if server.left is not None:
                    raise Died
                return answer
            except Died:
                raise ConnectionResetError from None  # no answer, and the connection closed
            finally:
                server.threads.discard(current_thread())
                connections.close_all()  # before the answer leaves, so that a copy may be taken at once

        self.http = ThreadedWSGIServer(("127.0.0.1", 0), _Handler)
        self.http.set_app(dying)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.wrapper: Any = type(connections["default"])
        self.commit = self.wrapper._commit
        self.thread = Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def _counted(self, wrapper: Any) -> Any:
        """Commit as the database does; in a dying server only as often as it still may."""
        if current_thread() in self.threads:
            if self.left == 0:
                raise Died
            if self.left is not None:
                self.left -= 1
            self.commits += 1
        return self.commit(wrapper)

    @contextmanager
    def dying(self, after: int) -> Iterator[None]:
        """Let the server die within this block: at its (`after` + 1)th commit, before it is made, or at the answer."""
        self.left = after
        try:
            yield
        finally:
            self.left = None

    def __enter__(self) -> Server:
        server = self
        self.wrapper._commit = lambda wrapper: server._counted(wrapper)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wrapper._commit = self.commit
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(10)


class _Handler(WSGIRequestHandler):
    """Answers one request a connection; a request whose server died finds it closed."""

    def handle(self) -> None:
        """Answer, or die, and close."""
        self.handle_one_request()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Copy:
    """The whole database as it was at one moment: a file of SQLite's own backup, or a database of PostgreSQL."""

    name: str


class Copies:
    """Takes copies of the whole database and puts them back, as a restore does; they go at the end of the block."""

    def __init__(self) -> None:
        self.sqlite = connection.vendor == "sqlite"
        self.made: list[Copy] = []
        shm = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(
            prefix="clinic-copies-", dir=shm if os.access(shm, os.W_OK) else VAR_DIR
        )

    def take(self) -> Copy:
        """Return a copy of all that is committed."""
        if self.sqlite:
            copy = Copy(str(Path(self.folder.name) / f"{uuid4().hex}.sqlite3"))
            self._backup(into=copy.name)
        else:
            copy = Copy(f"copy_{uuid4().hex}")
            others = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name()}'"
            self._say(others, f'CREATE DATABASE "{copy.name}" TEMPLATE "{self._name()}"')  # left idle
        self.made.append(copy)
        return copy

    def put_back(self, copy: Copy) -> None:
        """Let the database read again as it did when the copy was taken; open connections are cut."""
        if self.sqlite:
            self._backup(out_of=copy.name)
        else:
            name = self._name()
            self._say(f'DROP DATABASE "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{copy.name}"')
        cache.clear()

    def forget(self, copy: Copy) -> None:
        """Throw a copy away."""
        self.made.remove(copy)
        if self.sqlite:
            Path(copy.name).unlink()
        else:
            self._say(f'DROP DATABASE "{copy.name}"')

    def _backup(self, *, into: str = "", out_of: str = "") -> None:
        import sqlcipher3

        connection.ensure_connection()
        other = sqlcipher3.connect(into or out_of)
        try:
            (connection.connection if into else other).backup(other if into else connection.connection)
        finally:
            other.close()

    def _name(self) -> str:
        return str(connection.settings_dict["NAME"])

    def _say(self, *statements: str) -> None:
        connections.close_all()
        given = connection.get_connection_params() | {"dbname": "postgres"}
        known = {name: given[name] for name in ("host", "port", "user", "password", "dbname") if given.get(name)}
        with psycopg.connect(make_conninfo(**known), autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement)

    def __enter__(self) -> Copies:
        return self

    def __exit__(self, *_: object) -> None:
        for copy in list(self.made):
            self.forget(copy)
        self.folder.cleanup()
