"""Set up this machine and run the whole system on it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import ssl
import sys
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config import authority, broker, ready
from config.celery import hand_back
from config.management.commands.make_ca import spaced, stand_ready
from config.supervisor import Child, Supervisor
from core.accounts.models import User
from core.accounts.roles import Role
from core.accounts.services import save_user
from core.audit.models import Entry
from core.pdf import qr
from desk.demo import build as demo
from desk.demo.colleagues import LOGINS

WORKERS, THREADS = 2, 4


class Command(BaseCommand):
    """Set up, then keep broker, worker, clock and web server together until Ctrl-C."""

    help = "Set up and start the system: web server, background worker, clock, and a broker where none is configured."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the few choices there are."""
        parser.add_argument("--empty", action="store_true", help="do not make the demonstration year on a first start")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 lets the tablets in")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), help="serve HTTPS with these PEM files (key in PKCS#8)"
        )
        parser.add_argument(
            "--lan", action="store_true", help="let tablets in over HTTPS with a certificate of our own (see make_ca)"
        )
        parser.add_argument("--name", action="append", default=[], help="with --lan: one more name of this machine")

    def handle(
        self, *, host: str, port: int, empty: bool, tls: list[str] | None, lan: bool, name: list[str], **options: Any
    ) -> None:
        """Set up in order, saying so; then supervise."""
        self.stdout.write(self.style.MIGRATE_HEADING(f"{settings.CENTRE['name_en']} · records {settings.VERSION}"))
        own = None
        if lan:
            if tls:
                raise CommandError("Choose one: --lan makes its own certificate, --tls uses yours.")
            own, host = stand_ready(name), "0.0.0.0" if host == "127.0.0.1" else host  # noqa: S104
            tls = [str(settings.TLS_DIR / file) for file in (authority.CERTIFICATE, authority.KEY)]
            vouch(own, port, name)
        with only_start(f"{'https' if tls else 'http'}://{reachable(host)}:{port}"):
            refuse_taken(host, port)
            self.set_up(empty=empty)
            if tls:
                os.environ["HTTPS"] = "1"
            supervisor = Supervisor(
                processes(host, port, tls), cwd=settings.BASE_DIR, logs=settings.VAR_DIR / "log", say=self.say
            )
            code = supervisor.run(lambda: self.opened(host, port, tls=bool(tls), own=own))
        self.say("Everything is stopped." if not code else "Not started.")
        sys.exit(code)

    def say(self, text: str) -> None:
        """Print a line at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def set_up(self, *, empty: bool) -> None:
        """Bring words, pictures, static files and the database up to date."""
        with ready.one_at_a_time():
            self.say("Words: compiled." if ready.compile_catalogues() else "Words: ready.")
            ready.make_assets()
            self.say("Pages: static files collected." if ready.collect_static() else "Pages: ready.")
            ready.migrate(self.say)
            call_command("check", databases=["default"], stdout=StringIO())
            self.say(f"Database: ready ({describe_database()}).")
            self.first_people(empty=empty)

    def first_people(self, *, empty: bool) -> None:
        """On a database without colleagues: the demonstration year, or one administrator."""
        if not empty and (demo.unfinished() or not User.objects.exists()):
            self.say("First start: making the demonstration year (once; about a minute) ...")
            call_command("demo", stdout=self.stdout)
        if User.objects.exists():
            return
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        save_user(User(username="admin", name="Administrator", role=Role.ADMIN), password=password, by=None)
        self.say(f"First start: the first administrator is “admin”, password {password} (shown only now).")

    def opened(self, host: str, port: int, *, tls: bool, own: authority.Made | None = None) -> None:
        """Tell where the system is and who may log in."""
        address = f"{'https' if tls else 'http'}://{reachable(host)}:{port}/"
        self.say(self.style.SUCCESS(f"\nOpen:  {address}"))
        if host in {"127.0.0.1", "localhost", "::1"}:
            self.say("Only this machine can reach it; --lan lets the tablets in.")
        if own:
            self.say("\n".join(for_tablets(own, port)))
        if lines := demo_logins():
            self.say("\nDemonstration log-ins (user name, password):\n" + "\n".join(lines))
        self.say(f"\nLogs: {settings.VAR_DIR / 'log'}   Stop: Ctrl-C")


def vouch(own: authority.Made, port: int, names: list[str]) -> None:
    """Tell the web server, by its environment, that the certificate is our own, for which hosts, and how tablets come.

    A name that somebody gave comes first: the app and what it keeps belong to the address it was opened at.
    """
    os.environ["OWN_AUTHORITY"] = "1"
    hosts = [name.lower() for name in names if name.lower() in own.names] + [hosted(one) for one in of_network(own)]
    if hosts:
        os.environ.setdefault("TABLET_ADDRESS", f"https://{hosts[0]}:{port}")
    if settings.ALLOWED_HOSTS != ["*"]:
        allowed = dict.fromkeys((*settings.ALLOWED_HOSTS, *own.names, *(hosted(one) for one in own.addresses)))
        os.environ["ALLOWED_HOSTS"] = ",".join(allowed)


def for_tablets(own: authority.Made, port: int) -> list[str]:
    """Return what to do on the tablets: the addresses, and a QR code of the page that explains the certificate."""
    there = [f"https://{hosted(one)}:{port}/" for one in of_network(own)]
    lines = ["", "Tablets and laptops of this network:", *(f"  {url}" for url in there)]
    lines += [f"  https://{name}:{port}/" for name in own.names if name != "localhost"]
    if not there:
        return [*lines, "This machine is in no network now. Join the Wi-Fi, then start again."]
    page = f"{there[0]}tablets/certificate/"
    drawn = blocks(qr.modules(page)) if "utf" in (sys.stdout.encoding or "").lower() else []
    lines += ["", f"A tablet's first time: {page}", *drawn]
    lines += [f"Mark of the certificate (SHA-256): {spaced(own.mark)}"]
    return [
        *lines,
        f"This machine's certificate holds until {own.until:%d/%m/%Y} and is renewed by a start before then.",
    ]


def of_network(own: authority.Made) -> list[authority.Address]:
    """Return the addresses at which others reach this machine."""
    return [one for one in own.addresses if not (one.is_loopback or one.is_link_local)]


def hosted(address: authority.Address) -> str:
    """Write an IP address as it stands in a URL."""
    return f"[{address}]" if address.version == 6 else str(address)


def blocks(modules: list[list[bool]]) -> list[str]:
    """Draw a QR code for a terminal, two rows a line, light on dark so that a camera reads it on a black ground too."""
    side = len(modules) + 4
    rows = [[False] * side] * 2 + [[False, False, *row, False, False] for row in modules] + [[False] * side] * 2
    rows += [[False] * side] if len(rows) % 2 else []
    marks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    return [
        "".join(marks[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def processes(host: str, port: int, tls: list[str] | None) -> list[Child]:
    """Return what runs: a broker of our own unless REDIS_URL names one, the worker, the clock, the web server."""
    python, embedded = sys.executable, bool(settings.BROKER_PROGRAM)
    celery = [python, "-m", "celery", "-A", "config"]
    pool = ["-P", "threads", "-c", str(THREADS)] if embedded or settings.REDIS_URL else ["-P", "solo"]
    run = settings.VAR_DIR / "run"
    worker = Child(
        "worker",
        [*celery, "worker", *pool, "-l", "warning", "--without-gossip", "--without-mingle", "-n", "clinic@%h"],
        before=hand_back if embedded else (lambda: None),
        orphaned=signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM,
    )
    clock = Child("clock", [*celery, "beat", "-l", "warning", "--schedule", str(run / "beat"), "--pidfile="])
    certificate = [str(Path(file).resolve()) for file in tls] if tls else []
    web = Child(
        "web server",
        [
            python, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws",
            "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--respawn-failed-workers",
            "--workers-kill-timeout", "8", "--log-level", "warning", "config.wsgi:application",
            *(["--ssl-certificate", certificate[0], "--ssl-keyfile", certificate[1]] if certificate else []),
        ],
        is_up=lambda: healthy(host, port, tls=bool(tls)),
    )  # fmt: skip
    return [*([embedded_broker()] if embedded else []), worker, clock, web]


def embedded_broker() -> Child:
    """Return the broker that came with the packages."""
    folder, path = settings.VAR_DIR / "broker", settings.BROKER_SOCKET

    def make_room() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def answers() -> bool:
        with suppress(Exception), broker.client("", path) as client:
            return bool(client.ping())
        return False

    command = broker.command(str(settings.BROKER_PROGRAM), path, folder)
    return Child("broker", command, before=make_room, is_up=answers)


def healthy(host: str, port: int, *, tls: bool) -> bool:
    """Return whether the web server answers and finds its database."""
    trust = ssl._create_unverified_context() if tls else None  # noqa: S323 - our own process on this machine
    address = f"{'https' if tls else 'http'}://{reachable(host)}:{port}/health/"
    try:
        with urllib.request.urlopen(address, timeout=5, context=trust) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def reachable(host: str) -> str:
    """Return the address at which this machine itself reaches `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host else host


def refuse_taken(host: str, port: int) -> None:
    """Say so when another program listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Another program may be using this port; "
                f"choose another with --port {port + 1}."
            ) from None


@contextmanager
def only_start(address: str) -> Iterator[None]:
    """Let one system run on one `var` folder; a second one is told where the first is."""
    note = settings.VAR_DIR / "run" / "start.lock"
    note.parent.mkdir(parents=True, exist_ok=True)
    with note.open("a+", encoding="utf-8") as file:
        if os.name != "nt":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                raise CommandError(f"The system runs here already: {file.read().strip() or 'starting'}.") from None
        file.truncate(0)
        file.write(f"{address} (process {os.getpid()})")
        file.flush()
        yield


def describe_database() -> str:
    """Return the kind of database and where it is, without secrets."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "core.sqlite":
        return f"SQLite, {database['NAME']}"
    return f"PostgreSQL, {database['NAME']} on {database['HOST'] or 'this machine'}"


def demo_logins() -> list[str]:
    """Return the log-ins of the demonstration year that are in this database, one line each."""
    if not Entry.objects.filter(verb=demo.BEGUN).exists():
        return []
    here = set(User.objects.filter(is_active=True).values_list("username", flat=True))
    return [f"  {name:<14} {password}" for name, password in LOGINS if name in here]
