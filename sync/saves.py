"""What a tablet's save says, in words: which deed it was, its document as labelled lines, its boxes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clinic.models.patient import Sex
from core.khmer import format_date
from core.phones import national
from mobile_team.models import Attendance, DentalCheckup, Education, KitLine, Session, ToothTreatment
from sync.models import PushedOp
from sync.sealing import open_sealed

DEEDS: dict[tuple[str, str], Any] = {
    ("patient", "create"): _("registered a person"),
    ("patient", "amend"): _("corrected a person's data"),
    ("allergy", "create"): _("wrote an allergy"),
    ("allergy", "void"): _("took back an allergy"),
    ("checkup", "create"): _("recorded a check-up"),
    ("checkup", "amend"): _("corrected a check-up"),
    ("checkup", "void"): _("marked a check-up as entered in error"),
    ("donation", "create"): _("received a donation"),
    ("donation", "void"): _("voided a donation"),
    ("education", "create"): _("recorded health education"),
    ("education", "amend"): _("corrected health education"),
    ("education", "void"): _("marked health education as entered in error"),
    ("session", "create"): _("added a session"),
    ("session", "amend"): _("changed a session"),
    ("kit", "create"): _("packed something for a session"),
    ("kit", "amend"): _("corrected the kit of a session"),
}
RECORDS: dict[str, Any] = {
    "patient": _("a person"), "allergy": _("an allergy"), "checkup": _("a check-up"), "donation": _("a donation"),
    "education": _("health education"), "session": _("a session"), "kit": _("the kit of a session"),
    "op": _("an earlier save of the same tablet"),
}  # fmt: skip


class Box(NamedTuple):
    """One field of a document: its words, of which kind it is, and the codes it may take."""

    words: Any
    kind: str = "text"  # text long whole decimal yes maybe day phone village choice birth chart done heads minor
    choices: Any = None


_NAME = {
    "family_name": Box(_("family name in Latin letters")), "given_name": Box(_("given name in Latin letters")),
    "family_name_km": Box(_("family name in Khmer")), "given_name_km": Box(_("given name in Khmer")),
}  # fmt: skip
_MORE = {"note": Box(_("note"), "long"), "why": Box(_("why")), "reason": Box(_("reason"))}
_WORMS = [("", _("none")), ("mebendazole", _("Mebendazole")), ("albendazole", _("Albendazole"))]

BOXES: dict[str, dict[str, Box]] = {
    "patient": _NAME | {
        "number": Box(_("patient number")), "sex": Box(_("sex"), "choice", Sex.choices),
        "birth": Box(_("age or birth date"), "birth"), "village": Box(_("village"), "village"),
        "phone": Box(_("telephone"), "phone"), "guardian": Box(_("guardian")),
        "no_allergy": Box(_("no allergy known"), "yes"), "consent": Box(_("agreed to be photographed"), "maybe"),
    },
    "allergy": {
        "substance": Box(_("substance")), "reaction": Box(_("reaction")), "severe": Box(_("severe"), "yes"),
    },
    "checkup": {
        "teeth": Box(_("teeth and codes"), "chart"),
        "pufa": Box(_("open pulp, ulcer, fistula, abscess"), "chart"),
        "decayed_primary": Box(_("decayed milk teeth"), "whole"),
        "decayed_permanent": Box(_("decayed permanent teeth"), "whole"),
        "missing": Box(_("missing because of decay"), "whole"), "filled": Box(_("filled"), "whole"),
        "pufa_count": Box(_("teeth with open pulp, ulcer, fistula or abscess"), "whole"),
        "pain": Box(_("pain now"), "yes"), "gums_bleed": Box(_("gums bleed"), "yes"),
        "urgency": Box(_("urgency"), "choice", DentalCheckup.Urgency.choices),
        "treatments": Box(_("what was done"), "done"), "treatment": Box(_("treatment in words")),
        "dental_education": Box(_("dental education"), "yes"), "toothbrush": Box(_("toothbrush"), "yes"),
        "toothpaste": Box(_("toothpaste"), "yes"), "deworming": Box(_("deworming"), "choice", _WORMS),
        "deworming_despite": Box(_("why dewormed all the same")), "weight": Box(_("weight in kg"), "decimal"),
        "height": Box(_("height in cm"), "decimal"),
        "advised_to_come": Box(_("advised to come to the centre"), "yes"),
    },
    "donation": {
        "number": Box(_("receipt"), "whole"), "on": Box(_("date"), "day"), "currency": Box(_("currency")),
        "minor": Box(_("amount (dollars in cents)"), "whole"), "donor_name": Box(_("name")),
        "village": Box(_("village"), "village"),
    },
    "education": {
        "village": Box(_("village"), "village"), "on": Box(_("date"), "day"),
        "topic": Box(_("topic"), "choice", Education.Topic.choices), "topic_text": Box(_("what exactly")),
        "place": Box(_("place")), "teachers": Box(_("who taught")),
        "with_department": Box(_("with the Health Department"), "yes"),
        "brushes": Box(_("toothbrushes handed to the group"), "whole"),
        "pastes": Box(_("toothpaste handed to the group"), "whole"),
        "audiences": Box(_("who listened"), "heads"),
    },
    "session": {
        "village": Box(_("village"), "village"), "on": Box(_("date"), "day"), "place": Box(_("meeting place")),
        "state": Box(pgettext_lazy("of a session", "state"), "choice", Session.State.choices),
        "reason": Box(_("reason"), "choice", [("", "–"), *Session.Reason.choices]),
    },
    "kit": {
        "item": Box(_("item"), "choice", KitLine.Item.choices), "packed": Box(_("packed"), "whole"),
        "given": Box(_("given"), "whole"), "returned": Box(_("brought back"), "whole"),
        "lost": Box(_("lost or spoilt"), "whole"),
    },
}  # fmt: skip
SILENT = {"id", "patient", "session", "index", "photo", "observed_at"}  # keys and reckonings, nothing for a person
HEADS = dict(zip(Attendance.HEADS, (_("women"), _("men"), _("girls"), _("boys")), strict=True))


class Line(NamedTuple):
    """One line of a document as a person reads it."""

    name: str
    words: str
    value: str


def deed(op: PushedOp) -> str:
    """Say what a save was: "recorded a check-up"."""
    known = DEEDS.get((op.type, op.kind))
    return str(known) if known else gettext("saved something this server does not know (%(what)s)") % {"what": op.type}


def record_words(type: str) -> str:
    """Name a kind of record: "a check-up"."""
    return str(RECORDS.get(type, type))


def boxes(type: str) -> dict[str, Box]:
    """Return the fields that a document of this type may have."""
    return BOXES.get(type, {}) | _MORE


def document(op: PushedOp) -> Mapping[str, Any] | None:
    """Return what a save says, opened when it is sealed; None when that cannot be read.

    Raises RuleBroken when it is sealed to a key that is not here, or was altered.
    """
    try:
        sent = json.loads(op.raw)
    except ValueError:
        return None
    if not isinstance(sent, dict):
        return None
    found = open_sealed(sent).get("doc") if "sealed" in sent else sent.get("doc")
    return found if isinstance(found, dict) else None


def body(op: PushedOp, doc: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the part of a document that holds its fields: of a correction what it sets."""
    if op.kind != "amend" or doc is None:
        return doc or {}
    meant = doc.get("set")
    return meant if isinstance(meant, dict) else {}


def lines(type: str, fields: Mapping[str, Any], villages: Mapping[int, str]) -> list[Line]:
    """Return a document as labelled lines, in the order of its form, what nobody knows at the end."""
    known = boxes(type)
    order = [*(name for name in known if name in fields), *(name for name in fields if name not in known)]
    return [
        Line(name, label(type, name), said(type, name, fields[name], villages)) for name in order if name not in SILENT
    ]


def label(type: str, name: str) -> str:
    """Return a field's words, its own name when nobody knows it."""
    box = boxes(type).get(name)
    return str(box.words) if box else str(name)


def said(type: str, name: str, value: Any, villages: Mapping[int, str]) -> str:
    """Write a field's value for a person; what is not of its kind is written as it came."""
    box = boxes(type).get(name, Box(name))
    if value is None or value in ("", {}, []):
        return "–"
    try:
        return _said(box, value, villages)
    except (TypeError, ValueError, KeyError, AttributeError):
        return plain(value)


def plain(value: Any) -> str:
    """Write any JSON value in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:400]


def _said(box: Box, value: Any, villages: Mapping[int, str]) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if box.kind == "choice":
        return str(dict(box.choices)[value])
    if box.kind == "village":
        return villages.get(value) or gettext("a village that is not in the list")
    if box.kind == "day":
        return format_date(dt.date.fromisoformat(value), _language())
    if box.kind == "phone":
        return national(value)
    if box.kind == "birth":
        return birth_words(value)
    if box.kind == "chart":
        return ", ".join(f"{tooth} {code}" for tooth, code in value.items())
    if box.kind == "done":
        return ", ".join(_done(one) for one in value)
    if box.kind == "heads":
        return "; ".join(_heads(audience, heads) for audience, heads in value.items())
    return plain(value)


def _language() -> str:
    return get_language() or "km"


def _done(one: Mapping[str, Any]) -> str:
    what = dict(ToothTreatment.What.choices).get(one["what"], one["what"])
    return f"{what} {one['tooth']}" if one.get("tooth") else str(what)


def _heads(audience: str, heads: Mapping[str, Any]) -> str:
    who = dict(Attendance.Audience.choices).get(audience, audience)
    order = [*(head for head in HEADS if head in heads), *(head for head in heads if head not in HEADS)]
    return f"{who}: " + ", ".join(f"{HEADS.get(head, head)} {plain(heads[head])}" for head in order)


def birth_words(value: Any) -> str:
    """Write a birth: text as told, or the object of the roster."""
    if isinstance(value, str):
        return value
    told = value.get("date") or value.get("birth_date")
    day = dt.date.fromisoformat(str(told))
    precision = value.get("precision") or value.get("birth_precision")
    if precision == "day":
        return format_date(day, _language())
    if precision == "month":
        return f"{day.month}/{day.year}"
    return gettext("about %(year)s") % {"year": day.year}


def villages_in(values: Iterable[tuple[str, Any]]) -> set[int]:
    """Return the keys of villages among (field, value) pairs."""
    return {value for name, value in values if name == "village" and type(value) is int and 0 < value < 2**31}
