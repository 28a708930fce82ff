"""What no service would ever write is planted with plain SQL, past every constraint; each is found and its row named.

`{gift}` in a statement is the key of a thing of the house (`tests/books/house.py`), `{gift.entry}` that of its entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Model

from core.audit.seals import unsealing
from pharmacy.models import Dispensing, Move
from pharmacy.services import books
from pharmacy.words import WORDS
from tests.books.house import a_whole_house
from tests.builders import noon

pytestmark = pytest.mark.django_db
NEW = UUID("ffffffff-ffff-7fff-bfff-00000000004d")
ENTRY = 'INSERT INTO pharmacy_entry (id, recorded_at, debit_id, credit_id, currency, minor, "on", memo, reverses_id) '
MOVE = (
    'INSERT INTO pharmacy_move (id, recorded_at, batch_id, source_id, target_id, quantity, "on", why, note, '
    "reverses_id) "
)
AN_ENTRY = ENTRY + "VALUES ({new}, '2026-11-20 12:00:00+00:00', '%s', '%s', 'KHR', %s, '2026-11-20', 'x', %s)"
A_MOVE = MOVE + "VALUES ({new}, '2026-11-20 12:00:00+00:00', {%s}, '%s', '%s', %s, '2026-11-20', '', '', %s)"


class Planted(NamedTuple):
    """A corruption: the rule that must find it, the statements that plant it, the row that must be named."""

    code: str
    row: str
    sql: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.code.removeprefix('books.')}: {self.sql[0][:60]}"


def planted(code: str, row: str, *sql: str) -> Planted:
    return Planted(f"books.{code}", row, sql)


def entry(of: str, what: str) -> str:
    return f"UPDATE pharmacy_entry SET {what} WHERE id = {{{of}}}"


def set_(table: str, of: str, what: str) -> str:
    return f"UPDATE pharmacy_{table} SET {what} WHERE id = {{{of}}}"


def gone(table: str, of: str) -> str:
    return f"DELETE FROM pharmacy_{table} WHERE id = {{{of}}}"


PLANTED = [
    # Entries and accounts
    planted("currency", "entry {gift.entry}", entry("gift.entry", "currency = 'USD'")),
    planted("currency", "entry {gift.entry}", entry("gift.entry", "debit_id = 'cash-medicine-usd'")),
    planted("cash_below_zero", "account cash-medicine-khr on 2026-11-01",
            entry("purchase.entry", "\"on\" = '2026-11-01'")),
    planted("cash_below_zero", "account cash-grant-khr on 2026-11-20",
            AN_ENTRY % ("purchases-grant-khr", "cash-grant-khr", 9_000_000, "NULL")),
    planted("account", "account cash-flood-usd",
            "UPDATE pharmacy_account SET kind = 'income' WHERE code = 'cash-flood-usd'"),
    planted("account", "account aid-flood-usd",
            "UPDATE pharmacy_account SET fund_id = 'grant' WHERE code = 'aid-flood-usd'"),
    planted("account_missing", "fund flood (aid-flood-usd)",
            "DELETE FROM pharmacy_account WHERE code = 'aid-flood-usd'"),
    planted("entry_fund", "entry {gift.entry}", entry("gift.entry", "credit_id = 'donations-grant-khr'")),
    planted("entry_fund", "entry {gift.entry}", entry("gift.entry", "debit_id = 'purchases-medicine-khr'")),
    planted("fund_for_medicine", "entry {new}", AN_ENTRY % ("aid-medicine-khr", "cash-medicine-khr", 100, "NULL")),
    planted("fund_for_medicine", "entry {medicine.entry}", set_("aidcost", "medicine", "kind = 'food'")),
    planted("riel_in_hundreds", "entry {gift.entry}", entry("gift.entry", "minor = minor + 50")),
    planted("entry_alone", "entry {gift.entry}", gone("donation", "gift")),
    planted("entry_alone", "entry {new}", AN_ENTRY % ("cash-grant-khr", "donations-grant-khr", 100, "NULL")),
    planted("entry_twice", "entry {gift.entry}", set_("purchase", "purchase", "entry_id = {gift.entry}")),
    planted("reversal", "entry {voided.entry.reversed_by}", entry("voided.entry.reversed_by", "minor = 4900")),
    planted("reversal", "entry {voided.entry.reversed_by}",
            entry("voided.entry.reversed_by", "\"on\" = '2026-11-02'")),
    planted("reversal", "entry {voided.entry.reversed_by}",
            entry("voided.entry.reversed_by", "credit_id = 'cash-grant-khr'")),
    planted("reversal", "entry {new}",
            AN_ENTRY % ("cash-medicine-khr", "donations-medicine-khr", 5_000, "{voided.entry.reversed_by}")),
    # Receipts and gifts
    planted("receipt_gap", "receiptbook D: 6 receipts, last number 7", gone("donation", "gift")),
    planted("receipt_gap", "receiptbook D: 7 receipts, last number 7", set_("donation", "gift", "number = 99")),
    planted("receipt_gap", "receiptbook D: 7 receipts, last number 11",
            "UPDATE pharmacy_receiptbook SET last_number = 11 WHERE prefix = 'D'"),
    planted("receipt_gap", "receiptbook T07: 1 receipts, last number 0",
            "UPDATE pharmacy_receiptbook SET last_number = 0 WHERE prefix = 'T07'"),
    planted("receipt_late", "receiptbook T07: T07-000001, for 293 days",
            "UPDATE pharmacy_receiptbook SET last_number = 2 WHERE prefix = 'T07'",
            set_("donation", "written", "number = 2, recorded_at = '2026-01-31 05:00:00+00:00'")),
    planted("donation_no_income", "donation {gift}", set_("donation", "gift", "\"on\" = '2026-11-02'")),
    planted("donation_no_income", "donation {gift}", set_("donation", "gift", "fund_id = 'grant'")),
    planted("donation_no_income", "donation {gift}", set_("donation", "gift", "entry_id = {transport.entry}")),
    planted("donation_void", "donation {gift}", set_("donation", "gift", "void_reason = 'x'")),
    planted("donation_void", "donation {voided}", set_("donation", "voided", "void_reason = ''")),
    planted("donation_void", "donation {voided}", gone("entry", "voided.entry.reversed_by")),
    planted("grant_untold", "donation {grant}", set_("donation", "grant", "purpose = ''")),
    # Purchases and their batches
    planted("purchase_sum", "purchase {purchase}", set_("batch", "cheap", "cost = cost + 100")),
    planted("purchase_sum", "purchase {purchase}", entry("purchase.entry", "minor = minor - 100")),
    planted("purchase_unpaid", "purchase {purchase}", entry("purchase.entry", "debit_id = 'aid-medicine-khr'")),
    planted("purchase_unpaid", "purchase {purchase}", set_("purchase", "purchase", "fund_id = 'grant'")),
    planted("purchase_void", "purchase {purchase}", set_("purchase", "purchase", "void_reason = 'x'")),
    planted("purchase_void", "purchase {wrong}", gone("entry", "wrong.entry.reversed_by")),
    planted("batch_in_once", "batch {spare}", gone("move", "spare_came")),
    planted("batch_in_once", "batch {spare}", A_MOVE % ("spare", "source", "store", 5, "NULL")),
    planted("batch_day", "move {cheap_came}", set_("move", "cheap_came", "\"on\" = '2026-11-16'")),
    planted("batch_without_money", "move {wrong_came}", gone("move", "wrong_came.reversed_by")),
    planted("batch_came_expired", "move {spare_came}", set_("batch", "spare", "expires_on = '2026-11-01'")),
    # Exchanges, boxes, counted cash
    planted("exchange", "exchange {exchange}", set_("exchange", "exchange", "fund_id = 'grant'")),
    planted("exchange", "exchange {exchange}", entry("exchange.taken", "debit_id = 'cash-grant-usd'")),
    planted("exchange_void", "exchange {exchange}", set_("exchange", "exchange", "void_reason = 'x'")),
    planted("exchange_void", "exchange {unchanged}", gone("entry", "unchanged.taken.reversed_by")),
    planted("exchange_alone", "entry {exchange.given}", gone("exchange", "exchange")),
    planted("exchange_rate", "exchange {exchange}", entry("exchange.taken", "minor = minor * 10")),
    planted("box_notes", "boxopening {opening} (KHR)",
            "UPDATE pharmacy_notes SET pieces = 9 WHERE opening_id = {opening} AND value = 1000"),
    planted("box_notes", "boxopening {opening} (USD)",
            "DELETE FROM pharmacy_notes WHERE opening_id = {opening} AND currency = 'USD'"),
    planted("box_day", "donation {out_of_box}", set_("boxopening", "opening", "\"on\" = '2026-11-14'")),
    planted("box_nothing", "boxopening {nothing}", set_("boxopening", "nothing", "note = ''")),
    planted("no_such_note", "notes {a_note}", "UPDATE pharmacy_notes SET value = 777 WHERE id = {a_note}"),
    planted("cash_notes", "cashcount {short}", "DELETE FROM pharmacy_notes WHERE count_id = {short}"),
    planted("cash_notes", "cashcount {short}", set_("cashcount", "short", "counted = 3000")),
    planted("cash_difference", "cashcount {short}", entry("short.entry", "minor = 1900")),
    planted("cash_reversed", "cashcount {short}",
            AN_ENTRY % ("differences-flood-khr", "cash-flood-khr", 2_000, "{short.entry}")),
    # Shelves, moves and counts
    planted("shelf_below_zero", "batch {spare} at store on 2026-11-20",
            A_MOVE % ("spare", "store", "waste", 10, "NULL")),
    planted("shelf_below_zero", "batch {called_back} at kit-1 on 2026-11-02",
            set_("move", "early.move", "\"on\" = '2026-11-02'")),
    planted("move_way", "move {moved}", set_("move", "moved", "source_id = 'waste'")),
    planted("move_way", "move {kit}", set_("move", "kit", "errand = NULL")),
    planted("move_way", "move {new}", A_MOVE % ("spare", "count", "patients", 1, "NULL")),
    planted("reversal", "move {back}", set_("move", "back", "quantity = 4")),
    planted("reversal", "move {back}", set_("move", "back", "batch_id = {first}")),
    planted("count_moved_early", "countline {less}", set_("stockcount", "count", "state = 'open', posted_at = NULL")),
    planted("count_difference", "countline {less}", set_("countline", "less", "recounted = 46")),
    planted("count_difference", "countline {more}", set_("move", "more.move", "quantity = 1")),
    planted("count_difference", "countline {agreed}", set_("countline", "agreed", "expected = 90")),
    planted("count_unexplained", "countline {more}", set_("countline", "more", "why = ''")),
    # Dispensings
    planted("dispensing_empty", "dispensing {one}", gone("move", "one.move")),
    planted("dispensing_void", "dispensing {taken_back}", gone("move", "taken_back.move.reversed_by")),
    planted("dispensing_move", "move {one.move}", set_("dispensing", "one", "\"on\" = '2026-11-16'")),
    planted("dispensing_mixed", "dispensing {given}",
            "UPDATE pharmacy_batch SET medicine_id = (SELECT MAX(id) FROM pharmacy_medicine) WHERE id = {first}"),
    planted("returned_more", "dispensing {given}, batch {second}", set_("move", "returned", "quantity = 6")),
    planted("given_expired", "move {given.move}", set_("batch", "first", "expires_on = '2026-11-14'")),
    planted("given_recalled", "move {early.move}",
            set_("move", "early.move", "recorded_at = '2036-11-20 12:00:00+00:00'")),
    # Help with costs
    planted("aid_entry", "aidcost {bill}", set_("aidcost", "bill", "minor = 250000, riel = 250000")),
    planted("aid_entry", "aidcost {transport}", set_("aidcost", "transport", "fund_id = 'grant'")),
    planted("aid_entry", "aidcost {bill}", set_("aidcost", "bill", "entry_id = NULL")),
    planted("aid_unpaid", "aidcost {hef}", set_("aidcost", "hef", "entry_id = {gift.entry}")),
    planted("aid_unpaid", "aidcost {transport}", set_("aidcost", "transport", "state = 'approved'")),
    planted("aid_void", "aidcost {transport}", set_("aidcost", "transport", "state = 'void', reason = 'x'")),
    planted("aid_void", "aidcost {food}", set_("aidcost", "food", "state = 'paid'")),
    planted("aid_not_medicine", "aidcost {medicine}", set_("aidcost", "medicine", "kind = 'transport'")),
    planted("aid_cap", "aidcase {case}", set_("aidcase", "case", "cap = 100000")),
    planted("aid_riel", "aidcost {bill}", set_("aidcost", "bill", "riel = 30000")),
    planted("aid_unapproved", "aidcost {transport}", set_("aidcost", "transport", "approved_by_id = NULL")),
    planted("aid_one_person", "aidcost {bill}", set_("aidcost", "bill", "approved_also_by_id = NULL")),
    planted("aid_one_person", "aidcost {bill}", set_("aidcost", "bill", "approved_also_by_id = NULL, two = {no}")),
    planted("aid_refused", "aidcase {refused}", set_("aidcost", "transport", "case_id = {refused}")),
    planted("aid_gap", "aidbook 2026: 1 cases, last number 2", gone("aidcase", "refused")),
    # What the database would have refused
    planted("check", "entry {gift.entry} (pharmacy_entry_some)", entry("gift.entry", "minor = 0")),
    planted("check", "move {wasted} (pharmacy_move_somewhere)", set_("move", "wasted", "target_id = source_id")),
    planted("check", "boxopening {opening} (pharmacy_box_two_people)",
            set_("boxopening", "opening", "witnessed_by = counted_by")),
    planted("key", "donation {gift} (village)", set_("donation", "gift", "village_id = 99999999")),
    planted("key", "purchase {purchase} (entry)", gone("entry", "purchase.entry")),
    planted("twice", "stockcount {new} (place)", "DROP INDEX pharmacy_one_count_a_place",
            set_("stockcount", "count", "state = 'open', posted_at = NULL"),
            "INSERT INTO pharmacy_stockcount (id, recorded_at, place_id, \"on\", state, counted_by, checked_by, note) "
            "VALUES ({new}, '2026-11-20 12:00:00+00:00', 'store', '2026-11-20', 'open', '', '', '')"),
    # Against the log
    planted("not_in_log", "move {new}", A_MOVE % ("spare", "store", "waste", 1, "NULL")),
    planted("not_in_log", "entry {new}", AN_ENTRY % ("purchases-grant-khr", "cash-grant-khr", 100, "NULL")),
    planted("log_amount", "donation {gift}", entry("gift.entry", "minor = minor + 1000")),
    planted("log_amount", "donation {dollars}", entry("dollars.entry", "minor = minor + 1")),
    planted("log_amount", "purchase {purchase}", entry("purchase.entry", "minor = minor - 1000"),
            set_("batch", "cheap", "cost = cost - 1000")),
    planted("log_quantity", "move {spare_came}", set_("move", "spare_came", "quantity = 70")),
    planted("log_quantity", "dispensing {one}", set_("move", "one.move", "quantity = 3")),
    planted("dated_ahead", "exchange {exchange}", set_("exchange", "exchange", "\"on\" = '2027-01-01'")),
    planted("log_broken", "log {noted}", "UPDATE audit_entry SET verb = 'x' WHERE seq = {noted}"),
]  # fmt: skip


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """The house, built once; every test leaves it as it found it."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = a_whole_house()
        cheap = made.purchase.batches.order_by("pk").last()
        made.cheap, made.cheap_came = cheap, cheap.moves.get(source="source")
        made.wrong_came = Move.objects.get(batch__purchase=made.wrong, source="source")
        made.spare_came = made.spare.moves.get(source="source")
        made.out_of_box = made.opening.donations.order_by("pk")[0]
        made.a_note = made.opening.notes.order_by("pk")[0]
        made.new, made.noted, made.no = NEW, 1, False
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def spoilt(house: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """The house with its constraints off, until the end of the test."""
    sid = transaction.savepoint()
    try:
        with connection.cursor() as cursor:
            _take_off_constraints(cursor)
        yield house
    finally:
        transaction.savepoint_rollback(sid)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")


def _take_off_constraints(cursor: Any) -> None:
    for statement in unsealing(connection.vendor, "audit_entry"):
        cursor.execute(statement)
    if connection.vendor == "sqlite":  # its keys are looked at only on commit, and nothing here commits
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        return
    cursor.execute(
        "SELECT conrelid::regclass, conname FROM pg_constraint "
        "WHERE contype IN ('c', 'f') AND conrelid::regclass::text LIKE 'pharmacy_%'"
    )
    for table, name in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def key(house: SimpleNamespace, name: str) -> Any:
    """Return what a name in braces stands for: `gift`, `gift.entry`, `voided.entry.reversed_by`, `one.move`."""
    first, *rest = name.split(".")
    found = getattr(house, first)
    for part in rest:
        given = isinstance(found, Dispensing) and part == "move"
        found = found.moves.filter(target="patients").order_by("pk")[0] if given else getattr(found, part)
    return found.pk if isinstance(found, Model) else found


def literal(value: Any) -> str:
    if isinstance(value, UUID):
        return f"'{value.hex if connection.vendor == 'sqlite' else value}'"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def filled(text: str, house: SimpleNamespace, write: Any) -> str:
    return re.sub(r"{([\w.]+)}", lambda match: write(key(house, match[1])), text)


def test_a_house_in_which_everything_happened_is_whole(house: SimpleNamespace) -> None:
    assert books.all_broken(now=noon()) == []


@pytest.mark.parametrize("one", PLANTED, ids=lambda one: one.id)
def test_each_corruption_is_found_and_its_row_named(spoilt: SimpleNamespace, one: Planted) -> None:
    named = filled(one.row, spoilt, str)
    statements = [filled(statement, spoilt, literal) for statement in one.sql]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount or statement.startswith("DROP"), "the statement spoilt nothing"
    found = {broken.code: broken.row for broken in books.all_broken(now=noon())}
    assert found.get(one.code) == named, found


def test_every_rule_of_the_books_has_words_and_a_corruption_that_breaks_it() -> None:
    assert len(PLANTED) >= 50
    assert {one.code for one in PLANTED} == {code for code in WORDS if code.startswith("books.")}
