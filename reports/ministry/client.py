"""Post a body and read the answer, in a bounded time, with the standard library; no redirect is ever followed, for
the token belongs to one server only."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
from threading import Event, Timer
from urllib.parse import urlsplit

MOST_READ = 1024 * 1024  # bytes of an answer


@dataclass(frozen=True)
class Reply:
    """An answer: the status of HTTP and the text."""

    status: int
    text: str


class Unheard(Exception):
    """No whole answer came; `code` says why, in the codes of reports.words, and `detail` for the receipt."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail[:500]


def post(address: str, body: bytes, *, token: str, seconds: float) -> Reply:
    """Post JSON and return the whole answer.

    `seconds` bounds everything after the name is looked up, also a server that sends a letter now and then. Raises
    Unheard: reports.dhis2_unreachable, reports.dhis2_silent, reports.dhis2_cut_short, reports.dhis2_certificate.
    """
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"ApiToken {token}"}
    with _bounded(connection, seconds) as late:
        try:
            connection.request("POST", f"{parts.path}?{parts.query}", body, headers)
            reply = connection.getresponse()
            return Reply(reply.status, _whole(reply).decode("utf-8", "replace"))
        except ssl.SSLCertVerificationError as error:
            raise Unheard("reports.dhis2_certificate", str(error)) from error
        except (OSError, HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise Unheard("reports.dhis2_silent", f"{seconds:g} s") from error
            code = "reports.dhis2_cut_short" if isinstance(error, HTTPException) else "reports.dhis2_unreachable"
            raise Unheard(code, f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()


def _whole(reply: HTTPResponse) -> bytes:
    """Read an answer to its end. Raises HTTPException when it ends before it says it does."""
    read = b""
    while len(read) < MOST_READ and (more := reply.read(65536)):
        read += more
    if len(read) < MOST_READ and reply.length:
        raise HTTPException(f"{reply.length} bytes are missing")
    return read[:MOST_READ]


@contextmanager
def _bounded(connection: HTTPConnection, seconds: float) -> Iterator[Event]:
    """Cut the connection when the time is over, whatever it is waiting for."""
    late = Event()

    def cut() -> None:
        late.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
