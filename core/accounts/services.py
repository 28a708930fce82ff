"""Add, change and switch off colleagues; every change is noted."""

from __future__ import annotations

from django.db import transaction

from core.accounts.models import Session, User
from core.accounts.roles import Role
from core.audit import journal
from core.db import save_checked
from core.errors import RuleBroken


@transaction.atomic
def save_user(user: User, *, password: str, by: User | None) -> User:
    """Write a colleague's data, with a new password when one is given; ends their log-ins when it changed.

    Raises RuleBroken when the change would leave nobody who manages users.
    """
    new = user._state.adding
    others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(id=user.id)
    if not new and (user.role != Role.ADMIN or not user.is_active) and not others.exists():
        raise RuleBroken("accounts.last_administrator", field="role")
    if password:
        user.set_password(password)
    save_checked(user)
    if password or not user.is_active:
        Session.objects.filter(user=user).delete()
    verb = "accounts.user.added" if new else "accounts.user.changed"
    journal.note(verb, user, by=by, role=user.role, active=user.is_active, password_changed=bool(password))
    return user


@transaction.atomic
def choose_language(user: User, language: str) -> None:
    """Remember the language a person wants to work in."""
    User.objects.filter(id=user.id).update(language=language)
