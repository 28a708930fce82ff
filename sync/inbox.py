"""What a tablet is told of its own saves that wait for a person, or on which somebody decided in the last week."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from sync import sayings
from sync.models import Device, Disagreement, Ticket

RECENT = dt.timedelta(days=7)
MOST = 300  # of each kind; a tablet with more of them needs somebody to look at it, not a longer list


def of_device(device: Device, *, now: dt.datetime) -> list[dict[str, Any]]:
    """Return the whole list, newest first: differences one line an op, then tickets; two statements.

    Of a difference only the names of the fields are told: what the other wrote may no longer be in its scope.
    """
    return _differences(device, now - RECENT) + _tickets(device, now - RECENT)


def _differences(device: Device, since: dt.datetime) -> list[dict[str, Any]]:
    asked = Disagreement.objects.filter(_asked(since, Disagreement.State.OPEN), op__device=device)
    told: dict[Any, dict[str, Any]] = {}
    for one in asked.order_by("-pk")[:MOST]:
        line = told.setdefault(
            one.op_id,
            {
                "op_id": str(one.op_id), "kind": "conflict", "type": one.type, "id": str(one.record_id),
                "patient": _text(one.patient_id), "state": one.state, "fields": [], "ticket": None,
                "words": _("Somebody else wrote this differently. The centre decides."),
            },
        )  # fmt: skip
        line["fields"].append(one.field)
        if one.state == Disagreement.State.OPEN:  # open as long as one field is
            line["state"] = one.state
    return list(told.values())


def _tickets(device: Device, since: dt.datetime) -> list[dict[str, Any]]:
    asked = Ticket.objects.filter(_asked(since, Ticket.State.OPEN), op__device=device)
    tickets = asked.select_related("op").defer("op__raw").order_by("-pk")[:MOST]
    return [_ticket(one) for one in tickets]


def _ticket(one: Ticket) -> dict[str, Any]:
    fields = sayings.words(one.op)
    return {
        "op_id": str(one.op_id), "kind": "quarantine", "type": one.op.type, "id": _text(one.op.record_id),
        "patient": _text(one.op.patient_id), "state": one.state, "fields": fields, "ticket": one.number,
        "words": one.reason or next(iter(fields.values()), one.op.code),
    }  # fmt: skip


def _asked(since: dt.datetime, still: str) -> Q:
    return Q(state=still) | Q(decided_at__gte=since)


def _text(key: Any) -> str | None:
    return str(key) if key else None
