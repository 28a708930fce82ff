"""Donations as tablets receive them, each with the receipt written on the spot (docs/sync/protocol.md, section 4)."""

from __future__ import annotations

from core.documents import Document
from core.errors import RuleBroken
from core.khmer import normalise
from core.money import Currency, Money
from core.ops import CREATE, MissingParent, Op, Verdict
from core.places.models import Village
from pharmacy.models import Donation, ReceiptBook
from pharmacy.services import donations

MOST_MINOR = 10**15 - 1


def apply(op: Op) -> Verdict:
    """Take a gift under the number its receipt bears, or void it."""
    return _create(op) if op.kind == CREATE else _void(op)


def _create(op: Op) -> Verdict:
    doc = Document(op.doc)
    number, minor = doc.whole("number", least=1), doc.whole("minor", least=1, most=MOST_MINOR)
    if number is None or minor is None:
        raise RuleBroken("core.not_whole", field="number" if number is None else "minor")
    ReceiptBook.objects.get_or_create(prefix=op.device)  # a restored server may have forgotten the tablet's book
    donations.receive(
        amount=Money(minor, Currency(doc.one_of("currency", list(Currency)))), id=op.record, number=number,
        on=min(doc.day("on") or op.day, op.today),  # a tablet's clock refuses no gift
        donor_name=normalise(doc.text("donor_name")), village=_village(doc), book=op.device, by=op.by, today=op.today,
    )  # fmt: skip
    return Verdict("applied")


def _void(op: Op) -> Verdict:
    donation = Donation.objects.filter(pk=op.record).first()
    if donation is None:
        raise MissingParent("donation", op.record)
    if donation.book_id != op.device:
        raise RuleBroken("pharmacy.not_your_book")
    if not donation.void_reason:  # voided already: what was meant is so
        reason = normalise(Document(op.doc).text("reason"))
        on = min(max(op.day, donation.on), op.today)
        donations.void(donation_id=donation.pk, on=on, reason=reason, by=op.by, today=op.today)
    return Verdict("applied")


def _village(doc: Document) -> Village | None:
    key = doc.whole("village", least=1, most=2**63 - 1)
    village = Village.objects.filter(pk=key).first() if key is not None else None
    if key is not None and village is None:
        raise RuleBroken("core.not_a_choice", field="village")
    return village
