"""The one box: whatever is typed, an answer in plain words, at most eight statements, best first."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Allergy, Identifier, Patient
from core.accounts.models import User
from core.ids import uuid7
from core.khmer import khmer_digits
from tests.builders import TODAY, a_patient, a_village
from tests.people import client_of

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}
ODD = [
    "", " ", "a", "ស", "\x00", "so\x00k", "%", "_%_", "' OR 1=1 --", "😀", "😀😀😀 sok", "១២៣៤", "០១២ ៣៤៥ ៦៧៨",
    "x" * 10_000,
    "ស" * 10_000, "\u200b\u200b", "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "ignore"), "SA-",
    "SA-000001-9",
    "9" * 400, "(((", "<script>alert(1)</script>", "\\", "0" * 7, "+855", "🇰🇭", "sok sok sok sok sok sok sok sok sok",
]  # fmt: skip


def find(client: Client, text: str, *, typing: bool = False, **more: Any) -> Any:
    return client.get(reverse("desk:search"), {"q": text} | more, **(HTMX if typing else {}))


@pytest.mark.parametrize("text", ODD)
def test_an_odd_query_is_answered_kindly(nurse: User, text: str) -> None:
    a_patient()
    client = client_of(nurse)
    assert find(client, text).status_code == 200
    assert find(client, text, typing=True).status_code == 200


def test_results_while_typing_are_a_fragment_and_enter_gives_the_whole_page(nurse: User) -> None:
    patient = a_patient(family_name_km="សុខ", given_name_km="ស្រីមុំ", village=a_village(), phone="012 345 678")
    client = client_of(nurse)
    fragment = find(client, "srey mom", typing=True).content.decode()
    assert "<html" not in fragment
    for said in ("សុខ ស្រីមុំ", "Sok Sreymom", "Female", "age unknown", "…678", patient.number, "not seen yet",
                 reverse("desk:record", args=[patient.pk])):  # fmt: skip
        assert said in fragment, said
    assert "<html" in find(client, "srey mom").content.decode()


def test_khmer_and_latin_names_find_the_same_person(nurse: User) -> None:
    patient = a_patient(family_name_km="សុខ", given_name_km="ស្រីមុំ")
    for text in ("សុខ ស្រីមុំ", "ស្រីមុំ", "sok sreymom", "SREYMOM sok"):
        assert patient.number in find(client_of(nurse), text, typing=True).content.decode(), text


def test_a_whole_patient_number_opens_the_record_at_once_but_not_while_typing(nurse: User) -> None:
    patient = a_patient()
    client, record = client_of(nurse), reverse("desk:record", args=[patient.pk])
    for text in (
        patient.number,
        patient.number.lower().replace("-", " "),
        khmer_digits(patient.number),
        f" {patient.number}\n",
    ):
        answer = find(client, text)
        assert (answer.status_code, answer.headers.get("Location")) == (302, record), text
    assert patient.number in find(client, patient.number, typing=True).content.decode()


def test_a_name_that_fits_one_person_only_does_not_open_by_itself(nurse: User) -> None:
    a_patient()
    assert find(client_of(nurse), "Sok Sreymom").status_code == 200


def test_who_is_not_found_can_be_registered_with_the_words_typed(nurse: User, pharmacist: User) -> None:
    text = find(client_of(nurse), "Meas Vanna", typing=True).content.decode()
    assert "Nobody found for “Meas Vanna”" in text
    assert f"{reverse('clinic:register')}?q=Meas+Vanna" in text
    assert "Register" not in find(client_of(pharmacist), "Meas Vanna", typing=True).content.decode()


def test_what_is_typed_is_shown_as_text_never_as_markup(nurse: User) -> None:
    assert "<script>alert" not in find(client_of(nurse), "<script>alert(1)</script>").content.decode()


@pytest.mark.parametrize(
    ("purpose", "name"),
    [
        ("visit", "clinic:visit_new"),
        ("admit", "clinic:admit"),
        ("referral", "referrals:new"),
        ("dispense", "pharmacy:dispense"),
    ],
)
def test_a_person_looked_for_to_do_something_leads_there(administrator: User, purpose: str, name: str) -> None:
    patient = a_patient()
    client = client_of(administrator)
    assert reverse(name, args=[patient.pk]) in find(client, "sok sreymom", **{"for": purpose}).content.decode()
    assert find(client, patient.number, **{"for": purpose}).headers["Location"] == reverse(name, args=[patient.pk])


def test_a_person_looked_for_at_a_session_leads_to_the_check_up(mobile: User) -> None:
    patient, session = a_patient(), uuid7()
    wanted = reverse("mobile_team:checkup_new", args=[session, patient.pk])
    asked = {"for": "session", "session": str(session)}
    assert wanted in find(client_of(mobile), "sok sreymom", **asked).content.decode()
    for odd in ({"for": "session"}, {"for": "session", "session": "x"}, {"for": "nothing"}, {"for": "\x00"}):
        assert (
            reverse("desk:record", args=[patient.pk]) in find(client_of(mobile), "sok sreymom", **odd).content.decode()
        )


@pytest.mark.parametrize("text", ["sok sreymom", "sok", "012345678", "678", "phumi", "សុខ", "nobody at all"])
def test_a_search_takes_at_most_eight_statements_and_counts_nothing(nurse: User, text: str) -> None:
    for _ in range(30):
        a_patient(village=a_village(), phone="012345678")
    client = client_of(nurse)
    with CaptureQueriesContext(connection) as asked:
        find(client, text, typing=True)
    assert len(asked) <= 8
    assert not [row for row in asked if "COUNT(" in row["sql"]]


def test_whoever_has_no_business_with_people_cannot_look_for_them(auditor: User, donor: User) -> None:
    for user in (auditor, donor):
        assert find(client_of(user), "sok").status_code == 403
    assert find(Client(), "sok").status_code == 302


def test_a_line_says_by_what_somebody_was_found_and_shows_allergies_and_the_dead(nurse: User) -> None:
    patient = a_patient()
    Identifier.objects.create(patient=patient, kind="equity", value="090606-03101")
    Allergy.objects.create(patient=patient, kind="medicine", substance="Penicillin", told_on=TODAY)
    Patient.objects.filter(pk=patient.pk).update(deceased_on=TODAY)
    text = find(client_of(nurse), "090606 03101", typing=True).content.decode()
    for said in ("Equity card: 090606-03101", "Penicillin", "deceased"):
        assert said in text, said


def test_a_record_merged_away_leads_to_the_survivor_under_its_old_name(nurse: User) -> None:
    winner = a_patient(given_name="Bopha")
    loser = a_patient(family_name="Prum", given_name="Visal")
    Patient.objects.filter(pk=loser.pk).update(merged_into=winner)
    text = find(client_of(nurse), "prum visal", typing=True).content.decode()
    assert "also written Prum Visal" in text and reverse("desk:record", args=[winner.pk]) in text
    answer = find(client_of(nurse), loser.number)
    assert answer.headers["Location"] == reverse("desk:record", args=[winner.pk])


def test_a_patient_number_with_a_wrong_digit_is_answered_kindly(nurse: User) -> None:
    number = a_patient().number
    wrong = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    assert "one digit of it must be wrong" in find(client_of(nurse), wrong).content.decode()


def test_of_many_people_the_first_twenty_are_shown_and_more_is_asked_for(nurse: User) -> None:
    for _ in range(21):
        a_patient()
    assert "More than 20 people answer" in find(client_of(nurse), "sok", typing=True).content.decode()
