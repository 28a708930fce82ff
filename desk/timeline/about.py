"""What happened to the record of a person rather than in a contact: allergies, doses, pregnancies, cards, merges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from clinic.models import CardPrint, Consent, Outcome, Pregnancy, PreventiveDose
from clinic.substances import called
from desk import selectors
from desk.phrases import day_words
from desk.selectors import Fact
from desk.timeline.events import Event, Line, Wanted, lines
from pharmacy.models import AidCase

Said = dict[str, Any]


def read(wanted: Wanted) -> Iterable[Event]:
    """Return what is kept of a person outside contacts, every table in one statement."""
    return [_WORDS[fact.what](fact) for fact in selectors.facts(wanted)]


def _allergy(fact: Fact) -> Event:
    said = fact.said
    title = _("Allergy noted: %(substance)s") % {"substance": called(said["substance"])}
    severe = [Line("", _("severe"), danger=True)] if said["severe"] else []
    return _event(fact, "person", title, [*lines((_("What happened"), said["reaction"])), *severe])


def _dose(fact: Fact) -> Event:
    said = fact.said
    title = f"{PreventiveDose.What(said['name']).label} {said['dose']}".strip()
    return _event(fact, "prevention", title, lines((_("Given all the same because"), said["despite"])))


def _pregnancy(fact: Fact) -> Event:
    return _event(fact, "pregnancy", _("Pregnancy noted"), lines((_("Birth expected"), day_words(fact.said["edd"]))))


def _birth(fact: Fact) -> Event:
    outcome = Pregnancy.Outcome(fact.said["outcome"]).label if fact.said["outcome"] else ""
    return _event(fact, "pregnancy", _("End of the pregnancy"), lines(("", outcome)))


def _card(fact: Fact) -> Event:
    reason = CardPrint.Reason(fact.said["reason"]).label
    return _event(fact, "person", _("Patient card printed"), lines(("", reason)))


def _consent(fact: Fact) -> Event:
    said = fact.said
    title = _("Agreed: %(what)s") if said["given"] else _("Refused: %(what)s")
    purpose = Consent.Purpose(said["purpose"]).label
    return _event(fact, "person", title % {"what": purpose}, lines((_("Said by"), said["said_by"])))


def _aid(fact: Fact) -> Event:
    said = fact.said
    state = AidCase.State(said["state"])
    outcome = str(Outcome(said["outcome"]).label) if said["outcome"] else ""
    told = lines((_("Case"), said["number"]), (_("Illness"), said["illness"]), (_("Outcome"), outcome))
    return Event(
        on=fact.on, id=fact.id, kind="aid", title=_("Help with costs asked for"), lines=told, by=said.get("by") or "",
        state=str(state.label), link=("pharmacy:aid_case", fact.id),
    )  # fmt: skip


def _merge(fact: Fact) -> Event:
    said = fact.said
    title = _("The record %(number)s was taken up into this one") % {"number": said["number"]}
    undone = _("Taken back") if said["undone"] else ""
    return _event(fact, "person", title, lines((_("Reason"), said["reason"])), void=undone)


_WORDS: dict[str, Callable[[Fact], Event]] = {
    "allergy": _allergy, "dose": _dose, "pregnancy": _pregnancy, "birth": _birth, "card": _card, "consent": _consent,
    "merge": _merge, "aid": _aid,
}  # fmt: skip


def _event(fact: Fact, kind: str, title: str, said: list[Line], *, void: str = "") -> Event:
    why = fact.said.get("void") or ""
    return Event(
        on=fact.on, id=fact.id, kind=kind, title=title, lines=said, by=fact.said.get("by") or "",
        void=void or (_("Entered in error: %(why)s") % {"why": why} if why else ""),
    )  # fmt: skip
