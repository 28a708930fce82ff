"""`pull`: what changed of the records that a tablet may carry, and what became of what it sent."""

from __future__ import annotations

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from rest_framework.request import Request
from rest_framework.response import Response

from core.periods import local_day
from sync import cursor, feed, inbox, pictures
from sync.api.door import Door, caller, document


@method_decorator(gzip_page, name="dispatch")  # no cookie and no secret in it that could be guessed by its length
class Pull(Door):
    """Page by page, in the order of commits."""

    def post(self, request: Request) -> Response:
        """Return one page; the last one brings the inbox along."""
        sent, now, (device, user) = document(request), timezone.now(), caller(request)
        limit = sent.whole("limit", least=1, most=feed.MOST) or feed.MOST
        schema = sent.whole("schema")
        at = feed.head(device.db_id)
        page = feed.page(
            device=device, cursor=cursor.read(sent.doc.get("cursor"), today=local_day(now)), limit=limit,
            schema=feed.SCHEMA if schema is None else schema, by=user, now=now, at=at,
        )  # fmt: skip
        return Response({
            "server_epoch": str(at.epoch), "scope_version": device.scope_version, "cursor": page.cursor.text(),
            "has_more": page.has_more, "changes": page.changes,
            "inbox": None if page.has_more else inbox.of_device(device, now=now),
            "ack": {"db_id": str(device.db_id), "contiguous_seq": at.contiguous, "durable_seq": at.durable},
            "want_blobs": None if page.has_more else pictures.wanted(device),
            "server_time": now.isoformat(),
        })  # fmt: skip
