"""Tallies held against the records: an alarm when they differ, a count anew, and what workers may suffer meanwhile."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from config.celery import BEAT, app
from core.ages import BAND_SETS
from core.jobs.models import Job
from core.periods import Month, Year
from reports import selectors
from reports.models import Recount, Tally, Touched
from reports.tallies import keeping, proving, recounting, tasks, watch
from tests.people import client_of
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

YEAR = Year("2025")
MARCH = Month("2025-03")


@pytest.fixture
def counted() -> None:
    """Two contacts of one person in March, one in April, tallied."""
    child = a_person(born=dt.date(2020, 3, 10))
    for day in (dt.date(2025, 3, 10), dt.date(2025, 3, 11), dt.date(2025, 4, 10)):
        a_contact(day, "mobile", patient=child, conditions=["worms"])
    tasks.keep_up()


def assessed() -> int:
    return selectors.count(YEAR.period, BAND_SETS["published"]).sum("patients_assessed")


def test_every_trigger_is_in_place_after_all_migrations():
    assert watch.there(connection) == watch.expected(connection.vendor)
    assert not watch.install(connection)


def test_a_trigger_that_was_lost_is_put_back_and_every_day_is_counted_again(counted):
    watch.remove(connection)
    a_contact(dt.date(2025, 3, 11))  # nobody notices
    assert assessed() == 3
    assert watch.install(connection)
    assert assessed() == 4
    tasks.keep_up()
    assert assessed() == 4
    assert not Touched.objects.exists()


def test_keeping_up_empties_the_log_and_running_it_again_changes_nothing(counted):
    lines = list(Tally.objects.order_by("span", "dimension", "first", "key").values_list("span", "first", "contacts"))
    assert not Touched.objects.exists()
    assert tasks.keep_up() == 0
    assert lines == list(
        Tally.objects.order_by("span", "dimension", "first", "key").values_list("span", "first", "contacts")
    )


def test_a_visit_that_is_only_closed_is_not_counted_again(counted):
    one = a_contact(dt.date(2025, 3, 9))
    tasks.keep_up()
    one.status, one.findings = "closed", "well"
    one.save()
    assert not Touched.objects.exists()


def test_tallies_that_agree_raise_no_alarm(counted):
    assert tasks.every_night() == 0
    assert Recount.objects.count() == 2
    assert proving.alarm() is None


def test_a_difference_is_an_alarm_until_the_month_is_counted_again(counted):
    Tally.objects.filter(span="m", dimension="", first=MARCH.first).update(contacts=9)
    assert tasks.every_night() == 2
    found = proving.alarm()
    assert found is not None
    assert (found.first, found.differences) == (MARCH.first, 2)
    assert (found.detail[0]["tallied"]["contacts"], found.detail[0]["counted"]["contacts"]) == (9, 2)
    assert Tally.objects.filter(contacts=9).exists()  # nothing was mended in silence

    recounting.count(MARCH)
    assert tasks.every_night() == 0
    assert proving.alarm() is None


def test_a_month_with_something_to_count_is_not_proven(counted):
    a_contact(dt.date(2025, 3, 9))
    assert proving.prove([MARCH], at=timezone.now()) == []


def test_the_alarm_stands_on_the_administrators_home_only(counted, administrator, nurse):
    Tally.objects.filter(span="m", first=MARCH.first).update(contacts=9)
    proving.prove([MARCH], at=timezone.now())
    assert b"March 2025" in client_of(administrator).get(reverse("reports:alarm")).content
    assert client_of(nurse).get(reverse("reports:alarm")).content == b""
    assert reverse("reports:alarm").encode() in client_of(administrator).get(reverse("desk:home")).content


def test_an_administrator_sees_what_differs_and_has_the_year_counted_again(counted, administrator):
    client = client_of(administrator)
    Tally.objects.filter(first=MARCH.first, dimension__gt="").update(contacts=9)
    proving.prove([MARCH], at=timezone.now())
    page = client.get(reverse("reports:tallies"))
    assert page.status_code == 200
    assert b"March 2025 \xc2\xb7" in page.content
    assert b"tallies 9, records" in page.content
    for typed in ("", "25", "20x5", "9999", "\0", "9" * 10_000):
        assert client.post(reverse("reports:recount"), {"year": typed}).status_code == 422
    for typed in ("2025", "២០២៥"):  # the same work, asked for twice
        assert client.post(reverse("reports:recount"), {"year": typed}).status_code == 302
    assert Job.objects.get(kind="recount").params == {"year": "2025"}


def test_a_recount_goes_on_by_months_and_ends_with_the_last(counted, administrator, monkeypatch):
    sent: list[Job] = []
    monkeypatch.setattr(tasks, "send", sent.append)
    job = recounting.ask(year=YEAR, by=administrator)
    Tally.objects.filter(span="m", first=MARCH.first).update(contacts=9)
    tasks.recount(str(job.id))
    tasks.recount(str(job.id))  # the message came twice
    assert len(sent) == 12
    for done, part in enumerate(sent, start=1):
        tasks.recount_month(str(part.id))
        tasks.recount_month(str(part.id))
        job.refresh_from_db()
        assert (job.done, job.total) == (done, 12)
    assert job.state == Job.State.DONE
    assert proving.alarm() is None
    assert assessed() == 3


def test_a_recount_whose_worker_died_at_the_last_step_ends_when_it_is_taken_up_again(counted, monkeypatch):
    sent: list[Job] = []
    monkeypatch.setattr(tasks, "send", sent.append)
    job = recounting.ask(year=YEAR, by=None)
    tasks.recount(str(job.id))
    Job.objects.filter(kind=recounting.PART).update(state=Job.State.DONE)  # and then it died
    Job.objects.filter(id=job.id).update(state=Job.State.WAITING)  # the sweep found it
    tasks.recount(str(job.id))
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_the_command_counts_all_again_and_compares(counted):
    out = StringIO()
    Tally.objects.filter(span="m", first=MARCH.first).update(contacts=9)
    with pytest.raises(CommandError, match="differ"):
        call_command("recount", check=True, stdout=out)
    call_command("recount", stdout=out)
    assert "2025-03: 2 days counted" in out.getvalue()
    assert "agree" in out.getvalue()
    call_command("recount", check=True, stdout=out)
    with pytest.raises(CommandError):
        call_command("recount", "--from", "2025-13")


def test_the_command_counts_many_months_in_one_pass(counted, monkeypatch):
    monkeypatch.setattr(keeping, "in_one_pass", lambda months: months > 1)
    Tally.objects.filter(span="m", first=MARCH.first).update(contacts=9)
    out = StringIO()
    call_command("recount", stdout=out)
    assert out.getvalue().splitlines() == [f"{MARCH} to 2025-04: all counted", "The tallies agree with the records."]


def test_the_clock_keeps_up_and_proves_with_tasks_that_exist():
    app.loader.import_default_modules()
    wanted = {row["task"] for row in BEAT.values() if "tallies" in row["task"]}
    assert wanted == {"reports.tallies.tasks.keep_up", "reports.tallies.tasks.every_night"}
    assert wanted <= set(app.tasks)


def test_cut_off_in_the_middle_nothing_has_happened(counted, monkeypatch):
    a_contact(dt.date(2025, 3, 9))
    before = Touched.objects.count()

    def dies(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(keeping, "_put_year_together", dies)
    with pytest.raises(SystemExit):
        keeping.bring_up(MARCH)
    assert Touched.objects.count() == before
    assert assessed() == 4
    monkeypatch.undo()
    tasks.keep_up()
    assert not Touched.objects.exists()
    assert assessed() == 4
