"""Restores, backups and what tablets may let go of: incidents A, F and M."""

import datetime as dt
import shutil
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from clinic.models import NumberBlock
from clinic.services import numbers
from config import copies
from core.audit.models import Entry
from core.ids import parse_patient_number, uuid7
from core.money import Currency, Money
from pharmacy.services.proofs import money
from sync.models import History, PushedOp, Stream
from sync.services import durable, history
from tests.builders import a_donation, a_patient, a_village
from tests.live import required
from tests.sync.doors import Tablet, a_tablet, lend
from tests.threads import at_once

RIEL = Money(40_000, Currency.KHR)


def rotate():
    out = StringIO()
    call_command("epoch_rotate", "--why", "the laptop was stolen", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_restore_begins_a_new_history_and_says_so_in_the_log():
    before = history.current()
    said = rotate()
    assert history.current() != before
    assert str(history.current().pk) in said
    assert Entry.objects.filter(verb="sync.history.begun").get().detail["why"] == "the laptop was stolen"
    with pytest.raises(CommandError):
        call_command("epoch_rotate", "--why", " ")


@pytest.mark.django_db
def test_the_newest_history_is_the_newest_also_when_the_clock_went_back():
    first = history.rotate(why="one", at=timezone.now())
    second = history.rotate(why="two", at=timezone.now() - dt.timedelta(days=900))
    assert history.current() == second != first


@pytest.mark.django_db(transaction=True)
def test_of_many_who_find_out_at_once_one_begins_the_new_history():
    old = history.current()
    begun = at_once(*[lambda: history.rotate(why="x", at=timezone.now(), instead_of=old.pk)] * 6)
    assert len({one.pk for one in begun}) == 1
    assert History.objects.count() == 2


@pytest.mark.django_db
def test_incident_f_numbers_given_out_since_the_copy_are_not_given_out_again(administrator):
    printed = parse_patient_number(a_patient().number)
    numbers.reserve(holder="T01", size=1000, by=administrator)
    top = NumberBlock.objects.order_by("-last")[0].last
    rotate()
    again = parse_patient_number(a_patient().number)
    assert again > top + 50_000 > printed
    block = numbers.reserve(holder="T02", size=1000, by=administrator)
    assert block.first > again


@pytest.mark.django_db
def test_a_number_from_a_block_that_the_server_lost_can_stand_and_is_nobody_elses(administrator):
    a_patient()
    lost = NumberBlock.objects.order_by("-last")[0].last + 4_321  # in a block that a tablet got after the copy
    rotate()
    from core.ids import patient_number

    assert numbers.claim(patient_number(lost), "T01") == patient_number(lost)


@pytest.mark.django_db
def test_incident_f_a_tablet_let_in_after_a_restore_has_a_code_that_no_other_holds(administrator):
    assert Tablet().enrol(administrator).said["device_code"] == "T01"
    rotate()
    assert Tablet().enrol(administrator).said["device_code"] == "T11"
    assert Tablet().enrol(administrator).said["device_code"] == "T12"


@pytest.mark.django_db
def test_receipts_go_on_in_a_new_book_and_the_books_stay_whole():
    assert a_donation(RIEL).receipt == "D-000001"
    said = rotate()
    assert "receipts with book D2" in said
    assert a_donation(RIEL).receipt == "D2-000001"
    rotate()
    assert a_donation(RIEL).receipt == "D3-000001"
    assert list(money.receipts_without_gaps()) == []


@pytest.mark.django_db
def test_incident_a_a_tablet_goes_on_with_the_numbers_and_the_book_it_holds(mobile, administrator):
    tablet = a_tablet(mobile, by=administrator)
    lend(tablet, a_village(), by=administrator)
    before = tablet.call("checkout", villages=[a_village().pk]).said
    rotate()
    after = tablet.call("checkout", villages=[a_village().pk]).said
    assert (after["numbers"], after["receipts"]) == (before["numbers"], before["receipts"])


@pytest.mark.django_db
def test_numbers_run_low_and_the_next_block_comes_along(mobile, administrator):
    tablet = a_tablet(mobile, by=administrator)
    first = tablet.call("checkout", villages=[a_village().pk]).said["numbers"]
    NumberBlock.objects.filter(holder="T01").update(next=first[0]["last"] - 199)
    assert len(tablet.call("checkout", villages=[a_village().pk]).said["numbers"]) == 1
    NumberBlock.objects.filter(holder="T01").update(next=first[0]["last"] - 198)
    assert len(tablet.call("checkout", villages=[a_village().pk]).said["numbers"]) == 2


# -- backups --------------------------------------------------------------------------------------------------


def an_op(device, seq, *, durable=False):
    return PushedOp.objects.create(
        id=uuid7(), device=device, db_id=device.db_id, seq=seq, type="patient", kind="create", raw="{}",
        sha256="0" * 64, status="applied", durable=durable,
    )  # fmt: skip


def backup(file):
    if connection.vendor != "sqlite" and not shutil.which("pg_dump"):
        required("pg_dump")
    call_command("backup", str(file), stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_what_a_verified_backup_holds_is_durable_and_the_tablet_is_told(tmp_path, mobile, administrator):
    tablet = a_tablet(mobile, by=administrator)
    stream = Stream.objects.create(pk=tablet.db_id, device=tablet.device, contiguous_seq=3)
    for seq in (1, 2, 3, 5):
        an_op(tablet.device, seq)
    backup(tmp_path / "one")
    stream.refresh_from_db()
    assert stream.durable_seq == 3
    assert PushedOp.objects.filter(durable=False).count() == 0
    assert tablet.call("pull", cursor=None).said["ack"] == {
        "db_id": tablet.db_id, "contiguous_seq": 3, "durable_seq": 3
    }  # fmt: skip
    an_op(tablet.device, 4)
    Stream.objects.update(contiguous_seq=5)
    durable.mark([])
    stream.refresh_from_db()
    assert stream.durable_seq == 3
    backup(tmp_path / "two")
    stream.refresh_from_db()
    assert stream.durable_seq == 5


@pytest.mark.django_db(transaction=True)
def test_an_op_that_came_while_the_copy_was_made_is_not_durable_by_it(tmp_path, mobile, administrator, monkeypatch):
    device = a_tablet(mobile, by=administrator).device
    an_op(device, 1)
    check = copies.check

    def meanwhile(*args, **kwargs):
        an_op(device, 2)
        check(*args, **kwargs)

    monkeypatch.setattr(copies, "check", meanwhile)
    backup(tmp_path / "one")
    assert list(PushedOp.objects.order_by("seq").values_list("durable", flat=True)) == [True, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("harm", ["cut", "overwritten", "empty"])
def test_incident_m_a_backup_that_cannot_be_read_fails_loudly_and_makes_nothing_durable(
    tmp_path, mobile, administrator, monkeypatch, harm
):
    device = a_tablet(mobile, by=administrator).device
    an_op(device, 1)
    check = copies.check

    def harmed(file, **kwargs):
        whole = file.read_bytes()
        middle = len(whole) // 2
        zeroed = whole[:middle] + bytes(200_000) + whole[middle + 200_000 :]
        file.write_bytes({"cut": whole[:middle], "overwritten": zeroed, "empty": b""}[harm])
        check(file, **kwargs)

    monkeypatch.setattr(copies, "check", harmed)
    with pytest.raises(CommandError):
        backup(tmp_path / "one")
    assert not (tmp_path / "one").exists()
    assert PushedOp.objects.filter(durable=True).count() == 0


@pytest.mark.django_db(transaction=True)
def test_incident_m_a_copy_of_another_day_is_not_taken_for_this_one(tmp_path, mobile, administrator, monkeypatch):
    device = a_tablet(mobile, by=administrator).device
    backup(tmp_path / "yesterday")
    an_op(device, 1)
    check = copies.check
    monkeypatch.setattr(copies, "check", lambda file, **kwargs: check(tmp_path / "yesterday", **kwargs))
    with pytest.raises(CommandError, match="saves of tablets are missing"):
        backup(tmp_path / "one")
    assert PushedOp.objects.filter(durable=True).count() == 0
