"""The day's work by role: each finds what they have to do, in at most eight statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.services import encounters
from core.accounts.models import User
from core.accounts.roles import Role
from core.jobs import work
from core.money import Currency, Money
from desk.views.home import HOMES
from tests.builders import TODAY, a_batch, a_donation, a_patient, a_village, a_visit, noon, somebody
from tests.desk.lives import a_full_life, days_ago
from tests.people import a_user, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon() + timedelta(minutes=35), tick=False):
        yield


def home(user: User, language: str = "en") -> str:
    answer = client_of(user, language=language).get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_role_has_a_home() -> None:
    assert set(HOMES) == set(Role)


@pytest.mark.parametrize("language", ["en", "km"])
@pytest.mark.parametrize("role", Role)
def test_a_home_takes_at_most_eight_statements_on_a_full_day(role: Role, language: str) -> None:
    for n in range(12):
        patient = a_patient(given_name=f"Sreymom{'abcdefghijkl'[n]}", village=a_village())
        a_visit(patient)
    a_full_life()
    a_donation(Money(20000, Currency.KHR))
    a_batch(3, expires_on=TODAY + timedelta(days=20))
    work.ask("paper", by=somebody())
    client = client_of(a_user(role, language=language))
    client.get("/about/")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/").status_code == 200
    assert len(asked) <= 8, "\n".join(row["sql"][:200] for row in asked)


def test_an_empty_clinic_says_so_kindly_to_everybody() -> None:
    for role in Role:
        home(a_user(role, username=f"e-{role}"))


def test_the_nurse_sees_who_waits_the_urgent_first_and_for_how_long(nurse: User) -> None:
    care = encounters.Care(urgency=1, complaint="Convulsions")
    a_visit(a_patient(given_name="Calm"))
    encounters.open_visit(
        patient=a_patient(given_name="Urgent"),
        on=TODAY,
        today=TODAY,
        at=noon() + timedelta(minutes=5),
        by=nurse,
        care=care,
    )
    text = home(nurse)
    assert text.index("Sok Urgent") < text.index("Sok Calm")
    assert "30 min" in text and "35 min" in text
    assert "Convulsions" in text and "Emergency" in text


def test_the_nurse_sees_who_lies_in_which_bed_and_who_should_come_back(nurse: User) -> None:
    life = a_full_life(given_name="Inbed")
    back = a_patient(given_name="Comeback")
    care = encounters.Care(follow_up_on=days_ago(2), result="follow_up")
    encounters.open_visit(
        patient=back, on=days_ago(6), today=TODAY, at=noon(days_ago(6)), by=nurse, care=care, close=True
    )
    text = home(nurse)
    assert life.patient.name in text and "Comeback" in text and "18 November 2026" in text
    encounters.open_visit(patient=back, on=days_ago(1), today=TODAY, at=noon(days_ago(1)), by=nurse, close=True)
    assert "Comeback" not in home(nurse)


def test_the_mobile_team_sees_todays_round_and_how_far_it_is(mobile: User) -> None:
    from mobile_team.services import checkups, sessions

    villages = [a_village(), a_village("09060401")]
    held, _planned = (sessions.add(village=village, on=TODAY, by=mobile) for village in villages)
    checkups.record_checkup(
        session=held, patient=a_patient(), observed_at=noon(), by=mobile, today=TODAY, toothbrush=True
    )
    text = home(mobile)
    assert "Today&#x27;s round" in text or "Today's round" in text
    assert "1 of 2 villages done" in text


def test_the_mobile_team_sees_the_next_round_when_none_is_left_this_week(mobile: User) -> None:
    from mobile_team.services import sessions

    sessions.add(village=a_village(), on=TODAY + timedelta(days=4), by=mobile)
    assert "Tuesday, 24 November 2026" in home(mobile)


def test_the_pharmacist_sees_what_is_out_what_expires_and_what_was_given(pharmacist: User) -> None:
    a_batch(3, expires_on=TODAY + timedelta(days=20))
    a_donation(Money(20000, Currency.KHR))
    text = home(pharmacist)
    assert "Paracetamol" in text and "20,000 ៛" in text


def test_the_referral_desk_sees_what_is_open_under_way_and_unanswered(referral_desk: User) -> None:
    life = a_full_life()
    text = home(referral_desk)
    assert "AMB-1" in text and life.patient.name in text and "Emergency to hospital" in text
    with time_machine.travel(noon() + timedelta(days=40), tick=False):
        assert "Without an answer for more than 30 days" in home(referral_desk)


def test_the_administrator_sees_this_month_against_last(administrator: User) -> None:
    a_full_life()  # a visit on 31 October; a stay this month
    text = home(administrator)
    assert "November 2026 so far" in text and "Figures of October 2026" in text
    assert "last month 2" in text  # the visit of 31 October and the check-up of the 11th


def test_a_donor_finds_only_figures_and_an_auditor_no_names(donor: User, auditor: User) -> None:
    life = a_full_life()
    for user in (donor, auditor):
        text = home(user)
        assert life.patient.name not in text
        assert 'role="search"' not in text


def test_nobody_is_sent_to_log_in() -> None:
    assert Client().get("/").status_code == 302
