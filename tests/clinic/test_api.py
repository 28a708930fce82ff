"""Programs find and register people and write visits, through the same services and in the same words."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Encounter, Patient
from core.audit.models import Read
from core.ids import uuid7
from core.periods import local_day
from tests.builders import TODAY, a_patient, a_village
from tests.people import client_of

pytestmark = pytest.mark.django_db

PATIENTS, ENCOUNTERS = "/clinic/api/patients/", "/clinic/api/encounters/"


@pytest.fixture
def program(nurse):
    browser = client_of(nurse)
    return lambda method, address, data=None: getattr(browser, method)(
        address, data, **({"content_type": "application/json"} if method == "post" else {})
    )


def test_a_person_sent_twice_is_registered_once(program):
    sent = {"id": str(uuid7()), "given_name_km": "ដារ៉ា", "sex": "M", "birth": "៤ ឆ្នាំ", "village": a_village().pk,
            "identifiers": [{"kind": "paper", "value": "K-1"}]}  # fmt: skip
    first, second = program("post", PATIENTS, sent), program("post", PATIENTS, sent)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["birth_precision"] == "stated"
    assert Patient.objects.count() == 1


def test_a_person_is_found_and_read_and_the_look_is_written_down(program):
    patient = a_patient(family_name="Chea", given_name="Vuthy")
    found = program("get", PATIENTS, {"q": "jea wuthy"}).json()["results"]
    assert [row["number"] for row in found] == [patient.number]
    assert program("get", reverse("clinic:api_patient", args=[patient.id])).json()["given_name"] == "Vuthy"
    assert Read.objects.filter(patient_id=patient.id, what="api").exists()


def test_all_that_is_written_of_a_person_goes_in_and_comes_out(program):
    mother = a_patient(given_name="Mum", told=(30, "y", TODAY))
    sent = {
        "id": str(uuid7()), "family_name": "Sok", "sex": "F", "birth": "3y", "payer": "PATY-0000N09",
        "identifiers": [{"kind": "equity", "value": "e-12", "level": "1", "valid_until": "2027-01-01"}],
        "phones": [{"phone": "097 123 4567", "whose": "chief"}],
        "allergies": [{"substance": "penicillins", "severe": True}],
        "consents": [{"purpose": "record", "given": True}],
        "guardian_is": {"patient": str(mother.id), "kind": "mother", "lives_with": True},
    }  # fmt: skip
    answer = program("post", PATIENTS, sent)
    assert answer.status_code == 201, answer.content
    read = program("get", reverse("clinic:api_patient", args=[sent["id"]])).json()
    assert read == answer.json()
    assert read["identifiers"] == [
        {"kind": "equity", "value": "E-12", "level": "1", "issued_on": None, "valid_until": "2027-01-01"}
    ]
    assert read["phones"] == [{"phone": "+855971234567", "whose": "chief"}]
    assert [(row["substance"], row["atc"], row["severe"]) for row in read["allergies"]] == [
        ("Penicillins", "J01C", True)
    ]
    mother.refresh_from_db()
    assert (read["payer"], read["no_allergy_on"], read["merged_into"]) == ("PATY-0000N09", None, None)
    assert read["household"] == str(mother.household_id) and read["guardian"] == mother.name


def test_a_merged_record_answers_with_the_survivor(program):
    stays, gone = a_patient(), a_patient()
    Patient.objects.filter(pk=gone.pk).update(merged_into=stays)
    assert program("get", reverse("clinic:api_patient", args=[gone.id])).json()["id"] == str(stays.id)


def test_a_pharmacist_finds_people_and_registers_nobody(pharmacist):
    a_patient(given_name="Vuthy")
    browser = client_of(pharmacist)
    assert browser.get(PATIENTS, {"q": "vuthy"}).json()["results"][0]["payer"] == ""
    answer = browser.post(PATIENTS, {"given_name": "Dara", "sex": "M"}, content_type="application/json")
    assert answer.status_code == 403 and Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"identifiers": [{"kind": "national", "value": "12"}]}, "identifiers"), ({"payer": "x"}, "payer"),
     ({"identifiers": [{"kind": "nssf", "value": "1234567", "level": "1"}]}, "identifiers"),
     ({"phones": [{"phone": "12"}]}, "phones"),
     ({"no_allergy": True, "allergies": [{"substance": "latex"}]}, "allergy"),
     ({"guardian_is": {"patient": "1", "kind": "mother"}}, "guardian_is.patient"),
     ({"given_name": "", "family_name": ""}, "family_name"), ({"birth": "soon"}, "birth"), ({"phone": "12"}, "phone"),
     ({"sex": "X"}, "sex"), ({"village": 0}, "village"), ({"identifiers": [{"kind": "x"}]}, "identifiers.0.kind")],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_field_and_words(program, changes, field):
    answer = program("post", PATIENTS, {"given_name": "Dara", "sex": "M"} | changes)
    assert answer.status_code == 422
    body = answer.json()
    lines = body.get("errors") or [body]
    assert lines[0]["field"] == field and lines[0]["message"]


def visit(person, **given):
    return {
        "id": str(uuid7()), "patient": str(person.id), "vitals": {"temperature": "38.5"}, "complaint": "Fever",
        "diagnoses": ["fever", "J00"], "treatments": [{"what": "Paracetamol", "dose": "1 × 3"}], "close": True,
        "result": "treated",
    } | given  # fmt: skip


def test_a_visit_sent_twice_is_written_once(program):
    sent = visit(a_patient(), told_age="3m")
    first, second = program("post", ENCOUNTERS, sent), program("post", ENCOUNTERS, sent)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert [row["key"] for row in first.json()["diagnoses"]] == ["fever", "cold"]
    assert Encounter.objects.get().age_slot == 33


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"vitals": {"temperature": 91}}, 422, "core.max_value"),
        ({"diagnoses": ["plague"]}, 422, "clinic.diagnosis_unknown"),
        ({"on": "2999-01-01"}, 422, "clinic.date_in_future"),
        ({"diagnoses": ["fever", "fever"]}, 422, "clinic.diagnosis_twice"),
        ({"patient": str(uuid7())}, 404, "core.not_found"),
        ({"told_age": "x"}, 422, "core.age_unreadable"),
    ],
)  # fmt: skip
def test_a_visit_that_cannot_be_is_refused_and_says_why(program, changes, status, code):
    answer = program("post", ENCOUNTERS, visit(a_patient(today=local_day(timezone.now())), **changes))
    assert answer.status_code == status
    body = answer.json()
    assert (body.get("errors") or [body])[0]["code"] == code
    assert not Encounter.objects.exists()


def test_noise_is_refused_in_words(program):
    for noise in ("[]", '"x"', "{", '{"diagnoses": 3}', '{"patient": null}'):
        assert program("post", ENCOUNTERS, noise).status_code in {400, 422}, noise


def test_those_without_the_grant_are_told_so(donor):
    assert client_of(donor).get(PATIENTS, {"q": "x"}).status_code == 403
