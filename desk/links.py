"""Addresses of other rooms, by name: a link is shown only to those whose role opens it."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, resolve, reverse

from core.accounts.roles import Action


def address(user: Any, name: str, *ids: Any) -> str:
    """Return the address when the view behind it is open to `user`, else an empty text."""
    try:
        path = reverse(name, args=ids)
    except NoReverseMatch:  # a room that this installation does not have
        return ""
    action = _action(name, path)
    return path if action is None or user.may(action) else ""


_known: dict[str, Action | None] = {}


def _action(name: str, path: str) -> Action | None:
    """Return what the view declares; asked once a name, since every id leads to the same view."""
    if name not in _known:
        _known[name] = getattr(resolve(path).func, "action", None)
    return _known[name]
