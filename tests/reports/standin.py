"""A small HTTP server that answers as DHIS2 does to dataValueSets, for tests: it keeps values and every request.

Answers follow the developer guide's "Data values" and its import summary, wrapped in a web message as newer servers do.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "d2pat_standin"


def summary(status: str, conflicts: list[dict[str, str]] | None = None, **counts: int) -> dict[str, Any]:
    """Return an import summary."""
    return {
        "responseType": "ImportSummary",
        "status": status,
        "description": "Import process completed successfully",
        "importCount": {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0} | counts,
        "conflicts": conflicts or [],
        "dataSetComplete": "false",
    }


def message(code: int, status: str, response: dict[str, Any] | None = None) -> bytes:
    """Return a web message around a summary."""
    words = {200: "OK", 401: "Unauthorized", 409: "Conflict", 500: "Internal Server Error"}
    whole: dict[str, Any] = {"httpStatus": words.get(code, ""), "httpStatusCode": code, "status": status}
    whole["message"] = "Import was successful." if code == 200 else "An error occurred, please check import summary."
    return json.dumps(whole | ({"response": response} if response else {})).encode()


class StandIn(ThreadingHTTPServer):
    """The server: `mood` says how it answers, `known` the data elements it has, `kept` the values it holds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mood, self.known = "well", set[str]()
        self.kept: dict[tuple[str, ...], str] = {}
        self.asked: list[tuple[str, dict[str, list[str]], dict[str, str], str]] = []
        self.open = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hmis"


class Handler(BaseHTTPRequestHandler):
    """Answer one request in the server's mood."""

    server: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parts = urlsplit(self.path)
        self.server.asked.append((parts.path, parse_qs(parts.query), dict(self.headers), body))
        getattr(self, f"_{self.server.mood}")(body, parse_qs(parts.query))

    def _answer(self, code: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _well(self, body: str, query: dict[str, list[str]]) -> None:
        if self.headers.get("Authorization") != f"ApiToken {TOKEN}":
            self._answer(401, message(401, "ERROR"))
            return
        found = json.loads(body)
        counts, conflicts = {"imported": 0, "updated": 0, "ignored": 0}, []
        for each in found["dataValues"]:
            if self.server.known and each["dataElement"] not in self.server.known:
                why = f"Data element not found or not accessible: `{each['dataElement']}`"
                conflicts.append({"object": each["dataElement"], "value": why, "errorCode": "E7610"})
                counts["ignored"] += 1
                continue
            place = (found["orgUnit"], found["period"], each["dataElement"], each.get("categoryOptionCombo", ""))
            counts["updated" if place in self.server.kept else "imported"] += 1
            if query["dryRun"] == ["false"]:
                self.server.kept[place] = each["value"]
        if conflicts:
            self._answer(409, message(409, "WARNING", summary("WARNING", conflicts, **counts)))
        else:
            self._answer(200, message(200, "OK", summary("SUCCESS", **counts)))

    def _old(self, body: str, query: dict[str, list[str]]) -> None:
        found = summary("WARNING", [{"object": "x", "value": "not found"}], imported=1, ignored=1)
        self._answer(200, json.dumps(found).encode())

    def _refusing(self, body: str, query: dict[str, list[str]]) -> None:
        found = summary("ERROR", [{"object": "ou", "value": "Org unit not found", "errorCode": "E7612"}], ignored=2)
        self._answer(409, message(409, "ERROR", found))

    def _broken(self, body: str, query: dict[str, list[str]]) -> None:
        self._answer(500, message(500, "ERROR"))

    def _gateway(self, body: str, query: dict[str, list[str]]) -> None:
        self._answer(502, b"<html>Bad gateway</html>", "text/html")

    def _log_in(self, body: str, query: dict[str, list[str]]) -> None:
        self._answer(200, b"<html>Please log in</html>", "text/html")

    def _elsewhere(self, body: str, query: dict[str, list[str]]) -> None:
        self._answer(302, b"", Location="http://127.0.0.1:9/evil")

    def _hanging(self, body: str, query: dict[str, list[str]]) -> None:
        self.server.open.wait(10)

    def _dripping(self, body: str, query: dict[str, list[str]]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not self.server.open.is_set():
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.02)

    def _truncated(self, body: str, query: dict[str, list[str]]) -> None:
        whole = message(200, "OK", summary("SUCCESS", imported=1))
        self.send_response(200)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole[:-20])
        self.close_connection = True


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Serve until the end of the block."""
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.open.set()
            server.shutdown()
