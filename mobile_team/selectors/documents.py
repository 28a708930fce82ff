"""A check-up with everything that belongs to it, in one statement, and the one document that describes it.

Log, earlier versions, shared edits and tablets all use this document (docs/adr/0011, 0012; docs/sync/protocol.md 4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from clinic.models import Encounter, PreventiveDose, Vitals
from core.ages import slot_age
from core.gather import gather
from core.periods import CLINIC_TZ
from mobile_team import rules
from mobile_team.models import CheckupVersion, DentalCheckup, ToothFinding, ToothTreatment

WORMS = (PreventiveDose.What.MEBENDAZOLE.value, PreventiveDose.What.ALBENDAZOLE.value)
COUNTS = ("decayed_primary", "decayed_permanent", "missing", "filled", "pufa_count")
PLAIN = (
    "pain", "gums_bleed", "urgency", "treatment", "dental_education", "toothbrush", "toothpaste", "advised_to_come",
    "note",
)  # fmt: skip
DOSE = ("deworming", "deworming_despite")
NAMES = ("observed_at", "teeth", "pufa", *COUNTS, *PLAIN, "treatments", *DOSE, "weight", "height")
NOT_COUNTED: dict[str, Any] = dict.fromkeys(COUNTS)


def column(name: str) -> str:
    """Return the column of a name of the document; the count of PUFA is called as the index is."""
    return "pufa" if name == "pufa_count" else name


def whole(rows: QuerySet[DentalCheckup]) -> QuerySet[Any]:
    """Add to check-ups their contact, `chart`, `done`, `measured`, `given`, and how many versions came before."""
    versions = CheckupVersion.objects.filter(checkup=OuterRef("pk")).order_by().values("checkup")
    below: dict[str, Any] = {
        "chart": gather(ToothFinding.objects.all(), "checkup", tooth="tooth", code="code", pufa="pufa"),
        "done": gather(ToothTreatment.objects.all(), "checkup", what="what", tooth="tooth"),
        "measured": gather(
            Vitals.objects.all(), "encounter", outer="encounter_id", id="id", at="measured_at", weight="weight",
            height="height", void="void_reason",
        ),
        "given": gather(
            PreventiveDose.objects.filter(what__in=WORMS), "encounter", outer="encounter_id", id="id", what="what",
            dose="dose", despite="despite", void="void_reason",
        ),
        "earlier": Coalesce(Subquery(versions.annotate(n=Max("number")).values("n")), 0),
    }  # fmt: skip
    return rows.select_related("encounter").annotate(**below)


def newest(patient_ids: Iterable[UUID], each: int) -> QuerySet[Any]:
    """Return the newest check-ups of many people, `each` of everybody, as rows of `whole`; one statement."""
    place = Window(RowNumber(), partition_by="encounter__patient", order_by=["-encounter__on", "-id"])
    theirs = DentalCheckup.objects.filter(encounter__patient__in=list(patient_ids)).annotate(place=place)
    rows = DentalCheckup.objects.filter(pk__in=theirs.filter(place__lte=each).values("pk"))
    return whole(rows).select_related("recorded_by").order_by("-encounter__on", "-id")


def document(row: Any) -> dict[str, Any]:
    """Return what a row of `whole` says, as plain JSON values under the names of the protocol."""
    chart = sorted(row.chart or [], key=lambda said: said["tooth"])
    taken, dose = measurement(row), deworming(row)
    return {
        "observed_at": moment(row.observed_at),
        "teeth": {str(said["tooth"]): said["code"] for said in chart},
        "pufa": {str(said["tooth"]): said["pufa"] for said in chart if said["pufa"]},
        **(NOT_COUNTED if chart else {name: getattr(row, column(name)) for name in COUNTS}),
        **{name: getattr(row, name) for name in PLAIN},
        "treatments": treatments((said["what"], said["tooth"]) for said in row.done or []),
        "deworming": dose["what"] if dose else "", "deworming_despite": dose["despite"] if dose else "",
        "weight": amount(taken["weight"]) if taken else None, "height": amount(taken["height"]) if taken else None,
    }  # fmt: skip


def measurement(row: Any) -> dict[str, Any] | None:
    """Return the newest standing measurement of the contact; of a void check-up the one voided with it."""
    return max(_standing(row, row.measured), key=lambda said: (said["at"], said["id"]), default=None)


def deworming(row: Any) -> dict[str, Any] | None:
    """Return the standing dose against worms of the contact; of a void check-up the one voided with it."""
    return max(_standing(row, row.given), key=lambda said: said["id"], default=None)


def _standing(row: Any, said: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [one for one in said or [] if one["void"] == row.encounter.void_reason]


def treatments(done: Iterable[tuple[str, int | None]]) -> list[dict[str, Any]]:
    """Return treatments as the document lists them, each once, in a fixed order."""
    once = sorted(dict.fromkeys(done), key=lambda pair: (pair[0], pair[1] or 0))
    return [{"what": what, "tooth": tooth} for what, tooth in once]


def amount(value: Any) -> str | None:
    """Write a measured number with at least one decimal: "16.5", "104.0"; None for none."""
    if value is None:
        return None
    text = f"{Decimal(str(value)).normalize():f}"
    return text if "." in text else f"{text}.0"


def moment(at: dt.datetime) -> str:
    """Write an instant by the clinic's clock, to the second."""
    return at.astimezone(CLINIC_TZ).replace(microsecond=0).isoformat()


def chart_of(said: Mapping[str, Any]) -> tuple[dict[int, str], dict[int, str]]:
    """Return codes and marks of a document by tooth."""
    return {int(t): c for t, c in said["teeth"].items()}, {int(t): m for t, m in said["pufa"].items()}


def years_at(contact: Encounter) -> int | None:
    """Return the age in years at a contact, None when it is unknown."""
    return None if contact.age_slot is None else slot_age(contact.age_slot).years


def index(said: Mapping[str, Any], years: int | None) -> dict[str, int] | None:
    """Reckon dmft and DMFT of a document; None without a chart."""
    teeth, marks = chart_of(said)
    if not teeth and not marks:
        return None
    found = rules.indices(teeth, marks, years)
    return {"dmft": found.primary.total, "DMFT": found.permanent.total}
