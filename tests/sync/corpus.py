"""Golden corpora: what one version of the app sent on one kind of day, and what the server made of it.

A corpus is one JSON file that needs nothing but an empty database: `world` (as it was when the first push left: the
key the app sealed to, colleagues, tablets with their numbers, people, sessions), `pushes` (the bodies as they left the
app), `results` (one for each op) and `after` (the records as tablets pull them). Recorded by
tests/tablet/record_corpora.py; what was released is never changed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.utils import timezone

from clinic.models import NumberBlock, Patient
from clinic.services import allergies, patients
from core.accounts.models import User
from core.places.models import Village
from mobile_team.models import Session
from mobile_team.services import sessions
from pharmacy.models import Donation, ReceiptBook
from sync.models import Device, DeviceUser, SealKey
from sync.services import history, logins
from tests.sync.doors import Tablet, lend

FOLDER = Path(__file__).parent / "corpora"
NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")
Doc = dict[str, Any]


# -- the world a corpus speaks of --------------------------------------------------------------------------------------


def world() -> Doc:
    """Return all that a corpus needs to be understood, as it is in this database."""
    return {
        "now": timezone.now().isoformat(),
        "keys": list(SealKey.objects.values("kid", "public", "private")),
        "users": [
            {"id": str(one.pk), "username": one.username, "name": one.name, "role": one.role}
            for one in User.objects.order_by("pk")
        ],
        "devices": [_device(one) for one in Device.objects.order_by("code")],
        "villages": {str(one.pk): one.code for one in Village.objects.filter(patient__isnull=False).distinct()},
        "people": [_person(one) for one in Patient.objects.select_related("village").order_by("pk")],
        "sessions": [
            {"id": str(one.pk), "village": one.village_id, "on": one.on.isoformat(), "place": one.place}
            for one in Session.objects.order_by("pk")
        ],
    }


def _device(one: Device) -> Doc:
    blocks = NumberBlock.objects.filter(holder=one.code).order_by("first")
    return {
        "id": str(one.pk), "code": one.code, "db_id": str(one.db_id), "enrolled_at": str(one.enrolled_at),
        "users": [str(row.user_id) for row in one.people.order_by("pk")],
        "blocks": [[block.first, block.last] for block in blocks],
    }  # fmt: skip


def _person(one: Patient) -> Doc:
    held = one.allergies.values("id", "substance", "reaction", "severe")
    return {
        "id": str(one.pk), "number": one.number, "sex": one.sex, **{name: getattr(one, name) for name in NAMES},
        "told": [one.told_age, one.told_unit, str(one.told_on)], "village": one.village_id, "phone": one.phone,
        "guardian": one.guardian, "no_allergy": one.no_allergy_on is not None,
        "allergies": [row | {"id": str(row["id"])} for row in held],
    }  # fmt: skip


def lay(told: Doc) -> None:
    """Make that world in this database."""
    SealKey.objects.all().delete()
    SealKey.objects.bulk_create(SealKey(**one) for one in told["keys"])
    people = {one["id"]: User.objects.create_user(**one, password="x", language="en") for one in told["users"]}
    by = next(iter(people.values()))
    villages = {int(pk): Village.objects.get(pk=pk, code=code) for pk, code in told["villages"].items()}
    for one in told["devices"]:
        _lay_device(one, people)
    for one in told["people"]:
        years, unit, on = one["told"]
        said = [allergies.Said(**row) for row in one["allergies"]]
        patients.register(
            **{name: one[name] for name in (*NAMES, "id", "number", "sex", "phone", "guardian", "no_allergy")},
            told=(years, unit, dt.date.fromisoformat(on)), village=villages[one["village"]], allergies=said, by=by,
            today=dt.date.fromisoformat(on),
        )  # fmt: skip
    for one in told["sessions"]:
        sessions.add(
            id=one["id"], village=villages[one["village"]], on=dt.date.fromisoformat(one["on"]), place=one["place"],
            by=by,
        )  # fmt: skip


def _lay_device(one: Doc, people: dict[str, User]) -> None:
    enrolled = dt.datetime.fromisoformat(one["enrolled_at"])
    device = Device.objects.create(
        id=one["id"], code=one["code"], name=one["code"], db_id=one["db_id"], enrolled_at=enrolled
    )
    DeviceUser.objects.bulk_create(
        DeviceUser(device=device, user=people[user], first_at=enrolled) for user in one["users"]
    )
    ReceiptBook.objects.get_or_create(prefix=device.code, defaults={"holder": device.name})
    for first, last in one["blocks"]:
        NumberBlock.objects.create(holder=device.code, first=first, last=last, next=first)


# -- what was sent, and what came of it --------------------------------------------------------------------------------


def tablet_of(device: str) -> Tablet:
    """Return the tablet of a device, with its first person logged in."""
    row = Device.objects.get(pk=device)
    tablet = Tablet()
    tablet.db_id, tablet.device_id = str(row.db_id), device
    user = row.people.order_by("pk")[0].user
    tablet.access = logins.log_in(device=row, user=user, now=timezone.now()).access
    return tablet


def push(body: Doc) -> list[Doc]:
    """Send a body through the real door, word for word but for the history, which is this database's own."""
    answer = tablet_of(body["device_id"]).call("push", **body | {"server_epoch": str(history.current().pk)})
    assert answer.status_code == 200, answer.content
    return [result_of(one) for one in answer.said["results"]]


def result_of(one: Doc) -> Doc:
    """Return what of a result is the same in every database."""
    return {"op_id": one["op_id"], "status": one["status"], "code": one.get("code", ""),
            "fields": sorted(one.get("fields") or ())}  # fmt: skip


def after(pushes: Iterable[Doc]) -> Doc:
    """Return the records that ops speak of, as the first of their tablets pulls them, and the gifts."""
    bodies = list(pushes)
    tablet = tablet_of(bodies[0]["device_id"])
    lend(tablet, *Village.objects.filter(patient__isnull=False).distinct(), by=tablet.device.people.all()[0].user)
    changes, _ = tablet.pull()
    return {
        "pulled": {f"{one['type']} {one['id']}": one["doc"] for one in changes},
        "donations": {
            str(one.pk): [one.receipt, one.entry.minor, one.entry.currency, one.donor_name, one.void_reason]
            for one in Donation.objects.select_related("entry").order_by("pk")
        },
    }


def within(expected: Any, found: Any, where: str = "") -> list[str]:
    """Return where a document no longer says what it said; it may say more."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [wrong for name, value in expected.items()
                for wrong in within(value, found.get(name, "(not there)"), f"{where}/{name}")]  # fmt: skip
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [wrong for n, value in enumerate(expected) for wrong in within(value, found[n], f"{where}/{n}")]
    return [] if expected == found else [f"{where}: {found!r} instead of {expected!r}"]


def read(path: Path) -> Doc:
    """Read a corpus."""
    return dict(json.loads(path.read_text(encoding="utf-8")))
