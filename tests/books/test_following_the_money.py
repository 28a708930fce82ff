"""Whose money bought what, told so that an accountant can follow it with a pencil: docs/adr/0018."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.money import Currency, Money
from core.periods import Month
from pharmacy.models import Batch, Entry
from pharmacy.selectors import tracing
from pharmacy.services import donations, exchanges, purchases
from pharmacy.services import stock as shelves
from pharmacy.shares import DEEPEST, Bridge, Flow, Piece, Stretch, follow, meet, spread
from tests.books.test_worked_examples import bought, dollars, riel
from tests.builders import TODAY, a_donation, a_medicine, a_patient, a_village, somebody

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Month("2026-10"), Month("2026-11")
KHR, USD = Currency.KHR, Currency.USD


@pytest.fixture
def chea() -> Any:
    return a_village()


@pytest.fixture
def sok() -> Any:
    from core.places.models import Village

    return Village.objects.order_by("id")[1]


def on(month: int, day: int) -> date:
    return date(2026, month, day)


def year_of(village: Any) -> tracing.Followed:
    return tracing.from_village(village.pk, on(1, 1), on(12, 31))


def paid(followed: tracing.Followed) -> list[tuple[int, list[tuple[str, int, int, int]]]]:
    """Return each purchase with (medicine, minor, units that came, units given out) of each of its batches."""
    return [
        (one.paid.minor, [(p.medicine.name, p.paid.minor, p.units, p.given) for p in one.parts])
        for one in followed.bought
    ]


def behind(batch: Batch) -> list[tuple[int | None, str, int, int]]:
    """Return (village, month, of the gifts, paid) for each source of the money behind a batch."""
    assert batch.purchase
    found = tracing.behind_purchase(batch.purchase, batch)
    assert sum((one.paid for one in found.sources), found.unknown) == found.sum
    return [(one.village, str(one.month), one.gave.minor, one.paid.minor) for one in found.sources]


def a_year(chea: Any, sok: Any) -> None:
    """Live through the year that the tests below read.

    | day    | what                                                    | fund    |
    |--------|---------------------------------------------------------|---------|
    | 5 Oct  | the first village gives 30,000                          | 30,000  |
    | 10 Oct | the second gives 50,000                                 | 80,000  |
    | 12 Oct | 300 paracetamol for 40,000 and 100 amoxicillin, 20,000  | 20,000  |
    | 3 Nov  | the first village gives 20,000                          | 40,000  |
    | 10 Nov | 100 ORS for 30,000                                      | 10,000  |

    First in, first out: October's 60,000 are 30,000 of the first village and 30,000 of the second; November's 30,000
    are the 20,000 that the second had left, then 10,000 of the first.
    """
    a_donation(riel(30_000), on=on(10, 5), village=chea)
    a_donation(riel(50_000), on=on(10, 10), village=sok)
    lines = (a_medicine(), 300, 40_000), (a_medicine("Amoxicillin", "500 mg"), 100, 20_000)
    bought(60_000, *lines, on=on(10, 12), invoice="A-1")
    a_donation(riel(20_000), on=on(11, 3), village=chea)
    bought(30_000, (a_medicine("Oral rehydration salts", "1 L sachet"), 100, 30_000), on=on(11, 10), invoice="A-2")


@pytest.fixture(autouse=True)
def _ors(db: None) -> None:
    from pharmacy.models import Medicine

    Medicine.objects.get_or_create(name="Oral rehydration salts", form="sachet", strength="1 L sachet")


def handed_out(name: str, quantity: int, patient: Any = None) -> Any:
    """Bring some of a medicine from the store to the dispensary and give it to a patient."""
    from pharmacy.services import dispensing

    batch = Batch.objects.select_related("medicine").get(medicine__name=name)
    shelves.transfer(
        batch=batch, source="store", target="dispensary", quantity=quantity, on=TODAY, by=somebody(), today=TODAY
    )
    return dispensing.dispense(
        patient=patient or a_patient(), medicine=batch.medicine, quantity=quantity, on=TODAY, by=somebody(), today=TODAY
    )


def test_a_villages_year_from_its_gifts_to_the_last_tablet(chea: Any, sok: Any) -> None:
    a_year(chea, sok)
    patient = a_patient()
    handed_out("Paracetamol", 31, patient)
    handed_out("Amoxicillin", 10, patient)
    first, second = year_of(chea), year_of(sok)
    assert first.months == {OCTOBER: {KHR: riel(30_000)}, NOVEMBER: {KHR: riel(20_000)}}
    assert second.months == {OCTOBER: {KHR: riel(50_000)}}
    # Half of October's invoice each: half the tablets, and of 31 that were given out 15 and 16.
    assert paid(first) == [
        (30_000, [("Paracetamol", 20_000, 150, 15), ("Amoxicillin", 10_000, 50, 5)]),
        (10_000, [("Oral rehydration salts", 10_000, 34, 0)]),
    ]
    assert paid(second) == [
        (30_000, [("Paracetamol", 20_000, 150, 16), ("Amoxicillin", 10_000, 50, 5)]),
        (20_000, [("Oral rehydration salts", 20_000, 66, 0)]),
    ]
    assert (first.left, second.left) == ({KHR: riel(10_000)}, {})
    assert (first.dispensings, first.people) == (2, 1)
    assert next((line.medicine.name, line.units) for line in first.medicines()) == ("Paracetamol", 150)


def test_one_month_of_a_village_is_followed_on_its_own(chea: Any, sok: Any) -> None:
    a_year(chea, sok)
    november = tracing.from_village(chea.pk, NOVEMBER.first, NOVEMBER.last)
    assert paid(november) == [(10_000, [("Oral rehydration salts", 10_000, 34, 0)])]
    assert november.left == {KHR: riel(10_000)}


def test_from_a_batch_back_to_the_villages_and_months(chea: Any, sok: Any) -> None:
    a_year(chea, sok)
    paracetamol, _, ors = Batch.objects.order_by("id")
    assert behind(paracetamol) == [(chea.pk, "2026-10", 20_000, 20_000), (sok.pk, "2026-10", 20_000, 20_000)]
    assert behind(ors) == [(sok.pk, "2026-10", 20_000, 20_000), (chea.pk, "2026-11", 10_000, 10_000)]


def test_riel_that_became_dollars_are_followed_through_the_exchange(chea: Any, sok: Any) -> None:
    """41,000 and 82,000 riel are given; 61,500 become $15; $12 buy medicine: $10 of the first, $2 of the second."""
    a_donation(riel(41_000), on=on(10, 5), village=chea)
    a_donation(riel(82_000), on=on(10, 6), village=sok)
    exchanges.record(fund="medicine", given=riel(61_500), taken=dollars(15), on=on(10, 7), by=somebody(), today=TODAY)
    purchases.record(
        supplier="Takeo", lines=[purchases.Line(a_medicine(), 120, on(12, 31), dollars(12))], sum=dollars(12),
        on=on(10, 8), by=somebody(), today=TODAY,
    )  # fmt: skip
    assert paid(year_of(chea)) == [(10_00, [("Paracetamol", 10_00, 100, 0)])]
    assert paid(year_of(sok)) == [(2_00, [("Paracetamol", 2_00, 20, 0)])]
    assert year_of(chea).left == {}
    assert year_of(sok).left == {KHR: riel(82_000 - 8_200)}  # $3 of it lie in the fund as dollars, 61,500 as riel
    assert behind(Batch.objects.get()) == [(chea.pk, "2026-10", 41_000, 10_00), (sok.pk, "2026-10", 8_200, 2_00)]


def test_an_odd_rate_loses_no_cent_and_no_riel(chea: Any, sok: Any) -> None:
    """10,000 and 20,000 riel become $7.13: the cut lies at 237⅔ cents and is told as 237 and 476."""
    a_donation(riel(10_000), on=on(10, 5), village=chea)
    a_donation(riel(20_000), on=on(10, 6), village=sok)
    exchanges.record(
        fund="medicine", given=riel(30_000), taken=Money(7_13, USD), on=on(10, 7), by=somebody(), today=TODAY
    )
    purchases.record(
        supplier="Takeo", lines=[purchases.Line(a_medicine(), 71, on(12, 31), Money(7_13, USD))], sum=Money(7_13, USD),
        on=on(10, 8), by=somebody(), today=TODAY,
    )  # fmt: skip
    assert paid(year_of(chea)) == [(2_37, [("Paracetamol", 2_37, 23, 0)])]
    assert paid(year_of(sok)) == [(4_76, [("Paracetamol", 4_76, 48, 0)])]
    assert behind(Batch.objects.get()) == [(chea.pk, "2026-10", 10_000, 2_37), (sok.pk, "2026-10", 20_000, 4_76)]


def test_what_was_taken_back_lies_on_no_axis(chea: Any, sok: Any) -> None:
    typo = a_donation(riel(90_000), on=on(10, 1), village=sok)
    donations.void(donation_id=typo.pk, on=on(10, 2), reason="typo", by=somebody(), today=TODAY)
    a_year(chea, sok)
    wrong = bought(10_000, (a_medicine(), 10, 10_000), on=on(11, 11), invoice="A-3")
    assert len(year_of(chea).bought) == 3
    purchases.void(purchase_id=wrong.pk, on=on(11, 12), reason="wrong", by=somebody(), today=TODAY)
    assert paid(year_of(chea))[1] == (10_000, [("Oral rehydration salts", 10_000, 34, 0)])
    assert len(year_of(chea).bought) == 2
    assert year_of(sok).given == {KHR: riel(50_000)}
    assert tracing.behind_purchase(wrong).sources == []


def test_a_dispensing_taken_back_is_given_to_nobody(chea: Any, sok: Any) -> None:
    a_year(chea, sok)
    given = handed_out("Paracetamol", 30)
    assert (year_of(chea).people, paid(year_of(chea))[0][1][0]) == (1, ("Paracetamol", 20_000, 150, 15))
    shelves.reverse(move=given.moves.get(), on=TODAY, reason="wrong", by=somebody(), today=TODAY)
    assert (year_of(chea).people, paid(year_of(chea))[0][1][0]) == (0, ("Paracetamol", 20_000, 150, 0))


def test_a_fund_for_patients_is_followed_to_what_it_paid(chea: Any) -> None:
    from pharmacy.models import Account
    from pharmacy.services import ledger

    a_donation(riel(40_000), on=on(10, 5), village=chea, fund="aid")
    Entry.objects.create(**ledger.payment(Account.AID, "aid", riel(25_000)), on=on(10, 9), memo="transport")
    followed = year_of(chea)
    assert (followed.paid, followed.left) == ({"aid": {KHR: riel(25_000)}}, {KHR: riel(15_000)})


def test_money_that_goes_round_between_exchanges_is_told_as_not_traced(chea: Any) -> None:
    """A gift is changed there and back and then taken back: nobody's money feeds the two exchanges but each other's."""
    gift = a_donation(riel(41_000), on=on(10, 1), village=chea)
    for given, taken, day in ((riel(41_000), dollars(10), 2), (dollars(10), riel(41_000), 3)):
        exchanges.record(fund="medicine", given=given, taken=taken, on=on(10, day), by=somebody(), today=TODAY)
    donations.void(donation_id=gift.pk, on=on(10, 4), reason="typo", by=somebody(), today=TODAY)
    a_donation(riel(30_000), on=on(10, 5), village=chea)
    purchase = bought(30_000, (a_medicine(), 300, 30_000), on=on(10, 6))
    found = tracing.behind_purchase(purchase)
    # In the books the riel that were changed come first on both sides, so the purchase stands where the gift does.
    assert (sum((one.paid for one in found.sources), found.unknown), found.unknown) == (riel(30_000), riel(0))


def test_two_exchanges_that_feed_each_other_end() -> None:
    one, two = Stretch("riel", 0, 100), Stretch("dollars", 0, 7)
    flow = Flow("riel", 0, 100, gift_key(), "donations")
    resting, lost = follow([Piece.of(flow)], [Bridge(one, two), Bridge(two, one)])
    assert resting == []
    assert sum(piece.of_flow for piece in lost) == 100
    assert DEEPEST > 1


def gift_key() -> Any:
    from core.ids import uuid7

    return uuid7()


def test_spreading_adds_up_from_one_end_to_the_other() -> None:
    weights = [7, 0, 11, 3, 1]
    before = [0] * len(weights)
    for upto in range(1, sum(weights) + 1):
        now = spread(upto, weights)
        assert sum(now) == upto
        assert sorted(b - a for a, b in zip(before, now, strict=True))[-2:] in ([0, 1],)
        before = now
    assert before == weights


def test_pieces_meet_what_lies_at_the_same_place() -> None:
    gifts = [Flow("a", 0, 30, gift_key(), "donations"), Flow("a", 30, 80, gift_key(), "donations")]
    spent = [Flow("a", 10, 60, gift_key(), "purchases")]
    met, alone = meet(map(Piece.of, gifts), spent)
    assert [(piece.low, piece.high) for piece, _ in met] == [(10, 30), (30, 60)]
    assert [(piece.low, piece.high) for piece in alone] == [(0, 10), (60, 80)]
