"""A REST view declares what it does, as pages do; one that forgot is closed to everybody."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.accounts.roles import Action


class Declared(BasePermission):
    """Let in people whose role grants the view's `action: Action`; PUBLIC lets in everybody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the declared action is granted."""
        # Read from the class: a viewset's instance has an `action` of DRF's own, the name of its method.
        action = getattr(type(view), "action", None)
        if not isinstance(action, Action):
            return False
        return action is Action.PUBLIC or request.user.may(action)  # type: ignore[union-attr]
