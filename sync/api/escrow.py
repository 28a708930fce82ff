"""`escrow`: what a tablet still holds that was revoked or stopped, or whose person may not log in any more."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from core.documents import Document
from sync import engine
from sync.api.door import OpenDoor, key, short
from sync.models import Device, PushedOp
from sync.services import logins

DONE = frozenset({"duplicate", *PushedOp.Status.values})


class Escrow(OpenDoor):
    """Opened by the tablet's own token, also an old one; everything is kept, nothing is taken over, nothing told."""

    def post(self, request: Request) -> Response:
        """Return receipts."""
        sent, now = Document(request.data), timezone.now()
        device = _device(sent)
        taken = engine.take(device=device, envelope=sent.doc, way=PushedOp.Way.ESCROW, now=now)
        receipts = [_receipt(one) for one in taken.results]
        return Response({"results": receipts, "received": sum(one["status"] != "retry" for one in receipts)})


@transaction.atomic
def _device(sent: Document) -> Device:
    """Return whose token it is. Raises RuleBroken for a key that is none, Refused(409) for a stranger."""
    return logins.known(key(sent, "device_id"), key(sent, "db_id"), short(sent, "device_token", 200))


def _receipt(result: dict[str, Any]) -> dict[str, Any]:
    """Return what says that the bytes are kept, and no more."""
    if result["status"] not in DONE:
        return {"op_id": result["op_id"], "status": "retry", "after_s": result.get("after_s")}
    return {"op_id": result["op_id"], "status": "quarantined", "ticket": result.get("ticket")}
