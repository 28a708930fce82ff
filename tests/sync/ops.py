"""A tablet as the engine sees it: ops made by hand, and what is answered to them; no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.accounts.models import User
from core.accounts.roles import Role
from core.ids import uuid7
from sync import engine
from sync.models import Device, DeviceUser, PushedOp
from tests.builders import noon
from tests.people import a_user

NOW = noon()


@dataclass
class Tablet:
    """An enrolled device with one person on it; `op` makes a save, `push` sends some and returns the results."""

    device: Device
    user: User
    seq: int = 0
    sent: list[dict[str, Any]] = field(default_factory=list)

    def op(
        self, type: str, kind: str = "create", doc: Mapping[str, Any] | None = None, *, id: UUID | str | None = None,
        **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Return one save, in the order of its making."""
        self.seq += 1
        return {
            "op_id": str(uuid7()), "seq": self.seq, "type": type, "id": str(id or uuid7()), "kind": kind, "base": 0,
            "after": [], "at": (NOW - timedelta(hours=1)).isoformat(), "skew_ms": 0, "clock_suspect": False,
            "schema": 1, "doc": dict(doc or {}), "actor": str(self.user.pk),
        } | more  # fmt: skip

    def envelope(self, *ops: Any) -> dict[str, Any]:
        """Return what is sent around ops."""
        return {
            "device_id": str(self.device.pk), "db_id": str(self.device.db_id), "schema": 1,
            "server_epoch": str(uuid7()), "batch_id": str(uuid7()), "sent_at": NOW.isoformat(), "pending": 0,
            "oldest_at": None, "ops": list(ops),
        }  # fmt: skip

    def take(self, *ops: Any, now: datetime = NOW, **more: Any) -> engine.Taken:
        """Send ops to the engine."""
        return engine.take(device=self.device, envelope=self.envelope(*ops), now=now, **more)

    def push(self, *ops: Any, now: datetime = NOW, **more: Any) -> list[dict[str, Any]]:
        """Send ops to the engine and return their results."""
        return self.take(*ops, now=now, **more).results

    def statuses(self, *ops: Any, **more: Any) -> list[str]:
        """Send ops and return how each fared."""
        return [result["status"] for result in self.push(*ops, **more)]


def a_tablet(code: str = "T07", *, role: Role = Role.MOBILE, user: User | None = None) -> Tablet:
    """Return a tablet on which one colleague has logged in."""
    user = user or a_user(role, f"{role}-{code}")
    device = Device.objects.create(
        code=code, name="Blue cover", db_id=uuid7(), enrolled_at=NOW - timedelta(days=30), enrolled_by=user
    )
    DeviceUser.objects.create(device=device, user=user, first_at=NOW - timedelta(days=30))
    return Tablet(device, user)


def a_person(**said: Any) -> dict[str, Any]:
    """Return the document of a person registered in a village."""
    return {
        "number": "", "family_name": "Chan", "given_name": "Dara", "family_name_km": "ចាន់", "given_name_km": "ដារ៉ា",
        "sex": "M", "birth": "4y", "village": None, "phone": "", "guardian": "", "no_allergy": False, "allergies": [],
        "consent": None,
    } | said  # fmt: skip


def kept(op: Mapping[str, Any]) -> PushedOp:
    """Return the row that keeps an op."""
    return PushedOp.objects.get(pk=op["op_id"])
