"""What medicine was handed to a person, for the record's timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, Value, When

from core.gather import gather
from pharmacy.models import Dispensing, Medicine, Move

_MEDICINE = ("id", "name", "name_km", "form", "strength")


@dataclass(frozen=True)
class Given:
    """One medicine of one dispensing as the record shows it; `taken_back` when the whole of it was."""

    dispensing: Dispensing
    medicine: Medicine
    quantity: int
    taken_back: bool = False


def of_patient(
    patient_id: UUID, *, limit: int = 200, before: tuple[date, UUID] | None = None, also_taken_back: bool = False,
    words: str = "",
) -> list[Given]:  # fmt: skip
    """Return what was handed to a person, newest first by (day, id): one statement.

    `before` is the key of the last dispensing already shown, `limit` the most dispensings looked at, `words` must
    stand in the name of a medicine or in the directions.
    """
    moves = gather(
        Move.objects.filter(reverses=None), "dispensing", id="id", quantity="quantity",
        back=Case(When(reversed_by=None, then=Value(0)), default=Value(1)),
        **{f"medicine_{name}": f"batch__medicine__{name}" for name in _MEDICINE},
    )  # fmt: skip
    rows = Dispensing.objects.filter(patient_id=patient_id).select_related("recorded_by").annotate(given=moves)
    if words:
        medicine = Q(batch__medicine__name__icontains=words) | Q(batch__medicine__name_km__icontains=words)
        moved = Exists(Move.objects.filter(medicine, dispensing=OuterRef("pk")))
        rows = rows.filter(Q(directions__icontains=words) | moved)
    if before:
        on, last = before
        rows = rows.filter(Q(on__lt=on) | Q(on=on, id__lt=last))
    found: list[Given] = []
    for dispensing in rows.order_by("-on", "-id")[:limit]:
        for back in (False, True) if also_taken_back else (False,):
            found += _given(dispensing, back)
    return found


def _given(dispensing: Dispensing, back: bool) -> list[Given]:
    quantities: dict[Medicine, int] = {}
    for move in sorted(dispensing.given or [], key=lambda move: move["id"]):  # type: ignore[attr-defined]
        if bool(move["back"]) is back:
            medicine = Medicine(**{name: move[f"medicine_{name}"] for name in _MEDICINE})
            quantities[medicine] = quantities.get(medicine, 0) + move["quantity"]
    return [Given(dispensing, medicine, quantity, back) for medicine, quantity in quantities.items()]
