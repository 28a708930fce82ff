"""Sessions in the database that bring their user along: one query for both."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from core.accounts.models import Nobody, Session, User


class SessionStore(DatabaseStore):
    """Load the session's row joined with its user."""

    row_user: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Any:
        row = (
            Session.objects.select_related("user")
            .filter(session_key=self.session_key, expire_date__gt=timezone.now())
            .first()
        )
        if row is None:
            self._session_key = None
            return None
        self.row_user = row.user
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        return row


def user_of(session: SessionStore) -> User | Nobody:
    """Return the active user whom this session remembers, else Nobody.

    A changed password, a changed role or a switched-off account takes effect with the next request.
    """
    if SESSION_KEY not in session:
        return Nobody()
    user = session.row_user
    kept = session.get(HASH_SESSION_KEY, "")
    if user is None or not user.is_active or not constant_time_compare(kept, user.get_session_auth_hash()):
        return Nobody()
    return user
