"""The administrator's list of colleagues."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.models import Session, User
from core.audit.models import Entry
from tests.people import PASSWORD, client_of

pytestmark = pytest.mark.django_db

NEW = {"username": "dara", "name": "  កែវ  ដារ៉ា ", "role": "mobile", "language": "km", "is_active": "on",
       "password": "three quiet buffaloes"}  # fmt: skip


def test_an_administrator_adds_a_colleague_who_can_log_in(administrator: User) -> None:
    client = client_of(administrator)
    with CaptureQueriesContext(connection) as asked:
        response = client.post("/users/new/", NEW)
    assert response["Location"] == "/users/"
    assert len(asked) <= 12
    dara = User.objects.get(username="dara")
    assert (dara.name, dara.role) == ("កែវ ដារ៉ា", "mobile")
    assert dara.check_password(NEW["password"])
    assert Entry.objects.get(verb="accounts.user.added").subject_id == dara.id


def test_no_password_is_ever_written_in_the_log(administrator: User) -> None:
    client_of(administrator).post("/users/new/", NEW)
    assert NEW["password"] not in str(list(Entry.objects.values()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": ""}, "required"),
        ({"password": "short"}, "too short"),
        ({"password": "password123"}, "too common"),
        ({"username": ""}, "required"),
        ({"username": "two words"}, "valid"),
        ({"username": "admin"}, "already exists"),
        ({"role": "king"}, "not one of"),
        ({"name": ""}, "required"),
        ({"name": "x" * 121}, "120"),
    ],
)
def test_wrong_input_stays_on_the_page_with_words(administrator: User, changes: dict[str, Any], words: str) -> None:
    response = client_of(administrator).post("/users/new/", NEW | changes)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert User.objects.count() == 1
    assert "three quiet buffaloes" not in page


def test_a_new_colleague_has_no_role_until_one_is_chosen(administrator: User) -> None:
    page = client_of(administrator).get("/users/new/").content.decode()
    assert "---------" not in page


def test_an_empty_password_keeps_the_old_one(administrator: User, nurse: User) -> None:
    data = {"username": "nurse", "name": "Sok Chanthy", "role": "nurse", "language": "km", "is_active": "on"}
    client_of(administrator).post(f"/users/{nurse.id}/", data)
    nurse.refresh_from_db()
    assert nurse.language == "km"
    assert nurse.check_password(PASSWORD)


def test_a_new_password_or_a_switched_off_account_ends_every_log_in(administrator: User, nurse: User) -> None:
    theirs = client_of(nurse)
    data = {"username": "nurse", "name": "Sok Chanthy", "role": "nurse", "language": "en"}
    client_of(administrator).post(f"/users/{nurse.id}/", data)
    assert theirs.get("/jobs/").status_code == 302
    assert not Session.objects.filter(user=nurse).exists()


@pytest.mark.parametrize("changes", [{"role": "nurse"}, {"is_active": ""}])
def test_the_last_administrator_cannot_be_lost(administrator: User, changes: dict[str, str]) -> None:
    data = {"username": "admin", "name": "Prak Sovann", "role": "admin", "language": "en", "is_active": "on"} | changes
    response = client_of(administrator).post(f"/users/{administrator.id}/", {k: v for k, v in data.items() if v})
    assert response.status_code == 422
    assert "At least one administrator" in response.content.decode()
    administrator.refresh_from_db()
    assert (administrator.role, administrator.is_active) == ("admin", True)


def test_the_list_costs_two_queries_whatever_its_length(administrator: User, nurse: User, donor: User) -> None:
    client = client_of(administrator)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/users/").content.decode()
    assert len(asked) == 2
    assert "A friend abroad" in page
    assert "Administrator" in page


def test_others_are_told_no_and_their_role(nurse: User) -> None:
    response = client_of(nurse).get("/users/")
    assert response.status_code == 403
    assert "Your role (Nurse)" in response.content.decode()
