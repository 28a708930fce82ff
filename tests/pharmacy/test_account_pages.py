"""Pages and papers of where money goes: what they show, to whom, and what they ask of the database."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from core.accounts.models import User
from core.money import Currency, Money
from core.periods import Month, Year
from pharmacy.models import AidCase, AidCost, Batch, Entry, Fund, Purchase
from pharmacy.selectors import abroad, accounts
from pharmacy.services import exchanges, funds, ledger, purchases
from pharmacy.views.accounts import MOST_LINES
from tests.books.test_worked_examples import bought, dollars, riel
from tests.builders import TODAY, a_batch, a_donation, a_medicine, a_patient, a_village, somebody
from tests.core.pdf.pdf_reading import words
from tests.people import client_of
from tests.pharmacy.test_pages import ask

pytestmark = pytest.mark.django_db
FORMULA = "=HYPERLINK(1)"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20T09:00:00+07:00", tick=False):
        yield


@pytest.fixture
def lived(db: None) -> Any:
    """A gift in October, an exchange, a purchase of each currency, a tablet given out, a purchase taken back."""
    village = a_village()
    a_donation(riel(200_000), on=date(2026, 10, 5), village=village, donor_name="Sok Dara")
    exchanges.record(
        fund="medicine", given=riel(82_000), taken=dollars(20), on=date(2026, 10, 6), by=somebody(), today=TODAY
    )
    bought(60_000, (a_medicine(), 300, 60_000), on=date(2026, 10, 7), supplier=FORMULA)
    purchases.record(
        supplier="Takeo", lines=[purchases.Line(a_medicine(), 100, date(2027, 12, 31), dollars(8))], sum=dollars(8),
        on=date(2026, 11, 2), by=somebody(), today=TODAY,
    )  # fmt: skip
    wrong = bought(10_000, (a_medicine(), 10, 10_000), on=date(2026, 11, 3))
    purchases.void(purchase_id=wrong.pk, on=date(2026, 11, 4), reason="wrong", by=somebody(), today=TODAY)
    return village


def book(answer: Any) -> Any:
    return openpyxl.load_workbook(BytesIO(answer.content))


def cells(answer: Any) -> list[Any]:
    return [cell.value for sheet in book(answer) for row in sheet for cell in row if cell.value is not None]


class TestTrialBalance:
    def test_it_adds_up_to_the_riel_and_the_cent(self, lived: Any) -> None:
        riel_, dollars_ = accounts.trial_balance(TODAY)
        assert [(row.account.pk, row.debit.minor, row.credit.minor) for row in riel_.rows] == [
            ("cash-medicine-khr", 58_000, 0), ("donations-medicine-khr", 0, 200_000),
            ("exchange-medicine-khr", 82_000, 0), ("purchases-medicine-khr", 60_000, 0),
        ]  # fmt: skip
        assert [(row.account.pk, row.debit.minor, row.credit.minor) for row in dollars_.rows] == [
            ("cash-medicine-usd", 12_00, 0), ("exchange-medicine-usd", 0, 20_00), ("purchases-medicine-usd", 8_00, 0),
        ]  # fmt: skip
        assert (riel_.debit, dollars_.credit) == (riel(200_000), dollars(20))
        assert riel_.balances
        october = accounts.trial_balance(date(2026, 10, 31))[1]
        assert [row.debit.minor for row in october.rows] == [20_00, 0]

    def test_the_page_and_its_papers(self, lived: Any, auditor: User, donor: User, nurse: User) -> None:
        client = client_of(auditor)
        page = ask(client, "trial_balance", most=8, query="?at=2026-10-31").content.decode()
        assert "200,000 ៛" in page
        assert "31 October 2026" in page
        for odd in ("", "?at=x", "?at=2027-01-01", "?at=0001-01-01", "?at=9999-99-99", f"?at={'9' * 400}", "?at=%00"):
            ask(client, "trial_balance", most=8, query=odd)
        assert ask(client, "trial_balance", most=8, query="?fund=grant").context["paper"].sheets == []
        ask(client, "trial_balance", most=8, query="?fund=moon", status=404)
        ask(client, "trial_balance_pdf", most=8)
        assert {200_000, 58_000, 12, 20} <= set(cells(ask(client, "trial_balance_xlsx", most=8)))
        ask(client_of(donor), "trial_balance", most=8)
        ask(client_of(nurse), "trial_balance", most=4, status=403)

    def test_books_that_do_not_balance_are_cried_out(self, lived: Any, auditor: User) -> None:
        Entry.objects.filter(purchase__supplier="Takeo").update(debit="purchases-medicine-khr")
        page = ask(client_of(auditor), "trial_balance", most=8).content.decode()
        assert "do not add up" in page


class TestStatement:
    def test_each_line_leads_from_the_beginning_to_the_end(self, lived: Any) -> None:
        october, november = (
            accounts.statement(Fund.MEDICINE, month.first, month.last) for month in (Month("2026-10"), Month("2026-11"))
        )
        riel_, dollars_ = october
        assert (riel_.opening, riel_.closing) == (riel(0), riel(58_000))
        assert {role: money.minor for role, money in riel_.lines.items() if money} == {
            "donations": 200_000, "exchange": -82_000, "purchases": -60_000,
        }  # fmt: skip
        assert (dollars_.lines["exchange"], dollars_.closing) == (dollars(20), dollars(20))
        riel_, dollars_ = november
        assert not any(riel_.lines.values())  # bought and taken back in one month
        assert (riel_.opening, riel_.closing) == (riel(58_000), riel(58_000))
        assert (dollars_.opening, dollars_.lines["purchases"], dollars_.closing) == (
            dollars(20),
            dollars(-8),
            dollars(12),
        )
        assert all(one.adds_up for one in (*october, *november))

    def test_the_page_and_its_papers(self, lived: Any, donor: User) -> None:
        client = client_of(donor)
        page = ask(client, "statement", most=8, query="?fund=medicine&from=2026-10&to=2026-10").content.decode()
        assert "-82,000 ៛" in page
        ask(client, "statement_pdf", most=8)
        assert -82_000 in cells(ask(client, "statement_xlsx", most=8, query="?from=2026-10&to=2026-11"))
        for odd in ("?from=2026-11&to=2026-10", "?from=x&to=%00", "?from=9999-01", f"?to={'9' * 400}"):
            ask(client, "statement", most=8, query=odd)
        ask(client, "statement", most=8, query="?fund=moon", status=404)


class TestJournal:
    def test_it_goes_on_by_key_and_is_not_for_the_donor(self, auditor: User, donor: User) -> None:
        for n in range(52):
            a_donation(riel(100 * (n + 1)))
        client = client_of(auditor)
        answer = ask(client, "journal", most=8)
        older = ask(client, "journal", most=8, query=answer.context["older"])
        assert (len(answer.context["entries"]), len(older.context["entries"])) == (50, 2)
        ask(client, "journal", most=8, query="?before=x&fund=grant")
        ask(client_of(donor), "journal", most=4, status=403)
        ask(client_of(donor), "journal_xlsx", most=4, status=403)

    def test_the_papers_hold_every_entry_in_order_and_run_nothing(self, lived: Any, auditor: User) -> None:
        client = client_of(auditor)
        answer = ask(client, "journal_xlsx", most=8, query="?from=2026-10&to=2026-11")
        sheet = book(answer).worksheets[0]
        told = [row for row in sheet.iter_rows(min_row=7, values_only=True) if row[0] and row[1]]
        assert len(told) == Entry.objects.count() == 7
        supplier = next(cell for row in sheet for cell in row if str(cell.value).startswith(FORMULA))
        assert supplier.data_type == "s"  # a text, not a formula
        assert [row[5] for row in told] == [None, None, 20, None, 8, None, None]
        assert len(words(ask(client, "journal_pdf", most=8).content)) == 1

    def test_more_lines_than_a_file_can_hold_are_refused_in_words_instead_of_cut_off(
        self, lived: Any, auditor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(MOST_LINES, "xlsx", 6)
        asked = {"from": "2026-10", "to": "2026-11"}
        answer = client_of(auditor).get(reverse("pharmacy:journal_xlsx"), asked, follow=True)
        assert "Choose fewer months" in answer.content.decode()


class TestVillages:
    def test_what_a_village_gave_and_what_it_bought(self, lived: Any, donor: User, mobile: User, nurse: User) -> None:
        client = client_of(donor)
        assert "200,000 ៛" in ask(client, "villages", most=8).content.decode()
        page = ask(client, "village", lived.pk, most=8).content.decode()
        assert "Paracetamol" in page
        assert "Sok Dara" not in page  # no names
        ask(client, "village", lived.pk, most=8, query="?year=2025")
        ask(client, "village", 999_999_999, most=8, status=404)
        month = ask(client, "village_month", lived.pk, "2026-10", most=8).content.decode()
        assert "60,000 ៛" in month
        assert "$8.00" in month
        assert "/purchases/" not in month.replace("/money/", "")  # the donor opens no purchase
        ask(client, "village_month", lived.pk, "2026-09", most=8)
        ask(client_of(mobile), "village", lived.pk, most=8)
        ask(client_of(nurse), "village", lived.pk, most=4, status=403)

    @pytest.mark.parametrize("odd", ["2026-13", "x", "9" * 400])
    def test_a_month_that_is_none_is_refused(self, lived: Any, donor: User, odd: str) -> None:
        address = reverse("pharmacy:village_month", args=[lived.pk, odd])
        assert client_of(donor).get(address).status_code in {400, 404, 422}

    def test_the_notice_is_one_page_however_much_was_bought(self, lived: Any, mobile: User) -> None:
        client = client_of(mobile)
        one = ask(client, "village_notice", lived.pk, most=8)
        assert len(words(one.content)) == 1
        from pharmacy.models import Medicine

        a_donation(riel(5_000_000), village=lived)
        lines = [(medicine, 100, 20_000) for medicine in Medicine.objects.order_by("id")[:30]]
        bought(600_000, *lines, on=TODAY)
        for month in range(1, 10):
            a_donation(riel(1_000), on=date(2026, month, 3), village=lived)
            a_donation(dollars(1), on=date(2026, month, 4), village=lived)
        assert len(words(ask(client, "village_notice", lived.pk, most=8).content)) == 1
        ask(client, "village_notice", lived.pk, most=8, query="?year=2020")

    def test_whose_money_bought_a_batch(self, lived: Any, auditor: User, donor: User) -> None:
        batch = Batch.objects.get(purchase__supplier="Takeo")
        page = ask(client_of(donor), "batch_money", batch.pk, most=8).content.decode()
        assert "32,800 ៛" in page  # $8 of $20 that 82,000 riel became
        assert "$8.00" in page
        ask(client_of(donor), "purchase_money", batch.purchase_id, most=8)
        voided = Purchase.objects.exclude(void_reason="").get()
        assert "taken back" in ask(client_of(auditor), "purchase_money", voided.pk, most=8).content.decode()
        ask(client_of(donor), "batch_money", a_batch().pk, most=8, status=404)  # a gift: nobody's money


class TestScheduleF:
    @pytest.fixture
    def year(self, lived: Any) -> Any:
        by = somebody()
        funds.set_rate(on=date(2026, 10, 1), riel=4_100, by=by, today=TODAY)
        funds.set_rate(on=date(2026, 11, 1), riel=4_000, by=by, today=TODAY)
        a_donation(dollars(6_000), on=date(2026, 10, 2), fund="grant", source="grant", donor_name="UCC", purpose="van")
        a_donation(riel(400_000), on=date(2026, 11, 5), fund="aid")
        gift = a_batch(100, on=date(2026, 11, 6), giver="MAP", value=Money(200_00, Currency.USD))
        from pharmacy.services import dispensing

        for quantity in (10, 15):
            dispensing.dispense(
                patient=a_patient(), medicine=gift.medicine, quantity=quantity, on=TODAY, by=by, today=TODAY
            )
        entry = Entry.objects.create(**ledger.payment("aid", "aid", riel(40_000)), on=date(2026, 11, 9), memo="bus")
        case = AidCase.objects.create(
            number="A-1",
            patient=a_patient(),
            on=date(2026, 11, 9),
            illness="x",
            eligible="card",
            card="1",
            cap=1_000_000,
        )
        AidCost.objects.create(
            case=case, kind="transport", fund_id="aid", on=date(2026, 11, 9), currency="KHR", minor=40_000,
            riel=40_000, asked=40_000, state="paid", entry=entry, approved_by=by,
        )  # fmt: skip
        return abroad.schedule_f(Year("2026"))

    def test_every_amount_in_dollars_at_the_rate_of_its_day(self, year: abroad.Abroad) -> None:
        assert [(one.giver, one.purpose, one.dollars) for one in year.grants] == [("UCC", "van", dollars(6_000))]
        assert [(one.giver, one.units, one.dollars) for one in year.gifts] == [("MAP", 100, dollars(200))]
        assert [(one.kind, len(one.people), one.sum.dollars) for one in year.cash] == [("transport", 1, dollars(10))]
        assert year.medicine_people == 2
        assert (year.at_cost.dollars, year.at_value.dollars) == (dollars(0), dollars(50))  # 25 of 100 units
        # 60,000 at 4,100 + $8 + 40,000 at 4,000; what was taken back is in no sum
        assert year.spent.dollars == Money(14_63 + 8_00 + 10_00, Currency.USD)
        assert not year.unrated

    def test_what_has_no_rate_is_told(self, lived: Any) -> None:
        year = abroad.schedule_f(Year("2026"))
        assert (year.spent.dollars, year.unrated) == (dollars(8), riel(60_000))

    def test_the_page_and_its_papers(self, year: Any, donor: User, nurse: User) -> None:
        client = client_of(donor)
        page = ask(client, "schedule_f", most=8).content.decode()
        for told in ("East Asia and the Pacific", "fair market value", "$6,000.00", "MAP"):
            assert told in page
        ask(client, "schedule_f_pdf", most=8)
        assert {6000, 200, 50, 10, "UCC"} <= set(cells(ask(client, "schedule_f_xlsx", most=8)))
        ask(client, "schedule_f", most=8, query="?year=x")
        ask(client_of(nurse), "schedule_f", most=4, status=403)


def test_every_page_and_paper_stands_in_khmer_too(lived: Any, administrator: User) -> None:
    client = client_of(administrator, language="km")
    for name, *args in (
        ("villages",), ("village", lived.pk), ("village_month", lived.pk, "2026-10"), ("village_notice", lived.pk),
        ("trial_balance",), ("statement",), ("journal",), ("schedule_f",), ("trial_balance_pdf",), ("statement_pdf",),
        ("journal_pdf",), ("schedule_f_pdf",), ("schedule_f_xlsx",),
    ):  # fmt: skip
        assert client.get(reverse(f"pharmacy:{name}", args=args)).status_code == 200, name
