"""The books are proven by night; a red notice says what is broken, and goes away once it is put right."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.celery import BEAT
from core.accounts.models import User
from core.accounts.roles import Role
from core.jobs.models import Job
from core.money import Currency, Money
from pharmacy import tasks
from pharmacy.models import Donation, Entry, Move
from pharmacy.selectors import proving as selectors
from pharmacy.services import proving
from tests.builders import a_batch, a_donation, noon
from tests.people import a_user, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


def a_night() -> Job:
    """Do what the clock does: ask for the proof, and let a worker do it."""
    tasks.every_night()
    job = Job.objects.get(kind=selectors.KIND, state=Job.State.WAITING)
    tasks.prove(str(job.pk))
    job.refresh_from_db()
    return job


def notice(user: User, language: str = "en") -> str:
    return client_of(user, language=language).get(reverse("desk:books")).content.decode()


def page(user: User, query: str = "") -> str:
    return client_of(user).get(reverse("pharmacy:proofs") + query).content.decode()


def test_it_is_proven_every_night() -> None:
    assert {"pharmacy.tasks.every_night"} <= {row["task"] for row in BEAT.values()}
    a_donation(Money(20_000, Currency.KHR))
    job = a_night()
    assert (job.state, job.result) == (Job.State.DONE, {"broken": []})
    assert job.message == "សៀវភៅត្រឹមត្រូវ" or job.message  # in Khmer once it is translated


def test_a_whole_house_shows_no_notice(administrator: User) -> None:
    a_donation(Money(20_000, Currency.KHR))
    a_night()
    assert notice(administrator) == ""
    assert "The books are whole." in page(administrator)
    assert f'hx-get="{reverse("desk:books")}"' in client_of(administrator).get("/").content.decode()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DONOR])
def test_what_is_broken_is_said_to_everybody_in_words_until_it_is_put_right(role: Role) -> None:
    gift = a_donation(Money(20_000, Currency.KHR))
    Donation.objects.update(number=2)
    a_night()
    user = a_user(role)
    said = notice(user)
    assert "notice--danger" in said and "A gap in the receipts" in said
    reads = role in (Role.ADMIN, Role.AUDITOR, Role.PHARMACIST)
    assert (reverse("pharmacy:proofs") in said) == reads
    assert ("Tell the administrator." in said) != reads
    Donation.objects.filter(pk=gift.pk).update(number=1)
    a_night()
    assert notice(user) == ""


def test_a_donor_is_not_troubled(donor: User) -> None:
    a_donation(Money(20_000, Currency.KHR))
    Donation.objects.update(number=2)
    a_night()
    assert notice(donor) == ""


def test_two_nights_without_a_proof_are_said_too(administrator: User) -> None:
    assert notice(administrator) == ""  # an empty house has nothing to prove
    a_donation(Money(20_000, Currency.KHR))
    assert notice(administrator) == ""  # nor has one that began today
    with time_machine.travel(noon() + timedelta(hours=49), tick=False):
        assert "not been checked for more than 48 hours" in notice(administrator)
        a_night()
        assert notice(administrator) == ""
    with time_machine.travel(noon() + timedelta(hours=99), tick=False):
        assert "48 hours" in notice(administrator)
        assert "48 hours" in page(administrator)


def test_a_proof_that_breaks_off_is_no_proof(administrator: User, monkeypatch: Any) -> None:
    a_donation(Money(20_000, Currency.KHR))
    monkeypatch.setattr(proving.books, "all_broken", lambda **_: 1 / 0)
    job, _ = proving.ask(by=None, language="en")
    with pytest.raises(ZeroDivisionError):
        tasks.prove(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert selectors.last(noon()).at is None


def test_the_page_shows_the_broken_row_and_leads_to_it_and_names_nobody(administrator: User) -> None:
    gift = a_donation(Money(20_000, Currency.KHR), donor_name="Sok Sreymom")
    batch = a_batch(10)
    Entry.objects.update(minor=20_050)
    Move.objects.create(batch=batch, source_id="dispensary", target_id="waste", quantity=11, on=noon().date())
    a_night()
    first = page(administrator)
    assert f"batch {batch.pk}" in first and "A shelf below zero" in first
    assert reverse("pharmacy:medicine", args=[batch.medicine_id]) in first
    broken = selectors.last(noon()).broken
    row = next(n for n, one in enumerate(broken) if one["code"] == "books.log_amount")
    shown = page(administrator, f"?row={row}")
    assert reverse("pharmacy:donation", args=[gift.pk]) in shown
    assert "Sok Sreymom" not in shown


@pytest.mark.parametrize("query", ["?row=99", "?row=-1", "?row=x", "?row=%00", "?row=" + "9" * 400])
def test_a_row_that_is_not_listed_breaks_nothing(administrator: User, query: str) -> None:
    a_donation(Money(20_000, Currency.KHR))
    Donation.objects.update(number=2)
    a_night()
    assert "A gap in the receipts" in page(administrator, query)


def test_a_row_that_is_gone_is_said_to_be_gone(administrator: User) -> None:
    result = {"broken": [{"code": "books.check", "table": "move", "key": str(noon()), "more": "", "day": ""}]}
    result["broken"] += [{"code": "books.log_broken", "table": "log", "key": "7", "more": "", "day": ""}]
    result["broken"] += [{"code": "books.account", "table": "account", "key": "cash-x-khr", "more": "", "day": ""}]
    Job.objects.create(kind="books", state="done", result=result, created_at=noon(), finished_at=noon())
    for row in range(3):
        assert "books are broken" in page(administrator, f"?row={row}")
    assert "not there any more" in page(administrator, "?row=2")


def test_the_page_takes_at_most_eight_statements(administrator: User) -> None:
    a_donation(Money(20_000, Currency.KHR))
    Donation.objects.update(number=2)
    a_night()
    client = client_of(administrator)
    client.get("/about/")
    for address in (reverse("pharmacy:proofs"), reverse("desk:books")):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        assert len(asked) <= 8


def test_it_is_checked_now_when_somebody_asks_and_once_when_asked_twice(auditor: User) -> None:
    client = client_of(auditor)
    answers = [client.post(reverse("pharmacy:prove")) for _ in range(2)]
    job = Job.objects.get(kind="books")
    assert {answer["Location"] for answer in answers} == {reverse("jobs:job", args=[job.pk])}


def test_the_command_keeps_its_result_for_the_page_and_names_every_broken_rule(administrator: User) -> None:
    a_donation(Money(20_000, Currency.KHR))
    call_command("check_books", stdout=StringIO())
    assert selectors.last(noon()).broken == []
    Donation.objects.update(number=2, void_reason="x")
    with pytest.raises(CommandError) as said:
        call_command("check_books", stdout=StringIO())
    lines = str(said.value).splitlines()
    assert lines[0].startswith("A gap in the receipts: receiptbook D: 1 receipts, last number 1")
    assert lines[1].startswith("A donation voided without a reversal")
    kept = selectors.last(noon()).broken
    assert [one["code"] for one in kept] == ["books.receipt_gap", "books.donation_void"]
    assert json.dumps(kept)
    assert "A gap in the receipts" in notice(administrator)
