"""Whatever is done at the till, in whatever order and however late: the books are whole, and a plain model agrees."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.accounts.roles import Role
from core.errors import RuleBroken
from core.money import Currency, Money
from core.periods import Month
from pharmacy import rules
from pharmacy.models import Account, AidCost, CashCount, Donation, Exchange
from pharmacy.selectors import cash as tills
from pharmacy.selectors import money
from pharmacy.services import aid, aid_costs, books, boxes, cash, donations, exchanges, funds
from tests.builders import TODAY, a_patient, somebody
from tests.desk.lives import days_ago
from tests.people import a_user

PAIR = {"counted_by": "Sok Chanthy", "witnessed_by": "Chea Sophal"}
KHR = Currency.KHR
FUNDS = ("medicine", "grant", "aid")
days = st.integers(0, 40).map(lambda ago: TODAY - timedelta(days=ago))
fund = st.sampled_from(FUNDS)
currency = st.sampled_from(list(Currency))
which = st.integers(0, 5)
few = st.integers(0, 4)
notes = st.fixed_dictionaries({
    Currency.KHR: st.fixed_dictionaries({20_000: few, 1_000: few, 100: few}),
    Currency.USD: st.fixed_dictionaries({500: few, 100: few}),
})  # fmt: skip

STEPS = st.one_of(
    st.tuples(st.just("donate"), days, fund, currency, few),
    st.tuples(st.just("void"), days, which),
    st.tuples(st.just("open_box"), days, notes),
    st.tuples(st.just("change"), days, fund, currency, st.integers(1, 9)),
    st.tuples(st.just("change_back"), days, which),
    st.tuples(st.just("count"), days, fund, currency, notes),
    st.tuples(st.just("enter"), which),
    st.tuples(st.just("help"), days, fund, currency, st.integers(1, 9)),
    st.tuples(st.just("take_back"), days, which),
)


class AnyTill(TestCase):
    """Each example starts from a fresh database and undoes itself."""

    @settings(max_examples=60)
    @given(st.lists(STEPS, min_size=3, max_size=16))
    def test_any_sequence_at_the_till_keeps_the_books_whole(self, steps) -> None:
        self.by = somebody()
        self.common = {"by": self.by, "today": TODAY}
        self.box = boxes.add(code="box-1", place_km="វត្ត", by=self.by)
        chief, second = a_user(Role.ADMIN, "chief"), a_user(Role.ADMIN, "second")
        self.deciders = (chief, second)
        aid.set_rule(from_on=days_ago(60), two_from=Money(20_000, KHR), cap=Money(90_000, KHR), by=chief)
        funds.set_rate(on=days_ago(60), riel=4_100, **self.common)
        self.case = aid.open_case(
            patient=a_patient(), illness="-", on=days_ago(40), because=aid.Because(assessed_by="Dara"), **self.common
        )
        self.cash = {(name, c): 0 for name in FUNDS for c in Currency}
        self.receipts = 0
        for name, *given_ in steps:
            try:
                with transaction.atomic():
                    getattr(self, name)(*given_)
            except RuleBroken:
                pass  # a refusal leaves no trace: that is what the proofs below show
        assert books.first_broken() is None
        assert {(name, m.currency): m.minor for name in FUNDS for m in money.balances(name)} == self.cash
        assert sorted(Donation.objects.values_list("number", flat=True)) == list(range(1, self.receipts + 1))
        self.reconciles()

    def reconciles(self) -> None:
        """The end of each month says what the books say, and what the last count differs from them as they now are."""
        for month in (Month.of(TODAY), Month.of(TODAY).previous()):
            rows = tills.reconciled(month)
            assert [row.book for row in rows] == [m for at in tills.held(month.last) for m in (at.riel, at.dollars)]
            for row in rows:
                if row.count:
                    code = Account.code_of(Account.CASH, row.fund.pk, row.book.currency)
                    on = row.count.on
                    book = rules.balance(money.daily(code, since=on), on)
                    assert row.left == Money(row.count.counted - book, row.book.currency)

    def donate(self, on: date, into: str, in_: Currency, n: int) -> None:
        gift = Money(n * (5_000 if in_ is Currency.KHR else 300), in_)
        donations.receive(amount=gift, on=on, fund=into, **self.common)
        self.cash[into, in_] += gift.minor
        self.receipts += 1

    def void(self, on: date, n: int) -> None:
        if found := Donation.objects.select_related("entry").order_by("number")[n : n + 1]:
            donations.void(donation_id=found[0].pk, on=on, reason="typo", **self.common)
            gift = found[0].entry.money
            self.cash[found[0].fund_id, gift.currency] -= gift.minor

    def open_box(self, on: date, found: dict) -> None:
        opening = boxes.open_box(box=self.box, found=found, on=on, **PAIR, **self.common)
        for gift in opening.donations.select_related("entry"):
            self.cash["medicine", gift.entry.money.currency] += gift.entry.minor
            self.receipts += 1

    def change(self, on: date, of: str, in_: Currency, n: int) -> None:
        riel, dollars = Money(n * 4_100, Currency.KHR), Money(n * 100, Currency.USD)
        given_, taken = (riel, dollars) if in_ is Currency.KHR else (dollars, riel)
        exchanges.record(fund=of, given=given_, taken=taken, on=on, **self.common)
        self.cash[of, given_.currency] -= given_.minor
        self.cash[of, taken.currency] += taken.minor

    def change_back(self, on: date, n: int) -> None:
        rows = Exchange.objects.select_related("given", "taken").order_by("recorded_at", "pk")
        if found := rows[n : n + 1]:
            exchanges.void(exchange_id=found[0].pk, on=on, reason="typo", **self.common)
            self.cash[found[0].fund_id, found[0].given.money.currency] += found[0].given.minor
            self.cash[found[0].fund_id, found[0].taken.money.currency] -= found[0].taken.minor

    def count(self, on: date, of: str, in_: Currency, found: dict) -> None:
        cash.count(fund=of, currency=in_, found=found[in_], on=on, reason="not known", **PAIR, **self.common)

    def enter(self, n: int) -> None:
        if found := CashCount.objects.order_by("recorded_at", "pk")[n : n + 1]:
            made = cash.enter(count_id=found[0].pk, by=self.by)
            self.cash[made.fund_id, Currency(made.currency)] += made.counted - made.book

    def help(self, on: date, of: str, in_: Currency, n: int) -> None:
        """Ask, approve as often as it takes, and pay: within the cap, out of what the fund holds."""
        amount = Money(n * (5_000 if in_ is Currency.KHR else 100), in_)
        cost = aid_costs.ask(case_id=self.case.pk, kind="medicine", fund=of, amount=amount, on=on, **self.common)
        for colleague in self.deciders[: 1 + (n > 2)]:
            cost = aid_costs.approve(cost_id=cost.pk, by=colleague, today=TODAY)
        aid_costs.pay(cost_id=cost.pk, amount=amount, on=on, payee="Takeo", receipt="7", **self.common)
        self.cash[of, in_] -= amount.minor

    def take_back(self, on: date, n: int) -> None:
        if found := AidCost.objects.order_by("recorded_at", "pk")[n : n + 1]:
            cost = aid_costs.void(cost_id=found[0].pk, on=on, reason="typo", **self.common)
            self.cash[cost.fund_id, cost.money.currency] += cost.minor
