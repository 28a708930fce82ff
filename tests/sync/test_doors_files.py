"""Pictures in pieces, what a stopped tablet hands in, and outboxes that come as files."""

import json
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from clinic.models import Patient
from core.ids import uuid7
from sync import sealing
from sync.models import Blob, Device, PushedOp, Ticket
from sync.services import devices
from tests.sync.doors import a_tablet

PICTURE = bytes(range(256)) * 40
HASH = sha256(PICTURE).hexdigest()


@pytest.fixture
def tablet(mobile, administrator):
    return a_tablet(mobile, by=administrator)


def put(tablet, piece, span="", name=HASH):
    headers = {"Authorization": f"Bearer {tablet.access}"} | ({"Content-Range": span} if span else {})
    return tablet.client.put(
        f"/api/sync/v1/blob/{name}", piece, content_type="application/octet-stream", headers=headers
    )


def head(tablet, name=HASH):
    return tablet.client.head(f"/api/sync/v1/blob/{name}", headers={"Authorization": f"Bearer {tablet.access}"})


def a_patient_op(tablet, by, seq=1, **doc):
    doc = {"number": "", "family_name": "Chan", "given_name": "Dara", "sex": "M", "birth": "4y"} | doc
    return {
        "op_id": str(uuid7()), "seq": seq, "type": "patient", "id": str(uuid7()), "kind": "create", "base": 0,
        "at": timezone.now().isoformat(), "schema": 1, "doc": doc, "actor": str(by.pk),
    }  # fmt: skip


def sealed(op):
    key = sealing.current_key()
    plain = {name: op[name] for name in ("doc", "actor")}
    envelope = {name: value for name, value in op.items() if name not in plain}
    return envelope | {"seal_kid": key.kid, "sealed": sealing.seal(key.public, key.kid, op, plain)}


def outbox(tablet, *ops, **more):
    return {"format": "sre-ambel-outbox", "schema": 1, "device_id": tablet.device_id, "db_id": tablet.db_id,
            "server_epoch": str(uuid7()), "made_at": timezone.now().isoformat(), "ops": list(ops)} | more  # fmt: skip


# -- pictures -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_picture_comes_in_pieces_and_goes_on_where_it_broke_off(tablet):
    assert head(tablet).status_code == 404
    assert put(tablet, PICTURE[:4000], f"bytes 0-3999/{len(PICTURE)}")["Range"] == "bytes=0-3999"
    answer = head(tablet)
    assert (answer.status_code, answer["Range"]) == (308, "bytes=0-3999")
    assert put(tablet, PICTURE[5000:], f"bytes 5000-{len(PICTURE) - 1}/{len(PICTURE)}").status_code == 308  # a gap
    assert put(tablet, PICTURE[3000:], f"bytes 3000-{len(PICTURE) - 1}/{len(PICTURE)}").status_code == 201
    assert head(tablet).status_code == 200
    assert put(tablet, PICTURE).status_code == 200
    assert bytes(Blob.objects.get().content) == PICTURE


@pytest.mark.django_db
def test_a_piece_that_comes_twice_or_late_changes_nothing(tablet):
    for first, last in ((0, 4999), (0, 4999), (0, 1999), (4000, 9999), (0, 4999), (8000, len(PICTURE) - 1)):
        answer = put(tablet, PICTURE[first : last + 1], f"bytes {first}-{last}/{len(PICTURE)}")
        assert answer.status_code in {200, 201, 308}
    assert Blob.objects.get().whole


@pytest.mark.django_db
def test_a_damaged_picture_is_refused_and_can_be_sent_anew(tablet):
    assert put(tablet, PICTURE[:-1] + b"x").status_code == 422
    assert head(tablet).status_code == 404
    assert put(tablet, PICTURE).status_code == 201


@pytest.mark.django_db
def test_a_picture_too_large_is_refused(tablet):
    assert put(tablet, b"x" * (200 * 1024 + 1)).status_code == 413
    assert put(tablet, b"x", f"bytes 0-0/{200 * 1024 + 1}").status_code == 413
    assert Blob.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "span", ["bytes 0-1/2", "bytes 5-1/9", "bytes */9", "x", "bytes 0-9999999999/9", "bytes 0-9/5"]
)
def test_a_piece_that_does_not_say_where_it_belongs_is_refused(tablet, span):
    assert put(tablet, b"x", span).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x", "A" * 64, "g" * 64, "0" * 63])
def test_what_is_no_hash_names_no_picture(tablet, name):
    assert put(tablet, b"x", name=name).status_code == head(tablet, name).status_code == 404


@pytest.mark.django_db
def test_nobody_sees_what_another_tablet_is_sending(tablet, mobile, administrator):
    put(tablet, PICTURE[:10], f"bytes 0-9/{len(PICTURE)}")
    other = a_tablet(mobile, by=administrator)
    assert head(other).status_code == 404
    assert put(other, PICTURE).status_code == 201


# -- what a stopped tablet hands in -----------------------------------------------------------------------------


def hand_in(tablet, *ops):
    tablet.access = ""
    return tablet.call("escrow", device_id=tablet.device_id, device_token=tablet.token, db_id=tablet.db_id,
                       server_epoch="", schema=1, ops=list(ops))  # fmt: skip


@pytest.mark.django_db
def test_a_revoked_tablet_hands_in_what_it_holds_and_is_told_nothing_else(tablet, mobile, administrator):
    op = sealed(a_patient_op(tablet, mobile))
    devices.revoke(device=tablet.device, reason="lost", by=administrator, at=timezone.now())
    answer = hand_in(tablet, op)
    ticket = Ticket.objects.get()
    assert answer.said == {
        "results": [{"op_id": op["op_id"], "status": "quarantined", "ticket": ticket.number}], "received": 1
    }  # fmt: skip
    assert (ticket.op.way, ticket.op.code) == ("escrow", "sync.escrow")
    assert Patient.objects.count() == 0
    assert hand_in(tablet, op).said == answer.said
    assert PushedOp.objects.count() == 1


@pytest.mark.django_db
def test_so_does_one_of_which_there_is_a_copy_or_whose_person_is_gone(tablet, mobile, administrator):
    first, second = (sealed(a_patient_op(tablet, mobile, seq)) for seq in (1, 2))
    old = tablet.token
    tablet.renew()
    tablet.renew()
    devices.suspend(device=tablet.device, reason="two seen", at=timezone.now())
    tablet.token = old
    assert hand_in(tablet, first).said["received"] == 1
    Device.objects.update(state="active", reason="")
    mobile.is_active = False
    mobile.save()
    assert hand_in(tablet, second).said["received"] == 1


@pytest.mark.django_db
def test_a_stranger_hands_in_nothing(tablet, mobile, administrator):
    tablet.token = "1." + "A" * 43
    answer = hand_in(tablet, a_patient_op(tablet, mobile))
    assert (answer.status_code, answer.said["code"]) == (409, "db_id_conflict")
    other = a_tablet(mobile, by=administrator)
    other.db_id = tablet.db_id
    assert hand_in(other, a_patient_op(other, mobile)).status_code == 409
    assert PushedOp.objects.count() == 0


# -- outboxes as files --------------------------------------------------------------------------------------------


def bring(tmp_path, content, *options):
    file, out = tmp_path / "outbox.json", StringIO()
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    call_command("import_outbox", str(file), *options, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_an_outbox_that_came_as_a_file_is_taken_once(tmp_path, tablet, mobile):
    sent = outbox(tablet, *(sealed(a_patient_op(tablet, mobile, seq, given_name=f"N{seq}")) for seq in (1, 2, 3)))
    assert "new: 3" in bring(tmp_path, sent, "--dry-run")
    assert PushedOp.objects.count() == 0
    assert "applied: 3" in bring(tmp_path, sent)
    assert "duplicate: 3" in bring(tmp_path, sent, "--dry-run")
    assert "duplicate: 3" in bring(tmp_path, sent)
    assert Patient.objects.count() == 3
    assert set(PushedOp.objects.values_list("way", flat=True)) == {"file"}


@pytest.mark.django_db
def test_an_outbox_of_a_revoked_tablet_waits_for_a_person(tmp_path, tablet, mobile, administrator):
    devices.revoke(device=tablet.device, reason="lost", by=administrator, at=timezone.now())
    said = bring(tmp_path, outbox(tablet, sealed(a_patient_op(tablet, mobile))))
    assert "Revoked" in said
    assert "sync.escrow: 1" in said
    assert Patient.objects.count() == 0


@pytest.mark.django_db
def test_incident_a_an_outbox_of_a_tablet_that_a_restored_server_does_not_know_is_kept(tmp_path, tablet, mobile):
    sent = outbox(tablet, sealed(a_patient_op(tablet, mobile)), device_id=str(uuid7()))
    said = bring(tmp_path, sent)
    assert "does not know" in said
    assert "sync.unknown_device: 1" in said
    assert "duplicate: 1" in bring(tmp_path, sent)
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_what_does_not_open_is_told_beforehand_and_kept_all_the_same(tmp_path, tablet, mobile):
    op = sealed(a_patient_op(tablet, mobile))
    lost, broken = op | {"op_id": str(uuid7()), "seal_kid": "k99"}, op | {"op_id": str(uuid7())}
    sent = outbox(tablet, op, lost, broken, "no op at all", {"op_id": 7})
    tried = bring(tmp_path, sent, "--dry-run")
    for line in ("new: 1", "sync.seal_key_unknown: 1", "sync.seal_broken: 1", "sync.op_unreadable: 2"):
        assert line in tried
    bring(tmp_path, sent)
    assert PushedOp.objects.count() == 5


@pytest.mark.django_db
@pytest.mark.parametrize("content", [
    "", "{", "[]", "7", "{}", '{"format": "other"}', "[" * 100_000, '{"format": "sre-ambel-outbox"}',
    '{"format": "sre-ambel-outbox", "db_id": 1}',
])  # fmt: skip
def test_what_is_no_outbox_is_refused_in_words(tmp_path, content):
    with pytest.raises(CommandError):
        bring(tmp_path, content)


@pytest.mark.django_db
def test_a_file_that_is_not_there_or_no_text_is_refused_in_words(tmp_path):
    with pytest.raises(CommandError):
        call_command("import_outbox", str(tmp_path / "nowhere"))
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(CommandError):
        call_command("import_outbox", str(tmp_path / "picture"))
