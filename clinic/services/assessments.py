"""Write down which signs were looked for in a contact, and whether they were there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from clinic.models import Encounter, EncounterVersion, Finding
from clinic.selectors import timeline
from clinic.selectors.timeline import Contact
from clinic.services import care
from core.audit import journal
from core.db import broken_constraints, clean, save_checked
from core.editing import Edit, bring_together
from core.errors import RuleBroken
from core.ids import derived_id
from core.khmer import normalise

Document = dict[str, Any]


class Said(NamedTuple):
    """The answer to one sign: there or not, and for how many days. What was not asked has none."""

    present: bool
    days: int | None = None


@transaction.atomic
def record(
    *, id: UUID, signs: Mapping[str, Said], asked: Collection[str], by: Any, correcting: bool = False, why: str = "",
    edit: Edit | None = None,
) -> Encounter:  # fmt: skip
    """Write the answers to the signs of one page (`asked`); signs of other pages stay as they are.

    An answer that changes one given before supersedes it: the contact's earlier version keeps it. A closed contact
    changes only when `correcting`, and says why. Raises Encounter.DoesNotExist, Clashed, and RuleBroken:
    clinic.visit_closed, clinic.visit_void, clinic.reason_missing.
    """
    was = locked(id)
    visit, why = was.encounter, normalise(why)
    check_writable(visit, correcting=correcting)
    before = signs_document(was, asked)
    together = bring_together(edit, now=before, mine=_document(signs, asked))
    changes = {name: [old, together[name]] for name, old in before.items() if together[name] != old}
    if correcting and changes and not why:
        raise RuleBroken("clinic.reason_missing", field="why")
    rows = [
        Finding(id=sign_id(id, name), encounter=visit, sign=name, present=said[0], days=said[1], recorded_by=by)
        for name, (_, said) in changes.items()
        if said is not None
    ]
    gone = [row for row in was.signs if row.sign in changes and changes[row.sign][1] is None]
    if any(old is not None for old, _ in changes.values()):
        keep_version(was, why=why, by=by)
    write(rows, gone)
    if changes:
        journal.note(
            "clinic.signs.recorded", visit, *rows, *gone, by=by, changes=changes, **({"why": why} if why else {})
        )
    return visit


def signs_document(contact: Contact, asked: Collection[str] | None = None) -> Document:
    """Return the answers of a contact as plain values, [there, days] by sign; with `asked` None for what was not."""
    there = {row.sign: [row.present, row.days] for row in contact.signs}
    return there if asked is None else {name: there.get(name) for name in asked}


def sign_id(encounter_id: UUID, sign: str) -> UUID:
    """Return the id of an answer: it derives from contact and sign, so the same asked twice is the same row."""
    return derived_id("sign", encounter_id, sign)


# -- shared with what else is written below a contact ------------------------------------------------------


def locked(id: UUID) -> Contact:
    """Return a contact that nobody else can write until the end of the transaction.

    Raises Encounter.DoesNotExist. SQLite has one writer at a time anyway.
    """
    if connection.features.has_select_for_update:
        Encounter.objects.select_for_update().filter(pk=id).values_list("pk").first()
    was = timeline.contact(id)
    if was is None:
        raise Encounter.DoesNotExist
    return was


def check_writable(visit: Encounter, *, correcting: bool) -> None:
    """Raise RuleBroken: clinic.visit_void, clinic.visit_closed."""
    if visit.status == Encounter.Status.VOID:
        raise RuleBroken("clinic.visit_void")
    if visit.status == Encounter.Status.CLOSED and not correcting:
        raise RuleBroken("clinic.visit_closed")


def whole(contact: Contact) -> Document:
    """Return everything a contact says, as its earlier versions keep it: care, signs, care in pregnancy."""
    said = care.document(care.written(contact), contact.encounter.pk)
    return said | {"signs": signs_document(contact), "antenatal": contact.antenatal}


def keep_version(was: Contact, *, why: str, by: Any) -> None:
    """Keep how a contact reads now, before it is written anew."""
    version = EncounterVersion(
        encounter=was.encounter, number=was.versions + 1, why=why, document=whole(was), recorded_by=by
    )
    save_checked(version)


def write(rows: list[Finding], gone: list[Finding]) -> None:
    """Write new and changed answers, and take away those that were not asked after all."""
    for row in rows:
        clean(row)
    if rows:
        with broken_constraints():
            Finding.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["id"], update_fields=["present", "days"]
            )
    if gone:
        Finding.objects.filter(pk__in=[row.pk for row in gone]).delete()


def _document(signs: Mapping[str, Said], asked: Collection[str]) -> Document:
    return {name: [said.present, said.days] if (said := signs.get(name)) else None for name in asked}
