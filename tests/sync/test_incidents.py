"""What happened to others, from their public trackers (sync.md, section 3), played from tablet to server over HTTP.

Parts of the same are proved near the code: `grep -rn incident_ tests/`. I and J (workers, full telephones) belong to a
browser: tests/tablet and tests/flows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import chain, repeat
from pathlib import Path
from threading import Timer
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from PIL import Image

from clinic.models import LikelyPair, Patient
from core.audit import journal
from core.syncing import Clock
from mobile_team.models import DentalCheckup
from sync.models import Disagreement, PushedOp, Ticket
from tests.live import database_url, free_port
from tests.sync.client import Tablet, canonical
from tests.sync.faults import Line, NoAnswer, a_proxy
from tests.sync.ground import Copies, Server
from tests.sync.world import World, first_morning, invitation


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """A centre with three tablets, on its first morning."""
    with Server() as server, Copies() as copies:
        yield World(server, copies, first_morning(server, copies))


def home(world: World) -> None:
    """Let all come home, and ask for everything that must hold then."""
    world.come_to_rest()
    world.must_hold_at_rest()


def test_incident_a_a_server_restored_from_an_older_copy_gets_back_what_tablets_keep(world):
    world.register(0, given_name="Before")
    world.sync(0)
    world.back_up()
    after = [world.register(0, given_name="After"), world.register(1, given_name="Too")]
    world.sync(0)
    world.sync(1)
    world.restore()
    assert not Patient.objects.filter(pk__in=after).exists()
    home(world)
    assert Patient.objects.filter(pk__in=after).count() == 2


def test_incident_a_a_tablet_let_in_after_the_copy_is_let_in_again_and_brings_all_it_kept(world):
    world.back_up()
    tablet = world.tablets[2]
    tablet.db_id, tablet.seq = str(UUID(int=77)), 0
    tablet.enrol(invitation(world.admin))
    world.log_in(2)
    child = world.register(2, given_name="New")
    world.sync(2)
    world.restore()
    home(world)
    assert Patient.objects.get(pk=child).given_name == "New"


def test_incident_b_a_change_of_somebody_who_moved_out_of_reach_is_taken_and_not_dropped(world):
    one = world.base.patients[0]
    world.amend(0, one, guardian="Yeay Mao")
    world.desk_corrects(one, village=world.village(2))
    home(world)
    assert Patient.objects.get(pk=one).guardian == "Yeay Mao"
    assert ("patient", one) not in world.tablets[0].records


def test_incident_c_saves_sent_again_and_again_move_nothing_and_nobody_pulls_for_them(world):
    world.register(0)
    world.check_up(0, world.base.patients[0])
    world.tablets[0].line.script.script = ["lost_answer"]
    home(world)
    before = Clock.objects.get(id=1).seq
    tablet = world.tablets[0]
    for _ in range(5):
        tablet._call("push", tablet._envelope([one.op for one in tablet.kept]))
    assert Clock.objects.get(id=1).seq == before
    at = world.tablets[1].line.heard[-1]
    world.sync(1)
    assert world.tablets[1].line.heard[-1][2] <= at[2]


def test_incident_e_a_child_registered_on_two_tablets_is_two_records_and_one_pair_to_look_at(world):
    said = {"family_name": "Nget", "given_name": "Bopha", "birth": "2019-05-03", "guardian": "Nget Sophy"}
    one, other = world.register(0, **said), world.register(1, **said)
    home(world)
    pair = LikelyPair.objects.get()
    assert {str(pair.one_id), str(pair.other_id)} == {one, other}


def test_incident_f_numbers_drawn_without_a_network_are_nobody_elses(world):
    for number in (0, 1, 2, 0, 1, 2):
        world.register(number)
    world.desk_registers()
    world.back_up()
    world.register(0)
    world.sync(0)
    world.restore()
    world.desk_registers(given_name="Since")
    home(world)
    numbers = list(Patient.objects.values_list("number", flat=True))
    assert len(numbers) == len(set(numbers)) == 3 + 6 + 1 + 1 + 1


def test_incident_g_children_whose_parent_comes_last_land_all_the_same(world):
    child = world.register(0)
    world.check_up(0, child)
    tablet = world.tablets[0]
    tablet._seal_all()
    parent, below = tablet.outbox
    tablet.outbox = [below]
    tablet.push_once()
    assert PushedOp.objects.get().status == "parked"
    assert tablet.contiguous == 0
    tablet.outbox = [parent]
    tablet.push_once()
    home(world)
    assert DentalCheckup.objects.get().patient_id == UUID(child)


def test_incident_h_a_picture_is_asked_for_until_it_has_come_whole(world):
    jpeg = _a_picture()
    sha256 = hashlib.sha256(jpeg).hexdigest()
    child = world.register(0, photo=sha256, consent=True, guardian="Mother")
    tablet = world.tablets[0]
    world.sync(0)
    said = tablet._call("pull", {"cursor": tablet.cursor, "limit": 500, "schema": 1})
    assert said["want_blobs"] == [sha256]
    half, whole = len(jpeg) // 2, len(jpeg)
    assert _put(tablet, sha256, jpeg[:half], f"bytes 0-{half - 1}/{whole}") == 308
    assert _put(tablet, sha256, jpeg[half:], f"bytes {half}-{whole - 1}/{whole}") == 201
    said = tablet._call("pull", {"cursor": tablet.cursor, "limit": 500, "schema": 1})
    assert said["want_blobs"] == []
    assert Patient.objects.get(pk=child).photo


@pytest.mark.parametrize("years", [-56, -10, 10])
def test_incident_k_a_clock_in_1970_or_in_ten_years_changes_no_record(world, years):
    world.tablets[0].clock.skew = dt.timedelta(days=365 * years)
    child = world.register(0, birth="4y")
    seen = world.check_up(0, child)
    world.amend(0, child, phone="012 444 555")
    world.tablets[0].clock.skew = dt.timedelta()
    twin = world.register(0, birth="4y")
    home(world)
    one, other = Patient.objects.get(pk=child), Patient.objects.get(pk=twin)
    assert (one.birth_earliest, one.birth_latest, one.told_on) == (
        other.birth_earliest,
        other.birth_latest,
        world.today,
    )
    assert one.phone == "+85512444555"
    assert DentalCheckup.objects.get(pk=seen).encounter.on == world.today


def test_incident_l_one_submission_doubled_on_the_way_is_one_record(world):
    world.tablets[0].line.script.script = ["twice"]
    child = world.register(0)
    world.tablets[0].push_once()
    home(world)
    assert Patient.objects.filter(given_name="Sophea").count() == 1
    assert PushedOp.objects.get().record_id == UUID(child)


def test_incident_n_the_engine_is_newer_than_the_bug_that_spoils_files():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    import sqlcipher3

    assert sqlcipher3.sqlite_version_info >= (3, 51, 3)


def test_incident_o_a_message_is_given_out_again_only_when_no_task_can_still_be_at_it():
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options.get("visibility_timeout", 10**6) > 2 * settings.CELERY_TASK_TIME_LIMIT  # type: ignore[operator]


# -- what the issue asks for by name ----------------------------------------------------------------------------


def test_two_tablets_and_the_desk_change_one_telephone_and_all_three_values_can_be_read(world):
    one = world.base.patients[0]
    world.amend(0, one, phone="012 111 111")
    world.amend(1, one, phone="012 222 222")
    world.desk_corrects(one, phone="012 333 333")
    home(world)
    assert Patient.objects.get(pk=one).phone == "+85512333333"
    assert sorted(Disagreement.objects.values_list("theirs", "mine")) == [
        ("+85512333333", "+85512111111"), ("+85512333333", "+85512222222"),
    ]  # fmt: skip
    assert [row["state"] for row in world.tablets[0].inbox] == ["open"]


def test_a_check_up_for_somebody_merged_meanwhile_is_the_survivors(world):
    loser, winner = world.base.patients[0], world.base.patients[2]
    seen = world.check_up(0, loser)
    assert world.desk_merges(winner, loser)
    home(world)
    assert str(DentalCheckup.objects.get(pk=seen).patient_id) == winner
    assert world.tablets[0].records["patient", loser].doc["merged_into"] == winner


def test_a_lost_tablet_is_shut_out_and_what_it_holds_waits_for_a_person(world):
    world.register(0, given_name="Lost")
    world.revoke(0)
    home(world)
    assert world.tablets[0].gone
    assert not world.tablets[0].records
    assert Ticket.objects.get().op.code == "sync.escrow"
    assert not Patient.objects.filter(given_name="Lost").exists()


def test_an_outbox_carried_as_a_file_and_pushed_as_well_lands_once(world, tmp_path):
    child = world.register(0)
    world.check_up(0, child)
    file = tmp_path / "outbox.json"
    file.write_text(world.tablets[0].outbox_file(), encoding="utf-8")
    call_command("import_outbox", str(file), verbosity=0)
    assert Patient.objects.filter(pk=child).exists()
    home(world)
    assert all(one.result["status"] in {"duplicate", "held"} for one in world.tablets[0].kept)


def test_any_wrong_clocks_give_the_same_records_but_for_times(transactional_db):
    """I15: the same day, played with right and with absurd clocks."""
    ends = []
    with Server() as server, Copies() as copies:
        base = first_morning(server, copies)
        for years in (0, -10, 10):
            world = World(server, copies, base)
            world.tablets[0].clock.skew = dt.timedelta(days=365 * years)
            one = base.patients[0]
            world.amend(0, one, phone="012 111 111", guardian="First")
            world.sync(0)
            world.amend(1, one, phone="012 222 222", given_name="Other")
            world.sync(1)
            world.check_up(0, one, note="seen")
            world.amend(0, base.patients[1], phone="012 999 999")
            home(world)
            people = Patient.objects.order_by("number").values_list("number", "given_name", "phone", "guardian")
            seen = DentalCheckup.objects.values_list("note", "encounter__on", "encounter__patient__number")
            left = Disagreement.objects.order_by("field").values_list("field", "theirs", "mine")
            ends.append((list(people), list(seen), list(left)))
    assert ends[0] == ends[1] == ends[2]


# -- over real sockets, to a real process ----------------------------------------------------------------------


def test_a_day_through_a_proxy_that_cuts_doubles_and_delays_arrives_once(world):
    plan = chain(
        [("cut_request", 200), ("late",), ("cut_answer", 90), ("twice",), ("refuse",), ("cut_answer", 12), ("late",)]
        * 2,
        repeat(("ok",)),
    )
    tablet = world.tablets[0]
    for number in range(30):
        world.check_up(0, world.register(0, given_name=f"Child{number}"))
    with a_proxy(world.server.url, plan) as proxy:
        tablet.line = Line(proxy.url, timeout=10)
        for _ in range(200):
            try:
                if not tablet.push_once(8):
                    break
            except NoAnswer:
                continue
        proxy.deliver_held()
        assert {"cut_request", "late", "cut_answer", "twice", "refuse"} <= set(proxy.done)
    assert not tablet.outbox
    assert DentalCheckup.objects.count() == 30
    assert PushedOp.objects.filter(status="applied").count() == 60
    assert PushedOp.objects.count() == 60
    assert journal.broken_at() is None


@pytest.mark.services
def test_a_server_killed_in_the_midst_of_pushes_has_lost_and_doubled_nothing(world, tmp_path):
    tablet, kills = world.tablets[0], 0
    for number in range(60):
        world.check_up(0, world.register(0, given_name=f"Child{number}"))
    sent = {op["op_id"] for op in tablet.outbox}
    port = free_port()
    process = _start(port, tmp_path / "server.log")
    way_home, tablet.line = tablet.line, Line(f"http://127.0.0.1:{port}", timeout=10)
    try:
        for turn in range(400):
            if kills < 3 and turn % 2:
                killer = _kill_soon(process, 0.15 + 0.1 * kills)
                kills += 1
            else:
                killer = None
            try:
                if not tablet.push_once(8):
                    break
            except NoAnswer:
                pass
            finally:
                if killer:
                    killer.join()
            if process.poll() is not None:
                process = _start(port, tmp_path / "server.log")
    finally:
        _kill(process)
        tablet.line = way_home
    assert kills == 3
    assert not tablet.outbox
    assert {str(pk) for pk in PushedOp.objects.values_list("pk", flat=True)} == sent
    assert all(row.raw == canonical(json.loads(row.raw)) for row in PushedOp.objects.all())
    home(world)
    assert DentalCheckup.objects.count() == 60


def _start(port: int, log: Path) -> subprocess.Popen[bytes]:
    env = os.environ | {"DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY, "ALLOWED_HOSTS": "*",
                        "AUDIT_KEY": settings.AUDIT_KEY, "HTTPS": ""}  # fmt: skip
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
             "--workers", "1", "--blocking-threads", "2", "--no-ws", "config.wsgi:application"],
            cwd=settings.BASE_DIR, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if Line(f"http://127.0.0.1:{port}", timeout=5).send("GET", "/api/sync/v1/ping", {}, b"").status == 200:
                return process
        except NoAnswer:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the server and its workers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _kill_soon(process: subprocess.Popen[bytes], seconds: float) -> Timer:
    timer = Timer(seconds, _kill, [process])
    timer.start()
    return timer


def _put(tablet: Tablet, sha256: str, body: bytes, span: str) -> int:
    headers = {"Authorization": f"Bearer {tablet.access}", "Content-Type": "image/jpeg", "Content-Range": span}
    return tablet.line.send("PUT", f"/api/sync/v1/blob/{sha256}", headers, body).status


def _a_picture() -> bytes:
    out = BytesIO()
    Image.effect_noise((160, 200), 40).convert("RGB").save(out, "JPEG")
    return out.getvalue()
