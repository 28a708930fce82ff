"""The ground of the tests itself: a flush passes the seals, restores the catalogues, and threads see the database."""

import pytest
from django.db import DatabaseError, connection, transaction

from clinic.models import Condition
from core.audit.journal import broken_at, note
from core.audit.models import Entry
from core.places.models import Village
from core.syncing import Clock
from tests.threads import at_once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_with_real_commits_starts_from_a_fresh_database(round_):
    assert Clock.objects.get(id=1).seq == 0
    assert Condition.objects.filter(key="diarrhoea").exists()
    assert Village.objects.count() > 14_000
    assert not Village.objects.filter(catchment=True, name_en="Somewhere").exists()
    with transaction.atomic():
        note("test.something", by=None)
    village = Village.objects.all()[0]
    Village.objects.create(code="1", name_km="-", name_en="Somewhere", commune=village.commune, catchment=True)
    assert broken_at() is None


@pytest.mark.django_db(transaction=True)
def test_the_log_refuses_changes_after_a_flush_too():
    with transaction.atomic():
        note("test.something", by=None)
    with pytest.raises(DatabaseError, match="append-only"):
        Entry.objects.update(verb="test.other")
    with pytest.raises(DatabaseError, match="append-only"):
        Entry.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_threads_write_one_after_the_other_and_lose_nothing():
    def write():
        with transaction.atomic():
            note("test.something", by=None)

    assert at_once(*[write] * 8) == [None] * 8
    assert Entry.objects.count() == 8
    assert broken_at() is None


@pytest.mark.django_db
def test_sqlite_keeps_what_it_acknowledged():
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        pragmas = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
