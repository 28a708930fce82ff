"""The ways through the house: one row a room, shown to those who may enter it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from core.accounts.roles import Action


class Way(NamedTuple):
    """One entry of the navigation: where it leads, its word, its icon, who may go there.

    `holds` are the beginnings of the view names that lie on this way, so that a sub-page still shows where one is.
    """

    name: str
    words: Any
    icon: str
    action: Action
    holds: tuple[str, ...] = ()


WAYS = (
    Way("desk:home", _("Today"), "house", Action.HOME),
    Way("clinic:register", _("New patient"), "user-plus", Action.REGISTER_PATIENT, ("clinic:register",)),
    Way("clinic:queue", _("Visits"), "stethoscope", Action.OUTPATIENT, ("clinic:visit", "clinic:left")),
    Way(
        "clinic:wards",
        _("Wards and beds"),
        "bed",
        Action.SEE_WARDS,
        ("clinic:admi", "clinic:discharge", "clinic:transfer", "clinic:stay", "clinic:ward", "clinic:bed"),
    ),
    Way("mobile_team:week", _("Mobile clinic"), "bus", Action.SEE_SESSIONS, ("mobile_team:",)),
    Way("referrals:list", _("Referrals"), "ambulance", Action.SEE_REFERRALS, ("referrals:",)),
    Way(
        "pharmacy:prescriptions",
        _("Give medicine"),
        "clipboard-list",
        Action.DISPENSE,
        ("pharmacy:prescription", "pharmacy:dispens"),
    ),
    Way("pharmacy:stock", _("Medicine"), "pill", Action.SEE_STOCK, ("pharmacy:",)),
    Way(
        "pharmacy:donate",
        _("Donations"),
        "hand-heart",
        Action.RECEIVE_DONATION,
        ("pharmacy:don", "pharmacy:receipt", "pharmacy:box", "pharmacy:open"),
    ),
    Way(
        "pharmacy:fund",
        _("Medicine fund"),
        "landmark",
        Action.SEE_BOOKS,
        (
            "pharmacy:fund",
            "pharmacy:purchase",
            "pharmacy:exchange",
            "pharmacy:cash",
            "pharmacy:rate",
            "pharmacy:month",
            "pharmacy:proofs",
        ),
    ),
    Way("pharmacy:aid", _("Help with costs"), "hand-coins", Action.SEE_AID, ("pharmacy:aid",)),
    Way(
        "pharmacy:villages",
        _("Where money goes"),
        "scale",
        Action.FOLLOW_MONEY,
        ("pharmacy:village", "pharmacy:trial", "pharmacy:statement", "pharmacy:journal", "pharmacy:schedule"),
    ),
    Way("reports:home", _("Figures"), "chart-column", Action.SEE_FIGURES, ("reports:",)),
    Way(
        "reports:saved",
        _("Kept reports"),
        "clipboard-list",
        Action.READ_REPORTS,
        ("reports:build", "reports:saved", "reports:keep"),
    ),
    Way(
        "desk:duplicates",
        _("Likely duplicates"),
        "users-round",
        Action.REVIEW_DUPLICATES,
        ("desk:pair", "desk:merge", "desk:dup"),
    ),
    Way("desk:import", _("Load a register"), "file-up", Action.IMPORT_REGISTER),
    Way("accounts:users", _("Colleagues"), "users", Action.MANAGE_USERS, ("accounts:user",)),
    Way("sync:inbox", _("Needs a person"), "inbox", Action.WORK_INBOX, ("sync:decided", "sync:ticket", "sync:disag")),
    Way("sync:devices", _("Tablets"), "tablet", Action.MANAGE_DEVICES, ("sync:device", "sync:enrol")),
    Way("clinic:numbers", _("Patient numbers"), "hash", Action.MANAGE_CENTRE),
    Way("desk:audit", _("The log"), "shield-check", Action.SEE_AUDIT),
)


def ways(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the entries this user may see: address, words, icon, and `current` ("page", "true" below it, or "")."""
    match = request.resolver_match
    here = match.view_name if match else ""
    nearest = _nearest(here)
    found = []
    for way in WAYS:
        if not request.user.may(way.action):  # type: ignore[union-attr]
            continue
        try:
            url = reverse(way.name)
        except NoReverseMatch:  # a room that this installation does not have
            continue
        current = "page" if way.name == here else "true" if way is nearest else ""
        found.append({"url": url, "words": way.words, "icon": way.icon, "current": current})
    return found


def _nearest(view_name: str) -> Way | None:
    """Return the way whose beginning fits a view best: the longest of those that fit."""
    fits = [(len(start), way) for way in WAYS for start in (way.name, *way.holds) if view_name.startswith(start)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None
