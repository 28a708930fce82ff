"""Two tablets and the desk write the same while nobody hears of the others: both children stand, a person decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from clinic.models import Patient
from clinic.services import patients
from core.periods import local_day
from sync.models import Disagreement
from tests.flows.conftest import Person
from tests.tablet.conftest import Tablet, code, tablets, world
from tests.tablet.village import PASSWORD

__all__ = ["code", "tablets", "world"]  # fixtures


@pytest.fixture
def desk(world: dict[str, Any], nurse: Any, browser: Any, live_server: Any) -> Any:
    """A nurse at her screen."""
    person = Person(browser, live_server.url, nurse.username, "en", password=PASSWORD)
    yield person
    person.context.close()
    assert person.troubles == []


def send(tablet: Tablet) -> None:
    """Come into reach and send what waits."""
    tablet.offline(False)
    tablet.go("sending")
    tablet.tap("button:has-text('Send now')")
    tablet.page.wait_for_selector(".empty, .lines")
    tablet.page.locator(".state-line", has_text="Waiting to be sent: 0").wait_for()


def test_two_tablets_register_the_same_child(
    tablets: Callable[..., Tablet], desk: Person, world: dict[str, Any]
) -> None:
    """Both are kept, each with its own number; the desk finds them side by side among those likely the same."""
    both = tablets(), tablets()
    for tablet in both:
        tablet.offline()
        tablet.register_a_child("Zoltan Prak", "6")
    for tablet in both:
        send(tablet)
    made = list(Patient.objects.filter(given_name="Prak"))
    assert len({one.number for one in made}) == len(made) == 2
    desk.go("/duplicates/")
    desk.says(*(one.number for one in made))


def test_a_phone_number_changed_by_two_tablets_and_the_desk_is_decided_at_the_desk(
    tablets: Callable[..., Tablet], desk: Person, world: dict[str, Any]
) -> None:
    """What stood stays; page, inbox and tablets show what differs; one tap decides, and the tablet hears of it."""
    child = world["people"][0]
    both = tablets(), tablets()
    for n, tablet in enumerate(both):
        tablet.offline()
        tablet.go(f"edit/{child.pk}")
        tablet.page.fill("[name=phone]", f"097 555 121{n}")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_selector(".timeline")
    patients.correct(patient=child, by=world["user"], today=local_day(timezone.now()), phone="010111222")
    for tablet in both:
        send(tablet)
        tablet.page.wait_for_selector(".foot-ways .badge--warn")
        tablet.go("inbox")
        tablet.says("Somebody else changed the same", "Phone", "open")
    assert Patient.objects.get(pk=child.pk).phone == "+85510111222"

    desk.go(f"/patients/{child.pk}/")
    desk.page.get_by_text("From the tablets, to be decided").wait_for()
    desk.says("010 111 222", "097 555 1210", "097 555 1211")
    desk.go("/tablets/inbox/")
    desk.says("T01", "T02")
    for row, button in zip(Disagreement.objects.order_by("op__device__code"), ("yes", "no"), strict=True):
        desk.go(f"/tablets/inbox/field/{row.pk}/")
        desk.send(f"button[name=take][value={button}]")
    assert Patient.objects.get(pk=child.pk).phone == "+855975551210"

    for tablet in both:
        tablet.go("sending")
        tablet.tap("button:has-text('Send now')")
        tablet.page.locator(".foot-ways .badge--warn").wait_for(state="detached")
        tablet.go("inbox")
        tablet.says("decided")
        tablet.go(f"person/{child.pk}")
        tablet.says("097 555 1210")
