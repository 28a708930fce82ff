"""What the centre of a day in a village looks like before it, and what it holds after; run in a management shell."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from clinic.models import Patient
from clinic.services import patients
from core.accounts.models import User
from core.accounts.roles import Role
from core.accounts.services import save_user
from core.audit import journal
from core.audit.models import Entry
from core.periods import CLINIC_TZ, local_day
from mobile_team.models import DentalCheckup, Education, KitLine, Session
from pharmacy.models import Donation
from sync.models import Disagreement, PushedOp, Ticket
from tests.tablet.village import PASSWORD, seed

CHILDREN = [
    f"Zoluna{first}{second}"
    for first in ("ba", "do", "ki", "mu", "ra")
    for second in ("ly", "na", "po", "sa", "th", "vi")
]


def morning() -> None:
    """Make the small world of the tablet's tests, thirty children more, and those who sit at the desk."""
    world = seed()
    today = local_day(datetime.now(CLINIC_TZ))
    for username, role in (("desk", Role.NURSE), ("boss", Role.ADMIN)):
        save_user(User(username=username, role=role, name=username.title(), language="en"), password=PASSWORD, by=None)
    for n, name in enumerate(CHILDREN):
        patients.register(
            by=world["user"], today=today, sex="FM"[n % 2], family_name="Zabramot", given_name=name,
            told=(4 + n % 8, "y", today), village=world["villages"][0], no_allergy=True,
        )  # fmt: skip
    say({
        "village": world["villages"][0].pk, "stop": str(world["stops"][0].pk), "later": str(world["stops"][1].pk),
        "people": {f"{one.family_name} {one.given_name}": str(one.pk) for one in Patient.objects.all()},
        "looked_at": str(world["people"][0].pk),
    })  # fmt: skip


def evening() -> None:
    """Say everything that the day left at the centre."""
    via = Counter(one["op"] for one in Entry.objects.values_list("detail__via", flat=True) if one and "op" in one)
    say({
        "ops": {str(op.pk): [op.type, str(op.record_id), op.kind, op.status] for op in PushedOp.objects.all()},
        "notes": via,
        "people": {str(one.pk): [one.number, one.phone] for one in Patient.objects.all()},
        "checkups": {str(one.pk): _checkup(one) for one in DentalCheckup.objects.prefetch_related("teeth")},
        "donations": [one.number for one in Donation.objects.all()],
        "heads": [sum(row.girls + row.boys for row in one.audiences.all()) for one in Education.objects.all()],
        "kit": [[one.item, one.packed] for one in KitLine.objects.all()],
        "sessions": {str(one.pk): one.state for one in Session.objects.all()},
        "tickets": Ticket.objects.count(), "open": Disagreement.objects.filter(state="open").count(),
        "chain": journal.broken_at(), "last": Entry.objects.order_by("-seq").values_list("seq", flat=True)[0],
    })  # fmt: skip


def _checkup(one: DentalCheckup) -> list[Any]:
    teeth = {str(tooth.tooth): tooth.code for tooth in one.teeth.all()}
    return [str(one.encounter.patient_id), teeth, one.encounter.void_reason]


def say(found: Any) -> None:
    """Print for who asked."""
    print(json.dumps(found))
