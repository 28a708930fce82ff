"""People as tablets register and correct them (docs/sync/protocol.md, section 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from clinic.models import Consent, Identifier, Patient, Sex
from clinic.selectors import registry
from clinic.services import numbers, photos
from clinic.services import patients as people
from clinic.services.allergies import Said
from clinic.services.consents import Answer
from clinic.services.pairs import look_near
from core.ages import Birth, parse_age, parse_age_or_birth
from core.documents import Document
from core.editing import Clash
from core.errors import RuleBroken
from core.khmer import normalise
from core.ops import CREATE, MissingParent, Op, Verdict, compare_and_set
from core.phones import parse_phone
from core.places.models import Village

__all__ = ["apply", "as_kept", "attach_photo", "birth_document", "document", "look_near", "read"]

IDENTITY = (*registry.NAMES, "sex", "birth")  # one group: all of it or none
CONTACT = ("village", "phone", "guardian")
FIELDS = (*IDENTITY, *CONTACT)
WORDS = (*registry.NAMES, "guardian")


def apply(op: Op) -> Verdict:
    """Register a person, or correct what is written of them."""
    return _create(op) if op.kind == CREATE else _amend(op)


def read(op: Op) -> dict[str, Any]:
    """Return what an op wrote of a person, as it reads afterwards; what cannot be read is as it was sent."""
    said = {}
    for name in FIELDS:
        if name in op.doc:
            try:
                said[name] = as_kept(Document(op.doc), name, op.day)
            except RuleBroken:
                said[name] = op.doc[name]
    return said


def document(person: Patient) -> dict[str, Any]:
    """Return what tablets may correct of a person, as plain JSON."""
    return {
        **{name: getattr(person, name) for name in (*registry.NAMES, "sex", "phone", "guardian")},
        "birth": birth_document(person.birth), "village": person.village_id,
    }  # fmt: skip


def birth_document(birth: Birth | None) -> dict[str, str] | None:
    """Return a birth as tablets hold it: {date, precision, earliest, latest}, or None."""
    if birth is None:
        return None
    days = {name: getattr(birth, name).isoformat() for name in ("date", "earliest", "latest")}
    return days | {"precision": birth.precision.value}


def as_kept(doc: Document, name: str, day: dt.date) -> Any:
    """Return one field of a pushed document as the server keeps it. Raises RuleBroken with the field."""
    if name == "village":
        return doc.whole(name, least=1, most=2**63 - 1)
    if name == "sex":
        return doc.one_of(name, Sex.values)
    if name == "birth":
        return birth_document(_birth(doc, day)[0])
    text = normalise(doc.text(name))
    return _named(doc, name, parse_phone, text) if name == "phone" and text else text


def attach_photo(record: UUID, content: bytes, *, by: Any, today: dt.date) -> None:
    """Keep the picture that came after its person, unless they said no meanwhile. Raises what `photos.put` raises."""
    patient = Patient.objects.get(pk=record)
    asked = Consent.objects.filter(patient=patient.merged_into_id or patient.pk, purpose=Consent.Purpose.PHOTO)
    newest = asked.order_by("-on", "-id").first()
    if newest is None or newest.given:
        agreed = newest.said_by if newest else patient.guardian
        photos.put(patient=patient, data=content, agreed_by=agreed, by=by, today=today)


def _create(op: Op) -> Verdict:
    doc = Document(op.doc)
    birth, told = _birth(doc, op.day)
    village = _village(doc)
    allergies = [
        Said(row.text("substance"), row.text("reaction"), row.flag("severe"), id=row.key("id"))
        for row in doc.parts("allergies")
    ]
    words: dict[str, Any] = {name: doc.text(name) for name in WORDS}
    agreed = doc.flag_or_none("consent")
    given = doc.text("number")[:60]
    number = numbers.claim(given, op.device)
    patient = people.register(
        by=op.by, today=op.today, id=op.record, sex=doc.one_of("sex", Sex.values), birth=birth, told=told,
        village=village, phone=doc.text("phone"), number=number, no_allergy=doc.flag("no_allergy"),
        allergies=allergies, identifiers=() if number else _on_paper(given),
        consents=[] if agreed is None else [Answer(Consent.Purpose.PHOTO, agreed, words["guardian"])], **words,
    )  # fmt: skip
    return Verdict("applied", patient=patient.pk, also=tuple(said.id for said in allergies if said.id))


def _amend(op: Op) -> Verdict:
    doc = Document(op.doc)
    meant, was = doc.part("set"), _seen(doc.part("was"), op.day)
    known = Patient.objects.filter(pk=op.record).first()
    if known is None:
        raise MissingParent("patient", op.record)
    person = registry.held(known)
    now = document(person)
    wanted = {name: as_kept(meant, name, op.day) for name in FIELDS if name in meant}
    write, clashes = compare_and_set(now=now, was=was, meant=wanted)
    write, clashes = _identity_together(now, was, wanted, write, clashes)
    if write:
        people.correct(patient=person, by=op.by, today=op.today, **_changes(meant, write, op.day))
    return Verdict("conflict" if clashes else "merged", clashes, patient=person.pk)


def _seen(was: Document, day: dt.date) -> dict[str, Any]:
    """Return what the user saw, as the server keeps it: after a change of their own they saw what they had typed."""
    seen = dict(was.doc)
    for name in FIELDS:
        if name in seen and not isinstance(seen[name], Mapping):
            with suppress(RuleBroken):  # what cannot be read is compared as it came
                seen[name] = as_kept(was, name, day)
    return seen


def _identity_together(
    now: Mapping[str, Any], was: Mapping[str, Any], wanted: Mapping[str, Any], write: dict[str, Any],
    clashes: tuple[Clash, ...],
) -> tuple[dict[str, Any], tuple[Clash, ...]]:  # fmt: skip
    """Leave all of the identity to a person when any of it was changed by somebody else: two halves make a stranger."""
    seen = [name for name in IDENTITY if name in was and name not in wanted and was[name] != now[name]]
    if not seen and not any(clash.field in IDENTITY for clash in clashes):
        return write, clashes
    held_back = [Clash(name, now[name], write[name]) for name in IDENTITY if name in write]
    return {name: value for name, value in write.items() if name not in IDENTITY}, (*clashes, *held_back)


def _changes(meant: Document, write: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    """Return what is to be written, as the service takes it."""
    changes = {name: write[name] for name in FIELDS if name in write and name not in ("birth", "village")}
    if "village" in write:
        changes["village"] = _village(meant)
    if "birth" in write:
        changes["birth"], changes["told"] = _birth(meant, day)
    return changes


def _birth(doc: Document, day: dt.date) -> tuple[Birth | None, people.Told | None]:
    """Return what was told of a birth on a day, and the age as told, if it was one."""
    if not (text := doc.text("birth").strip()):
        return None, None
    birth = _named(doc, "birth", parse_age_or_birth, text, day)
    return birth, (*parse_age(text), day) if birth.precision == "stated" else None


def _village(doc: Document) -> Village | None:
    key = doc.whole("village", least=1, most=2**63 - 1)
    village = Village.objects.filter(pk=key).first() if key is not None else None
    if key is not None and village is None:
        raise RuleBroken("core.not_a_choice", field=doc.field("village"))
    return village


def _on_paper(number: str) -> list[tuple[str, str]]:
    """Return a number that could not stand, to be found by all the same; it may be on a card already."""
    kind, value = Identifier.Kind.PAPER, normalise(number)
    taken = not value or Identifier.objects.filter(kind=kind, value=value).exists()
    return [] if taken else [(kind.value, value)]


def _named(doc: Document, name: str, parse: Any, *args: Any) -> Any:
    try:
        return parse(*args)
    except RuleBroken as broken:
        raise RuleBroken(broken.code, field=doc.field(name), **broken.params) from broken
