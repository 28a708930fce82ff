"""Pages of funds, boxes, exchanges and counted cash: what they show, refuse, and ask of the database."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from core.accounts.models import User
from core.ids import uuid7
from core.money import Currency, Money
from pharmacy.models import BoxOpening, CashCount, Donation, DonationBox, Entry, Exchange, Fund, Purchase, Rate, Scan
from pharmacy.services import books, boxes, cash, exchanges, funds
from tests.builders import TODAY, a_donation, a_medicine, a_village, somebody
from tests.people import client_of
from tests.pharmacy.test_pages import ask, invoice, riel

pytestmark = pytest.mark.django_db
PAIR = {"counted_by": "Sok Chanthy", "witnessed_by": "Chea Sophal"}
LONG, NUL = "ក" * 10_000, "a\x00b"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20T09:00:00+07:00", tick=False):
        yield


def dollars(amount: int) -> Money:
    return Money(amount * 100, Currency.USD)


def a_box(code: str = "box-1") -> DonationBox:
    return boxes.add(code=code, place_km="វត្ត", place_en="Pagoda", village=a_village(), by=somebody())


def once(makes: Any) -> None:
    assert makes.objects.count() == 1
    assert books.first_broken() is None


class TestFunds:
    def test_all_funds_stand_together_at_the_rate_that_is_named(self, auditor: User) -> None:
        a_donation(riel(50_000))
        a_donation(dollars(10), fund="grant")
        page = ask(client_of(auditor), "funds", most=8).content.decode()
        assert "No rate has been written" in page
        funds.set_rate(on=TODAY, riel=4_100, by=somebody(), today=TODAY)
        page = ask(client_of(auditor), "funds", most=8).content.decode()
        assert "91,000 ៛" in page  # 50,000 + 10 × 4,100
        assert "4100 riel for a dollar, the rate of 20 November 2026" in page.replace("4,100 riel", "4100 riel")

    def test_the_administrator_begins_a_fund_once(self, administrator: User, pharmacist: User) -> None:
        sent = {"code": "flood-26", "kind": "grant", "name_km": "ទឹកជំនន់", "name_en": "Flood"}
        ask(client_of(pharmacist), "fund_new", most=4, data=sent, status=403)
        client = client_of(administrator)
        ask(client, "fund_new", most=8)
        for _ in range(2):
            ask(client, "fund_new", most=12, data=sent, status=302)
        assert Fund.objects.get(pk="flood-26").accounts.count() == 12
        assert "Flood" in ask(client, "fund_of", "flood-26", most=8).content.decode()
        ask(client, "fund_of", "moon", most=8, status=404)
        for wrong in ({"code": "grant"}, {"code": "A b"}, {"kind": "medicine"}, {"name_km": LONG}, {}):
            ask(client, "fund_new", most=8, data=(sent | {"name_en": "Other"} | wrong) if wrong else {}, status=422)

    def test_a_rate_is_set_and_set_right(self, administrator: User, auditor: User) -> None:
        client = client_of(administrator)
        for riel_, source in (("៤១០០", "bank"), ("4,110", "market")):
            ask(client, "rate_set", most=12, data={"on": "20/11/2026", "riel": riel_, "source": source}, status=302)
        assert Rate.objects.get().riel == 4_110
        assert "market" in ask(client_of(auditor), "rates", most=8).content.decode()
        ask(client_of(auditor), "rate_set", most=4, data={}, status=403)
        for wrong in ({"riel": "41"}, {"riel": "x"}, {"on": "21/11/2026"}, {"source": LONG}):
            ask(client, "rate_set", most=8, data={"on": "20/11/2026", "riel": "4100"} | wrong, status=422)

    def test_a_grant_goes_into_its_fund_and_says_what_for(self, nurse: User) -> None:
        sent = {"id": str(uuid7()), "currency": "USD", "amount": "500", "donor_name": "A foundation", "village": "",
                "on": "20/11/2026", "fund": "grant", "source": "grant", "purpose": ""}  # fmt: skip
        page = ask(client_of(nurse), "donate", most=8, data=sent, status=422).content.decode()
        assert "Say what this grant is for" in page
        ask(client_of(nurse), "donate", most=12, data=sent | {"purpose": "oral health"}, status=302)
        assert Donation.objects.get().entry.debit_id == "cash-grant-usd"
        ask(client_of(nurse), "receipt", sent["id"], most=8)
        for wrong in ({"fund": "moon"}, {"source": "box"}, {"fund": NUL}, {"purpose": LONG}):
            ask(client_of(nurse), "donate", most=8, data=sent | {"id": str(uuid7())} | wrong, status=422)


class TestBoxes:
    def sent(self, **given: Any) -> dict[str, Any]:
        return {"id": str(uuid7()), "on": "20/11/2026", "KHR_20000": "៣", "KHR_100": "4", "USD_500": "2"} | PAIR | given

    def test_a_box_is_put_up_opened_and_printed(self, administrator: User, nurse: User) -> None:
        village = a_village()
        client = client_of(administrator)
        new = {"code": "box-1", "place_km": "វត្ត", "place_en": "", "village": village.pk, "village_text": str(village)}
        for _ in range(2):
            ask(client, "box_new", most=12, data=new, status=302)
        desk = client_of(nurse)
        ask(desk, "box_new", most=4, data=new, status=403)
        assert ask(desk, "box_sheet", "box-1", most=8).content.startswith(b"%PDF")
        ask(desk, "box_open", "box-1", most=8)
        sent = self.sent()
        for _ in range(2):
            # One more than other deeds: the box, its opening, notes, receipts and entries are tables of their own.
            answer = ask(desk, "box_open", "box-1", most=13, data=sent, status=302)
        once(BoxOpening)
        page = desk.get(answer["Location"]).content.decode()
        assert "60,400 ៛" in page
        assert "D-000002" in page
        for name in ("opening", "opening_sheet"):
            ask(desk, name, sent["id"], most=8)
        gift = Donation.objects.filter(source="box")[0]
        assert "box-1" in ask(desk, "donation", gift.pk, most=8).content.decode()
        ask(desk, "receipt", gift.pk, most=8)
        assert "60,400" in ask(desk, "box", "box-1", most=8).content.decode()
        assert "20/11/2026" in ask(desk, "boxes", most=8).content.decode()

    def test_the_auditor_looks_at_boxes_and_opens_none(self, auditor: User) -> None:
        opening = boxes.open_box(
            box=a_box(), found={Currency.KHR: {100: 1}}, on=TODAY, by=somebody(), today=TODAY, **PAIR
        )  # fmt: skip
        client = client_of(auditor)
        for name, key in (("box", "box-1"), ("opening", opening.pk), ("opening_sheet", opening.pk)):
            ask(client, name, key, most=8)
        assert "/open/" not in ask(client, "boxes", most=8).content.decode()
        ask(client, "box_open", "box-1", most=4, data=self.sent(), status=403)

    def test_a_box_moves_and_goes_out_of_use(self, administrator: User) -> None:
        a_box()
        client = client_of(administrator)
        ask(client, "box_change", "box-1", most=8)
        ask(client, "box_change", "box-1", most=12, data={"place_km": "ផ្សារ"}, status=302)
        found = DonationBox.objects.get()
        assert (found.place_km, found.village, found.active) == ("ផ្សារ", None, False)
        page = ask(client, "box_open", "box-1", most=12, data=self.sent(), status=422).content.decode()
        assert "out of use" in page
        for wrong in ({"place_km": ""}, {"place_en": LONG}):
            ask(client, "box_change", "box-1", most=8, data={"place_km": "ផ្សារ"} | wrong, status=422)
        ask(client, "box_change", "moon", most=8, data={}, status=404)

    def test_two_people_change_one_box_and_nothing_is_lost(self, administrator: User) -> None:
        a_box()
        client = client_of(administrator)
        was = re.search(r'name="was" value="([^"]+)"', ask(client, "box_change", "box-1", most=8).content.decode())
        assert was
        common = {"was": was[1], "active": "on", "village": a_village().pk, "village_text": str(a_village())}
        ask(client, "box_change", "box-1", most=12, data=common | {"place_km": "វត្ត", "place_en": "Gate"}, status=302)
        mine = common | {"place_km": "ផ្សារ", "place_en": "Pagoda"}  # the English name is not touched by me
        ask(client, "box_change", "box-1", most=12, data=mine, status=302)
        found = DonationBox.objects.get()
        assert (found.place_km, found.place_en) == ("ផ្សារ", "Gate")
        page = ask(client, "box_change", "box-1", most=12, data=mine | {"place_en": "Well"}, status=422)
        assert "Gate" in page.content.decode()
        assert 'name="keep_place_en"' in page.content.decode()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"witnessed_by": "sok  CHANTHY"}, "Two different people count"),
            ({"witnessed_by": ""}, "required"),
            ({"KHR_100": "-1"}, "greater than or equal to 0"),
            ({"KHR_100": "9" * 400}, "whole number"),
            ({"KHR_100": "1.5"}, "whole number"),
            ({"KHR_20000": "", "KHR_100": "", "USD_500": ""}, "No note was counted"),
            ({"on": "21/11/2026"}, "has not come yet"),
            ({"remark": LONG}, "at most 200 characters"),
        ],
    )
    def test_wrong_input_is_said_and_nothing_is_written(self, nurse: User, wrong: Any, said: str) -> None:
        a_box()
        page = ask(client_of(nurse), "box_open", "box-1", most=8, data=self.sent(**wrong), status=422).content.decode()
        assert said in page
        assert not Entry.objects.exists()

    def test_openings_are_read_by_key(self, nurse: User) -> None:
        box = a_box()
        for _ in range(52):
            given = {"found": {Currency.KHR: {100: 1}}, "on": TODAY, "by": somebody(), "today": TODAY}
            boxes.open_box(box=box, **given, **PAIR)
        answer = ask(client_of(nurse), "box", "box-1", most=8)
        older = ask(client_of(nurse), "box", "box-1", most=8, query=answer.context["older"])
        assert (len(answer.context["rows"]), len(older.context["rows"])) == (50, 2)


class TestExchange:
    def sent(self, **given: Any) -> dict[str, Any]:
        sent = {"id": str(uuid7()), "fund": "medicine", "direction": "KHR", "given": "៤១០,០០០ ៛", "taken": "$100"}
        return sent | {"where": "market", "on": "20/11/2026"} | given

    def test_money_is_changed_once_and_taken_back(self, administrator: User, pharmacist: User) -> None:
        a_donation(riel(500_000))
        client, sent = client_of(pharmacist), self.sent()
        ask(client, "exchange_new", most=8)
        for _ in range(2):
            ask(client, "exchange_new", most=12, data=sent, status=302)
        once(Exchange)
        assert "4,100 ៛" in ask(client, "exchanges", most=8).content.decode()
        ask(client, "exchange_void", sent["id"], most=4, data={"reason": "x"}, status=403)
        admin = client_of(administrator)
        ask(admin, "exchange_void", sent["id"], most=8)
        ask(admin, "exchange_void", sent["id"], most=8, data={"reason": ""}, status=422)
        ask(admin, "exchange_void", sent["id"], most=12, data={"reason": "wrong fund"}, status=302)
        assert "wrong fund" in ask(admin, "exchange_void", sent["id"], most=8).content.decode()
        ask(admin, "exchange_void", sent["id"], most=8, data={"reason": "again"}, status=422)
        once(Exchange)

    def test_dollars_become_riel(self, pharmacist: User) -> None:
        a_donation(dollars(10))
        sent = self.sent(direction="USD", given="10", taken="41,000")
        ask(client_of(pharmacist), "exchange_new", most=12, data=sent, status=302)
        assert Exchange.objects.get().rate == 4_100

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"given": "510,000"}, "does not hold this much: at most 500,000"),
            ({"taken": "$1"}, "A dollar cannot be worth 410,000 riel"),
            ({"direction": "USD"}, "Riel and dollars cannot be added"),
            ({"direction": "EUR"}, "Select a valid choice"),
            ({"fund": "moon"}, "Select a valid choice"),
            ({"given": "410,050"}, "multiple of 100"),
            ({"on": "21/11/2026"}, "has not come yet"),
            ({"taken": LONG}, "at most 30 characters"),
        ],
    )
    def test_wrong_input_is_said(self, pharmacist: User, wrong: Any, said: str) -> None:
        a_donation(riel(500_000))
        page = ask(client_of(pharmacist), "exchange_new", most=12, data=self.sent(**wrong), status=422).content.decode()
        assert said in page
        assert not Exchange.objects.exists()


class TestCash:
    def sent(self, **given: Any) -> dict[str, Any]:
        return {"id": str(uuid7()), "on": "20/11/2026", "KHR_20000": "2", "reason": ""} | PAIR | given

    def test_cash_is_counted_blind_explained_and_entered_by_the_administrator(
        self, administrator: User, pharmacist: User
    ) -> None:
        a_donation(riel(50_000))
        client, sent = client_of(pharmacist), self.sent()
        assert "The books say" not in ask(client, "cash_new", "medicine", "KHR", most=8).content.decode()
        page = ask(client, "cash_new", "medicine", "KHR", most=8, data=sent, status=422).content.decode()
        assert "The books say 50,000 ៛, counted were 40,000 ៛" in page
        sent |= {"reason": "not known"}
        for _ in range(2):
            ask(client, "cash_new", "medicine", "KHR", most=12, data=sent, status=302)
        once(CashCount)
        ask(client, "cash_enter", sent["id"], most=4, data={}, status=403)
        admin = client_of(administrator)
        assert "Enter the difference" in ask(admin, "cash_count", sent["id"], most=8).content.decode()
        for _ in range(2):
            ask(admin, "cash_enter", sent["id"], most=12, data={}, status=302)
        assert "stands in the books" in ask(admin, "cash_count", sent["id"], most=8).content.decode()
        assert "not known" in ask(admin, "fund", most=8).content.decode()
        assert "entered" in ask(admin, "cash_counts", most=8).content.decode()
        assert books.first_broken() is None

    def test_a_refusal_to_enter_is_said(self, administrator: User) -> None:
        made = cash.count(fund="medicine", currency=Currency.KHR, found={1_000: 1}, on=TODAY, reason="found", **PAIR,
                          by=somebody(), today=TODAY)  # fmt: skip
        a_donation(riel(1_000))
        client = client_of(administrator)
        answer = ask(client, "cash_enter", made.pk, most=12, data={}, status=302)
        assert "have changed since it was counted" in client.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"witnessed_by": "SOK CHANTHY"}, {"counted_by": "12"}, {"KHR_20000": "x"}, {"on": "2026"}, {"reason": LONG},
            {"on": "21/11/2026"}, {"witnessed_by": LONG}, {"id": "x"}, {"KHR_20000": "1000001"},
        ],
    )  # fmt: skip
    def test_wrong_input_is_said(self, pharmacist: User, wrong: Any) -> None:
        a_donation(riel(40_000))
        ask(client_of(pharmacist), "cash_new", "medicine", "KHR", most=8, data=self.sent(**wrong), status=422)
        assert not CashCount.objects.exists()

    def test_only_funds_and_currencies_that_there_are(self, pharmacist: User, nurse: User) -> None:
        ask(client_of(pharmacist), "cash_new", "medicine", "EUR", most=8, status=404)
        ask(client_of(pharmacist), "cash_new", "moon", "KHR", most=8, data=self.sent(), status=404)
        ask(client_of(nurse), "cash_new", "medicine", "KHR", most=4, data=self.sent(), status=403)

    def test_the_end_of_a_month_shows_what_is_left_to_explain(self, auditor: User) -> None:
        a_donation(riel(50_000))
        a_donation(dollars(10), fund="grant")
        funds.set_rate(on=TODAY, riel=4_100, by=somebody(), today=TODAY)
        given = {"on": TODAY, "by": somebody(), "today": TODAY} | PAIR
        cash.count(fund="medicine", currency=Currency.KHR, found={50_000: 1}, **given)
        client = client_of(auditor)
        page = ask(client, "month_end", most=8, query="?month=2026-11").content.decode()
        assert "91,000 ៛" in page
        assert "Not every fund" in page  # nobody counted the dollars of the grant
        cash.count(fund="grant", currency=Currency.USD, found={1000: 1}, **given)
        answer = ask(client, "month_end", most=8, query="?month=2026-11")
        assert "The books and the cash agree" in answer.content.decode()
        a_donation(riel(1_000))  # written late, for the same day
        rows = ask(client, "month_end", most=8, query="?month=2026-11").context["rows"]
        assert [row.left for row in rows if row.count] == [riel(-1_000), dollars(0)]
        for odd in ("", "?month=x", "?month=2026-13", "?month=9999-01", f"?month={'9' * 400}", "?month=%00"):
            ask(client, "month_end", most=8, query=odd)


class TestScan:
    def picture(self, kind: str = "PNG", side: int = 3_000) -> bytes:
        out = BytesIO()
        Image.new("RGB", (side, 200), "white").save(
            out, kind, **({"exif": b"Exif\0\0secret"} if kind == "JPEG" else {})
        )
        return out.getvalue()

    def bought(self, pharmacist: User) -> tuple[Any, Any]:
        a_donation(riel(50_000))
        a_medicine()
        client = client_of(pharmacist)
        ask(client, "purchase_new", most=12, data=invoice(), status=302)
        return client, Purchase.objects.get().pk

    def put(self, client: Any, purchase: Any, data: bytes, status: int, name: str = "invoice.png") -> Any:
        file = SimpleUploadedFile(name, data)
        return ask(client, "purchase_scan", purchase, most=12, data={"scan": file}, status=status)

    def test_a_picture_is_made_small_and_plain_and_can_be_replaced(self, pharmacist: User, nurse: User) -> None:
        client, purchase = self.bought(pharmacist)
        for kind in ("PNG", "PNG", "JPEG"):
            self.put(client, purchase, self.picture(kind), 302)
            kept = Image.open(BytesIO(bytes(Scan.objects.get().content)))
            assert (kept.format, kept.size) == ("JPEG", (2_000, 133))
            assert not kept.getexif()
        answer = ask(client, "purchase_invoice", purchase, most=8)
        assert answer["Content-Type"] == "image/jpeg"
        assert "See the scan" in ask(client, "purchase", purchase, most=8).content.decode()
        ask(client_of(nurse), "purchase_invoice", purchase, most=4, status=403)

    def test_a_pdf_is_kept_as_it_is_and_only_sent_as_a_file(self, pharmacist: User) -> None:
        client, purchase = self.bought(pharmacist)
        ask(client, "purchase_invoice", purchase, most=8, status=404)
        data = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"
        self.put(client, purchase, data, 302, "invoice.pdf")
        answer = ask(client, "purchase_invoice", purchase, most=8)
        assert answer.content == data
        assert answer["Content-Disposition"].startswith("attachment")

    def test_what_is_neither_is_refused_in_words(self, pharmacist: User) -> None:
        client, purchase = self.bought(pharmacist)
        too_large = b"%PDF-1.4" + b" " * 3_000_001 + b"%%EOF"
        for data in (b"<html>", b"", b"%PDF-1.4 cut off", self.picture()[:200], too_large, self.picture("GIF", 300)):
            page = self.put(client, purchase, data, 422).content.decode()
            assert "errorlist" in page
        ask(client, "purchase_scan", purchase, most=12, data={}, status=422)
        ask(client, "purchase_scan", uuid7(), most=12, data={}, status=404)
        assert not Scan.objects.exists()


def test_medicine_is_bought_out_of_the_fund_that_is_named(pharmacist: User) -> None:
    a_donation(riel(50_000), fund="grant")
    client = client_of(pharmacist)
    ask(client, "purchase_new", most=12, data=invoice(), status=422)
    ask(client, "purchase_new", most=12, data=invoice(fund=NUL), status=422)
    ask(client, "purchase_new", most=12, data=invoice(fund="moon"), status=422)
    ask(client, "purchase_new", most=12, data=invoice(fund="grant"), status=302)
    assert books.first_broken() is None


def test_lists_go_on_by_key(auditor: User) -> None:
    a_donation(riel(5_000_000))
    given = {"on": TODAY, "by": somebody(), "today": TODAY}
    for _ in range(51):
        exchanges.record(fund="medicine", given=riel(4_100), taken=dollars(1), **given)
        cash.count(fund="grant", currency=Currency.KHR, found={}, **PAIR, **given)
    for name in ("exchanges", "cash_counts"):
        answer = ask(client_of(auditor), name, most=8)
        older = ask(client_of(auditor), name, most=8, query=answer.context["older"])
        assert len(older.context["rows"]) == 1
        ask(client_of(auditor), name, most=8, query="?before=x")


def test_every_address_of_money_has_a_page_in_khmer_too(administrator: User) -> None:
    a_box()
    client = client_of(administrator, language="km")
    for name, *args in (
        ("funds",), ("fund_new",), ("rates",), ("boxes",), ("box_new",), ("box", "box-1"), ("box_open", "box-1"),
        ("box_change", "box-1"), ("exchanges",), ("exchange_new",), ("cash_counts",), ("cash_new", "grant", "USD"),
        ("month_end",), ("donate",), ("fund",),
    ):  # fmt: skip
        assert client.get(reverse(f"pharmacy:{name}", args=args)).status_code == 200, name
