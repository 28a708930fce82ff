"""A herd of tablets comes home in the evening: each hands in its day at once, while the desk goes on working.

The real server (granian, as `manage.py start` runs it) on a scratch database; tablets and desk are threads of this
process, on the same two cores. A tablet's day: a third registrations, check-ups with a chart or with counts, and now
and then a donation; everything sealed. 503 is waited out as the server asks.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench.people import browser, nurse, people, today
from clinic.models import NumberBlock, Patient
from config.management.commands.start import THREADS, WORKERS
from core.accounts.models import User
from core.accounts.roles import Role
from core.ids import patient_number, uuid7
from core.places.models import Village
from desk.demo.names import FAMILY, MEN, WOMEN
from mobile_team.services import sessions
from sync.models import Device
from sync.sealing import current_key, seal
from sync.services import devices, history, logins

TABLETS, BATCH, PEOPLE, TEAMS = 50, 50, 4_000, 10
PATIENCE = 300.0  # seconds
# In a process of its own: a measurement runs with other static files than the server.
COLLECT = "import django; django.setup(); from config import ready; ready.make_assets(); ready.collect_static()"


@dataclass
class Herd:
    """What is ready to be sent, and the desk that is asked meanwhile."""

    bodies: list[list[bytes]]  # of each tablet, one a batch
    keys: list[str]
    desk: Client
    patients: list[Patient]
    ops: int


@dataclass
class Seen:
    """What was measured."""

    statuses: Counter[int] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    pages: list[float] = field(default_factory=list)
    pushes: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0


def a_herd(size: int) -> Herd:
    """Let tablets in and make their days; `size` saves altogether."""
    known, by, now = people(PEOPLE), nurse(), timezone.now()
    villages = list(Village.objects.order_by("pk")[:TEAMS])
    stops = [sessions.add(village=village, on=today(), by=by) for village in villages]
    key = current_key()
    bodies, keys = [], []
    for number in range(TABLETS):
        village, session = villages[number % TEAMS], stops[number % TEAMS]
        user = User.objects.create_user(username=f"herd{number}", password="", name=f"Keo {number}", role=Role.MOBILE)
        _, code = devices.invite(name=f"Tablet {number}", by=by, now=now)
        device = devices.enrol(code=code, db_id=uuid7(), now=now)
        keys.append(logins.log_in(device=device, user=user, now=now).access)
        devices.grant(device=device, villages=[village], until=now + dt.timedelta(hours=24), by=by, now=now)
        blocks, _ = devices.provide(device=device, by=by)
        share = size // TABLETS + (number < size % TABLETS)
        ops = a_day(
            random.Random(number), share, device, blocks[0], str(user.pk), session, known[number::TABLETS], village.pk
        )
        sealed = [_sealed(op, key) for op in ops]
        bodies.append([_envelope(device, sealed[at : at + BATCH], share - at) for at in range(0, len(sealed), BATCH)])
    return Herd(bodies, keys, browser(by), known, size)


def a_day(
    chance: random.Random, share: int, device: Device, block: NumberBlock, actor: str, session: Any,
    known: list[Patient], village: int,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield what one tablet saved in the villages, in the plain."""
    at, mine, receipts = timezone.now() - dt.timedelta(hours=8), [str(one.pk) for one in known], 0
    numbers = iter(range(block.first, block.last + 1))
    for seq in range(1, share + 1):
        draw = chance.random()
        made = str(uuid7())
        if draw < 0.3:
            sex = chance.choice("FM")
            family, given = chance.choice(FAMILY), chance.choice(WOMEN if sex == "F" else MEN)
            doc: dict[str, Any] = {
                "number": patient_number(next(numbers)), "family_name": family.latin, "given_name": given.latin,
                "family_name_km": family.km, "given_name_km": given.km, "sex": sex,
                "birth": f"{chance.randrange(3, 60)}y",
                "village": village, "phone": "", "guardian": "Mother", "no_allergy": True, "allergies": [],
                "consent": None,
            }  # fmt: skip
            type_, mine = "patient", [*mine, made]
        elif draw < 0.95 and mine:
            type_, patient = "checkup", mine.pop()
            doc = {"patient": patient, "session": str(session.pk), "observed_at": at.isoformat(), "pain": draw < 0.5,
                   "gums_bleed": draw < 0.4, "urgency": chance.randrange(5), "dental_education": True,
                   "toothbrush": True, "toothpaste": True, "weight": "16.5", "height": "104.0", "note": ""}  # fmt: skip
            if draw < 0.6:
                doc |= {"teeth": {str(tooth): chance.choice("AB") for tooth in chance.sample(range(51, 56), 4)}}
            else:
                doc |= {"decayed_primary": 2, "decayed_permanent": 1, "missing": 0, "filled": 0}
        else:
            receipts += 1
            type_ = "donation"
            doc = {"number": receipts, "on": today().isoformat(), "currency": "KHR", "minor": 5000,
                   "donor_name": "Om Sarun", "village": village}  # fmt: skip
        at += dt.timedelta(minutes=2)
        yield {
            "op_id": str(uuid7()), "seq": seq, "type": type_, "id": made, "kind": "create", "base": 0, "after": [],
            "at": at.isoformat(), "skew_ms": 0, "clock_suspect": False, "schema": 1, "doc": doc, "actor": actor,
        }  # fmt: skip


def _sealed(op: dict[str, Any], key: Any) -> dict[str, Any]:
    plain = {name: op.pop(name) for name in ("doc", "actor")}
    return {**op, "seal_kid": key.kid, "sealed": seal(key.public, key.kid, op, plain)}


def _envelope(device: Device, ops: list[dict[str, Any]], pending: int) -> bytes:
    now = timezone.now().isoformat()
    sent = {
        "device_id": str(device.pk), "db_id": str(device.db_id), "server_epoch": str(history.current().pk),
        "schema": 1, "batch_id": str(uuid7()), "sent_at": now, "pending": pending, "oldest_at": now, "ops": ops,
    }  # fmt: skip
    return json.dumps(sent, separators=(",", ":")).encode()


def table(herd: Herd, rounds: int) -> Iterator[dict[str, Any]]:
    """Let them all come home once; yield what it took, and how the desk fared meanwhile and before."""
    before = _cpu()
    with a_server() as port:
        seen, quiet = Seen(), Seen()
        calm = Event()
        desk = Thread(target=ask_pages, args=(herd, port, quiet, calm))
        desk.start()
        time.sleep(min(6, rounds))
        calm.set()
        desk.join()
        over = Event()
        desk = Thread(target=ask_pages, args=(herd, port, seen, over))
        tablets = [
            Thread(target=hand_in, args=(port, key, bodies, seen, number))
            for number, (key, bodies) in enumerate(zip(herd.keys, herd.bodies, strict=True))
        ]
        began = time.perf_counter()
        for thread in (desk, *tablets):
            thread.start()
        for thread in tablets:
            thread.join(PATIENCE)
        seen.seconds = time.perf_counter() - began
        over.set()
        desk.join()
    seen.cpu = _cpu() - before
    yield from _rows(herd, seen, quiet)


def once(herd: Herd, number: int) -> int:
    """Let them all come home; a second time everything is known already. Return how many saves came."""
    for _ in table(herd, 0):
        pass
    return herd.ops


def _rows(herd: Herd, seen: Seen, quiet: Seen) -> Iterator[dict[str, Any]]:
    wrong = {status: count for status, count in seen.results.items() if status not in {"applied", "duplicate"}}
    if seen.results["applied"] + seen.results["duplicate"] != herd.ops or wrong:
        raise RuntimeError(f"not all came home: {dict(seen.results)}, answers {dict(seen.statuses)}")
    yield {
        "kind": f"{len(herd.keys)} tablets, {herd.ops} saves", "seconds": round(seen.seconds, 1),
        "saves/s": round(herd.ops / seen.seconds), "push p50 ms": round(_at(seen.pushes, 0.5)),
        "push p95 ms": round(_at(seen.pushes, 0.95)), "503s": seen.statuses[503],
        "server CPU s": round(seen.cpu),
    }  # fmt: skip
    for kind, pages in (("desk pages before", quiet.pages), ("desk pages meanwhile", seen.pages)):
        yield {
            "kind": kind, "pages": len(pages), "p50 ms": round(_at(pages, 0.5)), "p95 ms": round(_at(pages, 0.95)),
            "slowest ms": round(max(pages, default=0)),
        }  # fmt: skip


def _cpu() -> float:
    """Return the processor seconds of all servers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _at(times: list[float], part: float) -> float:
    ordered = sorted(times)
    if len(ordered) < 2:
        return ordered[0] if ordered else 0.0
    return statistics.quantiles(ordered, n=100, method="inclusive")[min(98, round(part * 100) - 1)]


def hand_in(port: int, key: str, bodies: list[bytes], seen: Seen, number: int) -> None:
    """Push one tablet's batches, each until it is taken; wait when asked to."""
    chance = random.Random(number)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}", "Accept-Language": "en"}
    for body in bodies:
        pause = 1.0
        while True:
            began = time.perf_counter()
            status, answer, wait = _ask(port, "POST", "/api/sync/v1/push", headers, body)
            seen.statuses[status] += 1
            if status == 200:
                seen.pushes.append((time.perf_counter() - began) * 1000)
                said = [result["status"] for result in json.loads(answer)["results"]]
                seen.results.update(one for one in said if one != "retry")
                if "retry" not in said:
                    break
            elif status not in {0, 429, 502, 503}:
                raise RuntimeError(f"a push was answered {status}: {answer[:300]!r}")
            time.sleep(chance.uniform(0.5, 1.0) * (wait or pause))
            pause = min(60.0, pause * 2)


def ask_pages(herd: Herd, port: int, seen: Seen, over: Event) -> None:
    """Ask the desk's pages in turn, one each second."""
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in herd.desk.cookies.items())
    turn = 0
    while not over.is_set():
        one = herd.patients[turn * 7919 % len(herd.patients)]
        pages = [reverse("desk:home"), f"{reverse('desk:search')}?q={quote(one.given_name)}", f"/record/{one.pk}/"]
        pages[2] = reverse("desk:record", args=[one.pk])
        began = time.perf_counter()
        status, answer, _ = _ask(port, "GET", pages[turn % 3], {"Cookie": cookie}, b"")
        took = time.perf_counter() - began
        if status != 200:
            raise RuntimeError(f"{pages[turn % 3]} was answered {status}: {answer[:300]!r}")
        seen.pages.append(took * 1000)
        turn += 1
        over.wait(max(0.0, 1 - took))


def _ask(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, float]:
    """Return status, body and the seconds to wait; status 0 when nothing came."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        line.request(method, path, body or None, headers)
        came = line.getresponse()
        return came.status, came.read(), float(came.getheader("Retry-After") or 0)
    except (OSError, http.client.HTTPException):
        return 0, b"", 0.0
    finally:
        line.close()


@contextmanager
def a_server() -> Iterator[int]:
    """Run the real web server on the scratch database, as `manage.py start` does; give its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "DATABASE_URL": _scratch_url(), "SECRET_KEY": settings.SECRET_KEY, "AUDIT_KEY": settings.AUDIT_KEY,
        "HTTPS": "", "ALLOWED_HOSTS": "127.0.0.1,localhost", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    connection.close()
    subprocess.run([sys.executable, "-c", COLLECT], cwd=settings.BASE_DIR, env=env, check=True)  # noqa: S603
    with tempfile.NamedTemporaryFile(prefix="herd-", suffix=".log", dir=settings.VAR_DIR) as log:
        process = subprocess.Popen(  # noqa: S603 - our own server
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
             "--no-ws", "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--log-level", "warning",
             "config.wsgi:application"],
            cwd=settings.BASE_DIR, env=env, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            until = time.monotonic() + 60
            while _ask(port, "GET", "/health/", {}, b"")[0] != 200:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the server does not start: {Path(log.name).read_text(encoding='utf-8')}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _scratch_url() -> str:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(name)}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + quote(name)))
