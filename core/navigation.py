"""The ways through the house: one row a room, shown to those who may enter it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from core.accounts.roles import Action


class Way(NamedTuple):
    """One entry of the navigation: where it leads, its word, its icon, who may go there."""

    name: str
    words: Any
    icon: str
    action: Action


WAYS = (
    Way("desk:home", _("Today"), "house", Action.HOME),
    Way("clinic:register", _("New patient"), "user-plus", Action.REGISTER_PATIENT),
    Way("clinic:queue", _("Visits"), "stethoscope", Action.OUTPATIENT),
    Way("clinic:wards", _("Wards and beds"), "bed", Action.SEE_WARDS),
    Way("mobile_team:week", _("Mobile clinic"), "bus", Action.SEE_SESSIONS),
    Way("referrals:list", _("Referrals"), "ambulance", Action.SEE_REFERRALS),
    Way("pharmacy:stock", _("Medicine"), "pill", Action.SEE_STOCK),
    Way("pharmacy:donate", _("Donations"), "hand-heart", Action.RECEIVE_DONATION),
    Way("pharmacy:fund", _("Medicine fund"), "landmark", Action.SEE_BOOKS),
    Way("reports:home", _("Figures"), "chart-column", Action.SEE_FIGURES),
    Way("desk:import", _("Load a register"), "file-up", Action.IMPORT_REGISTER),
    Way("accounts:users", _("Colleagues"), "users", Action.MANAGE_USERS),
    Way("desk:audit", _("The log"), "shield-check", Action.SEE_AUDIT),
)


def ways(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the entries this user may see, each with its address and whether it is where they are."""
    match = request.resolver_match
    here = match.view_name if match else ""
    found = []
    for way in WAYS:
        if not request.user.may(way.action):  # type: ignore[union-attr]
            continue
        try:
            url = reverse(way.name)
        except NoReverseMatch:  # a room that this installation does not have
            continue
        found.append({"url": url, "words": way.words, "icon": way.icon, "here": here == way.name})
    return found
