"""Money of a fund is changed into the other currency: never converted in place, but given away and taken in."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.money import Money
from pharmacy import rules
from pharmacy.models import Account, Entry, Exchange
from pharmacy.services import ledger


@transaction.atomic
def record(
    *, fund: str, given: Money, taken: Money, on: date, by: Any, today: date, where: str = "", id: UUID | None = None
) -> Exchange:
    """Give cash of one currency and take the other: two entries through the fund's exchange accounts.

    Raises RuleBroken: pharmacy.same_currency, pharmacy.rate_impossible, pharmacy.nothing, pharmacy.riel_in_hundreds,
    pharmacy.date_in_future, pharmacy.fund_overspent.
    """
    rate = rules.exchanged(given, taken)
    rules.not_in_the_future(on, today)
    memo = f"{given.format()} → {taken.format()}" + (f" · {where}" if where else "")
    shared = {"on": on, "memo": memo[:200], "recorded_by": by}
    out = Entry(**ledger.payment(Account.EXCHANGE, fund, given), **shared)
    back = Entry(**ledger.income(Account.EXCHANGE, fund, taken), **shared)
    exchange = Exchange(
        id=id or uuid7(), fund_id=fund, on=on, given=out, taken=back, where=where, recorded_by=by
    )  # fmt: skip
    note("pharmacy.exchange.recorded", exchange, out, back, by=by, given=given.format(), taken=taken.format(),
         rate=rate, fund=fund, on=on)  # fmt: skip
    ledger.can_pay(fund, given, on, field="given")
    create_many(Entry, [out, back])
    save_checked(exchange)
    return exchange


@transaction.atomic
def void(*, exchange_id: UUID, on: date, reason: str, by: Any, today: date) -> Exchange:
    """Take an exchange back by mirroring both its entries on `on`.

    Raises RuleBroken("pharmacy.exchange_spent") when the money that was taken in is not there any more.
    """
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason)
    held = Exchange.objects.select_for_update(of=("self",)).select_related("given", "taken")
    exchange = held.get(pk=exchange_id)
    if exchange.void_reason:
        raise RuleBroken("pharmacy.void_already")
    if on < exchange.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    mirrored = [
        ledger.mirror(entry, on, f"{entry.memo}: {reason}"[:200], by) for entry in (exchange.given, exchange.taken)
    ]
    exchange.void_reason = reason
    note("pharmacy.exchange.voided", exchange, *mirrored, by=by, reason=reason, on=on)
    ledger.can_pay(exchange.fund_id, exchange.taken.money, on, field="reason", code="pharmacy.exchange_spent")
    create_many(Entry, mirrored)
    save_checked(exchange)
    return exchange
