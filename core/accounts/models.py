"""Users and the sessions that remember them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.accounts.roles import Action, Role, allowed
from core.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Make users with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Return a new, saved user."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A colleague who logs in: one role, one language."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(_("user name"), max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    language = models.CharField(_("language"), max_length=2, choices=[("km", "ខ្មែរ"), ("en", "English")], default="km")
    is_active = models.BooleanField(_("may log in"), default=True)

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="accounts_role_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def may(self, action: Action | str) -> bool:
        """Return whether this user may do `action` (an `Action` or its value, as templates write it)."""
        return self.is_active and allowed(self.role, Action(action))


class Nobody:
    """The user of a request without a log-in: may do nothing."""

    id = pk = None
    is_authenticated = is_active = False
    is_anonymous = True
    username = name = role = ""
    language = "km"

    def may(self, action: Action | str) -> bool:
        """Return False."""
        return False


class Session(AbstractBaseSession):
    """A log-in on one browser, tied to its user so that both come in one query and all of a user's end at once."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")

    @classmethod
    def get_session_store_class(cls) -> type:
        """Return the store that reads and writes these rows."""
        from core.accounts.sessions import SessionStore

        return SessionStore
