"""Record, correct and void what the dental team saw in one mouth at one stop of a route."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db import transaction

from clinic.models import Encounter, Patient
from clinic.selectors import people
from clinic.services import encounters
from core.accounts.models import User
from core.audit import journal
from core.db import create_many, save_checked
from core.errors import Conflict, RuleBroken
from core.gather import gather
from core.ids import derived_id, uuid7
from core.khmer import normalise
from core.places.models import Village
from mobile_team import rules
from mobile_team.models import DentalCheckup, Session, ToothFinding


class Seen(TypedDict, total=False):
    """What was seen and done; what is left out was not. The three hand-outs are three separate facts."""

    pain: bool
    gums_bleed: bool
    urgency: int
    decayed_primary: int | None
    decayed_permanent: int | None
    missing: int | None
    filled: int | None
    dental_education: bool
    toothbrush: bool
    toothpaste: bool
    treatment: str
    advised_to_come: bool
    note: str


COUNTS = ("decayed_primary", "decayed_permanent", "missing", "filled")
FACTS = tuple(Seen.__annotations__)


def record_checkup(
    *, session: Session, patient: Patient, observed_at: datetime, by: User, today: date, id: UUID | None = None,
    findings: rules.Findings | None = None, **seen: Unpack[Seen],
) -> DentalCheckup:  # fmt: skip
    """Record one check-up with its contact; the session counts as held from then on.

    `findings` is a chart, {FDI tooth: WHO code}; without one, quick counts may be given. Contact and moment carry
    the session's day, noon when `observed_at` names another one. Sent twice with the same `id`, it is kept once. Of
    `session` only the id is trusted.
    Raises RuleBroken for a wrong tooth or code, a chart beside counts, a session in the future, or what
    `encounters.begin` refuses; Conflict("constraint.mobile_checkup_once") when the person was seen in this session.
    """
    patient = people.survivor(patient)
    try:
        return _record(
            id=id or uuid7(), session=session, patient=patient, observed_at=observed_at, by=by, today=today,
            findings=findings or {}, seen=seen,
        )  # fmt: skip
    except Conflict as conflict:
        if id is None or conflict.code != "constraint.same_id":
            raise
        kept = DentalCheckup.objects.select_related("encounter", "session").filter(id=id).first()
        if kept is None or kept.session_id != session.pk or kept.patient_id != patient.pk:
            raise
        return kept


@transaction.atomic
def _record(
    *, id: UUID, session: Session, patient: Patient, observed_at: datetime, by: User, today: date,
    findings: rules.Findings, seen: Seen,
) -> DentalCheckup:  # fmt: skip
    _check(findings, seen)
    held = Session.objects.hold(session.pk)
    if held is None:
        raise RuleBroken("mobile_team.no_such_session")
    if held.on > today:
        raise RuleBroken("mobile_team.session_in_future")
    observed_at = rules.moment_on(held.on, observed_at)
    came_from = None if patient.village_id else Village(id=held.village_id)
    encounter = encounters.begin(
        patient=patient, kind=Encounter.Kind.OUTREACH, on=held.on, by=by, today=today, village=came_from,
        id=derived_id("mobile_team.checkup.encounter", id), status=Encounter.Status.CLOSED, closed_at=observed_at,
        result=_result(seen),
    )  # fmt: skip
    checkup = DentalCheckup(
        id=id, encounter=encounter, session=held, observed_at=observed_at, recorded_by=by,
        once=derived_id("mobile_team.checkup", held.pk, patient.pk),
    )  # fmt: skip
    _tell(checkup, findings, seen)
    save_checked(encounter, checkup)
    create_many(ToothFinding, _rows(checkup, findings, by))
    journal.note("mobile_team.checkup.recorded", checkup, encounter, held, by=by)
    return checkup


@transaction.atomic
def correct_checkup(
    *, checkup: DentalCheckup, by: User, findings: rules.Findings | None = None, **seen: Unpack[Seen]
) -> DentalCheckup:
    """Write a check-up anew as `seen`; what stood there before stays readable in the log.

    Raises what `record_checkup` raises of teeth and counts, and RuleBroken("mobile_team.checkup_void").
    """
    findings = findings or {}
    _check(findings, seen)
    # The contact's own change comes first: it holds the row, so that check-up and teeth are read as they now stand.
    Encounter.objects.filter(checkup=checkup.pk).update(result=_result(seen))
    locked, was = _as_it_stands(checkup)
    before, contact = told(locked, was), locked.encounter
    _tell(locked, findings, seen)
    save_checked(locked)
    _replace(locked, was, findings, by)
    journal.note("mobile_team.checkup.corrected", locked, contact, by=by, before=before)
    return locked


@transaction.atomic
def void_checkup(*, checkup: DentalCheckup, reason: str, by: User) -> DentalCheckup:
    """Mark a check-up and its contact as entered in error; both stay readable, and the person can be seen again.

    Raises RuleBroken("mobile_team.reason_missing") or ("mobile_team.checkup_void").
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("mobile_team.reason_missing", field="reason")
    locked = _locked(checkup)
    locked.once = None
    locked.encounter.status, locked.encounter.void_reason = Encounter.Status.VOID, reason
    save_checked(locked, locked.encounter)
    journal.note("mobile_team.checkup.voided", locked, locked.encounter, by=by, reason=reason)
    return locked


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


def told(checkup: DentalCheckup, findings: rules.Findings) -> dict[str, Any]:
    """Return a check-up as the log keeps it: every fact by name, and the chart."""
    return {name: getattr(checkup, name) for name in FACTS} | {"teeth": {str(t): c for t, c in findings.items()}}


def _locked(checkup: DentalCheckup) -> DentalCheckup:
    """Lock a check-up for change, the contact before it as a correction does, so that two never wait for each other."""
    rows = DentalCheckup.objects.select_for_update(of=("encounter", "self")).select_related("encounter")
    return _standing(rows.get(pk=checkup.pk))


def _as_it_stands(checkup: DentalCheckup) -> tuple[DentalCheckup, rules.Findings]:
    """Return a check-up with its chart in one statement."""
    chart = gather(ToothFinding.objects.all(), "checkup", tooth="tooth", code="code")
    found: Any = DentalCheckup.objects.select_related("encounter").annotate(chart=chart).get(pk=checkup.pk)
    return _standing(found), {finding["tooth"]: finding["code"] for finding in found.chart or []}


def _standing(checkup: DentalCheckup) -> DentalCheckup:
    if checkup.encounter.status == Encounter.Status.VOID:
        raise RuleBroken("mobile_team.checkup_void")
    return checkup


def _check(findings: rules.Findings, seen: Seen) -> None:
    rules.teeth_exist(findings)
    rules.chart_or_counts(findings, [seen.get(name) for name in COUNTS])  # type: ignore[misc]


def _tell(checkup: DentalCheckup, findings: rules.Findings, seen: Seen) -> None:
    """Set every fact on the row; one that is left out goes back to what a new row says."""
    nothing = DentalCheckup()
    for name in FACTS:
        value = seen.get(name, getattr(nothing, name))
        setattr(checkup, name, normalise(value) if isinstance(value, str) else value)
    if findings:
        checkup.decayed_primary = rules.dmft_primary(findings, None).decayed
        checkup.decayed_permanent = rules.dmft_permanent(findings, None).decayed


def _rows(checkup: DentalCheckup, findings: rules.Findings, by: User) -> list[ToothFinding]:
    return [
        ToothFinding(checkup=checkup, tooth=tooth, code=code, recorded_by=by)
        for tooth, code in sorted(findings.items())
    ]


def _replace(checkup: DentalCheckup, was: rules.Findings, findings: rules.Findings, by: User) -> None:
    """Write the teeth that are new or different, and take away those no longer marked."""
    if gone := was.keys() - findings.keys():
        checkup.teeth.filter(tooth__in=gone).delete()
    ToothFinding.objects.bulk_create(
        [row for row in _rows(checkup, findings, by) if was.get(row.tooth) != row.code],
        update_conflicts=True, unique_fields=["checkup", "tooth"], update_fields=["code", "recorded_at", "recorded_by"],
    )  # fmt: skip


def _result(seen: Seen) -> str:
    return Encounter.Result.FOLLOW_UP if seen.get("advised_to_come") else Encounter.Result.TREATED
