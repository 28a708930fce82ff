"""Whatever is given, changed, bought and taken back, in any order: shares add up, and both ways agree."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.errors import RuleBroken
from core.money import Currency, Money
from core.periods import Month
from core.places.models import Village
from pharmacy.models import Donation, Exchange, Fund, Purchase
from pharmacy.selectors import accounts, tracing
from pharmacy.services import cash, donations, exchanges, purchases
from tests.builders import TODAY, a_medicine, somebody

days = st.integers(0, 50).map(lambda ago: TODAY - timedelta(days=ago))
currency = st.sampled_from(list(Currency))
which, village = st.integers(0, 5), st.integers(0, 2)

STEPS = st.one_of(
    st.tuples(st.just("donate"), days, village, currency, st.integers(1, 60)),
    st.tuples(st.just("donate"), days, village, currency, st.integers(1, 60)),
    st.tuples(st.just("void"), which),
    st.tuples(st.just("change"), days, currency, st.integers(1, 9), st.integers(3_000, 4_999)),
    st.tuples(st.just("change_back"), which),
    st.tuples(st.just("buy"), days, currency, st.lists(st.integers(0, 70), min_size=1, max_size=3)),
    st.tuples(st.just("buy"), days, currency, st.lists(st.integers(0, 70), min_size=1, max_size=3)),
    st.tuples(st.just("take_back"), which),
    st.tuples(st.just("count"), days, currency, st.integers(0, 3)),
)


class AnyFollowing(TestCase):
    """Each example starts from a fresh database and undoes itself."""

    @settings(max_examples=40)
    @given(st.lists(STEPS, min_size=4, max_size=18))
    def test_shares_add_up_and_both_ways_agree(self, steps) -> None:
        self.common = {"by": somebody(), "today": TODAY}
        self.villages = list(Village.objects.order_by("id")[:3])
        for name, *given_ in steps:
            try:
                with transaction.atomic():
                    getattr(self, name)(*given_)
            except RuleBroken:
                pass
        back = self.all_behind()
        there = self.all_from_villages()
        self.assertEqual(there, back)
        self.accounts_add_up()

    # -- what must hold ------------------------------------------------------------------------------

    def all_behind(self) -> dict:
        """From each purchase and batch back to villages and months: what each paid."""
        found: dict = defaultdict(int)
        for purchase in Purchase.objects.filter(void_reason="").select_related("entry"):
            behind = tracing.behind_purchase(purchase)
            self.assertEqual(sum((one.paid for one in behind.sources), behind.unknown), purchase.entry.money)
            for one in behind.sources:
                self.assertGreaterEqual(one.gave.minor, 0)
                if one.village:
                    found[purchase.pk, one.village, one.month] += one.paid.minor
            for batch in purchase.batches.all():
                part = tracing.behind_purchase(purchase, batch)
                self.assertEqual(sum((one.paid for one in part.sources), part.unknown).minor, batch.cost)
                for one in part.sources:
                    if one.village:
                        found[batch.pk, one.village, one.month] += one.paid.minor
        return {key: minor for key, minor in found.items() if minor}

    def all_from_villages(self) -> dict:
        """From each village and month to purchases and batches: what each paid; never more than was given."""
        found: dict = defaultdict(int)
        units: dict = defaultdict(int)
        for place in self.villages:
            for month in (Month.of(TODAY), Month.of(TODAY).previous()):
                followed = tracing.from_village(place.pk, month.first, month.last)
                gave = Donation.objects.filter(village=place, void_reason="", on__range=(month.first, month.last))
                for c in Currency:
                    given_ = sum(one.entry.minor for one in gave.select_related("entry") if one.entry.currency == c)
                    self.assertEqual(followed.given.get(c, Money.zero(c)).minor, given_)
                    self.assertLessEqual(followed.left.get(c, Money.zero(c)).minor, given_)
                for one in followed.bought:
                    found[one.purchase, place.pk, month] += one.paid.minor
                    for part in one.parts:
                        found[part.batch, place.pk, month] += part.paid.minor
                        units[part.batch] += part.units
                        self.assertLessEqual(units[part.batch], part.came)
        return {key: minor for key, minor in found.items() if minor}

    def accounts_add_up(self) -> None:
        for one in accounts.trial_balance(TODAY):
            self.assertTrue(one.balances)
        for month in (Month.of(TODAY), Month.of(TODAY).previous()):
            for line in accounts.statement(Fund.MEDICINE, month.first, month.last):
                self.assertTrue(line.adds_up)

    # -- what may be done ----------------------------------------------------------------------------

    def donate(self, on: date, where: int, in_: Currency, n: int) -> None:
        amount = Money(n * (700 if in_ is Currency.KHR else 37), in_)
        donations.receive(amount=amount, on=on, village=self.villages[where], **self.common)

    def void(self, n: int) -> None:
        if found := Donation.objects.order_by("number")[n : n + 1]:
            donations.void(donation_id=found[0].pk, on=TODAY, reason="typo", **self.common)

    def change(self, on: date, in_: Currency, n: int, rate: int) -> None:
        riel = Money(n * rate // 100 * 100, Currency.KHR)
        dollars = Money(n * 100, Currency.USD)
        given_, taken = (riel, dollars) if in_ is Currency.KHR else (dollars, riel)
        exchanges.record(fund=Fund.MEDICINE, given=given_, taken=taken, on=on, **self.common)

    def change_back(self, n: int) -> None:
        if found := Exchange.objects.order_by("recorded_at", "pk")[n : n + 1]:
            exchanges.void(exchange_id=found[0].pk, on=TODAY, reason="typo", **self.common)

    def buy(self, on: date, in_: Currency, costs: list[int]) -> None:
        unit = 100 if in_ is Currency.KHR else 7
        lines = [
            purchases.Line(a_medicine(), n + 1, TODAY + timedelta(days=400), Money(cost * unit, in_))
            for n, cost in enumerate(costs)
        ]
        sum_ = Money(sum(costs) * unit, in_)
        purchases.record(supplier="Takeo", lines=lines, sum=sum_, on=on, **self.common)

    def take_back(self, n: int) -> None:
        if found := Purchase.objects.order_by("recorded_at", "pk")[n : n + 1]:
            purchases.void(purchase_id=found[0].pk, on=TODAY, reason="typo", **self.common)

    def count(self, on: date, in_: Currency, n: int) -> None:
        notes = {100: n} if in_ is Currency.USD else {1_000: n}
        pair = {"counted_by": "Sok Chanthy", "witnessed_by": "Chea Sophal"}
        made = cash.count(
            fund=Fund.MEDICINE, currency=in_, found=notes, on=on, reason="not known", **pair, **self.common
        )
        cash.enter(count_id=made.pk, by=self.common["by"])
