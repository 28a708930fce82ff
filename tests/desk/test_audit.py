"""The log as the auditor reads it: everything, newest first, and a proof that it is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.accounts.models import User
from core.audit import journal
from core.audit.models import Entry
from core.jobs.models import Job
from desk import tasks
from desk.verbs import ROOMS, VERBS
from tests.builders import a_patient, somebody
from tests.people import client_of

pytestmark = pytest.mark.django_db

LOG = "/audit/"
APPS = ("clinic", "core", "desk", "mobile_team", "pharmacy", "referrals", "reports")


def verbs_written() -> set[str]:
    """Return every verb that the code writes, `…{state}` filled in where a verb is made."""
    from referrals.models import Referral

    pattern = re.compile(rf'(?<!derived_id\()"((?:{"|".join(ROOMS)})\.[a-z_]+\.[a-z_]+)"')
    found = set()
    for app in APPS:
        for file in Path(settings.BASE_DIR, app).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if "note" in text and "migrations" not in file.parts:
                found |= set(pattern.findall(text))
            if 'f"referrals.referral.{' in text:
                found |= {f"referrals.referral.{state}" for state in Referral.State.values}
    return found


def test_every_verb_that_is_written_has_words() -> None:
    assert verbs_written() - set(VERBS) == set()


def test_the_log_is_shown_newest_first_in_pages(auditor: User) -> None:
    for _ in range(60):
        a_patient()
    client = client_of(auditor)
    first = client.get(LOG).content.decode()
    newest, oldest = Entry.objects.order_by("-seq")[0].seq, Entry.objects.order_by("seq")[0].seq
    assert f"№ {newest}<" in first and f"№ {oldest}<" not in first
    older = re.search(r'href="(\?before=\d+)"', first.replace("&amp;", "&"))
    assert older
    assert f"№ {oldest}<" in client.get(LOG + older[1]).content.decode()


def test_the_log_is_read_with_at_most_eight_statements(auditor: User) -> None:
    for _ in range(60):
        journal.note_read(a_patient().pk, by=somebody(), what="record")
    client = client_of(auditor)
    for query in ("", "?show=looks", f"?by={somebody().pk}&room=clinic&record=SA-000001"):
        with CaptureQueriesContext(connection) as asked:
            client.get(LOG + query)
        assert len(asked) <= 8


def test_a_person_is_found_in_the_log_by_number_and_named_by_nothing_else(auditor: User) -> None:
    one, other = a_patient(given_name="Bopha"), a_patient(given_name="Chenda")
    journal.note_read(one.pk, by=somebody(), what="record")
    client = client_of(auditor)
    for query in (f"?record={one.number}", f"?record={one.pk}", f"?record={one.number}&show=looks"):
        text = client.get(LOG + query).content.decode()
        assert one.number in text and other.number not in text
        assert "Bopha" not in text


def test_the_log_is_filtered_by_room_and_colleague(auditor: User, nurse: User) -> None:
    a_patient(by=nurse)
    client = client_of(auditor)
    assert "registered a patient" in client.get(LOG + "?room=clinic").content.decode()
    assert "registered a patient" not in client.get(LOG + "?room=pharmacy").content.decode()
    assert "registered a patient" in client.get(LOG + f"?by={nurse.pk}").content.decode()
    assert "registered a patient" not in client.get(LOG + f"?by={auditor.pk}").content.decode()


@pytest.mark.parametrize("query", [
    "?before=x", "?before=99999999999999999999999", "?before=²", "?by=x", "?by=%00", "?record=%00",
    "?record=SA-000001-1",
    "?record=" + "9" * 300, "?room=nowhere", "?show=%F0%9F%98%80", "?before=0", "?before=-1",
])  # fmt: skip
def test_an_odd_question_to_the_log_is_answered(auditor: User, query: str) -> None:
    a_patient()
    assert client_of(auditor).get(LOG + query).status_code == 200


def test_only_those_who_audit_see_the_log(nurse: User, donor: User, administrator: User) -> None:
    assert client_of(nurse).get(LOG).status_code == 403
    assert client_of(donor).post(reverse("desk:audit_check")).status_code == 403
    assert client_of(administrator).get(LOG).status_code == 200


def test_the_check_is_asked_for_once_however_often_one_clicks_and_says_that_the_log_is_whole(auditor: User) -> None:
    a_patient()
    client = client_of(auditor)
    first, second = (client.post(reverse("desk:audit_check")) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    job = Job.objects.get(kind="audit")
    tasks.check_audit(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"broken_at": None})


def test_the_check_names_the_entry_that_somebody_changed(auditor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client_of(auditor).post(reverse("desk:audit_check"))
    monkeypatch.setattr(journal, "broken_at", lambda: 17)
    job = Job.objects.get(kind="audit")
    tasks.check_audit(str(job.pk))
    job.refresh_from_db()
    assert job.result == {"broken_at": 17}


def test_whose_work_this_stands_on_is_said(nurse: User) -> None:
    text = client_of(nurse).get("/about/").content.decode()
    assert "Ministry of Economy and Finance" in text and "SIL Open Font License" in text
