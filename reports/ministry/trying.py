"""One try over the network: what was answered, and what it means."""

from __future__ import annotations

from django.conf import settings

from reports.ministry import dhis2
from reports.ministry.client import Reply, Unheard, post
from reports.ministry.dhis2 import Verdict
from reports.models import Sending


def tried(sending: Sending) -> tuple[Verdict, Reply | None, str]:
    """Post the kept body; return what it means, the answer if one came, and else why none did.

    The token goes to the server it was set up with and to no other: a sending asked for with another is refused.
    """
    if not settings.DHIS2_URL or sending.address.partition("?")[0] != dhis2.endpoint(settings.DHIS2_URL):
        return Verdict(dhis2.REFUSED, "reports.dhis2_moved"), None, ""
    try:
        reply = post(sending.address, sending.body.encode(), token=settings.DHIS2_TOKEN, seconds=settings.DHIS2_TIMEOUT)
    except Unheard as unheard:
        return Verdict(dhis2.AGAIN, unheard.code), None, unheard.detail
    return dhis2.judge(reply.status, reply.text), reply, ""
