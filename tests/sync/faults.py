"""Lines between a tablet and the server: a plain one, one that fails by a script, and a real TCP proxy that does.

What goes wrong: the request is lost, the answer is lost, the request comes twice, it comes late (again, after others),
and the server dies between two commits.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit


class NoAnswer(Exception):
    """Nothing came back: lost on the way there, on the way back, or the server died; a tablet cannot know which."""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the document; what is none reads as empty."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


@dataclass
class Letter:
    """One request, so that it can be sent again."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def size(self) -> int:
        """Return its bytes as they go over the line: request line, headers, body."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: clinic\r\nContent-Length: {len(self.body)}\r\n"
        return len(head) + sum(len(k) + len(v) + 4 for k, v in self.headers.items()) + 2 + len(self.body)


class Line:
    """Carries requests to a server at `url` over HTTP, one connection a request."""

    def __init__(self, url: str, *, timeout: float = 30) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.timeout = parts.hostname or "127.0.0.1", parts.port or 80, timeout
        self.requests = self.bytes_up = self.bytes_down = 0
        self.heard: list[tuple[str, int, int]] = []  # path, status, bytes of the answer

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Carry one request. Raises NoAnswer."""
        return self.deliver(Letter(method, path, headers, body))

    def deliver(self, letter: Letter) -> Answer:
        """Bring a request to the server, whatever the line is like."""
        self.requests += 1
        self.bytes_up += letter.size
        http_ = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            http_.request(letter.method, letter.path, letter.body, letter.headers)
            came = http_.getresponse()
            answer = Answer(came.status, {k.lower(): v for k, v in came.getheaders()}, came.read())
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error)) from error
        finally:
            http_.close()
        self.bytes_down += len(answer.body) + sum(len(k) + len(v) + 4 for k, v in answer.headers.items()) + 19
        self.heard.append((letter.path, answer.status, len(answer.body)))
        return answer


@dataclass
class Faults:
    """What will happen to the next requests, in order; after the last one all goes well."""

    script: list[str] = field(default_factory=list)

    def next(self) -> str:
        """Return what happens to this request."""
        return self.script.pop(0) if self.script else "ok"


class FaultyLine(Line):
    """A line that fails by a script: "ok", "lost_request", "lost_answer", "twice", "late", "dies_after_<k>".

    "late" brings the request to the server only at `deliver_late`; "dies_after_2" lets the server commit twice and then
    die before it answers (`dying`, given by the server of the test). Only requests whose path ends with one of `only`
    fail, the others go well.
    """

    def __init__(
        self, url: str, faults: Callable[[], str] | None = None, *, only: tuple[str, ...] = ("",),
        dying: Callable[[int], Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(url)
        self.script = Faults()
        self.faults = faults or self.script.next
        self.only, self.dying = only, dying
        self.late: list[Letter] = []

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Carry one request as the script says. Raises NoAnswer."""
        letter = Letter(method, path, headers, body)
        fault = self.faults() if path.endswith(self.only) else "ok"
        if fault == "lost_request":
            self.requests += 1
            self.bytes_up += letter.size
            raise NoAnswer(fault)
        if fault == "late":
            self.late.append(letter)
            raise NoAnswer(fault)
        if fault.startswith("dies_after_") and self.dying:
            with self.dying(int(fault.removeprefix("dies_after_"))):
                return self.deliver(letter)
        answer = self.deliver(letter)
        if fault == "twice":
            answer = self.deliver(letter)
        if fault == "lost_answer":
            raise NoAnswer(fault)
        return answer

    def deliver_late(self) -> None:
        """Bring the oldest late request to the server; its answer reaches nobody."""
        if self.late:
            with suppress(NoAnswer):
                self.deliver(self.late.pop(0))


class Proxy:
    """A real TCP proxy before a server: each connection fails as `plan` says, by cutting it at some byte.

    A plan is ("ok",), ("cut_request", n), ("cut_answer", n), ("twice",), ("late",) or ("refuse",).
    """

    def __init__(self, url: str, plan: Iterator[tuple[Any, ...]]) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.plan = plan
        self.held: list[bytes] = []
        self.done: list[str] = []
        self.stopping = Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                caller, _ = self.socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with caller, suppress(OSError):
                caller.settimeout(30)
                self._serve(caller, next(self.plan, ("ok",)))

    def _serve(self, caller: socket.socket, plan: tuple[Any, ...]) -> None:
        self.done.append(plan[0])
        if plan[0] == "refuse":
            return
        if plan[0] == "cut_request":
            with socket.create_connection(self.target, 30) as server:
                server.sendall(caller.recv(plan[1]))
            return
        sent = _one_message(caller)
        if plan[0] == "late":
            self.held.append(sent)
            return
        if plan[0] == "twice":
            self.carry(sent)
        answer = self.carry(sent)
        caller.sendall(answer[: plan[1]] if plan[0] == "cut_answer" else answer)

    def carry(self, sent: bytes) -> bytes:
        """Bring bytes to the server and return its whole answer."""
        with socket.create_connection(self.target, 30) as server:
            server.sendall(sent)
            return _one_message(server)

    def deliver_held(self) -> None:
        """Bring what came late to the server, the newest first."""
        while self.held:
            self.carry(self.held.pop())


@contextmanager
def a_proxy(url: str, plan: Iterator[tuple[Any, ...]]) -> Iterator[Proxy]:
    """Run a proxy before `url` until the end of the block."""
    proxy = Proxy(url, plan)
    proxy.thread.start()
    try:
        yield proxy
    finally:
        proxy.stopping.set()
        proxy.socket.close()
        proxy.thread.join(5)


def _one_message(stream: socket.socket) -> bytes:
    """Read one HTTP message: the headers, and as much as `Content-Length` says."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = stream.recv(65536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for row in head.split(b"\r\n")[1:]:
        name, _, value = row.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        part = stream.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


class SlowLine(Line):
    """A line of so many bits a second that loses requests and answers, on a clock of its own: `seconds` have gone by.

    What is counted: every byte of a request from its first line to the end of its body, also of a request that is
    lost; every byte of an answer that the server gave, also of one that is lost. Not counted: TCP, IP and TLS, and
    what a lost request had not sent yet (as if all of it had gone over the air for nothing: the worst case).
    """

    def __init__(
        self, url: str, chance: Random, *, bits: int = 64_000, lose: tuple[float, float] = (0.3, 0.3),
        wait: float = 0.4, patience: float = 20,
    ) -> None:  # fmt: skip
        super().__init__(url)
        self.chance, self.bits, self.lose, self.wait, self.patience = chance, bits, lose, wait, patience
        self.seconds = 0.0

    @property
    def moved(self) -> int:
        """Return all bytes counted, both ways."""
        return self.bytes_up + self.bytes_down

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Carry one request over the bad line. Raises NoAnswer after the time a tablet waits."""
        letter = Letter(method, path, headers, body)
        self.seconds += self.wait + letter.size * 8 / self.bits
        if self.chance.random() < self.lose[0]:
            self.requests += 1
            self.bytes_up += letter.size
            self.seconds += self.patience
            raise NoAnswer("the request was lost")
        down = self.bytes_down
        answer = self.deliver(letter)
        self.seconds += (self.bytes_down - down) * 8 / self.bits
        if self.chance.random() < self.lose[1]:
            self.seconds += self.patience
            raise NoAnswer("the answer was lost")
        return answer

    def pause(self, seconds: float) -> None:
        """Let time go by."""
        self.seconds += seconds
