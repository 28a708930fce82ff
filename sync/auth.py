"""Who calls: a person on a tablet, known by one key that is bound to both (`Authorization: Bearer …`)."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from typing import Any

from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from core.accounts.models import User
from core.accounts.roles import Action
from sync.models import Access, Device

LONGEST = 200  # characters of a key


class Refused(Exception):
    """Say no to a tablet in a way that it can act on: an HTTP status and a code of the protocol.

    `more` goes into the answer beside code and message, `wait` (seconds) into `Retry-After`.
    """

    def __init__(self, status: int, code: str, *, field: str | None = None, wait: int = 0, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.field = field
        self.wait = wait
        self.more = more


class DeviceAuthentication(BaseAuthentication):
    """Give the request its `user` and, as `auth`, the `Access` with its device and checkout: one statement.

    A request without a key is nobody's. Raises Refused: 401 log_in_again, 403 device_revoked, device_suspended,
    user_revoked.
    """

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        """Return who calls and by which log-in."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            raise Refused(401, "log_in_again")
        access = _find(words[1] if len(words) == 2 else b"")
        if access is None:
            raise Refused(401, "log_in_again")
        check(access, now=timezone.now())
        return access.user, access

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that nobody is answered 401 and not 403."""
        return "Bearer"


def hash_of(key: str) -> str:
    """Return what is kept of a key; it is random and long, so that a plain hash is enough."""
    return sha256(key.encode()).hexdigest()


def password_of(user: User) -> str:
    """Return what changes when the person's password does."""
    return sha256(user.password.encode()).hexdigest()


def check(access: Access, *, now: dt.datetime) -> None:
    """Raise Refused unless this log-in still holds; what stops the device or the person is told before its age."""
    check_device(access.device)
    check_person(access.user)
    if access.until <= now or not constant_time_compare(access.password, password_of(access.user)):
        raise Refused(401, "log_in_again")


def check_device(device: Device) -> None:
    """Raise Refused when the device was revoked, or stopped because there are two of it."""
    if device.state != Device.State.ACTIVE:
        raise Refused(403, f"device_{device.state}")


def check_person(user: User) -> None:
    """Raise Refused when the person may not log in any more, or their role holds no tablet."""
    if not user.is_active:
        raise Refused(403, "user_revoked")
    if not user.may(Action.TABLET):
        raise Refused(403, "not_allowed")


def _find(key: bytes) -> Access | None:
    try:
        text = key.decode("ascii")
    except UnicodeDecodeError:
        return None
    if not 0 < len(text) <= LONGEST:
        return None
    joined = Access.objects.select_related("user", "device__checkout")
    return joined.filter(key=hash_of(text)).first()
