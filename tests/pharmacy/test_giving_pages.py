"""The pages of dispensing: who waits, one prescription, one dispensing and its label; budgets and wrong input."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from clinic.models import Treatment
from clinic.services import allergies
from clinic.services.allergies import Said
from core.audit.models import Read
from core.ids import uuid7
from pharmacy.models import Dispensing, Move
from tests.builders import TODAY, a_batch, a_medicine, a_patient, somebody
from tests.people import client_of
from tests.pharmacy.giving import AMOXICILLIN, PARACETAMOL, a_prescription, given, line_of
from tests.pharmacy.test_pages import _today, ask  # noqa: F401 - the day of the tests

pytestmark = pytest.mark.django_db
LOCK = int(connection.features.has_select_for_update)  # one more, where rows are locked and not the whole file


def sent(visit: Any, *quantities: str, **more: Any) -> dict[str, Any]:
    """Return what the page of a prescription sends: so many of each line, the n-th of paracetamol and amoxicillin."""
    treatments = list(Treatment.objects.filter(encounter=visit).order_by("id"))
    data = {
        "id": str(uuid7()), "place": "dispensary", "on": "20/11/2026", "line-TOTAL_FORMS": str(len(quantities)),
        "line-INITIAL_FORMS": str(len(quantities)),
    }  # fmt: skip
    for n, quantity in enumerate(quantities):
        medicine = a_medicine(treatments[n].what.split(" ")[0])
        data |= {
            f"line-{n}-treatment": str(treatments[n].pk), f"line-{n}-medicine": str(medicine.pk),
            f"line-{n}-ordered": "15", f"line-{n}-quantity": quantity, f"line-{n}-directions": treatments[n].dose,
        }  # fmt: skip
    return data | more


def test_who_waits_is_listed_and_the_look_is_written_down(pharmacist):
    a_batch(100)
    visits = [a_prescription(PARACETAMOL, AMOXICILLIN, patient=a_patient(given_name=f"N{n}")) for n in range(6)]
    page = ask(client_of(pharmacist), "prescriptions", most=8).content.decode()
    assert all(reverse("pharmacy:prescription", args=[visit.pk]) in page for visit in visits)
    assert Read.objects.filter(what="prescriptions").count() == 6
    assert "Nothing is owed" in ask(client_of(pharmacist), "prescriptions", query="?show=owed", most=8).content.decode()
    for query in ("?after=x", "?show=owed&before=x", "?show=x"):
        ask(client_of(pharmacist), "prescriptions", query=query, most=8)


def test_the_page_proposes_dose_times_days_out_of_what_expires_first(pharmacist):
    a_batch(6, expires_on=TODAY + timedelta(days=30), number="SOON")
    a_batch(90, number="LATE")
    visit = a_prescription(PARACETAMOL, ("Dressing of a wound", "", ""))
    page = ask(client_of(pharmacist), "prescription", visit.pk, most=8).content.decode()
    assert re.search(r'name="line-0-quantity" value="15"', page)
    assert "SOON" in page and "LATE" in page
    assert "not in the list of medicine" in page
    assert Read.objects.filter(patient_id=visit.patient_id, what="prescription").count() == 1


def test_a_prescription_is_given_within_the_budget_and_a_double_click_gives_once(pharmacist):
    a_batch(100)
    a_batch(100, medicine=a_medicine("Amoxicillin", "500 mg"))
    visit, client = a_prescription(PARACETAMOL), client_of(pharmacist)
    data = sent(visit, "១៥")
    for _ in range(2):
        answer = ask(client, "prescription", visit.pk, most=12 + LOCK, data=data, status=302)
    assert answer["Location"] == reverse("pharmacy:prescription", args=[visit.pk])
    assert sum(Move.objects.filter(target="patients").values_list("quantity", flat=True)) == 15
    page = ask(client, "prescription", visit.pk, most=8).content.decode()
    assert "15 given" in page and "Give all of this" not in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"line-0-quantity": "101"}, "at most 100 can be taken"),
        ({"line-0-quantity": "-1"}, "greater than or equal to 0"),
        ({"line-0-quantity": "many"}, "whole number"),
        ({"line-0-quantity": ""}, "at least one medicine"),
        ({"line-0-quantity": "0", "line-0-ordered": ""}, "how many were ordered"),
        ({"line-0-medicine": "x"}, "whole number"),
        ({"line-0-medicine": "999999"}, "at most 0 can be taken"),
        ({"line-0-treatment": "x"}, "not in the prescription any more"),
        ({"on": "19/11/2026"}, "before the visit"),
        ({"on": "21/11/2026"}, "not come yet"),
        ({"place": "patients"}, "only from the store"),
        ({"place": "\x00"}, "choice"),
        ({"line-0-directions": "x" * 10_000}, "at most 200"),
        ({"line-TOTAL_FORMS": "x"}, "ManagementForm"),
        ({"line-TOTAL_FORMS": "1000"}, "at most 60"),
    ],
)
def test_wrong_input_is_said_beside_its_box_and_gives_nothing(pharmacist, wrong, said):
    a_batch(100)
    visit = a_prescription()
    data = sent(visit, "5", **wrong)
    page = ask(client_of(pharmacist), "prescription", visit.pk, most=14, data=data, status=422).content.decode()
    assert said in page
    assert not Dispensing.objects.exists()


def test_a_line_of_another_visit_is_refused_and_nobody_is_nobody(pharmacist):
    a_batch(100)
    visit, other = a_prescription(), a_prescription()
    ask(client_of(pharmacist), "prescription", visit.pk, most=14, data=sent(other, "5"), status=422)
    ask(client_of(pharmacist), "prescription", uuid7(), most=8, status=404)
    ask(client_of(pharmacist), "prescription", uuid7(), most=12, data=sent(visit, "5"), status=404)
    for name in ("dispensing", "label", "visit_labels", "visit_given"):
        ask(client_of(pharmacist), name, uuid7(), most=8, status=404)


def test_what_speaks_against_it_is_shown_and_asks_for_a_reason(pharmacist):
    a_batch(100, medicine=a_medicine("Amoxicillin", "500 mg"))
    patient = a_patient()
    visit = a_prescription(AMOXICILLIN, patient=patient)
    allergies.add(patient=patient, said=Said("penicillins"), told_on=TODAY, by=somebody(), today=TODAY)
    client = client_of(pharmacist)
    assert "Allergy: Penicillins" in ask(client, "prescription", visit.pk, most=8).content.decode()
    medicine = {"line-0-medicine": str(a_medicine("Amoxicillin", "500 mg").pk)}
    page = ask(client, "prescription", visit.pk, most=14, data=sent(visit, "5", **medicine), status=422)
    assert "write why it is given all the same" in page.content.decode()
    data = sent(visit, "5", **medicine, **{"line-0-despite": "took it before"})
    ask(client, "prescription", visit.pk, most=12 + LOCK, data=data, status=302)
    assert Dispensing.objects.get().warned == ["allergy:Penicillins"]


def test_without_a_prescription_a_warning_asks_for_a_reason_too_and_is_shown_while_typing(pharmacist):
    a_batch(100, medicine=a_medicine("Amoxicillin", "500 mg"))
    patient, client, medicine = a_patient(), client_of(pharmacist), a_medicine("Amoxicillin", "500 mg")
    allergies.add(patient=patient, said=Said("penicillins"), told_on=TODAY, by=somebody(), today=TODAY)
    page = ask(client, "dispense", patient.pk, most=8).content.decode()
    whose = re.search(r'name="whose" value="([^"]+)"', page)[1]
    query = f"?medicine={medicine.pk}&quantity=5&whose="
    assert "Penicillins" in ask(client, "proposal", query=query + whose, most=8).content.decode()
    for forged in ("", "x", str(patient.pk)):
        assert "Penicillins" not in ask(client, "proposal", query=query + forged, most=8).content.decode()
    data = {
        "id": str(uuid7()), "medicine": medicine.pk, "medicine_text": str(medicine), "quantity": "5",
        "place": "dispensary", "on": "20/11/2026",
    }  # fmt: skip
    assert "given all the same" in ask(client, "dispense", patient.pk, most=14, data=data, status=422).content.decode()
    ask(client, "dispense", patient.pk, most=12, data=data | {"despite": "tolerated"}, status=302)
    assert Dispensing.objects.get().despite == "tolerated"


def test_labels_are_printed_in_khmer_and_in_english_on_a_roll_and_on_a_sheet(pharmacist):
    a_batch(100)
    visit = a_prescription()
    (row,) = given(visit)
    client = client_of(pharmacist)
    made = set()
    for query in ("", "?lang=en", "?paper=sheet", "?lang=x&paper=y"):
        answer = ask(client, "label", row.pk, query=query, most=8)
        assert answer["Content-Type"] == "application/pdf"
        made.add(len(answer.content))
    assert len(made) == 3
    assert ask(client, "visit_labels", visit.pk, most=8).content[:5] == b"%PDF-"


def test_what_came_back_is_written_down_and_a_mistake_taken_back(pharmacist):
    batch, visit, client = a_batch(100), a_prescription(), client_of(pharmacist)
    (row,) = given(visit)
    ask(client, "dispensing", row.pk, most=8)
    data = {"id": str(uuid7()), "target": "dispensary", "why": "returned", "on": "20/11/2026",
            f"batch_{batch.pk.hex}": "៤"}  # fmt: skip
    for _ in range(2):
        ask(client, "dispensing_return", row.pk, most=12, data=data, status=302)
    assert Move.objects.filter(source="patients").count() == 1
    for wrong in ({f"batch_{batch.pk.hex}": "12"}, {f"batch_{batch.pk.hex}": ""}, {"target": "count"}, {"why": "lost"},
                  {"on": "19/11/2026"}):  # fmt: skip
        ask(client, "dispensing_return", row.pk, most=14, data=data | {"id": str(uuid7())} | wrong, status=422)
    page = ask(client, "dispensing_void", row.pk, most=14, data={"reason": "mistake"}, status=422).content.decode()
    assert "Take that back first" in page
    (other,) = given(a_prescription())
    ask(client, "dispensing_void", other.pk, most=14, data={"reason": ""}, status=422)
    ask(client, "dispensing_void", other.pk, most=12, data={"reason": "mistake"}, status=302)
    assert "mistake" in ask(client, "dispensing", other.pk, most=8).content.decode()


def test_the_visit_and_the_record_say_what_was_given_and_what_is_owed(pharmacist, nurse):
    a_batch(100)
    visit = a_prescription()
    given(visit, line_of(visit, quantity=5))
    said = ask(client_of(nurse), "visit_given", visit.pk, most=6).content.decode()
    assert "5 given" in said and "10 owed" in said
    page = client_of(nurse).get(reverse("clinic:visit", args=[visit.pk])).content.decode()
    assert reverse("pharmacy:visit_given", args=[visit.pk]) in page
    record = client_of(nurse).get(reverse("desk:record", args=[visit.patient_id])).content.decode()
    assert "Paracetamol tablet 500 mg × 5" in record
    home = client_of(pharmacist).get(reverse("desk:home")).content.decode()
    assert reverse("pharmacy:prescription", args=[visit.pk]) in home
