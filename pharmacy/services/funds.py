"""Funds with their accounts, and the rates of a day: what the administrator keeps so that others can write."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from pharmacy import catalogue, rules
from pharmacy.models import Account, Fund, Rate


@transaction.atomic
def add(*, code: str, kind: str, name_km: str, name_en: str, by: Any) -> Fund:
    """Begin a fund with all its accounts in both currencies. There is one medicine fund, and it is there already.

    Raises RuleBroken: pharmacy.code_unreadable, pharmacy.one_medicine_fund; Conflict("constraint.same_id").
    """
    rules.a_code(code)
    if kind == Fund.Kind.MEDICINE:
        raise RuleBroken("pharmacy.one_medicine_fund", field="kind")
    fund = Fund(code=code, kind=kind, name_km=name_km, name_en=name_en)
    save_checked(fund)
    create_many(Account, catalogue.accounts_of(Account, code, name_km, name_en))
    note("pharmacy.fund.added", fund, by=by, code=code, kind=kind, name=name_en)
    return fund


@transaction.atomic
def set_rate(
    *, on: date, riel: int, by: Any, today: date, source: str = "", id: UUID | None = None
) -> Rate:  # fmt: skip
    """Say how many riel a dollar is worth from a day on; what was said of that day before is replaced.

    Raises RuleBroken: pharmacy.rate_impossible, pharmacy.date_in_future.
    """
    rules.possible_rate(riel, "riel")
    rules.not_in_the_future(on, today)
    rate = Rate.objects.select_for_update().filter(on=on).first() or Rate(id=id or uuid7(), on=on)
    before = rate.riel
    rate.riel, rate.source, rate.recorded_by = riel, source, by
    save_checked(rate)
    note("pharmacy.rate.set", rate, by=by, on=on, riel=riel, before=before, source=source)
    return rate
