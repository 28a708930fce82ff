"""The rules of help with costs: when a card holds, how much is left of a cap, when two people approve. Pure.

Two people approve a cost when, with it, all that was approved and paid for the case reaches the limit (so that a
large sum asked for in small ones is a large sum), or when who approves it is who asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.money import Currency, Money, Rate

# What is asked of a household without a card; nothing is scored: who decides reads the answers.
QUESTIONS = {
    "eats": _("Did everybody there have enough to eat in the last week?"),
    "earns": _("Does anybody there earn money now?"),
    "sells": _("Is there land, an animal or a vehicle that they could do without?"),
    "owes": _("Do they owe money because of this illness?"),
    "alone": _("Do small children, old or disabled people depend on them?"),
}
ANSWERS = {"yes": _("Yes"), "no": _("No"), "unknown": _("Not known")}


class Ruled(Protocol):
    """What the administrator said from a day on."""

    from_on: date
    two_from: int
    cap: int


R = TypeVar("R", bound=Ruled)


def rule_on(rules: Sequence[R], on: date) -> R:
    """Return the rule that holds on a day; before the first one, the first. Raises RuleBroken("pharmacy.aid_no_rule").

    A case written late, of before there were rules, is held to the first there was.
    """
    if not rules:
        raise RuleBroken("pharmacy.aid_no_rule")
    rules = sorted(rules, key=lambda rule: rule.from_on)
    return next((rule for rule in reversed(rules) if rule.from_on <= on), rules[0])


def card_holds(issued_on: date | None, valid_until: date | None, on: date) -> None:
    """Refuse a card outside its dates; one without dates holds.

    Raises RuleBroken: pharmacy.aid_card_expired, pharmacy.aid_card_not_yet.
    """
    if valid_until and valid_until < on:
        raise RuleBroken("pharmacy.aid_card_expired", field="card", day=f"{valid_until:%d/%m/%Y}")
    if issued_on and issued_on > on:
        raise RuleBroken("pharmacy.aid_card_not_yet", field="card", day=f"{issued_on:%d/%m/%Y}")


def in_riel(amount: Money, rate: int | None) -> int:
    """Return what an amount counts against a cap, at the rate of its day. Raises RuleBroken("pharmacy.aid_no_rate")."""
    if amount.currency is Currency.KHR:
        return amount.minor
    if not rate:
        raise RuleBroken("pharmacy.aid_no_rate", field="amount")
    return max(Rate(rate).to_khr(amount).minor, 1)


def fits(riel: int, *, cap: int, counted: int, field: str | None = "amount") -> None:
    """Refuse what would pass the cap of a case. Raises RuleBroken("pharmacy.aid_over_cap") with what is left."""
    if counted + riel > cap:
        left = Money(max(cap - counted, 0), Currency.KHR)
        raise RuleBroken("pharmacy.aid_over_cap", field=field, left=left.format())


def two_people(riel: int, *, counted: int, two_from: int, asked_by: Any, by: Any) -> bool:
    """Return whether a cost needs two people: the case reaches the limit with it, or who approves asked for it."""
    return counted + riel >= two_from or asked_by == by


def counted(costs: Iterable[Any]) -> int:
    """Return what counts against the cap, in riel: approved or paid out of our funds."""
    return sum(cost.riel for cost in costs if cost.counts)
