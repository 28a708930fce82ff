"""Pages of stock: the formulary, places, batches, recalls, counts, what is used and what to order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from core.accounts.models import User
from core.audit.models import Entry as Written
from core.audit.models import Read
from core.ids import uuid7
from core.money import Currency, Money
from pharmacy.models import Batch, CountLine, Medicine, Move, Place, StockCount
from pharmacy.services import books, dispensing, recalls
from pharmacy.services import stock as shelves
from tests.builders import TODAY, a_batch, a_medicine, a_patient, a_village, somebody
from tests.people import client_of
from tests.pharmacy.test_pages import ask

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel("2026-11-20T09:00:00+07:00", tick=False):
        yield


LONG, NUL = "x" * 10_000, "4\x00x"


def given(batch: Any, quantity: int = 5, *, patient: Any = None, on: date = TODAY) -> Any:
    return dispensing.dispense(
        patient=patient or a_patient(),
        medicine=batch.medicine,
        quantity=quantity,
        on=on,
        by=somebody(),
        today=TODAY,
        despite="still at home",
    )


class TestFormulary:
    def sent(self, **given: Any) -> dict[str, Any]:
        sent = {"name": "Cefixime", "name_km": "សេហ្វីស៊ីម", "form": "capsule", "strength": "200 mg"}
        return sent | {"atc": "j01dd08", "group": "antibiotic", "pack": "៣", "reorder_at": "60", "active": "on"} | given

    def test_a_medicine_is_added_once_however_often_it_is_sent(self, administrator: User) -> None:
        client = client_of(administrator)
        ask(client, "medicine_new", most=8)
        before = Medicine.objects.count()
        for _ in range(2):
            ask(client, "medicine_new", most=12, data=self.sent(), status=302)
        made = Medicine.objects.get(name="Cefixime")
        assert Medicine.objects.count() == before + 1
        assert (made.atc, made.pack, made.reorder_at) == ("J01DD08", 3, 60)
        page = ask(client, "formulary", most=8, query="?q=cefix").content.decode()
        assert "J01DD08" in page

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"atc": "N2BE01"}, "Write an ATC code"),
            ({"atc": "J01FA1"}, "Write an ATC code"),
            ({"name": ""}, "required"),
            ({"strength": LONG}, "at most 60 characters"),
            ({"form": "elixir"}, "Select a valid choice"),
            ({"pack": "0"}, "greater than or equal to 1"),
            ({"reorder_at": "-1"}, "greater than or equal to 0"),
            ({"note": LONG}, "at most 160 characters"),
            ({"name": "Paracetamol", "form": "tablet", "strength": "500 mg"}, "in the list already"),
        ],
    )
    def test_wrong_input_is_said(self, administrator: User, wrong: dict[str, str], said: str) -> None:
        before = Medicine.objects.count()
        sent = self.sent(**wrong)
        page = ask(client_of(administrator), "medicine_new", most=12, data=sent, status=422).content.decode()
        assert said in page
        assert Medicine.objects.count() == before

    def test_what_two_people_change_is_brought_together(self, administrator: User, pharmacist: User) -> None:
        medicine, client = a_medicine(), client_of(administrator)
        mine = ask(client, "medicine_change", medicine.pk, most=8).context["shared"]["was"]
        sent = {name: getattr(medicine, name) for name in ("name", "form", "strength", "atc", "group", "note", "pack")}
        sent |= {"reorder_at": "0", "active": "on", "name_km": "ប៉ារ៉ា", "was": mine}
        Medicine.objects.filter(pk=medicine.pk).update(reorder_at=500)  # meanwhile, by another
        ask(client, "medicine_change", medicine.pk, most=12, data=sent, status=302)
        medicine.refresh_from_db()
        assert (medicine.name_km, medicine.reorder_at) == ("ប៉ារ៉ា", 500)
        sent |= {"reorder_at": "40"}  # and both changed the same
        page = ask(client, "medicine_change", medicine.pk, most=12, data=sent, status=422).content.decode()
        assert "Somebody else changed this record" in page

    def test_only_the_administrator_changes_the_list(self, pharmacist: User) -> None:
        client = client_of(pharmacist)
        ask(client, "medicine_change", a_medicine().pk, most=4, data=self.sent(), status=403)
        assert "Add a medicine" not in ask(client, "formulary", most=8).content.decode()

    def test_what_is_out_of_use_has_its_own_list(self, pharmacist: User) -> None:
        Medicine.objects.filter(pk=a_medicine().pk).update(active=False)
        client = client_of(pharmacist)
        assert "Paracetamol tablet 500 mg" in ask(client, "formulary", most=8, query="?unused=1").content.decode()
        assert "Paracetamol tablet 500 mg" not in ask(client, "formulary", most=8, query="?q=para").content.decode()

    def test_the_whole_list_is_read_by_key(self, pharmacist: User) -> None:
        client, query, seen = client_of(pharmacist), "?q=", []
        while query:
            answer = ask(client, "formulary", most=8, query=query)
            seen += [row.pk for row in answer.context["rows"]]
            query = answer.context["older"]
        assert len(seen) == len(set(seen)) == Medicine.objects.count()


class TestPlaces:
    def test_a_kit_is_added_once_and_renamed(self, administrator: User) -> None:
        client, sent = client_of(administrator), {"code": "kit-2", "name_km": "កាបូប ២", "name_en": "Kit 2"}
        ask(client, "kit_new", most=8)
        for _ in range(2):
            ask(client, "kit_new", most=12, data=sent, status=302)
        assert Place.objects.get(pk="kit-2").is_shelf
        ask(client, "kit_new", most=12, data=sent | {"name_en": "Other"}, status=422)
        ask(client, "kit_new", most=12, data=sent | {"code": "Kit Two"}, status=422)
        ask(client, "kit_new", most=12, data=sent | {"code": "store"}, status=422)
        ask(client, "place_rename", "kit-2", most=8)
        ask(client, "place_rename", "kit-2", most=12, data=sent | {"name_en": "Boat kit"}, status=302)
        assert "Boat kit" in ask(client, "places", most=8).content.decode()

    def test_the_outside_is_no_place_to_look_at(self, administrator: User) -> None:
        for name in ("place", "place_rename"):
            ask(client_of(administrator), name, "patients", most=4, status=404)

    def test_what_lies_in_a_place_goes_on_by_key(self, pharmacist: User) -> None:
        for n in range(53):
            a_batch(n + 1, expires_on=date(2027, 12, 31) - timedelta(days=n % 7))
        gone = a_batch(4)
        shelves.write_off(batch=gone, place="dispensary", quantity=4, why="lost", on=TODAY, by=somebody(), today=TODAY)
        answer = ask(client_of(pharmacist), "place", "dispensary", most=8)
        older = ask(client_of(pharmacist), "place", "dispensary", most=8, query=answer.context["older"])
        rows = [*answer.context["rows"], *older.context["rows"]]
        assert len({row.pk for row in rows}) == len(rows) == 53
        assert [row.expires_on for row in rows] == sorted(row.expires_on for row in rows)


class TestBatches:
    def test_a_gift_says_who_gave_it_and_what_it_is_worth(self, pharmacist: User) -> None:
        client, medicine = client_of(pharmacist), a_medicine()
        sent = {
            "id": str(uuid7()), "medicine": medicine.pk, "medicine_text": str(medicine), "quantity": "៥០០",
            "expires_on": "31/12/2027", "number": "G-1", "source": "gift", "on": "20/11/2026", "giver": "UCC",
            "value": "$25.50", "currency": "USD",
        }  # fmt: skip
        for _ in range(2):
            ask(client, "receive", most=12, data=sent, status=302)
        batch = Batch.objects.get()
        assert (batch.giver, batch.fair_value) == ("UCC", Money(2550, Currency.USD))
        page = ask(client, "batch", batch.pk, most=8).content.decode()
        assert "UCC" in page
        assert "$25.50" in page
        for wrong in ({"value": "0"}, {"value": "-3"}, {"value": "12.345"}, {"currency": "EUR"}, {"giver": LONG}):
            ask(client, "receive", most=8, data=sent | {"id": str(uuid7())} | wrong, status=422)
        assert books.first_broken() is None

    def test_a_batch_with_a_long_life_is_read_by_key(self, pharmacist: User) -> None:
        batch = a_batch(100)
        for _ in range(40):
            given(batch, 1, patient=None)
        answer = ask(client_of(pharmacist), "batch", batch.pk, most=8)
        older = ask(client_of(pharmacist), "batch", batch.pk, most=8, query=answer.context["older"])
        assert (len(answer.context["moves"]), len(older.context["moves"])) == (30, 11)

    def test_what_is_written_off_says_why(self, pharmacist: User) -> None:
        batch, client = a_batch(10), client_of(pharmacist)
        sent = {"id": str(uuid7()), "place": "dispensary", "quantity": "2", "on": "20/11/2026", "why": "", "reason": ""}
        assert "required" in ask(client, "write_off", batch.pk, most=12, data=sent, status=422).content.decode()
        page = ask(client, "write_off", batch.pk, most=12, data=sent | {"why": "other"}, status=422).content.decode()
        assert "Write the reason" in page
        page = ask(client, "write_off", batch.pk, most=12, data=sent | {"why": "recalled"}, status=422).content.decode()
        assert "This batch is not recalled" in page
        ask(client, "write_off", batch.pk, most=12, data=sent | {"why": "broken"}, status=302)
        assert Move.objects.get(target="waste").why == "broken"


class TestRecall:
    def test_one_click_lists_everybody_who_got_it(self, pharmacist: User) -> None:
        batch = a_batch(100)
        dara = a_patient(given_name="Dara", phone="012 345 678", village=a_village())
        given(batch, 5, patient=dara, on=TODAY)
        given(batch, 7, patient=dara, on=TODAY)
        taken_back = given(batch, 3, patient=a_patient(given_name="Bopha"))
        shelves.reverse(move=taken_back.moves.get(), on=TODAY, reason="wrong", by=somebody(), today=TODAY)
        client = client_of(pharmacist)
        ask(client, "recall", batch.pk, most=8)
        sent = {"on": "20/11/2026", "why": "Ministry letter 14"}
        for _ in range(2):
            ask(client, "recall", batch.pk, most=12, data=sent, status=302)
        assert Written.objects.filter(verb="pharmacy.batch.recalled").count() == 1
        page = ask(client, "recall_list", batch.pk, most=8).content.decode()
        assert "012 345 678" in page
        assert "Bopha" not in page
        assert list(Read.objects.filter(what="recall").values_list("patient_id", flat=True)) == [dara.pk]
        assert ask(client, "recall_paper", batch.pk, most=8).content.startswith(b"%PDF")
        assert Read.objects.filter(what="recall").count() == 2

    def test_what_went_out_of_a_kit_without_a_name_is_told_too(self, pharmacist: User) -> None:
        from pharmacy.services.carrying import Load, bring

        batch = a_batch(50, place="kit-1")
        bring(loads=[Load(uuid7(), batch.pk, "patients", 20)], source="kit-1", on=TODAY, by=somebody(), today=TODAY)
        answer = ask(client_of(pharmacist), "recall_list", batch.pk, most=8)
        assert [(row.place.pk, row.quantity) for row in answer.context["unnamed"]] == [("kit-1", 20)]
        assert "Given without a name" in answer.content.decode()

    def test_a_recalled_batch_is_given_to_nobody_and_hides_no_stock_out(self, pharmacist: User) -> None:
        batch = a_batch(100)
        recalls.recall(batch_id=batch.pk, on=TODAY, why="spoilt", by=somebody(), today=TODAY)
        client = client_of(pharmacist)
        page = ask(client, "stock", most=8, query="?show=out").content.decode()
        assert "100 recalled" in page
        shown = ask(client, "proposal", most=4, query=f"?medicine={batch.medicine_id}&place=dispensary&quantity=1")
        assert "0 can be given" in shown.content.decode()
        with pytest.raises(Exception, match="not_enough"):
            given(batch, 1)
        batch.refresh_from_db()
        moved = {"id": str(uuid7()), "source": "dispensary", "quantity": "10", "on": "20/11/2026"}
        page = ask(client, "transfer", batch.pk, most=12, data=moved | {"target": "kit-1"}, status=422).content.decode()
        assert "only go back to the store" in page
        ask(client, "transfer", batch.pk, most=12, data=moved | {"target": "store"}, status=302)
        off = {"id": str(uuid7()), "place": "store", "quantity": "10", "on": "20/11/2026", "why": "recalled"}
        ask(client, "write_off", batch.pk, most=12, data=off, status=302)

    def test_what_was_given_before_the_recall_is_still_written_down(self) -> None:
        batch = a_batch(100, on=TODAY - timedelta(days=9))
        recalls.recall(batch_id=batch.pk, on=TODAY - timedelta(days=2), why="spoilt", by=somebody(), today=TODAY)
        given(batch, 5, on=TODAY - timedelta(days=3))
        with pytest.raises(Exception, match="not_enough"):
            given(batch, 5, on=TODAY - timedelta(days=2))

    def test_a_recall_of_the_wrong_batch_is_taken_back_with_a_reason(self, pharmacist: User) -> None:
        batch, client = a_batch(10), client_of(pharmacist)
        ask(client, "recall_withdraw", batch.pk, most=12, data={"reason": "x"}, status=422)
        ask(client, "recall", batch.pk, most=12, data={"on": "20/11/2026", "why": "spoilt"}, status=302)
        ask(client, "recall", batch.pk, most=12, data={"on": "20/11/2026", "why": "again"}, status=422)
        ask(client, "recall_withdraw", batch.pk, most=12, data={"reason": ""}, status=422)
        ask(client, "recall_withdraw", batch.pk, most=12, data={"reason": "batch 12 was meant"}, status=302)
        given(batch, 1)

    @pytest.mark.parametrize("wrong", [{"on": "21/11/2026"}, {"why": ""}, {"why": LONG}, {"why": "\x00"}, {"on": "x"}])
    def test_wrong_input_is_said(self, pharmacist: User, wrong: dict[str, str]) -> None:
        batch, sent = a_batch(10), {"on": "20/11/2026", "why": "spoilt"} | wrong
        ask(client_of(pharmacist), "recall", batch.pk, most=12, data=sent, status=422)
        assert not Batch.objects.exclude(recalled_on=None).exists()

    def test_only_those_who_may_recall_see_who_got_it(self, nurse: User, auditor: User) -> None:
        batch = a_batch(10)
        for user in (nurse, auditor):
            ask(client_of(user), "recall_list", batch.pk, most=4, status=403)
            ask(client_of(user), "recall_paper", batch.pk, most=4, status=403)


class TestCounts:
    def begin(self, client: Any, **given: Any) -> StockCount:
        sent = {"id": str(uuid7()), "place": "dispensary", "on": "20/11/2026", "remark": ""} | given
        for _ in range(2):
            ask(client, "stock_count_new", most=12, data=sent, status=302)
        return StockCount.objects.get(pk=sent["id"])

    def numbers(self, count: StockCount, *numbers: Any) -> dict[str, str]:
        lines = CountLine.objects.filter(count=count).order_by("batch__medicine__name", "batch__expires_on")
        return {f"n-{line.pk}": str(n) for line, n in zip(lines, numbers, strict=True)}

    def test_a_count_goes_through_its_pages(self, pharmacist: User, nurse: User) -> None:
        a_batch(137)
        a_batch(30, medicine=a_medicine("Ibuprofen", "200 mg"))
        stray = a_batch(9, place="store", number="STRAY", medicine=a_medicine("ORS low-osmolarity", "for 1 l"))
        client, counter = client_of(pharmacist), client_of(nurse)
        ask(client, "stock_count_new", most=8)
        count = self.begin(counter)
        page = ask(counter, "stock_count", count.pk, most=8).content.decode()
        assert "137" not in page.split("<main")[1]  # blind
        assert ask(counter, "stock_count_sheet", count.pk, most=8).content.startswith(b"%PDF")
        assert "STRAY" in ask(counter, "stock_count_add", count.pk, most=8, query="?q=stray").content.decode()
        for _ in range(2):
            ask(counter, "stock_count_add", count.pk, most=12, data={"batch": stray.pk}, status=302)
        ask(counter, "stock_count_add", count.pk, most=12, data={"batch": "x"}, status=404)

        sent = self.numbers(count, "៣០", "2", "") | {"counted_by": "Sok Chanthy", "done": "1"}
        page = ask(counter, "stock_count_enter", count.pk, most=14, data=sent, status=422).content.decode()
        assert "1 lines have no number yet" in page
        assert 'value="៣០"' in page or 'value="30"' in page
        sent = self.numbers(count, "30", "2", "140") | {"counted_by": "Sok Chanthy", "done": "1"}
        ask(counter, "stock_count_enter", count.pk, most=12, data=sent, status=302)
        page = ask(counter, "stock_count", count.pk, most=8).content.decode()
        assert "1 line agrees" in page
        assert "137" not in page.split("<main")[1]
        again = {k: v for k, v in self.numbers(count, "", "0", "135").items() if v} | {"checked_by": "Sok Chanthy"}
        page = ask(counter, "stock_count_again", count.pk, most=14, data=again, status=422).content.decode()
        assert "Another person counts again" in page
        ask(counter, "stock_count_again", count.pk, most=12, data=again | {"checked_by": "Keo"}, status=302)

        ask(counter, "stock_count_post", count.pk, most=4, data={}, status=403)
        page = ask(client, "stock_count", count.pk, most=8).content.decode()
        assert "137" in page
        line = CountLine.objects.get(count=count, recounted=135)
        ask(client, "stock_count_post", count.pk, most=14, data={}, status=422)
        why = {f"why-{line.pk}": "other", f"words-{line.pk}": ""}
        page = ask(client, "stock_count_post", count.pk, most=14, data=why, status=422).content.decode()
        assert "Write the reason" in page
        why[f"words-{line.pk}"] = "<b>wet</b>"
        ask(client, "stock_count_post", count.pk, most=12, data=why, status=302)
        page = ask(client, "stock_count", count.pk, most=8).content.decode()
        assert "&lt;b&gt;wet" in page
        assert ask(client, "stock_count_sheet", count.pk, most=8).content.startswith(b"%PDF")
        ask(client, "stock_count_post", count.pk, most=14, data=why, status=422)  # it has gone on
        assert books.first_broken() is None

    def test_a_count_of_many_lines_takes_no_more_statements(self, pharmacist: User) -> None:
        for n in range(60):
            a_batch(n + 1)
        client = client_of(pharmacist)
        count = self.begin(client)
        lines = CountLine.objects.filter(count=count)
        sent = {f"n-{line.pk}": "1" for line in lines} | {"counted_by": "Sok", "done": "1"}
        ask(client, "stock_count_enter", count.pk, most=12, data=sent, status=302)
        differing = [line for line in lines.all() if line.expected != 1]
        again = {f"n-{line.pk}": "1" for line in differing} | {"checked_by": "Keo"}
        ask(client, "stock_count_again", count.pk, most=12, data=again, status=302)
        ask(client, "stock_count", count.pk, most=8)
        why = {f"why-{line.pk}": "lost" for line in differing}
        ask(client, "stock_count_post", count.pk, most=12, data=why, status=302)
        assert Move.objects.filter(target="count").count() == 59
        assert books.first_broken() is None

    @pytest.mark.parametrize(
        "wrong", [{"place": "moon"}, {"place": "patients"}, {"on": "21/11/2026"}, {"on": "x"}, {"remark": LONG}]
    )
    def test_what_cannot_be_counted_is_said(self, pharmacist: User, wrong: dict[str, str]) -> None:
        sent = {"id": str(uuid7()), "place": "dispensary", "on": "20/11/2026"} | wrong
        ask(client_of(pharmacist), "stock_count_new", most=12, data=sent, status=422)
        assert not StockCount.objects.exists()

    def test_a_place_is_counted_once_at_a_time_and_given_up_with_a_reason(self, pharmacist: User) -> None:
        client = client_of(pharmacist)
        count = self.begin(client)
        sent = {"id": str(uuid7()), "place": "dispensary", "on": "20/11/2026"}
        page = ask(client, "stock_count_new", most=12, data=sent, status=422).content.decode()
        assert "being counted already" in page
        ask(client, "stock_count_drop", count.pk, most=14, data={"reason": " "}, status=422)
        ask(client, "stock_count_drop", count.pk, most=12, data={"reason": "flood"}, status=302)
        assert "flood" in ask(client, "stock_count", count.pk, most=8).content.decode()
        assert ask(client, "stock_count_sheet", count.pk, most=8).content.startswith(b"%PDF")
        self.begin(client)

    def test_forged_lines_and_numbers_break_nothing(self, pharmacist: User) -> None:
        a_batch(3)
        client = client_of(pharmacist)
        count = self.begin(client)
        line = count.lines.get()
        for box, number in (
            (f"n-{line.pk}", "-1"), (f"n-{line.pk}", "1000001"), (f"n-{line.pk}", NUL), (f"n-{line.pk}", LONG),
            (f"n-{uuid7()}", "3"), ("n-x", "3"),
        ):  # fmt: skip
            sent = {box: number, "counted_by": "Sok", "done": "1"}
            ask(client, "stock_count_enter", count.pk, most=16, data=sent, status=422)
        for name in ("enter", "again", "post", "drop"):
            ask(client, f"stock_count_{name}", uuid7(), most=12, data={"counted_by": "A", "checked_by": "B",
                "reason": "x"}, status=404)  # fmt: skip
        assert not CountLine.objects.exclude(counted=None).exists()

    def test_the_list_goes_on_by_key(self, auditor: User) -> None:
        StockCount.objects.bulk_create(
            StockCount(place_id="store", on=TODAY - timedelta(days=n), state="dropped") for n in range(52)
        )
        answer = ask(client_of(auditor), "stock_counts", most=8)
        older = ask(client_of(auditor), "stock_counts", most=8, query=answer.context["older"])
        assert (len(answer.context["rows"]), len(older.context["rows"])) == (50, 2)


class TestSupply:
    def test_the_pages_of_use_and_order_take_few_statements(self, auditor: User) -> None:
        for n, medicine in enumerate(Medicine.objects.all()[:60]):
            a_batch(10 + n, medicine=medicine, on=TODAY - timedelta(days=200), expires_on=TODAY + timedelta(days=3 * n))
        client = client_of(auditor)
        answer = ask(client, "supply", most=8)
        older = ask(client, "supply", most=8, query=answer.context["older"])
        assert len({row.medicine.pk for row in [*answer.context["rows"], *older.context["rows"]]}) == 60
        ask(client, "supply", most=8, query="?q=para")
        for query in ("", "?months=3", "?months=99", "?months=x"):
            ask(client, "order_list", most=8, query=query)
        assert ask(client, "order_paper", most=8).content.startswith(b"%PDF")
        for query in ("", "?within=3", "?after=x"):
            ask(client, "expiring", most=8, query=query)
        for query in ("", "?month=2026-10", "?month=x", "?month=2027-01", "?month=1900-01", f"?month={LONG}"):
            ask(client, "stock_month", most=9, query=query)
        assert ask(client, "stock_month_paper", most=9, query="?month=2026-10").content.startswith(b"%PDF")

    def test_the_stock_card_of_a_year_is_printed(self, auditor: User) -> None:
        batch = a_batch(100, on=date(2025, 12, 30))
        given(batch, 5)
        client = client_of(auditor)
        for query in ("", "?year=2025", "?year=x", "?year=9999", "?year=%00"):
            paper = ask(client, "stock_card", batch.medicine_id, most=8, query=query)
            assert paper.content.startswith(b"%PDF")

    def test_what_expires_goes_on_by_key(self, auditor: User) -> None:
        for n in range(52):
            a_batch(1, expires_on=TODAY + timedelta(days=n // 2))
        client = client_of(auditor)
        answer = ask(client, "expiring", most=8)
        older = ask(client, "expiring", most=8, query=answer.context["older"])
        rows = [*answer.context["rows"], *older.context["rows"]]
        assert len({row.batch.pk for row in rows}) == 52


def test_every_page_of_stock_speaks_khmer_too(administrator: User) -> None:
    batch = a_batch(10)
    client = client_of(administrator, language="km")
    for name, *args in (
        ("formulary",), ("medicine_new",), ("medicine_change", batch.medicine_id), ("places",), ("kit_new",),
        ("place", "store"), ("place_rename", "store"), ("batch", batch.pk), ("recall", batch.pk),
        ("recall_list", batch.pk), ("stock_counts",), ("stock_count_new",), ("supply",), ("order_list",),
        ("expiring",), ("stock_month",), ("receive",),
    ):  # fmt: skip
        assert 'lang="km"' in ask(client, name, *args, most=9).content.decode()
