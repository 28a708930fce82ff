"""Every address, as every role and as nobody: open to those whom the table grants, closed to all others."""

import re
from uuid import UUID

import pytest
from django.test import Client

from config.doors import doors
from core.accounts.roles import Action, Role, allowed
from tests.people import a_user, client_of

DOORS = list(doors())
PARTS = {"uuid": str(UUID(int=7)), "int": "7", "str": "x", "slug": "x", "path": "x"}
CLOSED = {401, 403}
OPEN = {200, 204, 302, 400, 404, 405, 415, 422}


def address(door):
    """Return an address that leads to the door, whatever lies behind it: the records it names do not exist."""
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda m: PARTS[m[1] or "str"], door.route)


def answer(client, method, door):
    return getattr(client, method)(address(door), follow=False)


def asks_to_log_in(response):
    return response.status_code in CLOSED or (
        response.status_code == 302 and response.headers["Location"].startswith("/login/")
    )



def test_every_view_declares_its_action():
    assert [door.route for door in DOORS if door.action is None] == []


def test_every_action_of_the_table_is_somebodys():
    granted = {action for role in Role for action in Action if allowed(role, action)}
    assert granted == set(Action) - {Action.PUBLIC}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.route)
@pytest.mark.django_db
def test_nobody_gets_no_further_than_the_public_doors(door):
    for method in ("get", "post", "put", "delete"):
        response = answer(Client(), method, door)
        if door.action is Action.PUBLIC:
            assert response.status_code in OPEN, method
        else:
            assert asks_to_log_in(response) or response.status_code == 405, (method, response.status_code)
    if door.action is not Action.PUBLIC:
        assert any(asks_to_log_in(answer(Client(), method, door)) for method in ("get", "post"))


@pytest.mark.parametrize("role", list(Role), ids=str)
@pytest.mark.django_db
def test_each_role_opens_the_doors_it_was_granted_and_no_other(role):
    client = client_of(a_user(role))
    wrong = []
    for door in DOORS:
        # A log-in on a page opens none of the tablets' doors: they ask for the key of a log-in on a tablet.
        cookie = not door.name.startswith("sync_api:")
        granted = door.action is Action.PUBLIC or (cookie and allowed(role, door.action))
        if door.name == "accounts:logout":
            continue
        statuses = {method: answer(client, method, door).status_code for method in ("get", "post")}
        if granted:  # a page that all may read may ask for more before it writes
            good = statuses["get"] in OPEN and statuses["post"] in OPEN | CLOSED
        else:
            good = set(statuses.values()) <= CLOSED | {405} and set(statuses.values()) & CLOSED
        if not good:
            wrong.append((door.route, str(door.action), granted, statuses))
    assert wrong == []


@pytest.mark.parametrize("role", ["", "stranger", "Nurse"])
def test_a_role_that_nobody_knows_may_do_nothing(role):
    assert not any(allowed(role, action) for action in Action)
