"""What one check-up says, as a plain document, and the rows that keep it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

from clinic.models import Encounter, PreventiveDose, Vitals
from clinic.services import outreach, prevention
from core.accounts.models import User
from core.db import create_many
from core.errors import RuleBroken
from core.ids import derived_id
from core.khmer import normalise
from mobile_team import rules
from mobile_team.models import DentalCheckup, ToothFinding, ToothTreatment
from mobile_team.selectors import documents
from mobile_team.selectors.documents import COUNTS, DOSE, PLAIN, WORMS, chart_of

Document = dict[str, Any]


class Done(NamedTuple):
    """One thing done: a code of `ToothTreatment.What`, to one tooth or, without one, to the whole mouth."""

    what: str
    tooth: int | None = None


class Seen(TypedDict, total=False):
    """What was seen, done and given; what is left out was not. The three hand-outs are three separate facts.

    `findings` is a chart, {FDI tooth: WHO code}, `marks` what decay did further, {FDI tooth: P, U, F or A}; without
    a chart, quick counts may be given. kg, cm. `deworming` is the medicine given, and `deworming_despite` why it was
    given although the last dose is not long ago.
    """

    findings: rules.Findings
    marks: rules.Marks
    pain: bool
    gums_bleed: bool
    urgency: int
    decayed_primary: int | None
    decayed_permanent: int | None
    missing: int | None
    filled: int | None
    pufa_count: int | None
    treatments: Iterable[tuple[str, int | None]]
    treatment: str
    dental_education: bool
    toothbrush: bool
    toothpaste: bool
    deworming: str
    deworming_despite: str
    weight: Decimal | None
    height: Decimal | None
    advised_to_come: bool
    note: str


def document_of(seen: Seen, observed_at: dt.datetime) -> Document:
    """Return what was seen as the document that `selectors.documents` reads back from the rows."""
    nothing = DentalCheckup()
    findings, marks = dict(seen.get("findings") or {}), dict(seen.get("marks") or {})
    teeth = rules.charted(findings, marks)
    plain = {name: seen.get(name, getattr(nothing, name)) for name in PLAIN}
    return {
        "observed_at": documents.moment(observed_at),
        "teeth": {str(tooth): teeth[tooth] for tooth in sorted(teeth)},
        "pufa": {str(tooth): marks[tooth] for tooth in sorted(marks)},
        **{name: seen.get(name) for name in COUNTS},
        **{name: normalise(value) if isinstance(value, str) else value for name, value in plain.items()},
        "treatments": documents.treatments((what, tooth) for what, tooth in seen.get("treatments") or ()),
        **{name: normalise(str(seen.get(name) or "")) for name in DOSE},
        "weight": documents.amount(seen.get("weight")), "height": documents.amount(seen.get("height")),
    }  # fmt: skip


def completed(said: Mapping[str, Any], now: Mapping[str, Any]) -> Document:
    """Return part of a document whose chart, if it has one, also names the teeth that are only marked."""
    if "teeth" not in said:
        return dict(said)
    teeth, marks = chart_of({"teeth": said["teeth"], "pufa": said.get("pufa", now["pufa"])})
    whole = rules.charted(teeth, marks)
    return {**said, "teeth": {str(tooth): whole[tooth] for tooth in sorted(whole)}}


def check(said: Document) -> None:
    """Refuse what no mouth can have and nobody can do.

    Raises RuleBroken: mobile_team.no_such_tooth, mobile_team.no_such_code, mobile_team.mark_without_tooth,
    mobile_team.chart_or_counts, mobile_team.no_such_treatment, mobile_team.no_such_dose.
    """
    teeth, marks = chart_of(said)
    rules.teeth_exist(teeth)
    rules.marks_fit(teeth, marks)
    rules.chart_or_counts(teeth, [said[name] for name in COUNTS])
    for done in said["treatments"]:
        if done["what"] not in ToothTreatment.What.values:
            raise RuleBroken("mobile_team.no_such_treatment", field="treatments")
        if done["tooth"] is not None:
            rules.tooth_exists(done["tooth"], field="treatments")
    if said["deworming"] and said["deworming"] not in WORMS:
        raise RuleBroken("mobile_team.no_such_dose", field="deworming")


def tell(checkup: DentalCheckup, said: Document) -> None:
    """Set every fact on the row; with a chart the decayed and the marks are counted from it."""
    for name in (*COUNTS, *PLAIN):
        setattr(checkup, documents.column(name), said[name])
    teeth, marks = chart_of(said)
    if teeth:
        checkup.decayed_primary = rules.dmft_primary(teeth, None).decayed
        checkup.decayed_permanent = rules.dmft_permanent(teeth, None).decayed
        checkup.pufa = len(marks)


def result_of(said: Document) -> str:
    """Return how the contact ends."""
    return Encounter.Result.FOLLOW_UP if said["advised_to_come"] else Encounter.Result.TREATED


@dataclass
class Rows:
    """What belongs to a check-up beside its own row, unsaved; `remarks` are what the log says of it."""

    teeth: list[ToothFinding] = field(default_factory=list)
    treatments: list[ToothTreatment] = field(default_factory=list)
    vitals: list[Vitals] = field(default_factory=list)
    doses: list[PreventiveDose] = field(default_factory=list)
    remarks: dict[str, Any] = field(default_factory=dict)

    def save(self) -> None:
        """Write all of them, one statement a table that has any."""
        for model, rows in (
            (ToothFinding, self.teeth), (ToothTreatment, self.treatments), (Vitals, self.vitals),
            (PreventiveDose, self.doses),
        ):  # fmt: skip
            create_many(model, rows)


def rows_of(checkup: DentalCheckup, said: Document, *, by: User, given: str = "") -> Rows:
    """Return the rows of a new check-up; `given` as `prevention.build` takes it."""
    rows = Rows(teeth=teeth_rows(checkup, said, by=by), treatments=treatment_rows(checkup, said["treatments"], by=by))
    rows.vitals = outreach.measured(
        checkup.encounter, id=part_id(checkup.pk, "vitals"), at=checkup.observed_at, by=by, **measures(said)
    )
    if said["deworming"]:
        dose = dose_row(checkup, said, by=by, id=part_id(checkup.pk, "dose"), given=given)
        rows.doses, rows.remarks = [dose.row] if dose.row else [], remarks(dose)
    return rows


def dose_row(
    checkup: DentalCheckup, said: Document, *, by: User, id: UUID, given: str = "", instead_of: UUID | None = None
) -> prevention.Built:
    """Return the dose of a check-up as `prevention.build` does, what is wrong with it beside the check-up's fields."""
    contact = checkup.encounter
    try:
        return prevention.build(
            patient=contact.patient, what=said["deworming"], on=contact.on, by=by, id=id, visit=contact,
            despite=said["deworming_despite"], given=given, instead_of=instead_of,
        )  # fmt: skip
    except RuleBroken as broken:
        beside = {"what": "deworming", "despite": "deworming_despite"}
        broken.field = beside.get(broken.field or "", "deworming")
        raise


def remarks(dose: prevention.Built) -> dict[str, Any]:
    """Return what the log says of a dose against which a rule spoke."""
    return {"dose": dose.against} if dose.against else {}


def measures(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return weight and height of a document as numbers."""
    return {name: None if said[name] is None else Decimal(said[name]) for name in ("weight", "height")}


def teeth_rows(checkup: DentalCheckup, said: Document, *, by: User) -> list[ToothFinding]:
    """Return the chart of a document as rows."""
    teeth, marks = chart_of(said)
    return [
        ToothFinding(checkup=checkup, tooth=tooth, code=code, pufa=marks.get(tooth, ""), recorded_by=by)
        for tooth, code in teeth.items()
    ]


def treatment_rows(checkup: DentalCheckup, done: Iterable[Mapping[str, Any]], *, by: User) -> list[ToothTreatment]:
    """Return treatments of a document as rows."""
    return [ToothTreatment(checkup=checkup, what=one["what"], tooth=one["tooth"], recorded_by=by) for one in done]


def part_id(checkup: UUID, part: str, number: int = 0) -> UUID:
    """Return the id of what belongs to a check-up; `number` is how often the check-up was corrected before."""
    return derived_id("mobile_team.checkup", part, checkup, number)
