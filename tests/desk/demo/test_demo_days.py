"""The demonstration on other days of the year, and cut off in the middle: made from a few of its lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinic.models import Admission, Encounter, Patient
from clinic.selectors import queue
from core.accounts.roles import Role
from core.periods import CLINIC_TZ
from desk.demo import build
from desk.demo.year import Contact
from mobile_team.models import DentalCheckup, Session
from pharmacy.models import Donation
from referrals.models import Referral
from tests.people import a_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep of the registers one line in eleven, and the deaths."""
    whole = build.contacts

    def some(today: date) -> list[list[Contact]]:
        return [[c for n, c in enumerate(year) if n % 11 == 0 or c.outcome == "deceased"] for year in whole(today)]

    monkeypatch.setattr(build, "contacts", some)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1, 0, 20, tzinfo=CLINIC_TZ),  # New Year's night: no session yet, nobody seen yesterday
        datetime(2028, 2, 29, 16, 0, tzinfo=CLINIC_TZ),  # a Tuesday and a leap day
    ],
)
def test_any_day_will_do_and_last_year_keeps_its_figures(now: datetime) -> None:
    build.build(now=now)
    today = now.date()
    lines = build.contacts(today)[0]
    assert Encounter.objects.contacts().filter(on__year=today.year - 1).count() == len(lines)
    assert len(queue.today(today)) == 6
    assert Admission.objects.open().count() == 5
    assert Referral.objects.count() == 3
    assert not Encounter.objects.filter(on__gt=today).exists()


def test_cut_off_in_the_middle_it_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=CLINIC_TZ)

    def battery(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as flat, pytest.raises(KeyboardInterrupt):
        flat.setattr("desk.demo.journeys.travel", battery)
        build.build(now=now)
    assert build.unfinished()
    counts = [model.objects.count() for model in (Patient, Session, DentalCheckup)]
    assert not Donation.objects.exists()

    build.build(now=now)
    assert not build.unfinished()
    assert [model.objects.count() - n for model, n in zip((Patient, Session, DentalCheckup), counts, strict=True)] == [
        1,
        0,
        7,
    ]
    assert Referral.objects.count() == 3


def test_a_name_that_somebody_has_is_not_taken_from_them() -> None:
    a_user(Role.NURSE, "nurse")
    with pytest.raises(CommandError, match="nurse"):
        call_command("demo")
    assert not Patient.objects.exists()
