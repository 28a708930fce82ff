"""Medicine: what came, was given, corrected and written off, what lies there, and what was out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.urls import reverse

from core.money import Currency
from pharmacy.models import Batch, Medicine, Move, Place
from pharmacy.selectors.levels import Lying, days_out, lying
from pharmacy.selectors.stock import SOON
from reports.sources.source import Dimension, Line, Part, Shown, Source
from reports.sources.words import joined
from reports.spans import Span

_MOVED = Dimension("batch__medicine_id", numbered=True)


def _moves(span: Span) -> Any:
    return Move.objects.filter(on__range=(span.first, span.last))


def _until(span: Span) -> Any:
    return Move.objects.filter(on__lte=span.last)


def _signed(plus: Q, minus: Q) -> tuple[Part]:
    one = F("quantity")
    return (Part(Case(
        When(plus & minus, then=Value(0)), When(plus, then=one), When(minus, then=-one), default=Value(0),
        output_field=IntegerField(),
    )),)  # fmt: skip


def touching(place: str) -> Callable[[Any], Q]:
    """Keep moves from or to a place outside; what was moved back counts below zero on the day it was moved back."""
    return lambda _: Q(source=place) | Q(target=place)


RECEIVED = _signed(Q(source=Place.SOURCE), Q(target=Place.SOURCE))
GIVEN = _signed(Q(target=Place.PATIENTS), Q(source=Place.PATIENTS))
ADJUSTED = _signed(Q(source=Place.COUNT), Q(target=Place.COUNT))
WRITTEN_OFF = _signed(Q(target=Place.WASTE), Q(source=Place.WASTE))
LEFT = _signed(~Q(target__in=Place.OUTSIDE), ~Q(source__in=Place.OUTSIDE))


def _move(row: Any) -> Shown:
    batch = row.batch
    more = joined(batch.number, row.get_why_display() if row.why else "", row.note)
    return Shown(str(batch.medicine), more, reverse("pharmacy:batch", args=[batch.pk]), _receiver(row))


def _receiver(row: Any) -> Any:
    return row.dispensing.patient_id if row.dispensing else None


_RELATED = ("batch__medicine", "dispensing")
MOVES = Source(
    _moves, _move, related=_RELATED,
    dimensions={
        "medicine": _MOVED,
        "why": Dimension("why", tuple(Move.Why.values)),
        "source": Dimension("batch__source", tuple(Batch.Source.values)),
    },
)  # fmt: skip
SHELVES = Source(_until, _move, related=_RELATED, dimensions={"medicine": _MOVED}, level=True)


# --- How things stand at the end of the last day, and what was out ---


def _batch(row: Lying) -> Shown:
    batch = row.batch
    more = joined(batch.number, batch.expires_on.isoformat(), row.units)
    return Shown(str(batch.medicine), more, reverse("pharmacy:batch", args=[batch.pk]))


def _line(row: Lying, amount: int, **keys: str) -> Line:
    batch = row.batch
    return Line(batch.expires_on, str(batch.pk), _batch(row), amount, {"medicine": str(batch.medicine_id), **keys})


def _worth(span: Span) -> Iterator[Line]:
    for row in lying(span.known):
        if row.worth:
            yield _line(row, row.worth.minor, currency=row.worth.currency.value)


def _expiring(within: timedelta, *, over: bool) -> Callable[[Span], Iterator[Line]]:
    def lines(span: Span) -> Iterator[Line]:
        for row in lying(span.known):
            expired = row.batch.expires_on < span.known
            if expired if over else not expired and row.batch.expires_on <= span.known + within:
                yield _line(row, 1)

    return lines


def _medicine(medicine: Medicine, span: Span, amount: int) -> Line:
    shown = Shown(str(medicine), "", reverse("pharmacy:medicine", args=[medicine.pk]))
    return Line(span.known, f"{medicine.name} {medicine.pk:012}", shown, amount, {"medicine": str(medicine.pk)})


def _out(span: Span) -> Iterator[Line]:
    yield from (_medicine(medicine, span, 1) for medicine, _ in _days_out(span))


def _days(span: Span) -> Iterator[Line]:
    yield from (_medicine(medicine, span, days) for medicine, days in _days_out(span))


def _days_out(span: Span) -> Iterator[tuple[Medicine, int]]:
    return days_out(span.first, span.known) if span.first <= span.known else iter(())


_BY_MEDICINE = {"medicine": Dimension("medicine", numbered=True)}
WORTH = Source(
    lines=_worth, level=True,
    dimensions=_BY_MEDICINE | {"currency": Dimension("currency", tuple(c.value for c in Currency))},
)  # fmt: skip
EXPIRING = Source(lines=_expiring(SOON, over=False), level=True, dimensions=_BY_MEDICINE)
EXPIRED = Source(lines=_expiring(SOON, over=True), level=True, dimensions=_BY_MEDICINE)
OUT = Source(lines=_out, level=True, dimensions=_BY_MEDICINE)
DAYS_OUT = Source(lines=_days, level=True, dimensions=_BY_MEDICINE)
