"""Dispensers reach for the last box at the same instant, by prescription and without. Real threads, real commits.

In CI a few rounds; `RACE_ROUNDS=500` for the long run.
"""

from __future__ import annotations

import os
from datetime import date

import pytest

from core.audit.journal import broken_at
from core.ids import uuid7
from pharmacy.models import Dispensing, Move
from pharmacy.selectors import giving, stock
from pharmacy.services import books, dispensing, returns
from tests.books.test_races import codes
from tests.builders import TODAY, a_batch, a_medicine, a_patient, somebody
from tests.pharmacy.giving import a_prescription, given, line_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = int(os.environ.get("RACE_ROUNDS", "25"))
HANDS = (2, 4, 8, 16)


def test_round_after_round_the_last_box_is_given_once():
    """Each round brings one box; half of the hands hold a prescription, half do not. Nobody's hands are ever empty."""
    by, medicine = somebody(), a_medicine()
    visits = [a_prescription() for _ in range(max(HANDS) // 2)]
    people = [a_patient() for _ in range(max(HANDS) // 2)]
    common = {"on": TODAY, "by": by, "today": TODAY}
    lines = [line_of(visit, quantity=4, ordered=1_000_000) for visit in visits]
    for turn in range(ROUNDS):
        hands = HANDS[turn % len(HANDS)]
        a_batch(3, expires_on=date(2027, 1, 31))
        a_batch(2, expires_on=date(2027, 6, 30))
        there = sum(held.quantity for held in stock.held(medicine))

        def by_prescription(n: int):
            line = line_again(lines[n])
            return lambda: dispensing.give(visit=visits[n].pk, lines=[line], **common)

        def without(n: int):
            return lambda: dispensing.dispense(
                patient=people[n], medicine=medicine, quantity=4, despite="race", **common
            )

        calls = [call for n in range(hands // 2) for call in (by_prescription(n), without(n))]
        could = there // 4
        refused = codes(at_once(*calls))
        assert refused == ["pharmacy.not_enough"] * (hands - min(could, hands)), turn
        assert sum(held.quantity for held in stock.held(medicine)) == there - 4 * min(could, hands)
    assert (
        sum(Move.objects.filter(target="patients").values_list("quantity", flat=True)) == 4 * Dispensing.objects.count()
    )
    assert books.first_broken() is None
    assert broken_at() is None


def line_again(line):
    """Return the same line under a new id."""
    return type(line)(**{**line.__dict__, "id": uuid7(), "despite": "race"})


@pytest.mark.parametrize("hands", [2, 8])
def test_one_prescription_is_given_once_whoever_presses(hands):
    a_batch(200)
    by, visit = somebody(), a_prescription()
    lines = [line_of(visit) for _ in range(hands)]

    def give(line):
        return lambda: dispensing.give(visit=visit.pk, lines=[line], on=TODAY, by=by, today=TODAY)

    assert codes(at_once(*map(give, lines))) == ["pharmacy.warned"] * (hands - 1)
    assert giving.of_visit(visit.pk, TODAY).lines[0].given == 15
    assert books.first_broken() is None


def test_one_form_sent_many_times_at_once_gives_once():
    a_batch(200)
    by, visit = somebody(), a_prescription()
    line = line_of(visit, despite="race")

    def give():
        return dispensing.give(visit=visit.pk, lines=[line], on=TODAY, by=by, today=TODAY)

    assert codes(at_once(*[give] * 6)) == ["constraint.same_id"] * 5
    assert [held.quantity for held in stock.held(a_medicine())] == [185]


def test_a_dispensing_is_taken_back_once_and_not_while_some_of_it_comes_back():
    batch, by, visit = a_batch(200), somebody(), a_prescription()
    (row,) = given(visit)
    common = {"on": TODAY, "by": by, "today": TODAY}

    def void():
        return returns.void(dispensing_id=row.pk, reason="mistake", **common)

    def back():
        return returns.bring_back(dispensing=row, quantities={batch.pk: 9}, target="dispensary", **common)

    refused = codes(at_once(void, back, void, back))
    assert len(refused) == 3
    assert set(refused) <= {"pharmacy.returned_since", "pharmacy.dispensing_void", "pharmacy.more_than_given"}
    assert next(held.quantity for held in stock.held(a_medicine())) in (194, 200)
    assert books.first_broken() is None
