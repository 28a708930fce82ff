"""The one box: find a person, by name in either script, number, telephone or village."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.models import Identifier
from clinic.selectors import search as people
from clinic.selectors.search import Found, Hit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.khmer import normalise
from core.periods import local_day
from desk.links import address

SHORTEST = 2
DIGITS_OF_A_NUMBER = 7


class Purpose(NamedTuple):
    """What a person is looked for: the page a result leads to instead of the record, and the question above."""

    name: str
    question: Any


class Line(NamedTuple):
    """One result: the person, where it leads, a picture, and by what they were found."""

    hit: Hit
    url: str
    photo: str
    why: str


FOUND_BY = {
    "old_number": _("old number %(said)s"),
    "old_name": _("also written %(said)s"),
    "phone": _("another phone %(said)s"),
}
PURPOSES = {
    "visit": Purpose("clinic:visit_new", _("Who comes for a visit?")),
    "arrive": Purpose("clinic:arrive", _("Who has arrived?")),
    "admit": Purpose("clinic:admit", _("Who is admitted?")),
    "session": Purpose("mobile_team:checkup_new", _("Whose teeth are looked at?")),
    "referral": Purpose("referrals:new", _("Who is referred?")),
    "dispense": Purpose("pharmacy:dispense", _("Who gets medicine?")),
    "aid": Purpose("pharmacy:aid_new", _("Who needs help with costs?")),
}


@require_safe
@requires(Action.SEARCH_PATIENTS)
def search(request: HttpRequest) -> HttpResponse:
    """Show who is meant, best first; a full patient number opens the person at once."""
    text = normalise(request.GET.get("q", "")[:200])
    carried = {name: request.GET[name][:40] for name in ("for", "session", "bed") if request.GET.get(name)}
    found = people.look(text, today=local_day(timezone.now())) if len(text) >= SHORTEST else Found([])
    if not request.htmx and _is_number(text, found.hits):  # type: ignore[attr-defined]
        return redirect(_leads_to(request.user, found.hits[0], carried))
    register = address(request.user, "clinic:register")
    page = "desk/search.html#results" if request.htmx else "desk/search.html"  # type: ignore[attr-defined]
    return render(request, page, {
        "q": text, "too_short": len(text) < SHORTEST, "carried": carried,
        "purpose": PURPOSES.get(carried.get("for", "")),
        "found": [Line(hit, *_links(request.user, hit, carried), _why(hit)) for hit in found.hits],
        "more": found.more, "wrong_digit": found.wrong_digit,
        "register": f"{register}?{urlencode({'q': text} | carried)}" if register else "",
    })  # fmt: skip


def _links(user: Any, hit: Hit, carried: dict[str, str]) -> tuple[str, str]:
    """Return where a result leads, and the picture of the face if there is one."""
    photo = address(user, "clinic:photo_image", hit.patient.pk) if getattr(hit.patient, "has_photo", False) else ""
    return _leads_to(user, hit, carried), photo


def _why(hit: Hit) -> str:
    """Say by what a person was found when the line does not show it."""
    if hit.why.kind in Identifier.Kind.values:
        return f"{Identifier.Kind(hit.why.kind).label}: {hit.why.said}"
    return FOUND_BY[hit.why.kind] % {"said": hit.why.said} if hit.why.kind else ""


def _is_number(text: str, hits: list[Hit]) -> bool:
    """Tell a whole patient number, typed or scanned, from a name or a telephone number that fits one person."""
    return len(hits) == 1 and hits[0].score == 100 and sum(char.isdigit() for char in text) >= DIGITS_OF_A_NUMBER


def _leads_to(user: Any, hit: Hit, carried: dict[str, str]) -> str:
    purpose, ids = PURPOSES.get(carried.get("for", "")), [hit.patient.pk]
    if purpose == PURPOSES["session"]:
        try:
            ids.insert(0, UUID(carried.get("session", "")))
        except ValueError:
            purpose = None
    found = address(user, purpose.name, *ids) if purpose else ""
    if found and purpose == PURPOSES["admit"] and "bed" in carried:
        found += f"?{urlencode({'bed': carried['bed']})}"
    return found or address(user, "desk:record", hit.patient.pk)
