"""The kit of a session and the stock behind it: what is packed comes out of the store, what is left goes back.

The mobile team knows what was packed and given, the pharmacy knows what lies where; the act that needs both stands
here. What is no medicine (brushes, gloves, leaflets) is in the kit only. Moves carry the key of their line as their
errand; those made on closing carry one derived from the session, so that a kit closed twice moves once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Subquery, Value, When

from core.audit import journal
from core.errors import RuleBroken
from core.gather import gather
from core.ids import derived_id
from mobile_team.models import KitLine, Session
from mobile_team.selectors import kits
from pharmacy.models import Move, Place
from pharmacy.services import carrying
from pharmacy.services.carrying import Load, Wanted

# What of a kit is medicine, by its name, form and strength in the formulary; "" is any strength.
STOCKED: dict[str, tuple[str, str, str]] = {
    "paste": ("Fluoride", "toothpaste", ""), "mebendazole": ("Mebendazole", "chewable", "500 mg"),
    "albendazole": ("Albendazole", "chewable", "400 mg"), "varnish": ("Fluoride", "varnish", ""),
    "sdf": ("Silver diamine fluoride", "solution", ""),
}  # fmt: skip


@dataclass
class Stocked:
    """One line of a kit with the stock behind it: what lies in the kit by batch, and whether it was closed."""

    line: kits.Line
    place: str = ""
    held: dict[UUID, int] = field(default_factory=dict)
    taken: int = 0
    latest: date | None = None
    closed: bool = False

    @property
    def wanting(self) -> int:
        """Return how many were packed and not taken from the store; below zero when too many were."""
        return 0 if self.closed or self.line.item not in STOCKED else self.line.packed - self.taken

    @property
    def over(self) -> int:
        """Return how many more were taken than packed."""
        return max(-self.wanting, 0)

    @property
    def parts(self) -> dict[str, int]:
        """Return where what came from the store goes on closing: to patients, back to the store, written off.

        Never more than was taken. What nobody can account for is written off, and the page says so before.
        """
        left, found = self.taken, {}
        for target, n in ((Place.PATIENTS, self.line.given), (Place.STORE, self.line.returned)):
            found[target] = min(n or 0, left)
            left -= found[target]
        return found | {Place.WASTE: left}


def kit_of(session_id: UUID) -> tuple[Session, list[Stocked]]:
    """Return a session and every line its kit can have, with the stock behind it. Two statements.

    Raises Session.DoesNotExist.
    """
    return _with_stock(kits.with_counts(Session.objects.select_related("village", "route")).get(pk=session_id))


@transaction.atomic
def take(*, session_id: UUID, by: Any, today: date) -> list[Move]:
    """Take from the store what is packed in a session's kit and not taken yet; bring back what is packed no more.

    Asked twice it moves once. Raises Session.DoesNotExist; RuleBroken("desk.kit_agrees") when there is nothing to
    move, and what `carrying` raises: nothing is moved then, and the kit stays packed as it is written.
    """
    session, lines = _locked(session_id)
    place, on = session.kit_place, min(session.on, today)
    wanted = [
        Wanted(one.line.row.pk, *STOCKED[one.line.item], one.wanting)
        for one in lines if one.wanting > 0 and one.line.row
    ]  # fmt: skip
    back = [
        (one.place, load) for one in lines if one.wanting < 0 and one.line.row
        for load in _off(one, Place.STORE, -one.wanting, one.line.row.pk)
    ]  # fmt: skip
    if not wanted and not back:
        raise RuleBroken("desk.kit_agrees")
    remark, moves = _remark(session), []
    with journal.together():
        if wanted:
            moves += carrying.take(
                wanted=wanted, source=Place.STORE, target=place, on=on, by=by, today=today, remark=remark
            )
        for shelf, loads in _by_place(back).items():
            since = max([on, *(one.latest for one in lines if one.latest)])
            moves += carrying.bring(loads=loads, source=shelf, on=since, by=by, today=today, remark=remark)
    return moves


@transaction.atomic
def close(*, session_id: UUID, by: Any, today: date) -> list[Move]:
    """Empty a kit in the books: what was given to patients, what came back to the store, the rest written off.

    Closed twice it moves once. Raises Session.DoesNotExist; RuleBroken: desk.kit_not_counted while a line that came
    from the store was not counted back, desk.kit_empty when nothing of the store is in it,
    mobile_team.session_in_future.
    """
    session, lines = _locked(session_id)
    if session.on > today:
        raise RuleBroken("mobile_team.session_in_future")
    held = [one for one in lines if one.taken and not one.closed]
    if not held:
        raise RuleBroken("desk.kit_empty")
    if any(not one.line.counted_back for one in held):
        raise RuleBroken("desk.kit_not_counted")
    end = closing(session.pk)
    loads = [(one.place, load) for one in held for target, n in one.parts.items() for load in _off(one, target, n, end)]
    on = max([session.on, *(one.latest for one in held if one.latest)])
    moves: list[Move] = []
    for shelf, there in _by_place(loads).items():
        moves += carrying.bring(loads=there, source=shelf, on=on, by=by, today=today, remark=_remark(session))
    return moves


def closing(session_id: UUID) -> UUID:
    """Return the errand of the moves that empty the kit of a session."""
    return derived_id("desk.kit.closed", session_id)


def _locked(session_id: UUID) -> tuple[Any, list[Stocked]]:
    """Lock a session, and with it its kit and its kit's stock, then read them: whoever comes second sees the first."""
    rows = kits.with_counts(Session.objects.select_for_update(of=("self",)).select_related("village"))
    return _with_stock(rows.annotate(kit_place=_kit_place()).get(pk=session_id))


def _kit_place() -> Subquery:
    """Return the kit of the session's vehicle, by its name; else the first kit."""
    mine = Q(name_km=OuterRef("vehicle")) | Q(name_en=OuterRef("vehicle")) | Q(code=OuterRef("vehicle"))
    rows = Place.objects.filter(kind=Place.Kind.KIT).annotate(
        other=Case(When(mine, then=Value(0)), default=Value(1), output_field=IntegerField())
    )
    return Subquery(rows.order_by("other", "code").values("code")[:1])


def _with_stock(session: Any) -> tuple[Any, list[Stocked]]:
    columns = {name: name for name in ("batch", "source", "target", "quantity", "on")}
    emptied = Exists(Move.objects.filter(errand=closing(session.pk)))
    rows = KitLine.objects.filter(session=session).annotate(
        moves=gather(Move.objects.all(), "errand", **columns), closed=emptied
    )
    counts = {item: getattr(session, f"n_{item}") for item in KitLine.COUNTED}
    return session, [_stocked(line) for line in kits.of_kit(rows, counts)]


def _stocked(line: kits.Line) -> Stocked:
    row: Any = line.row
    found = Stocked(line, closed=bool(row and row.closed))
    for move in (row.moves or []) if row else []:
        into = move["source"] == Place.STORE
        found.place = move["target"] if into else move["source"]
        batch, on = UUID(move["batch"]), date.fromisoformat(move["on"])
        found.held[batch] = found.held.get(batch, 0) + (move["quantity"] if into else -move["quantity"])
        found.latest = max(found.latest or on, on)
    found.taken = sum(found.held.values())
    return found


def _off(one: Stocked, target: str, quantity: int, errand: UUID) -> list[Load]:
    """Return loads of so many units of what a line holds, and take them off what it holds."""
    loads = []
    for batch in sorted(one.held):
        if (n := min(one.held[batch], quantity)) > 0:
            loads.append(Load(errand, batch, target, n))
            one.held[batch] -= n
            quantity -= n
    return loads


def _by_place(loads: Iterable[tuple[str, Load]]) -> dict[str, list[Load]]:
    """Return the loads by the kit they lie in; one kit, unless the vehicle was changed meanwhile."""
    found: dict[str, list[Load]] = {}
    for place, load in loads:
        found.setdefault(place, []).append(load)
    return found


def _remark(session: Session) -> str:
    return f"{session.village}, {session.on:%d/%m/%Y}"
