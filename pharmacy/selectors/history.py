"""What medicine was handed to a person, for the record's timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, Value, When

from core.gather import gather
from pharmacy.models import Dispensing, Medicine, Move, Place

_MEDICINE = ("id", "name", "name_km", "form", "strength")


@dataclass(frozen=True)
class Given:
    """One medicine of one dispensing as the record shows it; `taken_back` when the whole of it was a mistake.

    `quantity` is what the person kept, `back` what they brought back. Without a medicine nothing was given: the line
    of the prescription is owed, or will not be given.
    """

    dispensing: Dispensing
    medicine: Medicine | None
    quantity: int
    taken_back: bool = False
    back: int = 0


def of_patient(
    patient_id: UUID, *, limit: int = 200, before: tuple[date, UUID] | None = None, also_taken_back: bool = False,
    words: str = "",
) -> list[Given]:  # fmt: skip
    """Return what was handed to a person, newest first by (day, id): one statement.

    `before` is the key of the last dispensing already shown, `limit` the most dispensings looked at, `words` must
    stand in the name of a medicine or in the directions. `also_taken_back` brings what was taken back, and what was
    only written down as owed or as not to be given.
    """
    moves = gather(
        Move.objects.filter(reverses=None), "dispensing", id="id", quantity="quantity", target="target_id",
        back=Case(When(reversed_by=None, then=Value(0)), default=Value(1)),
        **{f"medicine_{name}": f"batch__medicine__{name}" for name in _MEDICINE},
    )  # fmt: skip
    rows = Dispensing.objects.filter(patient_id=patient_id).select_related("recorded_by", "treatment")
    rows = rows.annotate(given=moves)
    if words:
        medicine = Q(batch__medicine__name__icontains=words) | Q(batch__medicine__name_km__icontains=words)
        moved = Exists(Move.objects.filter(medicine, dispensing=OuterRef("pk")))
        rows = rows.filter(Q(directions__icontains=words) | Q(treatment__what__icontains=words) | moved)
    if before:
        on, last = before
        rows = rows.filter(Q(on__lt=on) | Q(on=on, id__lt=last))
    found: list[Given] = []
    for dispensing in rows.order_by("-on", "-id")[:limit]:
        for back in (False, True) if also_taken_back else (False,):
            found += _given(dispensing, back)
        if also_taken_back and not dispensing.given:  # type: ignore[attr-defined]
            found.append(Given(dispensing, None, 0, bool(dispensing.void_reason)))
    return found


def _given(dispensing: Dispensing, taken_back: bool) -> list[Given]:
    kept: dict[Medicine, int] = {}
    back: dict[Medicine, int] = {}
    for move in sorted(dispensing.given or [], key=lambda move: move["id"]):  # type: ignore[attr-defined]
        if bool(move["back"]) is not taken_back:
            continue
        medicine = Medicine(**{name: move[f"medicine_{name}"] for name in _MEDICINE})
        sign = 1 if move["target"] == Place.PATIENTS else -1
        kept[medicine] = kept.get(medicine, 0) + sign * move["quantity"]
        if sign < 0 and not taken_back:
            back[medicine] = back.get(medicine, 0) + move["quantity"]
    return [Given(dispensing, medicine, n, taken_back, back.get(medicine, 0)) for medicine, n in kept.items()]
