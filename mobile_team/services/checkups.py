"""Record, correct and void what the dental team saw in one mouth at one stop of a route."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import Any, Unpack
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from clinic.models import Encounter, Patient, PreventiveDose, Vitals
from clinic.selectors import people
from clinic.services import encounters, outreach
from core.accounts.models import User
from core.audit import journal
from core.db import clean, create_many, save_checked
from core.editing import Clash, Edit, bring_together
from core.errors import Conflict, RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise
from core.ops import compare_and_set
from core.places.models import Village
from mobile_team import rules
from mobile_team.models import CheckupVersion, DentalCheckup, Session, ToothFinding, ToothTreatment
from mobile_team.selectors import documents
from mobile_team.selectors.documents import COUNTS, NOT_COUNTED
from mobile_team.services import mouths
from mobile_team.services.mouths import Document, Done, Seen

__all__ = [
    "Done", "Seen", "amend", "correct_checkup", "end_advice", "record", "record_checkup", "rename", "void_checkup",
]  # fmt: skip

CORRECTED = gettext_noop("Corrected")  # why a dose was taken back, where a tablet told no reason


def record_checkup(
    *, session: Session, patient: Patient, observed_at: dt.datetime, by: User, today: dt.date, id: UUID | None = None,
    **seen: Unpack[Seen],
) -> DentalCheckup:  # fmt: skip
    """Record one check-up with its contact; the session counts as held from then on.

    Contact and moment carry the session's day, noon when `observed_at` names another one. Sent twice with the same
    `id`, it is kept once. Of `session` only the id is trusted.
    Raises RuleBroken for what `mouths.check` refuses, mobile_team.no_such_session, mobile_team.session_in_future, what
    `encounters.begin` and `prevention.build` refuse; Conflict("constraint.mobile_checkup_once") when the person was
    seen in this session.
    """
    said = mouths.document_of(seen, observed_at)
    return record(id=id, session=session.pk, patient=patient, said=said, by=by, today=today)


def record(
    *, session: UUID, patient: Patient, said: Document, by: User, today: dt.date, id: UUID | None = None,
    given: str = "", told_index: Mapping[str, Any] | None = None,
) -> DentalCheckup:  # fmt: skip
    """Record a check-up that is a document already (`selectors.documents`); else as `record_checkup`.

    `given` are words for a dose that was given in the village already: whatever speaks against it then becomes its
    reason, and the check-up is never lost for it. `told_index` is what the tablet reckoned: where the server reckons
    otherwise, the log says both and the server's stands.
    """
    patient = people.survivor(patient)
    try:
        return _record(
            id=id or uuid7(), session=session, patient=patient, said=said, by=by, today=today, given=given,
            told_index=told_index,
        )  # fmt: skip
    except Conflict as conflict:
        if id is None or conflict.code != "constraint.same_id":
            raise
        kept = DentalCheckup.objects.select_related("encounter", "session").filter(id=id).first()
        there = Session.objects.called(session).values_list("pk", flat=True)
        if kept is None or kept.session_id not in there or kept.patient_id != patient.pk:
            raise
        return kept


@transaction.atomic
def _record(
    *, id: UUID, session: UUID, patient: Patient, said: Document, by: User, today: dt.date, given: str,
    told_index: Mapping[str, Any] | None,
) -> DentalCheckup:  # fmt: skip
    mouths.check(said)
    held = Session.objects.hold(session)
    if held is None:
        raise RuleBroken("mobile_team.no_such_session")
    if held.on > today:
        raise RuleBroken("mobile_team.session_in_future")
    observed_at = rules.moment_on(held.on, dt.datetime.fromisoformat(said["observed_at"]))
    # Whose village is not known is counted where they were seen.
    came_from = Village(pk=held.village_id) if patient.village_id is None else None
    encounter = encounters.begin(
        patient=patient, kind=Encounter.Kind.OUTREACH, on=held.on, by=by, today=today, village=came_from,
        id=derived_id("mobile_team.checkup.encounter", id), status=Encounter.Status.CLOSED, closed_at=observed_at,
        result=mouths.result_of(said),
    )  # fmt: skip
    checkup = DentalCheckup(
        id=id, encounter=encounter, session=held, observed_at=observed_at, recorded_by=by,
        once=derived_id("mobile_team.checkup", held.pk, patient.pk),
    )  # fmt: skip
    mouths.tell(checkup, said)
    save_checked(encounter, checkup)
    rows = mouths.rows_of(checkup, said, by=by, given=given)
    rows.save()
    detail = rows.remarks | _differing(told_index, documents.index(said, documents.years_at(encounter)))
    journal.note("mobile_team.checkup.recorded", checkup, encounter, held, *rows.vitals, *rows.doses, by=by, **detail)
    return checkup


def _differing(told: Mapping[str, Any] | None, reckoned: dict[str, int] | None) -> dict[str, Any]:
    """Return what the log says where a tablet reckoned another index than the server; the server's stands."""
    if not told or not reckoned or all(told.get(name, value) == value for name, value in reckoned.items()):
        return {}
    return {"index": {"told": {name: told.get(name) for name in reckoned}, "reckoned": reckoned}}


# -- corrections ----------------------------------------------------------------------------------------------


@transaction.atomic
def correct_checkup(
    *, checkup: DentalCheckup, by: User, why: str, edit: Edit | None = None, **seen: Unpack[Seen]
) -> DentalCheckup:
    """Write a check-up anew as `seen`; how it read before stays as a version (docs/adr/0012).

    With `edit` the work of two people is brought together (docs/adr/0011). Raises DentalCheckup.DoesNotExist, what
    `record_checkup` raises of teeth, counts and dose, RuleBroken: mobile_team.checkup_void, mobile_team.reason_missing;
    `core.editing.Clashed`.
    """
    row = _held(checkup.pk)
    now = documents.document(row)
    after = bring_together(edit, now=now, mine=mouths.document_of(seen, row.observed_at))
    if after != now and not (why := normalise(why)):
        raise RuleBroken("mobile_team.reason_missing", field="why")
    _write_anew(row, now, after, by=by, why=why)
    return row


@transaction.atomic
def amend(
    *, id: UUID, meant: Mapping[str, Any], was: Mapping[str, Any], why: str, by: User, given: str
) -> tuple[DentalCheckup, tuple[Clash, ...]]:
    """Write those fields of a check-up that still read as their user saw them; return what was left as it stood.

    `meant` and `was` are documents (`selectors.documents`) with the names that were changed. `given` and what is
    raised are as for `record_checkup` and `correct_checkup`, but for the reason: a tablet's correction is not lost
    for want of one.
    """
    row = _held(id)
    now = documents.document(row)
    write, clashes = compare_and_set(now=now, was=mouths.completed(was, now), meant=mouths.completed(meant, now))
    if write:
        if (write.get("teeth") or write.get("pufa")) and not write.keys() & NOT_COUNTED.keys():
            write |= NOT_COUNTED  # teeth marked now take the place of what was only counted
        after = now | write
        _write_anew(row, now, after | mouths.completed(after, after), by=by, why=normalise(why), given=given)
    return row, clashes


def _held(id: UUID) -> Any:
    """Return a standing check-up with everything below it that nobody else can write until the transaction ends.

    The lock is a statement of its own: what lies below must be read after it was won. SQLite has one writer at a time
    anyway. Raises DentalCheckup.DoesNotExist, RuleBroken("mobile_team.checkup_void").
    """
    if connection.features.has_select_for_update:
        Encounter.objects.select_for_update().filter(checkup=id).values_list("pk").first()
    row = documents.whole(DentalCheckup.objects.select_related("encounter__patient")).get(pk=id)
    if row.encounter.status == Encounter.Status.VOID:
        raise RuleBroken("mobile_team.checkup_void")
    return row


def _write_anew(row: Any, now: Document, after: Document, *, by: User, why: str, given: str = "") -> None:
    """Keep how a check-up reads, write what differs, and note it. Nothing when nothing differs."""
    changes = {name: [now[name], after[name]] for name in now if now[name] != after[name]}
    if not changes:
        return
    mouths.check(after)
    save_checked(CheckupVersion(checkup=row, number=row.earlier + 1, why=why, document=now, recorded_by=by))
    if "advised_to_come" in changes:
        row.advice_ended = ""
        row.encounter.result = mouths.result_of(after)
        Encounter.objects.filter(pk=row.encounter_id).update(result=row.encounter.result)
    if "observed_at" in changes:
        row.observed_at = rules.moment_on(row.encounter.on, dt.datetime.fromisoformat(after["observed_at"]))
    mouths.tell(row, after)
    clean(row)
    row.save(update_fields=["observed_at", "advice_ended", *map(documents.column, (*COUNTS, *documents.PLAIN))])
    if changes.keys() & {"teeth", "pufa"}:
        _replace_teeth(row, now, after, by=by)
    if "treatments" in changes:
        _replace_treatments(row, now, after, by=by)
    also = _replace_measured(row, changes, after, by=by)
    remarks: Document = {}
    if changes.keys() & set(documents.DOSE):
        doses, remarks = _replace_dose(row, after, by=by, why=why, given=given)
        also += doses
    journal.note("mobile_team.checkup.corrected", row, row.encounter, *also, by=by, changes=changes, why=why, **remarks)


def _replace_teeth(row: Any, now: Document, after: Document, *, by: User) -> None:
    """Write the teeth that are new or different, and take away those no longer marked."""
    if gone := now["teeth"].keys() - after["teeth"].keys():
        row.teeth.filter(tooth__in=map(int, gone)).delete()
    was = {tooth: (code, now["pufa"].get(tooth, "")) for tooth, code in now["teeth"].items()}
    rows = mouths.teeth_rows(row, after, by=by)
    ToothFinding.objects.bulk_create(
        [tooth for tooth in rows if was.get(str(tooth.tooth)) != (tooth.code, tooth.pufa)],
        update_conflicts=True, unique_fields=["checkup", "tooth"],
        update_fields=["code", "pufa", "recorded_at", "recorded_by"],
    )  # fmt: skip


def _replace_treatments(row: Any, now: Document, after: Document, *, by: User) -> None:
    if gone := [done for done in now["treatments"] if done not in after["treatments"]]:
        row.treatments.filter(reduce(or_, (Q(**done) for done in gone))).delete()
    new = [done for done in after["treatments"] if done not in now["treatments"]]
    create_many(ToothTreatment, mouths.treatment_rows(row, new, by=by))


def _replace_measured(row: Any, changes: Document, after: Document, *, by: User) -> list[Any]:
    """Write weight and height anew, beside whatever else was measured then; return what changed."""
    if not changes.keys() & {"weight", "height"}:
        return []
    measures, standing = mouths.measures(after), documents.measurement(row)
    if standing is None:
        made = mouths.part_id(row.pk, "vitals", row.earlier + 1)
        new = outreach.measured(row.encounter, id=made, at=row.observed_at, by=by, **measures)
        create_many(Vitals, new)
        return list(new)
    return [outreach.measured_anew(UUID(standing["id"]), row.encounter, at=row.observed_at, **measures)]


def _replace_dose(row: Any, after: Document, *, by: User, why: str, given: str) -> tuple[list[Any], Document]:
    """Take back the dose that stands and write the other one; return what changed, and what the log says of it."""
    standing = documents.deworming(row)
    gone = UUID(standing["id"]) if standing else None
    made = None
    if after["deworming"]:
        made = mouths.dose_row(
            row, after, by=by, id=mouths.part_id(row.pk, "dose", row.earlier + 1), given=given, instead_of=gone
        )
    changed = outreach.take_back(row.encounter, vitals=[], doses=[gone] if gone else [], reason=why or CORRECTED)
    new = [made.row] if made and made.row else []
    create_many(PreventiveDose, new)
    return [*changed, *new], mouths.remarks(made) if made else {}


# -- errors, advice, merges -------------------------------------------------------------------------------------


@transaction.atomic
def void_checkup(*, checkup: DentalCheckup, reason: str, by: User) -> DentalCheckup:
    """Mark a check-up, its contact, and what was measured and given there as entered in error.

    All of it stays readable, and the person can be seen again. Raises DentalCheckup.DoesNotExist,
    RuleBroken("mobile_team.reason_missing") or ("mobile_team.checkup_void").
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("mobile_team.reason_missing", field="reason")
    row = _held(checkup.pk)
    contact, standing = row.encounter, [said for said in row.measured or [] if not said["void"]]
    doses = [UUID(said["id"]) for said in row.given or [] if not said["void"]]
    contact.status, contact.void_reason = Encounter.Status.VOID, reason
    clean(contact)
    Encounter.objects.filter(pk=contact.pk).update(status=contact.status, void_reason=reason)
    DentalCheckup.objects.filter(pk=row.pk).update(once=None)
    row.once = None
    also = outreach.take_back(contact, vitals=[UUID(said["id"]) for said in standing], doses=doses, reason=reason)
    journal.note("mobile_team.checkup.voided", row, contact, *also, by=by, reason=reason)
    return row


@transaction.atomic
def end_advice(*, checkup: DentalCheckup, reason: str, by: User) -> DentalCheckup:
    """Say why nobody waits any more for somebody who was advised to come to the centre.

    Raises DentalCheckup.DoesNotExist, RuleBroken: mobile_team.reason_missing, mobile_team.not_advised.
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("mobile_team.reason_missing", field="reason")
    row = DentalCheckup.objects.select_for_update(of=("self",)).select_related("encounter").get(pk=checkup.pk)
    if not row.advised_to_come or row.advice_ended or row.encounter.status == Encounter.Status.VOID:
        raise RuleBroken("mobile_team.not_advised")
    row.advice_ended = reason
    clean(row)
    row.save(update_fields=["advice_ended"])
    journal.note("mobile_team.advice.ended", row, row.encounter, by=by, reason=reason)
    return row


def rename(contacts: Collection[UUID], patient: UUID) -> None:
    """Let check-ups that became another person's refuse a second one of that person in their session.

    Part of a merge, which notes it. Where the person was seen in the session as well, both check-ups stay as they are.
    """
    rows = {
        derived_id("mobile_team.checkup", str(row.session_id), patient): row
        for row in DentalCheckup.objects.filter(encounter__in=contacts).exclude(once=None)
    }
    taken = set(DentalCheckup.objects.filter(once__in=rows).values_list("once", flat=True)) if rows else set()
    for once, row in rows.items():
        row.once = row.once if once in taken else once
    DentalCheckup.objects.bulk_update(list(rows.values()), ["once"], batch_size=500)
