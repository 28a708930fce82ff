"""Programs find and register people and write visits, through the same services and in the same words."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Encounter, Patient
from core.audit.models import Read
from core.ids import uuid7
from core.periods import local_day
from tests.builders import a_patient, a_village
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


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"given_name": "", "family_name": ""}, "family_name"), ({"birth": "soon"}, "birth"), ({"phone": "12"}, "phone"),
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
