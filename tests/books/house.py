"""A house in which everything that the books know has happened at least once, and everything adds up."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from core.accounts.roles import Role
from core.money import Currency, Money
from pharmacy.models import CountLine, Move, ReceiptBook
from pharmacy.services import (
    aid,
    aid_costs,
    boxes,
    carrying,
    cash,
    counts,
    dispensing,
    donations,
    exchanges,
    funds,
    purchases,
    recalls,
    returns,
)
from pharmacy.services import stock as shelves
from tests.builders import TODAY, a_batch, a_donation, a_medicine, a_patient, a_village, noon, somebody
from tests.people import a_user

FIRST = TODAY - timedelta(days=9)
LATER = TODAY - timedelta(days=5)
PAIR = {"counted_by": "Sok Chanthy", "witnessed_by": "Chea Sophal"}


def riel(amount: int) -> Money:
    return Money(amount, Currency.KHR)


def dollars(amount: int) -> Money:
    return Money(amount * 100, Currency.USD)


def a_whole_house() -> SimpleNamespace:
    """Return the house, every thing in it by name."""
    made = SimpleNamespace(by=somebody())
    for fill in (_gifts, _till, _purchases, _shelves, _patients, _count, _aid):
        fill(made, {"by": made.by, "today": TODAY})
    return made


def _gifts(made: SimpleNamespace, common: dict[str, Any]) -> None:
    """Gifts of every kind: a villager's, dollars, one voided, a grant, one written on a tablet."""
    made.gift = a_donation(riel(1_000_000), on=FIRST, village=a_village(), donor_name="សុខ")
    made.dollars = a_donation(dollars(300), on=FIRST)
    made.voided = a_donation(riel(5_000), on=FIRST)
    donations.void(donation_id=made.voided.pk, on=LATER, reason="written twice", **common)
    made.grant = a_donation(
        riel(2_000_000), on=FIRST, fund="grant", source="grant", donor_name="A foundation", purpose="oral health"
    )
    made.for_aid = a_donation(riel(900_000), on=FIRST, fund="aid")
    ReceiptBook.objects.create(prefix="T07")
    made.written = a_donation(riel(2_000), on=LATER, book="T07", number=1)


def _till(made: SimpleNamespace, common: dict[str, Any]) -> None:
    """Boxes with and without money, money changed and changed back, cash that was counted and differed."""
    funds.add(code="flood", kind="grant", name_km="ទឹកជំនន់", name_en="Flood", by=made.by)
    funds.set_rate(on=FIRST, riel=4_100, **common)
    box = boxes.add(code="box-1", place_km="វត្ត", village=a_village(), by=made.by)
    found = {Currency.KHR: {1_000: 7, 500: 2}, Currency.USD: {100: 3}}
    made.opening = boxes.open_box(box=box, found=found, on=LATER, **PAIR, **common)
    made.nothing = boxes.open_box(box=box, found={}, remark="nothing in it", on=LATER, **PAIR, **common)
    change = {"fund": "medicine", "given": riel(410_000), "taken": dollars(100)}
    made.exchange = exchanges.record(on=LATER, **change, **common)
    made.unchanged = exchanges.record(on=LATER, **(change | {"given": riel(41_000), "taken": dollars(10)}), **common)
    exchanges.void(exchange_id=made.unchanged.pk, on=TODAY, reason="typo", **common)
    made.short = cash.count(
        fund="flood", currency=Currency.KHR, found={1_000: 2}, on=LATER, reason="not known", **PAIR, **common
    )
    made.short = cash.enter(count_id=made.short.pk, by=made.by)


def _purchases(made: SimpleNamespace, common: dict[str, Any]) -> None:
    """One that stands, with two lines, and one that was taken back."""
    lines = [
        purchases.Line(a_medicine(), n, date(2027, 12, 31), riel(cost)) for n, cost in ((100, 20_000), (50, 9_000))
    ]
    made.purchase = purchases.record(supplier="Takeo", lines=lines, sum=riel(29_000), on=LATER, **common)
    made.wrong = purchases.record(supplier="Takeo", lines=lines[:1], sum=riel(20_000), on=LATER, **common)
    purchases.void(purchase_id=made.wrong.pk, on=TODAY, reason="not delivered", **common)


def _shelves(made: SimpleNamespace, common: dict[str, Any]) -> None:
    """Gifts in kind, one of them recalled; moved, written off, moved by mistake and back."""
    made.first = a_batch(20, on=FIRST, expires_on=date(2027, 1, 31))
    made.second = a_batch(100, on=FIRST, expires_on=date(2027, 6, 30))
    made.spare = a_batch(7, on=FIRST, place="store", medicine=a_medicine("Amoxicillin", "500 mg"))
    made.called_back = a_batch(30, on=FIRST, place="kit-1", expires_on=date(2027, 3, 31))
    between = {"source": "dispensary", "target": "kit-1", "quantity": 5, "on": LATER}
    made.moved = shelves.transfer(batch=made.second, **between, **common)
    made.wasted = shelves.write_off(batch=made.second, place="dispensary", quantity=2, on=LATER, reason="wet", **common)
    made.mistake = shelves.transfer(batch=made.second, **between, **common)
    made.back = shelves.reverse(move=made.mistake, on=TODAY, reason="stayed here", **common)


def _patients(made: SimpleNamespace, common: dict[str, Any]) -> None:
    """Medicine out of two batches at once, some of it brought back; medicine of a batch that is recalled since."""
    patient = a_patient()
    give = {"patient": patient, "medicine": a_medicine(), "despite": "lost the first"}
    made.given = dispensing.dispense(**give, quantity=25, on=LATER, **common)
    made.one = dispensing.dispense(**give, quantity=4, on=LATER, **common)
    back = {"target": "dispensary", "on": TODAY}
    (made.returned,) = returns.bring_back(dispensing=made.given, quantities={made.second.pk: 3}, **back, **common)
    made.early = dispensing.dispense(**give, quantity=2, on=LATER, place="kit-1", **common)
    made.taken_back = dispensing.dispense(**give, quantity=1, on=LATER, **common)
    returns.void(dispensing_id=made.taken_back.pk, on=TODAY, reason="not taken", **common)
    recalls.recall(batch_id=made.called_back.pk, on=LATER, why="told by the ministry", **common)
    load = carrying.Load(errand=uuid4(), batch=made.second.pk, target="patients", quantity=1)
    (made.kit,) = carrying.bring(loads=[load], source="kit-1", on=TODAY, **common)


def _count(made: SimpleNamespace, common: dict[str, Any]) -> None:
    """The store is counted: one batch agrees, one has three too few, one has two too many."""
    made.count = counts.begin(place="store", on=TODAY, **common)
    lines = list(CountLine.objects.filter(count=made.count).order_by("batch_id"))
    stood = {line.batch_id: n for line, n in zip(lines, (0, -3, 2), strict=False)}
    lying = {move.batch_id: move.quantity for move in Move.objects.filter(target="store", reverses=None)}
    found = {line.pk: lying[line.batch_id] + stood.get(line.batch_id, 0) for line in lines}
    counts.enter(count_id=made.count.pk, found=found, counted_by="Sok Chanthy", by=made.by, done=True)
    differing = {line.pk: found[line.pk] for line in lines if stood.get(line.batch_id)}
    counts.recount(count_id=made.count.pk, found=differing, checked_by="Chea Sophal", by=made.by)
    reasons = {pk: counts.Reason("miscount") for pk in differing}
    counts.post(count_id=made.count.pk, reasons=reasons, by=made.by, at=noon())
    made.agreed, made.less, made.more = (CountLine.objects.get(pk=line.pk) for line in lines)


def _aid(made: SimpleNamespace, common: dict[str, Any]) -> None:
    """A case with costs of every kind: paid, approved by two, taken back, paid by the equity fund, refused."""
    chief, second = a_user(Role.ADMIN, "chief"), a_user(Role.ADMIN, "second")
    aid.set_rule(from_on=FIRST, two_from=riel(200_000), cap=riel(800_000), by=chief)
    because = aid.Because(assessed_by="Sok Chanthy", assessment="A widow with four children")
    case = {"patient": a_patient(given_name="Dara"), "illness": "Appendicitis", "on": FIRST, "because": because}
    made.case = aid.open_case(**case, **common)
    made.refused = aid.open_case(**case, **common)
    aid.refuse_case(case_id=made.refused.pk, reason="can pay", by=chief, today=TODAY)

    def cost(kind: str, amount: Money, *approve: Any, fund: str = "aid", pay: bool = True) -> Any:
        asked = aid_costs.ask(case_id=made.case.pk, kind=kind, fund=fund, amount=amount, on=LATER, **common)
        for colleague in approve:
            aid_costs.approve(cost_id=asked.pk, by=colleague, today=TODAY)
        if not pay:
            return asked
        return aid_costs.pay(cost_id=asked.pk, amount=amount, on=LATER, payee="Takeo", receipt="R-1", **common)

    made.transport = cost("transport", riel(40_000), chief)
    made.medicine = cost("medicine", riel(20_000), chief, fund="medicine")
    made.bill = cost("hospital", riel(300_000), chief, second)
    made.food = cost("food", riel(10_000), chief, second)
    aid_costs.void(cost_id=made.food.pk, on=TODAY, reason="not bought", **common)
    made.asked = cost("food", riel(15_000), pay=False)
    made.hef = aid_costs.equity_fund_paid(
        case_id=made.case.pk, kind="hospital", amount=riel(100_000), on=LATER, **common
    )
