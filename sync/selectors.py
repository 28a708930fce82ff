"""Questions about tablets and what they sent, for the pages of the desk. Lists go by key, each in few statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from clinic.models import Patient
from clinic.selectors import people
from core.places.models import Village
from sync.models import Access, Device, DeviceUser, Disagreement, PushedOp, Ticket

PAGE = 30
PARKED_FOR = dt.timedelta(days=1)  # a save that waits for longer is shown to somebody
QUIET = dt.timedelta(days=3)  # a tablet in use that nobody heard from for longer stands out
OUT_FOR = dt.timedelta(hours=12)  # a day in the villages, and the way home
MOST = 100  # no tile counts further


# -- tablets --------------------------------------------------------------------------------------------------


def _with_holder(devices: QuerySet[Device]) -> QuerySet[Device]:
    """Add `holder`: the name of who logged in last, which is who has it in their hands."""
    last = Access.objects.filter(device=OuterRef("pk")).order_by("-made_at").values("user__name")[:1]
    ever = DeviceUser.objects.filter(device=OuterRef("pk")).order_by("-first_at").values("user__name")[:1]
    return devices.annotate(holder=Coalesce(Subquery(last), Subquery(ever)))


def devices() -> QuerySet[Device]:
    """Return all tablets with what each may carry and who holds it, those in use first. One statement."""
    found = _with_holder(Device.objects.select_related("checkout"))
    return found.annotate(gone=Q(state=Device.State.REVOKED)).order_by("gone", "code")[:500]


def device(id: UUID) -> Device | None:
    """Return a tablet with its holder, who let it in, and its checkout with the villages. Two statements."""
    found = Device.objects.select_related("checkout__by", "enrolled_by").prefetch_related("checkout__villages__commune")
    return _with_holder(found).filter(pk=id).first()


def people_of(device: Device) -> QuerySet[DeviceUser]:
    """Return who has logged in on a tablet, the newest first."""
    return DeviceUser.objects.filter(device=device).select_related("user").order_by("-first_at")[:100]


def ops_of(device: Device, *, before: tuple[dt.datetime, UUID] | None = None) -> QuerySet[PushedOp]:
    """Return a page, and one more, of what a tablet sent, as it came in, the newest first."""
    found = PushedOp.objects.filter(device=device).select_related("actor", "ticket").defer("raw")
    return _older(found, before, "received_at", "pk").order_by("-received_at", "-pk")[: PAGE + 1]


def not_in_step(now: dt.datetime) -> QuerySet[Device]:
    """Return tablets in use that hold saves as far as we know, or went out with records and were not heard of."""
    return Device.objects.filter(Q(pending__gt=0) | _out(now), state=Device.State.ACTIVE)


def _out(now: dt.datetime) -> Q:
    return Q(checkout__until__gt=F("seen_at"), seen_at__lt=now - OUT_FOR)


def quiet_days(device: Device, now: dt.datetime) -> int:
    """Return for how many whole days a tablet in use was not heard of, 0 while that is nothing to speak of."""
    last = device.seen_at or device.enrolled_at
    if device.state != Device.State.ACTIVE or last is None or now - last < QUIET:
        return 0
    return (now - last).days


# -- what needs a person --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """Which part of the list is wanted: of one tablet, of one colleague, older than a key."""

    device: UUID | None = None
    actor: UUID | None = None
    before: tuple[dt.datetime, UUID] | None = None

    def of(self, rows: QuerySet[Any], op: str) -> QuerySet[Any]:
        """Keep the rows asked for; `op` is the way from a row to its save, with its double underscore."""
        if self.device:
            rows = rows.filter(**{f"{op}device": self.device})
        if self.actor:
            rows = rows.filter(**{f"{op}actor": self.actor})
        return _older(rows, self.before, f"{op}received_at", f"{op}id")


def waiting(asked: Asked, now: dt.datetime) -> list[PushedOp]:
    """Return a page, and one more, of the saves that need a person, newest first, whole. Three statements."""
    open_ = [
        asked.of(Disagreement.objects.filter(state=Disagreement.State.OPEN), "op__").values_list(
            "op__received_at", "op_id"
        ),
        asked.of(Ticket.objects.filter(state=Ticket.State.OPEN), "op__").values_list("op__received_at", "op_id"),
        asked.of(_parked(now), "").values_list("received_at", "id"),
    ]
    keys = [key for _, key in open_[0].union(*open_[1:]).order_by("-op__received_at", "-op_id")[: PAGE + 1]]
    return sorted(_whole(keys), key=lambda op: (op.received_at, op.pk.int), reverse=True)


def decided(asked: Asked) -> list[PushedOp]:
    """Return a page, and one more, of the saves about which a person decided, newest first. Three statements."""
    done = [
        asked.of(Disagreement.objects.exclude(state=Disagreement.State.OPEN), "op__").values_list(
            "op__received_at", "op_id"
        ),
        asked.of(Ticket.objects.exclude(state=Ticket.State.OPEN), "op__").values_list("op__received_at", "op_id"),
    ]
    keys = [key for _, key in done[0].union(done[1]).order_by("-op__received_at", "-op_id")[: PAGE + 1]]
    return sorted(_whole(keys), key=lambda op: (op.received_at, op.pk.int), reverse=True)


def _parked(now: dt.datetime) -> QuerySet[PushedOp]:
    waits = PushedOp.objects.filter(status=PushedOp.Status.PARKED, waits_id__isnull=False)  # as the index asks
    return waits.filter(received_at__lt=now - PARKED_FOR)


def _whole(keys: Iterable[UUID]) -> QuerySet[PushedOp]:
    """Return saves with tablet, person, ticket and disagreements, these with who decided them."""
    rows = Disagreement.objects.select_related("decided_by").order_by("pk")
    found = PushedOp.objects.select_related("device", "actor", "ticket__decided_by").filter(pk__in=list(keys))
    return found.prefetch_related(Prefetch("disagreements", queryset=rows))


def how_many(now: dt.datetime) -> int:
    """Return how many saves need a person, at most MOST."""
    parts = (
        Disagreement.objects.filter(state=Disagreement.State.OPEN).values_list("op_id"),
        Ticket.objects.filter(state=Ticket.State.OPEN).values_list("op_id"),
        _parked(now).values_list("id"),
    )
    return len(parts[0].union(*parts[1:])[:MOST])


def not_here_yet(now: dt.datetime) -> dict[str, int]:
    """Return how many tablets may keep saves to themselves, how many saves as far as they said, how many need a person.

    Two statements. A tablet that was stopped or revoked with saves on it counts too: they may still be handed in.
    """
    silent = _out(now) & Q(state=Device.State.ACTIVE)
    held = Device.objects.filter(Q(pending__gt=0) | silent).aggregate(
        unsent=Count("pk"), records=Coalesce(Sum("pending"), 0)
    )
    return held | {"inbox": how_many(now)}


def senders() -> list[DeviceUser]:
    """Return who used which tablet, for the filters: one statement for both."""
    return list(DeviceUser.objects.select_related("device", "user").order_by("device__code", "user__name")[:500])


def ticket(id: int) -> Ticket | None:
    """Return a ticket with its save, tablet, person and who decided. One statement."""
    return Ticket.objects.select_related("op__device", "op__actor", "decided_by").filter(pk=id).first()


def disagreement(id: int) -> Disagreement | None:
    """Return a disagreement with its save, tablet and person. One statement."""
    return Disagreement.objects.select_related("op__device", "op__actor", "decided_by").filter(pk=id).first()


def open_of(patient: UUID) -> tuple[list[Disagreement], list[Ticket]]:
    """Return what is open about a person and the records they took up: disagreements, refused saves."""
    family = people.family(patient).values("pk")
    left = Disagreement.objects.filter(patient_id__in=family, state=Disagreement.State.OPEN)
    refused = Ticket.objects.filter(op__patient_id__in=family, state=Ticket.State.OPEN)
    return (
        list(left.select_related("op__device", "op__actor").order_by("-pk")[:MOST]),
        list(refused.select_related("op__device", "op__actor").order_by("-pk")[:MOST]),
    )


# -- names for what is shown ----------------------------------------------------------------------------------


def persons(ids: Iterable[UUID | None]) -> Mapping[UUID, Patient]:
    """Return people by the id that was sent, the survivor for a record merged away. One statement, none for nobody."""
    wanted = {one for one in ids if one}
    found = Patient.objects.select_related("merged_into").filter(pk__in=wanted) if wanted else ()
    return {one.pk: one.merged_into or one for one in found}


def villages(ids: Iterable[int]) -> dict[int, str]:
    """Return the names of villages by their key. One statement, none for nothing."""
    wanted = set(ids)
    return {v.pk: str(v) for v in Village.objects.filter(pk__in=wanted)} if wanted else {}


def _older(rows: QuerySet[Any], before: tuple[dt.datetime, UUID] | None, at: str, key: str) -> QuerySet[Any]:
    if before is None:
        return rows
    when, last = before
    return rows.filter(Q(**{f"{at}__lt": when}) | Q(**{at: when, f"{key}__lt": last}))
