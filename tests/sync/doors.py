"""A tablet as the doors see it: it keeps its keys and calls by name. The rules of the app are in `client.py`."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from core.accounts.models import User
from core.ids import uuid7
from sync.models import Device
from sync.services import devices
from tests.people import PASSWORD

API = "/api/sync/v1/"


class Tablet:
    """One store of saves; let in when it was given a code."""

    def __init__(self, **headers: str) -> None:
        self.db_id = str(uuid7())
        self.client = Client(raise_request_exception=False)
        self.headers = {"Accept-Language": "en"} | headers
        self.device_id = self.token = self.access = self.renewal = ""

    def call(self, door: str, *, method: str = "post", **body: Any) -> Any:
        """Return the answer; its JSON as `said`."""
        headers = self.headers | ({"Authorization": f"Bearer {self.access}"} if self.access else {})
        answer = self.client.generic(
            method.upper(), API + door, json.dumps(body) if body else "", content_type="application/json",
            headers=headers,
        )  # fmt: skip
        answer.said = answer.json() if answer.get("Content-Type") == "application/json" and not answer.has_header(
            "Content-Encoding"
        ) else None  # fmt: skip
        return answer

    def enrol(self, by: User, *, device: Device | None = None) -> Any:
        """Read the code of a fresh invitation."""
        _, code = devices.invite(name="Blue", by=by, now=timezone.now(), device=device)
        answer = self.call("enrol", code=code, db_id=self.db_id, model="Tab A8", app_version="1")
        if answer.status_code == 200:
            self.device_id, self.token = answer.said["device_id"], answer.said["device_token"]
        return answer

    def asked(self, **more: Any) -> dict[str, Any]:
        """Return the body of a log-in."""
        return {
            "device_id": self.device_id,
            "device_token": self.token,
            "request_id": str(uuid4()),
            "db_id": self.db_id,
            "app_version": "1",
            "pending": 3,
            "oldest_at": "2026-11-20T08:00:00+07:00",
            "free_bytes": 10**9,
        } | more

    def log_in(self, user: User, *, password: str = PASSWORD, keep: bool = True, **more: Any) -> Any:
        """Log in with the password; `keep=False` is an answer lost on the way."""
        return self._took(self.call("session", **self.asked(username=user.username, password=password, **more)), keep)

    def renew(self, *, keep: bool = True, **more: Any) -> Any:
        """Go on without a password."""
        return self._took(self.call("session", **self.asked(renewal=self.renewal, **more)), keep)

    def _took(self, answer: Any, keep: bool) -> Any:
        if keep and answer.status_code == 200:
            self.token, self.access, self.renewal = (answer.said[n] for n in ("device_token", "access", "renewal"))
        return answer

    @property
    def device(self) -> Device:
        """Return the row of the device."""
        return Device.objects.get(pk=self.device_id)

    def pull(self, cursor: str | None = None, *, limit: int = 500) -> tuple[list[dict[str, Any]], str]:
        """Pull all pages; return the changes and the last cursor."""
        changes: list[dict[str, Any]] = []
        for _ in range(100):
            answer = self.call("pull", cursor=cursor, limit=limit, schema=1)
            assert answer.status_code == 200, answer.content
            changes += answer.said["changes"]
            cursor = answer.said["cursor"]
            if not answer.said["has_more"]:
                return changes, cursor
        raise AssertionError("the feed has no end")


def a_tablet(user: User, *, by: User | None = None) -> Tablet:
    """Return a tablet that was let in and on which `user` is logged in."""
    tablet = Tablet()
    assert tablet.enrol(by or user).status_code == 200
    answer = tablet.log_in(user)
    assert answer.status_code == 200, answer.content
    return tablet


def lend(tablet: Tablet, *villages: Any, hours: int = 24, by: User) -> Any:
    """Lend a tablet the people of some villages, as the desk does."""
    now = timezone.now()
    return devices.grant(device=tablet.device, villages=villages, until=now + dt.timedelta(hours=hours), by=by, now=now)
