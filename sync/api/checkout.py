"""`checkout`: the villages whose people a tablet may carry along, its numbers and its receipt book."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from rest_framework.request import Request
from rest_framework.response import Response

from core.documents import LARGEST, Document
from core.errors import RuleBroken
from core.periods import local_day
from core.places.models import Village
from mobile_team.models import Session
from sync.api.door import Door, caller, document
from sync.models import Checkout as Lent
from sync.services import devices

COMING = dt.timedelta(days=3)


@method_decorator(gzip_page, name="dispatch")
class Checkout(Door):
    """Who goes to the villages asks for their people, for a few days."""

    def post(self, request: Request) -> Response:
        """Return what was lent; asked again with the same villages, the same."""
        sent, now, (device, user) = document(request), timezone.now(), caller(request)
        hours = sent.whole("hours", least=1, most=72) or 24
        wanted, chosen = _wanted(sent, getattr(device, "checkout", None), now=now)
        given = devices.grant(
            device=device, villages=wanted, until=now + dt.timedelta(hours=hours), by=user, now=now,
            chosen=chosen,
        )  # fmt: skip
        blocks, book = devices.provide(device=device, by=user)
        return Response({
            "scope_version": given.version, "until": given.until.isoformat(),
            "villages": [_village(one) for one in wanted],
            "catchment": [_village(one) for one in Village.objects.filter(catchment=True).select_related("commune")],
            "people": devices.people_in([one.pk for one in wanted]),
            "numbers": [{"first": one.first, "last": one.last, "next": one.next} for one in blocks],
            "receipts": {"prefix": book.prefix, "last": book.last_number},
        })  # fmt: skip


def _wanted(sent: Document, lent: Lent | None, *, now: dt.datetime) -> tuple[list[Village], bool]:
    """Return the villages, and whether somebody chose them.

    None named: those that were chosen for the tablet while that lasts, else those of the coming sessions.
    """
    found = Village.objects.select_related("commune").order_by("pk")
    if sent.doc.get("villages") is not None:
        return list(found.filter(pk__in=_named(sent))), True
    if lent and lent.chosen and lent.until > now:
        return list(found.filter(pk__in=lent.villages.values("pk"))), True
    today = local_day(now)
    coming = Session.objects.exclude(state=Session.State.CANCELLED).filter(on__range=(today, today + COMING))
    return list(found.filter(pk__in=coming.values("village"))[: devices.MOST_VILLAGES]), False


def _named(sent: Document) -> list[int]:
    named = sent.doc["villages"]
    if not isinstance(named, list) or len(named) > 10 * devices.MOST_VILLAGES:
        raise RuleBroken("core.not_a_list", field="villages")
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 < one <= LARGEST for one in named):
        raise RuleBroken("core.not_whole", field="villages")
    return named


def _village(village: Village) -> dict[str, Any]:
    return {"id": village.pk, "km": village.name_km, "en": village.name_en, "commune": village.commune.name_km}
