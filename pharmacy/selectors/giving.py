"""What was ordered, what was given of it, what is owed; and what must be known of a person before giving more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from clinic.models import Encounter, Patient, Pregnancy, Treatment
from clinic.selectors import people
from core.gather import gather
from core.periods import CLINIC_TZ
from pharmacy import cautions, proposing
from pharmacy.cautions import Person, Running, Substance
from pharmacy.models import Batch, Dispensing, Medicine, Move, Place, good_on

LATELY = timedelta(days=60)  # what was given before is not asked about
OWED_SINCE = timedelta(days=90)
PAGE = 30
_MEDICINE = ("id", "name", "name_km", "form", "strength", "atc")
_SAID = ("ordered", "directions", "dropped")


@dataclass
class Past:
    """One dispensing that stands: how much of which medicine was handed out, and how much came back."""

    id: UUID
    on: date
    treatment: UUID | None
    ordered: int | None
    directions: str
    dropped: str
    medicine: Medicine | None = None
    given: int = 0
    back: int = 0

    @property
    def running(self) -> Running | None:
        """Return what is still being taken of it, and until when; None when nothing is."""
        if self.medicine is None or self.given <= self.back:
            return None
        return Running(substance(self.medicine), cautions.until(self.on, self.directions))


@dataclass
class Ordered:
    """A line of a prescription with what was given of it; `ordered` is None until somebody said how many."""

    treatment: Treatment
    past: list[Past] = field(default_factory=list)

    @property
    def ordered(self) -> int | None:
        return self.past[-1].ordered if self.past else None

    @property
    def given(self) -> int:
        return sum(past.given for past in self.past)

    @property
    def back(self) -> int:
        return sum(past.back for past in self.past)

    @property
    def dropped(self) -> str:
        """Return why the rest will not be given, or nothing."""
        return next((past.dropped for past in self.past if past.dropped), "")

    @property
    def owed(self) -> int:
        """Return how many are still to be given; what was brought back is not owed again."""
        return 0 if self.dropped else max((self.ordered or 0) - self.given, 0)

    @property
    def is_settled(self) -> bool:
        """Return whether nothing more is to be done about it."""
        return bool(self.treatment.stopped_at) or bool(self.past and not self.owed)


@dataclass
class Prescription:
    """A contact with its medicine, and what must be known of the person: `past` is all that was given lately."""

    patient: Patient
    encounter: Encounter | None = None
    lines: list[Ordered] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    born_by: date | None = None

    def person(self, on: date, line: UUID | None = None) -> Person:
        """Return what speaks for or against a medicine on a day; what was given by the same line does not."""
        lately = [past.running for past in self.past if line is None or past.treatment != line]
        weeks = None if self.born_by is None else cautions.weeks_on(on, self.born_by)
        running = [one for one in lately if one]
        return Person(people.alerts_of(self.patient), self.patient.age_on(on), weeks, running)

    def line(self, treatment: UUID) -> Ordered | None:
        """Return the line with this key."""
        return next((line for line in self.lines if line.treatment.pk == treatment), None)


@dataclass
class Lot:
    """What lies of one good batch on a shelf."""

    batch: Batch
    quantity: int


def substance(medicine: Any) -> Substance:
    """Return a medicine as the list of warnings knows it."""
    return Substance(medicine.name, medicine.atc)


def of_visit(id: UUID, today: date) -> Prescription | None:
    """Return the prescription of a contact with all that must be known to give it; one statement."""
    rows = _with_lines(Encounter.objects.filter(pk=id).exclude(status=Encounter.Status.VOID))
    mine = Q(on__gte=today - LATELY) | Q(encounter=id)
    row: Any = rows.annotate(
        below_past=_past(Dispensing.objects.filter(mine), "patient", outer="patient_id"),
        below_alerts=people.alerts(outer="patient_id"), born_by=_born_by("patient_id"),
    ).first()  # fmt: skip
    if row is None:
        return None
    row.patient.alerts = row.below_alerts
    return _prescription(row, _pasts(row.below_past), row.born_by)


def of_patient(id: UUID, today: date) -> Prescription | None:
    """Return what must be known of a person to give medicine without a prescription; one statement."""
    lately = Dispensing.objects.filter(on__gte=today - LATELY)
    people_with = people.with_alerts(people.standing(id).select_related("village"))
    row: Any = people_with.annotate(below_past=_past(lately, "patient"), born_by=_born_by("pk")).first()
    return None if row is None else Prescription(row, past=_pasts(row.below_past), born_by=row.born_by)


def waiting(today: date, *, after: UUID | None = None, limit: int = PAGE) -> tuple[list[Prescription], UUID | None]:
    """Return prescriptions to be given today, those that came first first, and the key of the next page.

    Visits of today, those still open, and stays that ended today, with a line about which nothing was done or of
    which something is owed. One statement.
    """
    midnight = datetime(today.year, today.month, today.day, tzinfo=CLINIC_TZ)
    now = Q(on=today) | Q(status=Encounter.Status.OPEN) | Q(closed_at__gte=midnight)
    rows = Encounter.objects.filter(now, Exists(_unsettled())).exclude(status=Encounter.Status.VOID)
    if after:
        rows = rows.filter(id__gt=after)
    return _page(rows.order_by("id"), limit)


def owed(today: date, *, before: UUID | None = None, limit: int = PAGE) -> tuple[list[Prescription], UUID | None]:
    """Return prescriptions of earlier days of which something is owed, the newest first; one statement."""
    begun = _unsettled().filter(Exists(Dispensing.objects.filter(treatment=OuterRef("pk"))))
    rows = Encounter.objects.filter(Exists(begun), on__gte=today - OWED_SINCE, on__lt=today)
    rows = rows.exclude(status=Encounter.Status.VOID)
    if before:
        rows = rows.filter(id__lt=before)
    return _page(rows.order_by("-id"), limit)


def on_the_shelf(medicines: Iterable[Medicine], place: str, today: date) -> dict[int, list[Lot]]:
    """Return what can be given today of each medicine from a shelf, the first to expire first; one statement."""
    here = Sum(
        Case(
            When(moves__target=place, then=F("moves__quantity")), When(moves__source=place, then=-F("moves__quantity")),
            default=Value(0), output_field=IntegerField(),
        )
    )  # fmt: skip
    found: dict[int, list[Lot]] = {}
    rows = Batch.objects.filter(good_on(today), medicine__in=[m.pk for m in medicines]).annotate(here=here)
    for batch in rows.filter(here__gt=0).order_by("expires_on", "id"):
        found.setdefault(batch.medicine_id, []).append(Lot(batch, batch.here))
    return found


def of_contact(id: UUID) -> Prescription | None:
    """Return one contact with its lines and what was given of them; one statement."""
    row: Any = _with_given(_with_lines(Encounter.objects.filter(pk=id))).first()
    return _prescription(row, _pasts(row.below_given)) if row else None


def formulary() -> list[Medicine]:
    """Return the medicines in use."""
    return list(Medicine.objects.filter(active=True))


def fits(line: Treatment, medicines: Iterable[Medicine]) -> list[Medicine]:
    """Return the medicines that a line may mean, the likeliest first."""
    return proposing.fitting(line.what, line.atc, medicines)


def unsettled(found: Iterable[Prescription], medicines: Iterable[Medicine]) -> list[tuple[Prescription, list[Ordered]]]:
    """Return prescriptions with the lines of which something is to be given, if they are medicine of ours at all."""
    known = list(medicines)
    pairs = ((one, [row for row in one.lines if not row.is_settled and fits(row.treatment, known)]) for one in found)
    return [(one, lines) for one, lines in pairs if lines]


def _page(rows: QuerySet[Encounter], limit: int) -> tuple[list[Prescription], UUID | None]:
    found = [_prescription(row, _pasts(row.below_given)) for row in _with_given(_with_lines(rows))[: limit + 1]]  # type: ignore[attr-defined]
    page = found[:limit]
    return page, page[-1].encounter.pk if len(found) > limit and page[-1].encounter else None


def _with_lines(rows: QuerySet[Encounter]) -> QuerySet[Encounter]:
    lines = gather(
        Treatment.objects.all(), "encounter", id="id", what="what", dose="dose", atc="atc", stopped="stopped_at",
        take_home="take_home",
    )  # fmt: skip
    return rows.select_related("patient__village").annotate(below_lines=lines)


def _with_given(rows: QuerySet[Encounter]) -> QuerySet[Encounter]:
    return rows.annotate(below_given=_past(Dispensing.objects.all(), "encounter"))


def _unsettled() -> QuerySet[Treatment]:
    """Return lines of the outer contact about which something is to be done: nothing was yet, or some is owed."""
    mine = Dispensing.objects.filter(treatment=OuterRef("pk"), void_reason="")
    last = Subquery(mine.order_by("-id").values("ordered")[:1])
    moved = Move.objects.filter(dispensing__treatment=OuterRef("pk"), target=Place.PATIENTS, reversed_by=None)
    summed = moved.order_by().values("dispensing__treatment").annotate(n=Sum("quantity")).values("n")
    rows = Treatment.objects.filter(encounter=OuterRef("pk"), stopped_at=None)
    rows = rows.annotate(last=last, given=Coalesce(Subquery(summed), 0))
    return rows.filter(~Exists(mine) | Q(last__gt=F("given"))).exclude(Exists(mine.exclude(dropped="")))


def _past(rows: QuerySet[Dispensing], by: str, *, outer: str = "pk") -> Subquery:
    """Return, for an annotation, dispensings that stand, a row a move, those without a move too."""
    return gather(
        rows.filter(void_reason=""), by, outer=outer, id="id", on="on", treatment="treatment_id",
        **{name: name for name in _SAID}, quantity="moves__quantity", target="moves__target_id",
        reversed="moves__reversed_by__id", reverses="moves__reverses_id",
        **{f"medicine_{name}": f"moves__batch__medicine__{name}" for name in _MEDICINE},
    )  # fmt: skip


def _born_by(outer: str) -> Subquery:
    """Return the expected day of birth of the pregnancy that is open."""
    rows = Pregnancy.objects.filter(patient=OuterRef(outer), ended_on=None, void_reason="")
    return Subquery(rows.values("edd")[:1])


def _pasts(said: list[dict[str, Any]] | None) -> list[Past]:
    """Read gathered dispensings back, the oldest first."""
    found: dict[str, Past] = {}
    for row in sorted(said or [], key=lambda row: row["id"]):
        past = found.get(row["id"]) or Past(
            UUID(row["id"]), date.fromisoformat(row["on"]), UUID(row["treatment"]) if row["treatment"] else None,
            **{name: row[name] for name in _SAID},
        )  # fmt: skip
        found[row["id"]] = past
        if row["quantity"] is None or row["reversed"] or row["reverses"]:
            continue
        if row["target"] == Place.PATIENTS:
            past.given += row["quantity"]
            past.medicine = Medicine(**{name: row[f"medicine_{name}"] for name in _MEDICINE})
        else:
            past.back += row["quantity"]
    return list(found.values())


def _prescription(row: Any, past: list[Past], born_by: date | None = None) -> Prescription:
    lines = [
        Ordered(
            Treatment(
                id=UUID(said["id"]), encounter=row, what=said["what"], dose=said["dose"], atc=said["atc"],
                stopped_at=said["stopped"] or None, take_home=bool(said["take_home"]),
            ),
            [one for one in past if one.treatment == UUID(said["id"])],
        )
        for said in sorted(row.below_lines or [], key=lambda said: said["id"])
    ]  # fmt: skip
    return Prescription(row.patient, row, lines, past, born_by)
