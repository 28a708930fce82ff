"""`session`: a person logs in on a tablet, or goes on without the password for some days."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from django.contrib.auth import authenticate
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import User
from core.accounts.roles import GRANTS, Role
from core.documents import Document
from sync import feed, tokens
from sync.api.door import OpenDoor, count, document, key, short
from sync.auth import Refused
from sync.envelope import instant
from sync.sealing import current_key
from sync.services import logins

LONGEST_PASSWORD = 200


class Session(OpenDoor):
    """The tablet says who it is; the person says who they are, or shows an earlier log-in."""

    @method_decorator(sensitive_variables("sent"))
    def post(self, request: Request) -> Response:
        """Return the keys of the log-in, the tablet's next token, and what the person may do.

        The password is asked for outside of any transaction: to hash it takes longer than a desk can wait.
        """
        sent, now = document(request), timezone.now()
        device = logins.meet(_call(sent), now=now)
        if renewal := short(sent, "renewal", 200):
            keys = logins.renew(device=device, renewal=renewal, now=now)
        else:
            keys = logins.log_in(device=device, user=_person(request, sent), now=now)
        seal, at = current_key(), feed.head(device.db_id)
        return Response({
            "access": keys.access, "access_until": keys.row.until.isoformat(),
            "renewal": keys.renewal, "renew_until": keys.row.renew_until.isoformat(),
            "device_token": tokens.token_of(device, device.token_number + 1),
            "scope_version": device.scope_version, "server_time": now.isoformat(), "server_epoch": str(at.epoch),
            "seal_kid": seal.kid, "seal_pub": seal.public, "user": _told(keys.row.user),
        })  # fmt: skip


def _call(sent: Document) -> logins.Call:
    return logins.Call(
        device=key(sent, "device_id"), db_id=key(sent, "db_id"), token=short(sent, "device_token", 200),
        request=short(sent, "request_id", 64), app_version=short(sent, "app_version", 40),
        pending=count(sent, "pending"), oldest_at=instant(sent.doc.get("oldest_at")),
        free_bytes=count(sent, "free_bytes"),
    )  # fmt: skip


@sensitive_variables("password", "sent")
def _person(request: Request, sent: Document) -> User:
    """Return whose name and password these are. Raises Refused: 401 wrong_password, 429 with the time to wait."""
    username, password = short(sent, "username", 60).strip(), short(sent, "password", LONGEST_PASSWORD)
    asked: Any = request._request
    user = authenticate(asked, username=username, password=password) if username and password else None
    if getattr(asked, "axes_locked_out", False):
        asked.axes_locked_out = False  # the answer is ours, not the page of the log-in
        raise Refused(429, "locked_out", wait=int(get_cool_off().total_seconds()))
    if not isinstance(user, User):
        raise Refused(401, "wrong_password", field="password")
    AxesProxyHandler.user_logged_in(sender=User, request=asked, user=user)  # forget the wrong ones before
    return user


def _told(user: User) -> dict[str, Any]:
    return {
        "id": str(user.pk), "name": user.name, "role": user.role, "language": user.language,
        "may": sorted(str(action) for action in GRANTS[Role(user.role)]),
    }  # fmt: skip
