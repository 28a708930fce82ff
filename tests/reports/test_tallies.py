"""Tallies are what counting the records gives, whatever happened and in whatever order, at every moment."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from reports.models import Tally, Touched
from reports.tallies import keeping, reading, touched, watch
from reports.tallies.touched import Log
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2026, 12, 31)


def keep_up() -> None:
    while months := keeping.months_waiting():
        for month in months:
            keeping.bring_up(month)


def test_every_trigger_is_in_place():
    assert watch._there(connection) == watch.expected(connection.vendor)
    assert not watch.install(connection)


def test_smoke():
    a = a_person(born=dt.date(2020, 3, 10))
    for day in (dt.date(2025, 3, 9), dt.date(2025, 3, 10), dt.date(2025, 4, 10)):
        a_contact(day, "mobile", patient=a, conditions=["worms", "diarrhoea"])
    print(Touched.objects.values_list())
    raw = reading.read(FIRST, LAST, by=("month", "service"), log=Log(None))
    print(raw)
    assert reading.read(FIRST, LAST, by=("month", "service")) == raw
    keep_up()
    assert reading.read(FIRST, LAST, by=("month", "service")) == raw
    print(Tally.objects.count(), list(Tally.objects.values_list())[:5])
    print(reading.read(FIRST, LAST, dimension="condition", by=("key",)))
