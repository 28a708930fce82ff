"""The last box and the last riel, round after round, with 2 to 16 hands: one gets it, and nothing is ever short.

`RACE_ROUNDS=500` plays as many; by default a few.
"""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import pytest

from core.audit.journal import broken_at
from core.money import Currency, Money
from pharmacy.models import Dispensing, Donation, Entry, Medicine, Move, Purchase
from pharmacy.selectors import money, stock
from pharmacy.services import books, dispensing, donations, exchanges, purchases
from tests.books.test_races import codes, riel
from tests.builders import TODAY, a_batch, a_donation, a_medicine, a_patient, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = int(os.environ.get("RACE_ROUNDS", "12"))


def hands(n: int) -> int:
    """Return how many reach for it in round n: 2, 9, 16, 8, 15 … every number from 2 to 16 in turn."""
    return 2 + n * 7 % 15


def test_the_last_box_is_given_once_in_every_round() -> None:
    patients = [a_patient(given_name=name) for name in ("Dara", "Sophea", "Rith")]
    by, medicines = somebody(), list(Medicine.objects.order_by("id")[:50])
    for n in range(ROUNDS):
        medicine = medicines[n % len(medicines)]
        a_batch(1, medicine=medicine, expires_on=date(2027, 1 + n % 12, 28))

        def give(patient: Any, medicine: Medicine = medicine) -> Any:
            return dispensing.dispense(
                patient=patient, medicine=medicine, quantity=1, on=TODAY, by=by, today=TODAY, despite="race"
            )

        calls = [lambda patient=patients[i % 3]: give(patient) for i in range(hands(n))]
        assert codes(at_once(*calls)) == ["pharmacy.not_enough"] * (hands(n) - 1), n
        assert Dispensing.objects.count() == n + 1
        assert stock.held(medicine) == [], n  # what the ledger says lies on the shelf
    assert Move.objects.filter(target="patients").count() == ROUNDS
    assert (books.first_broken(), broken_at()) == (None, None)


def test_the_last_riel_is_spent_once_in_every_round_whoever_gives_meanwhile() -> None:
    """1,000 ៛ lie there; all want 1,000 ៛, for medicine or for dollars, while somebody gives 500 ៛."""
    by, medicine = somebody(), a_medicine()
    common: dict[str, Any] = {"on": TODAY, "by": by, "today": TODAY}

    def buy() -> Any:
        line = purchases.Line(medicine, 10, date(2027, 12, 31), riel(1_000))
        return purchases.record(supplier="Takeo", lines=[line], sum=riel(1_000), **common)

    def change() -> Any:
        return exchanges.record(fund="medicine", given=riel(1_000), taken=Money(25, Currency.USD), **common)

    def give() -> Any:
        return donations.receive(amount=riel(500), **common)

    a_donation(riel(500))
    for n in range(ROUNDS):
        a_donation(riel(500))
        takers = [(buy, change)[i % 2] for i in range(hands(n))]
        assert codes(at_once(*takers, give)) == ["pharmacy.fund_overspent"] * (hands(n) - 1), n
        assert money.balances()[0] == riel(500), n
    spent = Entry.objects.filter(credit="cash-medicine-khr")
    assert (spent.count(), sum(spent.values_list("minor", flat=True))) == (ROUNDS, 1_000 * ROUNDS)
    assert Purchase.objects.count() == spent.filter(debit="purchases-medicine-khr").count()
    assert sorted(Donation.objects.values_list("number", flat=True)) == list(range(1, 2 * ROUNDS + 2))
    assert (books.first_broken(), broken_at()) == (None, None)
