"""Coming in and going out: one wrong word, too many wrong words, the way back, the language."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.accounts.models import User
from tests.people import PASSWORD, client_of

pytestmark = pytest.mark.django_db


def log_in(client: Client, **changes: str) -> object:
    return client.post("/login/", {"username": "nurse", "password": PASSWORD, "next": "/jobs/"} | changes)


def test_a_nurse_logs_in_and_goes_where_she_wanted_to_be(client: Client, nurse: User) -> None:
    response = log_in(client)
    assert (response.status_code, response["Location"]) == (302, "/jobs/")
    assert "Sok Chanthy" in client.get("/jobs/").content.decode()


def test_nobody_is_sent_to_the_log_in_and_back(client: Client) -> None:
    response = client.get("/jobs/?page=2")
    assert response["Location"] == "/login/?next=/jobs/%3Fpage%3D2"
    assert 'value="/jobs/?page=2"' in client.get(response["Location"]).content.decode()


def test_a_fragment_asked_for_without_a_log_in_brings_the_whole_page_to_the_log_in(client: Client) -> None:
    response = client.get("/jobs/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (401, "/login/")


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"username": "nobody"}, {"username": "NURSE"}])
def test_it_never_tells_which_of_the_two_was_wrong(client: Client, nurse: User, changes: dict[str, str]) -> None:
    client.cookies["django_language"] = "en"
    response = log_in(client, **changes)
    assert response.status_code == 422
    assert "do not fit together" in response.content.decode()


def test_a_colleague_who_was_switched_off_does_not_come_in(client: Client, nurse: User) -> None:
    User.objects.update(is_active=False)
    assert log_in(client).status_code == 422


def test_eight_wrong_passwords_close_the_door_for_a_while(client: Client, nurse: User) -> None:
    client.cookies["django_language"] = "en"
    for _ in range(8):
        last = log_in(client, password="wrong")
    assert last.status_code == 429
    assert "wait 15 minutes" in last.content.decode()
    assert log_in(client).status_code == 429


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_log_in_leads_nowhere_but_home(client: Client, nurse: User, elsewhere: str) -> None:
    assert log_in(client, next=elsewhere)["Location"] == "/"


def test_logging_out_ends_the_session_and_needs_a_post(nurse: User) -> None:
    client = client_of(nurse)
    assert client.get("/logout/").status_code == 405
    assert client.get("/jobs/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/jobs/").status_code == 302


def test_a_changed_role_takes_effect_with_the_next_click(nurse: User) -> None:
    client = client_of(nurse)
    assert client.get("/users/").status_code == 403
    User.objects.filter(id=nurse.id).update(role="admin")
    assert client.get("/users/").status_code == 200


class TestLanguage:
    def test_the_page_is_khmer_until_somebody_chooses(self, client: Client) -> None:
        page = client.get("/login/", headers={"Accept-Language": "en-GB,en;q=0.9"})
        assert page["Content-Language"] == "km"
        assert '<html lang="km">' in page.content.decode()

    def test_before_log_in_the_browser_remembers(self, client: Client) -> None:
        client.post("/language/", {"language": "en", "next": "/login/"})
        assert '<html lang="en">' in client.get("/login/").content.decode()

    def test_after_log_in_the_person_is_remembered(self, nurse: User) -> None:
        response = client_of(nurse).post("/language/", {"language": "km", "next": "/jobs/"})
        assert response["Location"] == "/jobs/"
        nurse.refresh_from_db()
        assert nurse.language == "km"

    def test_a_language_we_do_not_speak_changes_nothing(self, nurse: User) -> None:
        client_of(nurse).post("/language/", {"language": "xx", "next": "https://evil.example"})
        nurse.refresh_from_db()
        assert nurse.language == "en"


class TestPage:
    def test_a_page_costs_one_query_for_session_and_person(self, nurse: User) -> None:
        client = client_of(nurse)
        with CaptureQueriesContext(connection) as asked:
            client.get("/jobs/")
        assert len(asked) == 2

    def test_nothing_on_a_page_runs_inline(self, nurse: User) -> None:
        page = client_of(nurse).get("/jobs/")
        assert "default-src 'self'" in page["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)", page.content.decode())

    def test_the_ways_shown_are_those_the_role_may_go(self, nurse: User, donor: User) -> None:
        assert 'href="/users/"' not in client_of(nurse).get("/jobs/").content.decode()
        page = client_of(donor).get("/jobs/").content.decode()
        assert 'role="search"' not in page
        assert 'href="/users/"' not in page

    def test_an_old_pages_token_is_refused_in_words(self, nurse: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.cookies["django_language"] = "en"
        response = client.post("/login/", {"username": "nurse"})
        assert response.status_code == 403
        assert "nothing was saved" in response.content.decode()

    def test_an_address_that_leads_nowhere_says_so_inside_the_frame(self, nurse: User) -> None:
        response = client_of(nurse).get("/no/such/page/")
        assert response.status_code == 404
        assert "There is nothing here" in response.content.decode()
