"""Several workers bring the tallies up at once, while somebody writes."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from core.periods import Year
from reports.models import Touched
from reports.tallies import keeping
from reports.tallies.counting import DIMENSIONS
from tests.reports.rows import a_contact, a_person
from tests.reports.test_tallies import as_read, by_hand

YEAR = Year("2025")
DAYS = [dt.date(2025, month, 10) for month in range(1, 7)]


@pytest.mark.django_db(transaction=True)
def test_two_talliers_and_a_writer_at_once_leave_every_line_once_and_right():
    people = [a_person(born=dt.date(2020, 1, 1)) for _ in range(3)]
    for day in DAYS:
        for one in people:
            a_contact(day, patient=one, conditions=["worms"])
    start = threading.Barrier(3)

    def at_once(work: Callable[[], None]) -> None:
        try:
            start.wait(30)
            work()
        finally:
            connections.close_all()

    def keep_up() -> None:
        for _ in range(3):
            keeping.keep_up()

    def count_all() -> None:
        keeping.count_all()
        keep_up()

    def write() -> None:
        for day in reversed(DAYS):
            a_contact(day - dt.timedelta(days=1), "mobile", patient=people[0])

    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(at_once, work) for work in (keep_up, count_all, write)]:
            done.result(120)
    assert_right()
    keeping.keep_up()
    assert not Touched.objects.exists()
    assert_right()


def assert_right() -> None:
    for dimension in DIMENSIONS:
        assert as_read(YEAR.first, YEAR.last, dimension) == by_hand(YEAR.first, YEAR.last, dimension)
