"""What a new database starts with, and what other rooms read of this one."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.audit.models import Entry as LogEntry
from core.syncing import Change
from pharmacy import catalogue
from pharmacy.models import Account, Batch, Entry, Fund, Medicine, Move, Place, ReceiptBook
from pharmacy.selectors import history
from pharmacy.services import dispensing
from tests.builders import TODAY, a_batch, a_medicine, a_patient, somebody

pytestmark = pytest.mark.django_db


def test_loading_twice_adds_nothing_and_keeps_what_was_changed():
    Medicine.objects.filter(name="Paracetamol").update(reorder_at=200, name_km="ប៉ារ៉ាសេតាម៉ុល")
    tables = (Account, Fund, Medicine, Place, ReceiptBook)
    before = [model.objects.count() for model in tables]
    catalogue.load(apps.get_model)
    assert [model.objects.count() for model in tables] == before
    assert set(Medicine.objects.filter(name="Paracetamol").values_list("reorder_at", flat=True)) == {200}


def test_a_new_database_has_no_stock_and_no_money_that_nobody_answers_for():
    assert not Move.objects.exists()
    assert not Entry.objects.exists()
    assert ReceiptBook.objects.get().last_number == 0


def test_the_accounts_of_every_fund_are_there_in_both_currencies():
    codes = set(Account.objects.values_list("code", flat=True))
    roles = ("cash", "donations", "purchases", "exchange", "aid", "differences")
    assert codes == {f"{r}-{f}-{c}" for r in roles for f in ("medicine", "grant", "aid") for c in ("khr", "usd")}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda batch: Move.objects.create(batch=batch, source_id="store", target_id="store", quantity=1, on=TODAY),
        lambda batch: Move.objects.create(batch=batch, source_id="store", target_id="waste", quantity=0, on=TODAY),
        lambda batch: Batch.objects.filter(pk=batch.pk).update(source="fund"),
        lambda batch: Place.objects.create(code="moon", kind="waste", name_km="-", name_en="-"),
        lambda batch: Entry.objects.create(
            debit_id="cash-medicine-khr", credit_id="cash-medicine-khr", currency="KHR", minor=100, on=TODAY, memo="-"
        ),
    ],
)
def test_the_database_itself_refuses_what_makes_no_sense(spoil):
    batch = a_batch(10)
    with pytest.raises(IntegrityError), transaction.atomic():
        spoil(batch)


def test_the_record_reads_what_was_given_in_one_statement():
    a_batch(6)
    a_batch(90)
    patient = a_patient()
    for _ in range(3):
        dispensing.dispense(
            patient=patient, medicine=a_medicine(), quantity=5, on=TODAY, by=somebody(), today=TODAY, despite="Asked"
        )
    with CaptureQueriesContext(connection) as asked:
        given = history.of_patient(patient.pk)
    assert len(asked) == 1
    assert [(str(g.medicine), g.quantity) for g in given] == [("Paracetamol tablet 500 mg", 5)] * 3


def test_what_is_given_is_logged_with_its_patient_and_stamped_for_the_tablets():
    a_batch(10)
    given = dispensing.dispense(
        patient=a_patient(), medicine=a_medicine(), quantity=5, on=TODAY, by=somebody(), today=TODAY
    )
    logged = LogEntry.objects.get(verb="pharmacy.medicine.dispensed")
    assert (logged.subject_id, logged.patient_id) == (given.pk, given.patient_id)
    stamped = set(Change.objects.filter(resource__startswith="pharmacy.").values_list("record_id", flat=True))
    assert {given.pk, *given.moves.values_list("pk", flat=True)} <= stamped
