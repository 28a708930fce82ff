"""Notes of several services written at once, how they came, and the whole record of a patient in the feed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.services import allergies
from core.accounts.models import User
from core.audit import journal
from core.audit.models import Entry
from core.ops import compare_and_set
from core.syncing import RECORD, Change
from tests.builders import TODAY, a_patient

pytestmark = pytest.mark.django_db


def test_an_allergy_moves_the_whole_record_of_its_person(nurse: User) -> None:
    person, other = a_patient(), a_patient(family_name="Keo")
    before = dict(Change.objects.filter(resource=RECORD).values_list("record_id", "seq"))
    allergies.add(patient=person, said=allergies.Said(substance="penicillin"), told_on=TODAY, by=nurse, today=TODAY)
    after = dict(Change.objects.filter(resource=RECORD).values_list("record_id", "seq"))
    assert after[person.pk] > before[person.pk]
    assert after[other.pk] == before[other.pk]


def test_notes_kept_together_take_the_clock_once_and_the_chain_stays_whole(nurse: User) -> None:
    person = a_patient()
    with transaction.atomic(), CaptureQueriesContext(connection) as asked, journal.together():
        for n in range(20):
            journal.note("clinic.patient.corrected", person, by=nurse, n=n)
        assert not asked.captured_queries
    said = [q["sql"] for q in asked.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(said) == 4
    assert journal.broken_at() is None
    assert [e.detail["n"] for e in Entry.objects.order_by("seq") if "n" in e.detail] == list(range(20))


def test_what_is_undone_takes_its_note_along(nurse: User) -> None:
    person = a_patient()
    with transaction.atomic(), journal.together() as gathered:
        journal.note("clinic.patient.corrected", person, by=nurse, n=1)
        kept = len(gathered)
        journal.note("clinic.patient.corrected", person, by=nurse, n=2)
        del gathered[kept:]
    assert [e.detail["n"] for e in Entry.objects.all() if "n" in e.detail] == [1]


def test_nothing_is_written_when_the_block_breaks(nurse: User) -> None:
    person, count = a_patient(), Entry.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic(), journal.together():
        journal.note("clinic.patient.corrected", person, by=nurse)
        raise ZeroDivisionError
    assert Entry.objects.count() == count


def test_an_entry_says_how_it_came(nurse: User) -> None:
    op = str(uuid4())
    with transaction.atomic(), journal.via(op=op, device="T07"):
        journal.note("clinic.patient.corrected", a_patient(), by=nurse)
    assert Entry.objects.order_by("-seq")[0].detail["via"] == {"op": op, "device": "T07"}
    assert journal.broken_at() is None


def test_a_field_is_written_only_where_it_reads_as_it_was_seen() -> None:
    write, clashes = compare_and_set(
        now={"phone": "1", "village": 5, "note": "b"},
        was={"phone": "1", "village": 4, "note": "a"},
        meant={"phone": "2", "village": 6, "note": "b", "guardian": "x"},
    )
    assert write == {"phone": "2"}
    assert [(c.field, c.theirs, c.mine) for c in clashes] == [("village", 5, 6), ("guardian", None, "x")]
