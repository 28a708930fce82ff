"""The demonstration in a database, made once for all of these: its figures, and the work that is open today."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from clinic.models import (
    Admission,
    Allergy,
    AntenatalContact,
    CardPrint,
    Encounter,
    Identifier,
    LikelyPair,
    Patient,
    Pregnancy,
    PreventiveDose,
    Relation,
    Vitals,
)
from clinic.selectors import queue
from core.accounts.models import User
from core.accounts.roles import Role
from core.ages import BAND_SETS
from core.audit import journal
from core.periods import CLINIC_TZ, Month, Period, Year
from core.places.models import Village
from desk.demo import build
from desk.demo.calendar import stands
from desk.demo.colleagues import DEMO_PASSWORD, LOGINS
from mobile_team.models import DentalCheckup, Route, Session, ToothFinding
from pharmacy.models import Dispensing, Donation, Purchase
from pharmacy.selectors import stock
from pharmacy.services import books
from referrals.models import Referral, Trip
from reports import published, selectors

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 5, 10, 30, tzinfo=CLINIC_TZ)  # a Thursday: the van is out
TODAY = NOW.date()
pytestmark = pytest.mark.django_db  # also tells pytest-django that the test database is wanted at all


@pytest.fixture(scope="module")
def said(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[str]]:
    """Make the demonstration, give the lines it said, and take everything back at the end."""
    lines: list[str] = []
    with django_db_blocker.unblock(), transaction.atomic():
        build.build(now=NOW, say=lines.append)
        connection.check_constraints()  # once for all, else PostgreSQL asks again for every row after each test
        yield lines
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _made(said: list[str]) -> None:
    """Let every test here stand on the demonstration."""


def test_the_figures_are_the_published_results_to_the_digit() -> None:
    with (HERE / "results_last_year.csv").open(encoding="utf-8") as file:
        results = [(row["figure"], int(row["value"])) for row in csv.DictReader(file)]
    cube = selectors.count(Year("2025").period, BAND_SETS["published"])
    assert [(words, number) for words, number, _ in published.rows(cube)] == results


def test_last_month_has_figures_and_this_month_too() -> None:
    for month in (Month("2026-02"), Month("2026-03")):
        cube = selectors.count(Period(month, month), BAND_SETS["published"])
        assert all(cube.sum("patients_assessed", service=service) for service in cube.keys("service"))


def test_every_checkup_belongs_to_a_session_that_was_held() -> None:
    assert not DentalCheckup.objects.exclude(session__state=Session.State.HELD).exists()
    assert set(Route.objects.values_list("weekday", flat=True)) == {1, 2, 3}


def test_sessions_are_planned_ahead_and_some_were_cancelled_with_a_reason() -> None:
    assert Session.objects.filter(on__gt=TODAY, state=Session.State.PLANNED).count() > 40
    assert set(Session.objects.exclude(reason="").values_list("reason", flat=True)) >= {"flood", "road", "holiday"}
    past = Session.objects.filter(on__lt=TODAY).exclude(state=Session.State.CANCELLED)
    assert set(past.values_list("state", flat=True)) == {Session.State.HELD}
    expected = [stand for stand in stands(Year("2025")) if stand.cancelled]
    assert Session.objects.filter(on__year=2025, state=Session.State.CANCELLED).count() == len(expected)


def test_six_people_wait_the_most_urgent_first_and_five_lie_in_beds() -> None:
    waiting = queue.today(TODAY)
    assert len(waiting) == 6
    assert waiting[0].urgency == Encounter.Urgency.EMERGENCY
    assert Admission.objects.open().exclude(bed=None).count() == 5
    assert Encounter.objects.exclude(admitted_as=None).count() == 1


def test_the_van_of_today_has_charted_teeth() -> None:
    today = DentalCheckup.objects.filter(session__on=TODAY)
    assert today.count() == 7
    assert today.filter(advised_to_come=True).count() == 2
    assert ToothFinding.objects.filter(checkup__in=today).count() > 50


def test_medicine_is_low_out_soon_to_expire_and_expired() -> None:
    assert all(stock.summary(TODAY).values())
    assert Dispensing.objects.filter(on=TODAY).exists()


def test_donations_come_in_both_currencies_and_bought_medicine() -> None:
    gifts = Donation.objects.all()
    assert {gift.entry.currency for gift in gifts.select_related("entry")} == {"KHR", "USD"}
    assert gifts.filter(donor_name="").exists()
    assert gifts.exclude(donor_name="").exists()
    assert Purchase.objects.filter(on__month=TODAY.month, on__year=TODAY.year).exists()
    assert books.first_broken() is None


def test_referrals_are_under_way_unanswered_and_answered_and_one_person_was_taken_home() -> None:
    states = {referral.state: referral for referral in Referral.objects.all()}
    assert states.keys() == {"departed", "handed_over", "answered"}
    assert (TODAY - states["handed_over"].on).days > 30
    assert Trip.objects.filter(returned_at=None, referral=states["departed"]).exists()
    home = Trip.objects.get(purpose=Trip.Purpose.DECEASED_HOME)
    assert home.patient and home.patient.deceased_on and home.returned_at


def test_children_have_guardians_and_poor_households_share_a_card() -> None:
    assert Patient.objects.exclude(guardian="").count() > 1000
    cards = Identifier.objects.filter(kind=Identifier.Kind.EQUITY)
    assert cards.values("value").distinct().count() < cards.count()


def test_everybody_has_a_khmer_name_a_village_of_ours_and_an_age_that_can_be() -> None:
    assert not Patient.objects.filter(family_name_km="").exists()
    assert not Patient.objects.filter(given_name_km="").exists()
    assert not Patient.objects.exclude(village__catchment=True).exists()
    assert Village.objects.filter(catchment=True).count() > 40
    assert Encounter.objects.filter(age_slot=0).count() >= 2


def test_there_is_a_colleague_for_every_role_who_can_log_in_and_reads_khmer() -> None:
    users = list(User.objects.all())
    assert {user.role for user in users} == set(Role.values)
    assert {(user.username, DEMO_PASSWORD) for user in users if user.check_password(DEMO_PASSWORD)} == set(LOGINS)
    assert {user.language for user in users} == {"km"}


def test_the_log_is_whole_and_every_step_was_told(said: list[str]) -> None:
    assert journal.broken_at() is None
    assert len(said) == 7
    assert not build.unfinished()


def test_a_second_run_refuses_and_says_why() -> None:
    before = Encounter.objects.count()
    with pytest.raises(CommandError, match="patients in this database"):
        call_command("demo")
    assert Encounter.objects.count() == before


def test_people_live_in_households_with_guardians_cards_and_allergies() -> None:
    assert Patient.objects.exclude(household=None).count() > 3000
    assert Relation.objects.filter(kind="mother").count() > 500
    assert set(Identifier.objects.filter(kind="equity").values_list("level", flat=True)) >= {"1", "2", "risk"}
    assert Allergy.objects.filter(patient=queue.today(TODAY)[0].patient).exists()
    assert Patient.objects.exclude(no_allergy_on=None).exists()
    assert set(CardPrint.objects.values_list("reason", flat=True)) == {"first", "lost"}
    assert LikelyPair.objects.exists()


def test_children_grew_women_were_looked_after_and_doses_were_given() -> None:
    children = Vitals.objects.exclude(height=None).values_list("encounter__patient", flat=True)
    assert len(children) > 500
    assert len(set(children)) < len(children)  # some were measured more than once: a curve
    assert Pregnancy.objects.filter(ended_on=None).exists()
    assert AntenatalContact.objects.count() >= Pregnancy.objects.count() > 20
    assert {"mebendazole", "vitamin_a"} <= set(PreventiveDose.objects.values_list("what", flat=True))
