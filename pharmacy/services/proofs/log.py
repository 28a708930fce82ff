"""Proofs against the log: each record was written by a deed somebody answers for, and still says what it said then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, CharField, Exists, F, Func, Model, OuterRef, Q, Subquery, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Replace

from core.audit import journal
from core.audit import models as audit
from core.syncing import Change, Synced
from pharmacy.models import (
    AidCase,
    AidCost,
    Batch,
    BoxOpening,
    CashCount,
    Dispensing,
    Donation,
    Entry,
    Exchange,
    Move,
    Place,
    Purchase,
    StockCount,
)
from pharmacy.services.proofs.found import Broken, rows

# Everything in the books that some deed wrote: each of them moved the clock of the house when it was noted.
NOTED: tuple[type[Model], ...] = (
    Entry, Donation, BoxOpening, Purchase, Exchange, CashCount, Batch, Move, Dispensing, AidCase, AidCost,
)  # fmt: skip
DATED: tuple[type[Model], ...] = (*NOTED[:6], Move, Dispensing, StockCount, AidCase, AidCost)


def records_are_in_the_log() -> Iterator[Broken]:
    """Prove that no record was written past the log: whatever is noted takes a number of the clock."""
    for model in NOTED:
        assert issubclass(model, Synced)
        numbered = Change.objects.filter(resource=model.resource(), record_id=OuterRef("pk"))
        yield from rows("books.not_in_log", model._default_manager.filter(~Exists(numbered)))
    told = audit.Entry.objects.filter(subject_id=OuterRef("pk"))
    yield from rows("books.not_in_log", StockCount.objects.filter(~Exists(told)))
    recalled = Batch.objects.filter(recalled_on__isnull=False)
    yield from rows("books.not_in_log", recalled.filter(~Exists(told.filter(verb="pharmacy.batch.recalled"))))


def records_say_what_the_log_says() -> Iterator[Broken]:
    """Prove that amounts are those that were noted when they were written: the log itself cannot be changed."""
    gift = _said("pharmacy.donation.received", "amount")
    yield from rows("books.log_amount", Donation.objects.annotate(said=gift).exclude(_as_said("entry__minor")))
    paid = _said("pharmacy.purchase.recorded", "sum")
    yield from rows("books.log_amount", Purchase.objects.annotate(said=paid).exclude(_as_said("entry__minor")))
    came = Move.objects.filter(source=Place.SOURCE, reverses=None)
    received = _said("pharmacy.batch.received", "quantity", of="batch")
    yield from rows("books.log_quantity", came.annotate(said=received).exclude(_as_said("quantity")))
    given = Move.objects.filter(dispensing=OuterRef("pk"), target=Place.PATIENTS).order_by().values("dispensing")
    dispensed = Dispensing.objects.annotate(
        said=_said("pharmacy.medicine.dispensed", "quantity"),
        given=Subquery(given.annotate(n=Sum("quantity")).values("n")),
    )
    yield from rows("books.log_quantity", dispensed.exclude(_as_said("given")))


def nothing_is_dated_ahead(today: date) -> Iterator[Broken]:
    """Prove that nothing has happened on a day that has not come."""
    for model in DATED:
        yield from rows("books.dated_ahead", model._default_manager.filter(on__gt=today))


def the_log_is_whole() -> Iterator[Broken]:
    """Prove the chain of the log: each entry fits the one before it. One pass over all of it, the longest of all."""
    if broken := journal.broken_at():
        yield Broken("books.log_broken", "log", str(broken))


def _said(verb: str, name: str, of: str = "pk") -> Any:
    """Return the figure that the note of a deed gives, however it is written: "12,500 ៛", "$1.50", 30."""
    notes = audit.Entry.objects.filter(subject_id=OuterRef(of), verb=verb).order_by("seq")
    text: Func = Subquery(notes.values(text=KeyTextTransform(name, "detail"))[:1], output_field=CharField())  # type: ignore[assignment]
    for sign in ",.$៛ ":
        text = Replace(text, Value(sign), Value(""))
    return Cast(text, BigIntegerField())


def _as_said(field: str) -> Q:
    return Q(said=None) | Q(said=F(field))
