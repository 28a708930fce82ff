"""The type-ahead over 14,576 villages."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.accounts.models import User
from core.places.models import Village
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(nurse: User) -> Client:
    return client_of(nurse)


def ask(client: Client, text: str) -> list[dict[str, str]]:
    return client.get("/places/villages/", {"q": text}).json()["results"]


def test_two_letters_find_at_most_twelve_in_two_queries(desk: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        found = ask(desk, "sr")
    assert len(found) == 12
    assert len(asked) == 2  # the session with its person, and the villages with their communes
    assert set(found[0]) == {"id", "text", "more"}


def test_either_script_finds_the_village_named_in_the_readers_language(nurse: User) -> None:
    village = Village.objects.with_path().order_by("id")[7]
    for language, name in (("en", village.name_en), ("km", village.name_km)):
        client = client_of(nurse, language=language)
        for typed in (village.name_en, village.name_km):
            assert {"id": village.pk, "text": name} in [{"id": f["id"], "text": f["text"]} for f in ask(client, typed)]


def test_those_the_centre_serves_come_first(desk: Client) -> None:
    last = Village.objects.matching("sr").last()
    assert last is not None
    Village.objects.filter(pk=last.pk).update(catchment=True)
    assert ask(desk, "sr")[0]["id"] == last.pk


@pytest.mark.parametrize("typed", ["sre ambel", "sre am", "Srey Ambil", "SRAE AMBEL"])
def test_a_village_is_found_as_it_sounds(desk: Client, typed: str) -> None:
    assert "Srae Ambel" in [row["text"] for row in ask(desk, typed)]


def test_what_only_sounds_like_it_stands_behind_what_is_written_so() -> None:
    found = list(Village.objects.matching("kampong")[:400])
    written = ["kampong" in row.key_en for row in found]
    assert True in written and False in written
    assert written == sorted(written, reverse=True)


def test_a_code_finds_its_village(desk: Client) -> None:
    code = Village.objects.order_by("id")[0].code
    assert ask(desk, code)[0]["id"] == Village.objects.filter(code=code).order_by("id")[0].pk


@pytest.mark.parametrize("typed", ["", "   ", "zzzzqqqq", "%", "_", "'; DROP TABLE", "\u200b", "ក" * 500, "💉"])
def test_whatever_is_typed_is_answered(desk: Client, typed: str) -> None:
    answer = desk.get("/places/villages/", {"q": typed})
    assert answer.status_code == 200
    assert len(answer.json()["results"]) <= 12


def test_nobody_is_asked_to_log_in_and_a_post_is_refused(client: Client, desk: Client) -> None:
    assert client.get("/places/villages/", {"q": "sr"}).status_code == 302
    assert desk.post("/places/villages/").status_code == 405
