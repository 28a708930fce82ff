"""Pages of medicine and money: what they show, what they refuse, how many questions they ask of the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.accounts.models import User
from core.audit.models import Entry as Written
from core.audit.models import Read
from core.ids import uuid7
from core.money import Currency, Money
from pharmacy.models import Batch, Dispensing, Donation, Entry, Medicine, Move, Purchase
from pharmacy.selectors import stock
from pharmacy.services import books
from tests.builders import TODAY, a_batch, a_donation, a_medicine, a_patient, a_village, somebody
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20T09:00:00+07:00", tick=False):
        yield


def riel(amount: int) -> Money:
    return Money(amount, Currency.KHR)


def ask(client: Any, name: str, *args: Any, most: int, data: Any = None, query: str = "", status: int = 200) -> Any:
    """Ask for a page and hold it to its budget of statements."""
    url = reverse(f"pharmacy:{name}", args=args) + query
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.post(url, data) if data is not None else client.get(url)
    assert answer.status_code == status, answer.content.decode()[:2000]
    assert len(asked) <= most, [q["sql"][:160] for q in asked]
    return answer


def invoice(lines: int = 1, **given: Any) -> dict[str, Any]:
    """Return what the purchase page sends: `lines` lines of 100 tablets for 10,000 riel."""
    sent: dict[str, Any] = {
        "id": str(uuid7()), "supplier": "ឱសថស្ថានតាកែវ", "invoice": "A-17", "on": "20/11/2026", "currency": "KHR",
        "sum": f"{10_000 * lines}", "fund": "medicine", "line-TOTAL_FORMS": "6", "line-INITIAL_FORMS": "0",
    }  # fmt: skip
    for n, medicine in enumerate(Medicine.objects.all()[:lines]):
        sent |= {
            f"line-{n}-medicine": medicine.pk, f"line-{n}-medicine_text": str(medicine), f"line-{n}-quantity": "១០០",
            f"line-{n}-expires_on": "31/12/2027", f"line-{n}-number": f"B{n}", f"line-{n}-cost": "10,000",
        }  # fmt: skip
    return sent | given


class TestStock:
    def test_the_stock_page_shows_what_is_short_and_what_expires(self, pharmacist: User) -> None:
        a_batch(10, expires_on=TODAY + timedelta(days=30))
        a_batch(5, medicine=a_medicine("Ibuprofen", "200 mg"), expires_on=TODAY, on=TODAY)
        Medicine.objects.filter(pk=a_medicine().pk).update(reorder_at=20)
        page = ask(client_of(pharmacist), "stock", most=8).content.decode()
        assert "Paracetamol" in page
        assert "Running low" in page
        for show in ("out", "low", "soon", "expired", "all", "nonsense"):
            ask(client_of(pharmacist), "stock", most=8, query=f"?show={show}")

    def test_the_whole_formulary_is_read_by_key(self, pharmacist: User) -> None:
        client, query, seen = client_of(pharmacist), "?show=all", []
        while query:
            answer = ask(client, "stock", most=8, query=query)
            seen += [row.medicine.pk for row in answer.context["rows"]]
            query = answer.context["older"]
        assert sorted(seen) == sorted(Medicine.objects.values_list("pk", flat=True))

    def test_a_medicine_is_found_by_parts_of_its_name(self, nurse: User) -> None:
        found = ask(client_of(nurse), "medicines", most=2, query="?q=parac 500").json()["results"]
        assert [row["text"] for row in found] == ["Paracetamol tablet 500 mg"]
        assert ask(client_of(nurse), "medicines", most=2, query="?q=").json() == {"results": []}

    def test_the_card_of_a_medicine_is_the_same_few_statements_however_long(self, pharmacist: User) -> None:
        for n in range(40):
            a_batch(n + 1, expires_on=TODAY + timedelta(days=n))
        answer = ask(client_of(pharmacist), "medicine", a_medicine().pk, most=8)
        assert len(answer.context["lines"]) == 30
        assert answer.context["lines"][0].balance == sum(range(1, 41))
        older = ask(client_of(pharmacist), "medicine", a_medicine().pk, most=8, query=answer.context["older"])
        assert [line.balance for line in older.context["lines"]][-1] == 1

    def test_the_level_of_running_low_is_set_on_the_card_and_written_in_the_log(
        self, pharmacist: User, nurse: User
    ) -> None:
        a_batch(10)
        medicine, client = a_medicine(), client_of(pharmacist)
        ask(client, "reorder", medicine.pk, most=12, data={"level": "១០"}, status=302)
        assert stock.summary(TODAY)["low"] == 1
        assert "Order again when 10 or fewer are left" in ask(client, "medicine", medicine.pk, most=8).content.decode()
        written = Written.objects.get(verb="pharmacy.medicine.reorder_level_set")
        assert written.detail == {"medicine": medicine.pk, "before": 0, "level": 10}
        for wrong in ("", "-1", "many", "99999999999999999999", "1000001"):
            ask(client, "reorder", medicine.pk, most=12, data={"level": wrong}, status=422)
        ask(client, "reorder", medicine.pk, most=8)
        ask(client, "reorder", 999999, most=12, data={"level": "1"}, status=404)
        ask(client_of(nurse), "reorder", medicine.pk, most=4, data={"level": "1"}, status=403)
        assert Medicine.objects.get(pk=medicine.pk).reorder_at == 10

    def test_medicine_is_taken_in_with_khmer_digits_and_only_once(self, pharmacist: User) -> None:
        medicine = a_medicine()
        sent = {
            "id": str(uuid7()), "medicine": medicine.pk, "medicine_text": str(medicine), "quantity": "៥០០",
            "expires_on": "៣១/១២/២០២៧", "number": "B1", "source": "gift", "on": "20/11/2026", "remark": "",
        }  # fmt: skip
        for _ in range(2):
            answer = ask(client_of(pharmacist), "receive", most=12, data=sent, status=302)
            assert answer["Location"] == reverse("pharmacy:medicine", args=[medicine.pk])
        assert Move.objects.get().quantity == 500

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"quantity": "0"}, "greater than or equal to 1"),
            ({"quantity": "99999999999999999999"}, "Write a whole number"),
            ({"quantity": "ten"}, "Write a whole number"),
            ({"expires_on": "01/01/2020"}, "had expired before it came"),
            ({"expires_on": "31/02/2027"}, "Write a date"),
            ({"on": "21/11/2026"}, "has not come yet"),
            ({"medicine": "", "medicine_text": "Nosuch"}, "No medicine has this name"),
            ({"medicine": "99999999999999999999"}, "No medicine has this name"),
            ({"source": "stolen"}, "Select a valid choice"),
            ({"number": "x" * 41}, "at most 40 characters"),
            ({"id": "no"}, "Take in"),
        ],
    )
    def test_wrong_input_is_said_beside_the_field(self, pharmacist: User, wrong: dict[str, str], said: str) -> None:
        medicine = a_medicine()
        sent = {
            "id": str(uuid7()), "medicine": medicine.pk, "medicine_text": str(medicine), "quantity": "500",
            "expires_on": "31/12/2027", "source": "gift", "on": "20/11/2026",
        } | wrong  # fmt: skip
        page = ask(client_of(pharmacist), "receive", most=8, data=sent, status=422).content.decode()
        assert said in page
        assert not Batch.objects.exists()

    @pytest.mark.parametrize(
        ("deed", "sent"),
        [
            ("transfer", {"source": "dispensary", "target": "kit-1", "quantity": "4"}),
            ("write_off", {"place": "dispensary", "quantity": "4", "why": "broken", "reason": "wet"}),
            ("count", {"place": "dispensary", "counted": "6", "reason": "count"}),
        ],
    )
    def test_a_batch_is_moved_once_however_often_it_is_sent(self, pharmacist: User, deed: str, sent: Any) -> None:
        batch = a_batch(10)
        client = client_of(pharmacist)
        page = ask(client, deed, batch.pk, most=8, query="?at=dispensary").content.decode()
        assert "Dispensary&nbsp;<strong>10</strong>" in page
        sent |= {"id": str(uuid7()), "on": "20/11/2026"}
        for _ in range(2):
            ask(client, deed, batch.pk, most=12, data=sent, status=302)
        assert Move.objects.exclude(source="source").get().quantity == 4
        refused = sent | {"id": str(uuid7()), "quantity": "7", "counted": "x"}
        ask(client, deed, batch.pk, most=12, data=refused, status=422)
        ask(client, deed, batch.pk, most=12, data={}, status=422)
        ask(client, deed, batch.pk, most=12, data=refused | {"source": "source", "place": "moon"}, status=422)

    def test_a_move_is_taken_back_from_the_card(self, pharmacist: User) -> None:
        a_batch(10)
        move, client = Move.objects.get(), client_of(pharmacist)
        ask(client, "reverse", move.pk, most=8)
        ask(client, "reverse", move.pk, most=8, data={"reason": ""}, status=422)
        ask(client, "reverse", move.pk, most=12, data={"reason": "not ours"}, status=302)
        again = ask(client, "reverse", move.pk, most=12, data={"reason": "again"}, status=422).content.decode()
        assert "not ours" in again
        assert 'name="reason"' not in again
        assert books.first_broken() is None


class TestDispensing:
    def sent(self, **given: Any) -> dict[str, Any]:
        medicine = a_medicine()
        return {
            "id": str(uuid7()), "medicine": medicine.pk, "medicine_text": str(medicine), "quantity": "១០",
            "directions": "១ គ្រាប់ ៣ ដង", "place": "dispensary", "on": "20/11/2026",
        } | given  # fmt: skip

    def test_a_patient_gets_medicine_and_the_look_is_written_down(self, nurse: User) -> None:
        a_batch(6, expires_on=date(2027, 1, 31))
        a_batch(90)
        patient = a_patient()
        ask(client_of(nurse), "dispense", patient.pk, most=8)
        assert Read.objects.filter(patient_id=patient.pk, what="dispense").count() == 1
        answer = ask(client_of(nurse), "dispense", patient.pk, most=12, data=self.sent(), status=302)
        assert answer["Location"] == reverse("desk:record", args=[patient.pk])
        given = Dispensing.objects.get()
        assert sorted(move.quantity for move in given.moves.all()) == [4, 6]
        assert given.directions == "១ គ្រាប់ ៣ ដង"

    def test_a_double_click_gives_once_even_when_the_first_took_the_last(self, nurse: User) -> None:
        a_batch(10)
        patient, sent = a_patient(), self.sent()
        for _ in range(2):
            ask(client_of(nurse), "dispense", patient.pk, most=12, data=sent, status=302)
        assert Dispensing.objects.count() == 1

    def test_the_batches_that_would_be_given_are_shown_before(self, nurse: User) -> None:
        a_batch(6, expires_on=date(2027, 1, 31), number="SOON")
        a_batch(90, number="LATE")
        client = client_of(nurse)
        query = f"?medicine={a_medicine().pk}&place=dispensary&quantity="
        shown = ask(client, "proposal", most=4, query=query + "5").content.decode()
        assert "SOON" in shown
        assert "LATE" not in shown
        assert "LATE" in ask(client, "proposal", most=4, query=query + "៧").content.decode()
        assert "96 can be given" in ask(client, "proposal", most=4, query=query + "97").content.decode()
        for query in ("", "?medicine=x", "?medicine=999999", f"?medicine={a_medicine().pk}&quantity=x&place=moon"):
            ask(client, "proposal", most=4, query=query)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"quantity": "101"}, "at most 100 can be taken"),
            ({"quantity": "0"}, "greater than or equal to 1"),
            ({"quantity": "-5"}, "greater than or equal to 1"),
            ({"medicine": "999999"}, "at most 0 can be taken"),
            ({"medicine": "", "medicine_text": ""}, "required"),
            ({"medicine": "", "medicine_text": "amox"}, "Several medicines have this name"),
            ({"place": "source"}, "only from the store"),
            ({"place": "moon"}, "at most 0 can be taken"),
            ({"on": "21/11/2026"}, "has not come yet"),
            ({"directions": "x" * 201}, "at most 200 characters"),
        ],
    )
    def test_wrong_input_is_said_and_what_was_typed_is_kept(self, nurse: User, wrong: Any, said: str) -> None:
        a_batch(100)
        sent = self.sent(**wrong)
        page = ask(client_of(nurse), "dispense", a_patient().pk, most=12, data=sent, status=422).content.decode()
        assert said in page
        assert not Dispensing.objects.exists()
        assert wrong.get("directions") or "១ គ្រាប់ ៣ ដង" in page

    def test_nobody_is_nobody(self, nurse: User) -> None:
        ask(client_of(nurse), "dispense", uuid7(), most=4, status=404)
        ask(client_of(nurse), "dispense", a_patient().pk, most=8, query="?encounter=nonsense")


class TestDonations:
    def sent(self, **given: Any) -> dict[str, Any]:
        sent = {"id": str(uuid7()), "currency": "KHR", "amount": "៥០,០០០", "donor_name": "", "on": "20/11/2026"}
        return sent | {"fund": "medicine", "source": "person", "purpose": ""} | given

    def test_a_gift_in_khmer_digits_has_its_receipt(self, nurse: User) -> None:
        village, client = a_village(), client_of(nurse)
        ask(client, "donate", most=8)
        sent = self.sent(donor_name="សុខ ចាន់ធី", village=village.pk, village_text=village.full_name)
        answer = ask(client, "donate", most=12, data=sent, status=302)
        page = client.get(answer["Location"]).content.decode()
        assert "D-000001" in page
        assert "50,000 ៛" in page
        paper = ask(client, "receipt", sent["id"], most=8)
        assert paper["Content-Type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF")

    def test_dollars_have_cents(self, nurse: User) -> None:
        ask(client_of(nurse), "donate", most=12, data=self.sent(currency="USD", amount="$20.50"), status=302)
        assert Entry.objects.get().money == Money(2050, Currency.USD)

    def test_a_gift_sent_twice_is_one_receipt(self, nurse: User) -> None:
        sent = self.sent()
        for _ in range(2):
            ask(client_of(nurse), "donate", most=12, data=sent, status=302)
        assert Donation.objects.get().number == 1
        assert books.first_broken() is None

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"amount": "150"}, "multiple of 100"),
            ({"amount": "0"}, "above zero"),
            ({"amount": "-100"}, "Write an amount"),
            ({"amount": "12.50"}, "Write an amount"),
            ({"amount": "$20"}, "cannot be added together"),
            ({"amount": "9" * 30}, "Write an amount"),
            ({"currency": "EUR"}, "Select a valid choice"),
            ({"on": "21/11/2026"}, "has not come yet"),
            ({"donor_name": "12"}, "Write a name with letters"),
            ({"village": "x"}, "No village has this name"),
        ],
    )
    def test_wrong_input_is_said(self, nurse: User, wrong: Any, said: str) -> None:
        page = ask(client_of(nurse), "donate", most=8, data=self.sent(**wrong), status=422).content.decode()
        assert said in page
        assert not Donation.objects.exists()

    def test_only_the_administrator_voids_and_the_receipt_stays(self, administrator: User, pharmacist: User) -> None:
        given = a_donation(riel(50_000))
        ask(client_of(pharmacist), "donation_void", given.pk, most=4, data={"reason": "x"}, status=403)
        client = client_of(administrator)
        ask(client, "donation_void", given.pk, most=8)
        ask(client, "donation_void", given.pk, most=8, data={"reason": " "}, status=422)
        ask(client, "donation_void", given.pk, most=12, data={"reason": "counted twice"}, status=302)
        again = ask(client, "donation_void", given.pk, most=8).content.decode()
        assert "counted twice" in again
        assert 'name="reason"' not in again
        page = ask(client, "donations", most=8).content.decode()
        assert "counted twice" in page
        assert "D-000001" in page
        assert ask(client, "receipt", given.pk, most=8).content.startswith(b"%PDF")

    def test_a_gift_already_spent_is_not_voided_and_the_page_says_what_is_left(
        self, administrator: User, pharmacist: User
    ) -> None:
        given = a_donation(riel(50_000))
        ask(client_of(pharmacist), "purchase_new", most=12, data=invoice(2), status=302)
        client, sent = client_of(administrator), {"reason": "counted twice"}
        page = ask(client, "donation_void", given.pk, most=12, data=sent, status=422).content.decode()
        assert "This gift has been spent since: at most 30,000" in page
        assert books.first_broken() is None

    def test_the_list_goes_on_by_key(self, auditor: User) -> None:
        for n in range(60):
            a_donation(riel(1_000), on=TODAY - timedelta(days=n % 3))
        answer = ask(client_of(auditor), "donations", most=8)
        seen = [row.pk for row in answer.context["rows"]]
        older = ask(client_of(auditor), "donations", most=8, query=answer.context["older"])
        seen += [row.pk for row in older.context["rows"]]
        assert len(set(seen)) == len(seen) == 60
        assert not older.context["older"]

    def test_a_nurse_does_not_browse_who_gave(self, nurse: User) -> None:
        ask(client_of(nurse), "donations", most=4, status=403)
        ask(client_of(nurse), "fund", most=4, status=403)

    def test_the_fund_is_read_in_both_currencies(self, auditor: User) -> None:
        a_donation(riel(50_000))
        a_donation(Money(2000, Currency.USD))
        page = ask(client_of(auditor), "fund", most=8).content.decode()
        assert "50,000 ៛" in page
        assert "$20.00" in page


class TestPurchases:
    @pytest.mark.parametrize("lines", [1, 6])
    def test_a_purchase_takes_the_same_statements_whatever_its_length(self, pharmacist: User, lines: int) -> None:
        a_donation(riel(100_000))
        client = client_of(pharmacist)
        ask(client, "purchase_new", most=8)
        sent = invoice(lines)
        for _ in range(2):
            answer = ask(client, "purchase_new", most=12, data=sent, status=302)
        assert Purchase.objects.count() == 1
        assert Batch.objects.count() == lines
        page = client.get(answer["Location"]).content.decode()
        assert "10,000 ៛" in page
        ask(client, "purchases", most=8)
        assert books.first_broken() is None

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"sum": "10,100"}, "The lines add up to 10,000"),
            ({"sum": "200,000", "line-0-cost": "200,000"}, "does not hold this much: at most 100,000"),
            ({"sum": "10,050", "line-0-cost": "10,050"}, "multiple of 100"),
            ({"sum": ""}, "required"),
            ({"currency": "USD"}, "does not hold this much"),
            ({"currency": "EUR"}, "Select a valid choice"),
            ({"supplier": ""}, "required"),
            ({"line-0-quantity": "0"}, "greater than or equal to 1"),
            ({"line-0-expires_on": "1/1/2020"}, "had expired before it came"),
            ({"line-0-medicine": "x"}, "No medicine has this name"),
            ({"line-TOTAL_FORMS": "no"}, "ManagementForm"),
            ({"line-TOTAL_FORMS": "0"}, "Write at least one medicine"),
        ],
    )
    def test_wrong_input_is_said_and_nothing_is_bought(self, pharmacist: User, wrong: Any, said: str) -> None:
        a_donation(riel(100_000))
        page = ask(client_of(pharmacist), "purchase_new", most=12, data=invoice() | wrong, status=422).content.decode()
        assert said in page
        assert not Batch.objects.exists()
        assert "ឱសថស្ថានតាកែវ" in page or not wrong.get("supplier", "x")

    @pytest.mark.django_db(transaction=True)
    def test_a_medicine_that_is_not_there_is_said_too(self, pharmacist: User) -> None:
        a_donation(riel(100_000))
        sent = invoice(**{"line-0-medicine": "999999"})
        # No page sends this. Only the commit can refuse it, so the whole purchase and the page are paid for.
        page = ask(client_of(pharmacist), "purchase_new", most=16, data=sent, status=422).content.decode()
        assert "not there any more" in page
        assert not Purchase.objects.exists()

    def test_a_purchase_is_taken_back_whole(self, pharmacist: User, administrator: User) -> None:
        a_donation(riel(100_000))
        sent = invoice(6)
        ask(client_of(pharmacist), "purchase_new", most=12, data=sent, status=302)
        client = client_of(administrator)
        ask(client, "purchase_void", sent["id"], most=12, data={"reason": ""}, status=422)
        ask(client, "purchase_void", sent["id"], most=12, data={"reason": "wrong order"}, status=302)
        ask(client, "purchase_void", sent["id"], most=12, data={"reason": "again"}, status=422)
        ask(client, "purchase_void", uuid7(), most=12, data={"reason": "nothing"}, status=404)
        assert "wrong order" in ask(client, "purchase", sent["id"], most=8).content.decode()
        assert books.first_broken() is None


def test_every_page_speaks_khmer_too(pharmacist: User) -> None:
    a_donation(riel(50_000), by=somebody())
    a_batch(10)
    client = client_of(pharmacist, language="km")
    for name in ("stock", "receive", "donate", "donations", "purchases", "purchase_new", "fund"):
        assert 'lang="km"' in ask(client, name, most=8).content.decode()
