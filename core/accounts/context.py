"""What every page may use: the centre's name, the version, which actions the user has."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.accounts.roles import Action


class May:
    """`may.outpatient_write` in a template: whether the user may do `outpatient.write`."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def __getitem__(self, name: str) -> bool:
        return self.user.may(Action(name.replace("_", ".")))


def house(request: HttpRequest) -> dict[str, Any]:
    """Return what every template may name: `centre`, `version`, `may`, `user`."""
    language = getattr(request, "LANGUAGE_CODE", "km")
    other = "en" if language == "km" else "km"
    user = getattr(request, "user", None)
    return {
        "centre_name": settings.CENTRE[f"name_{language}"],
        "centre_other": settings.CENTRE[f"name_{other}"],
        "other_language": other,
        "version": settings.VERSION,
        "user": user,
        "may": May(user),
    }
