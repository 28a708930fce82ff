"""The ways through the house: those one may go, and where one is."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from core.accounts.models import User
from core.accounts.roles import Action
from core.navigation import WAYS, _nearest
from tests.people import client_of


@pytest.mark.parametrize(
    ("view", "way"),
    [
        ("desk:home", "desk:home"),
        ("mobile_team:checkup_new", "mobile_team:week"),
        ("pharmacy:batch", "pharmacy:stock"),
        ("pharmacy:donations", "pharmacy:donate"),
        ("pharmacy:purchase_new", "pharmacy:fund"),
        ("clinic:admission", "clinic:wards"),
        ("reports:month", "reports:home"),
        ("accounts:user_new", "accounts:users"),
    ],
)
def test_a_page_below_a_way_still_shows_where_one_is(view: str, way: str) -> None:
    nearest = _nearest(view)
    assert nearest is not None
    assert nearest.name == way


def test_a_patients_record_lies_on_no_way() -> None:
    assert _nearest("desk:record") is None
    assert _nearest("") is None


@pytest.mark.django_db
def test_each_role_sees_exactly_the_ways_it_may_go(
    nurse: User, mobile: User, pharmacist: User, referral_desk: User, administrator: User, auditor: User, donor: User
) -> None:
    for user in (nurse, mobile, pharmacist, referral_desk, administrator, auditor, donor):
        client = client_of(user)
        page = client.get("/jobs/").content.decode()
        shown = re.findall(r'<li><a href="([^"]+)"', page.split('id="ways"')[1].split("</nav>")[0])
        assert len(shown) == sum(user.may(way.action) for way in WAYS)
        assert all(client.get(address).status_code == 200 for address in shown), (user, shown)


@pytest.mark.django_db
def test_a_visitor_without_a_log_in_sees_no_way(client: Client) -> None:
    assert 'id="ways"' not in client.get("/nothing/").content.decode()


def test_every_way_names_an_action() -> None:
    assert all(isinstance(way.action, Action) for way in WAYS)
