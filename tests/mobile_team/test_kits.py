"""The kit of a session and the stock behind it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.urls import reverse

from clinic.models import PreventiveDose
from core.audit import journal
from core.errors import RuleBroken
from core.ids import uuid7
from desk import kits as stocked
from mobile_team.models import KitLine, Session
from mobile_team.selectors import kits as selectors
from mobile_team.services import kits, talks
from pharmacy.models import Medicine, Move
from pharmacy.selectors import stock
from pharmacy.services import stock as pharmacy
from tests.builders import TODAY, a_checkup, a_patient, a_session, a_village, noon, somebody
from tests.counting import statements
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def browser(mobile):
    return client_of(mobile)


def in_store(
    quantity: int, name: str = "Fluoride", form: str = "toothpaste", expires: date = date(2027, 12, 31)
) -> Any:
    medicine = Medicine.objects.filter(name=name, form=form).order_by("-strength")[0]
    return pharmacy.receive(medicine=medicine, quantity=quantity, expires_on=expires, source="gift",
                            on=TODAY - timedelta(days=9), by=somebody(), today=TODAY)  # fmt: skip


def packed(session: Session | None = None, **said: dict[str, Any]) -> Session:
    session = session or a_session()
    kits.save(session_id=session.pk, said=said or {"paste": {"packed": 20}}, by=somebody())
    return session


def lies(batch: Any) -> dict[str, int]:
    return {place: n for place, n in stock.lying(batch).items() if place != "source" and n}


def take(session: Session) -> list[Move]:
    return stocked.take(session_id=session.pk, by=somebody(), today=TODAY)


def close(session: Session) -> list[Move]:
    return stocked.close(session_id=session.pk, by=somebody(), today=TODAY)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_every_item_that_is_medicine_is_in_the_formulary():
    for name, form, strength in stocked.STOCKED.values():
        rows = Medicine.objects.filter(name=name, form=form)
        assert rows.filter(strength=strength).exists() if strength else rows.exists(), (name, form, strength)


def test_what_was_given_is_counted_from_checkups_talks_and_doses():
    session = a_session()
    checkup = a_checkup(session=session, toothpaste=False)
    a_checkup(session=session, patient=a_patient())
    talks.record(session_id=session.pk, by=somebody(), today=TODAY, topic="teeth", brushes=5, pastes=1, audiences={})
    dose = PreventiveDose(patient_id=checkup.patient_id, encounter=checkup.encounter, what="mebendazole", on=TODAY)
    dose.save()
    assert selectors.counted([session.pk]) == {session.pk: {"brush": 7, "paste": 2, "mebendazole": 1, "albendazole": 0}}


def test_a_difference_is_said_in_words_not_refused(browser):
    session = packed(brush={"packed": 10, "returned": 12}, gloves={"packed": 20, "given": 8, "returned": 12})
    page, count = statements(lambda: browser.get(reverse("desk:kit", args=[session.pk])))
    assert count <= 8
    assert "2 too many" in text(page) and "adds up" in text(page)


def test_the_numbers_of_a_kit_are_saved_in_either_script(browser):
    session = a_session()
    address = reverse("desk:kit", args=[session.pk])
    response, count = statements(lambda: browser.post(address, {"brush_packed": "៦០", "gloves_given": "4"}))
    assert response.status_code == 302
    assert count <= 12
    assert dict(KitLine.objects.values_list("item", "packed")) == {"brush": 60, "gloves": 0}
    for odd in ("-1", "20001", "x", "9" * 40):
        response = browser.post(address, {"brush_packed": odd})
        assert response.status_code == 422
    assert browser.post(reverse("desk:kit", args=[uuid7()]), {}).status_code == 404


def test_two_who_write_one_kit_see_each_other(browser):
    session = packed(brush={"packed": 10})
    address = reverse("desk:kit", args=[session.pk])
    was = re.search(r'name="was" value="([^"]*)"', browser.get(address).content.decode())[1]
    kits.save(session_id=session.pk, said={"brush": {"returned": 3}}, by=somebody())
    assert browser.post(address, {"was": was, "brush_packed": "12"}).status_code == 302
    assert KitLine.objects.values_list("packed", "returned").get() == (12, 3)
    response = browser.post(address, {"was": was, "brush_packed": "12", "brush_returned": "5"})
    assert response.status_code == 422
    assert "As it stands now: 3" in text(response)


def test_a_packed_kit_takes_from_the_store_what_expires_first():
    late, soon = in_store(30), in_store(15, expires=date(2026, 12, 31))
    session = packed(paste={"packed": 20}, brush={"packed": 50})
    assert len(take(session)) == 2
    assert (lies(soon), lies(late)) == ({"kit-1": 15}, {"store": 25, "kit-1": 5})
    with pytest.raises(RuleBroken, match="kit_agrees"):
        take(session)
    packed(session, paste={"packed": 12})
    take(session)
    assert sum(lies(batch)["kit-1"] for batch in (late, soon) if "kit-1" in lies(batch)) == 12


def test_too_little_in_the_store_moves_nothing_and_the_kit_stays_as_written(browser):
    batch = in_store(5)
    session = packed(paste={"packed": 20}, gloves={"packed": 5})
    response = browser.post(reverse("desk:kit_take", args=[session.pk]), follow=True)
    assert "There is not enough Fluoride toothpaste: at most 5" in text(response)
    assert "The kit stays packed" in text(response)
    assert lies(batch) == {"store": 5}
    assert KitLine.objects.get(item="paste").packed == 20


def test_a_closed_kit_brings_back_writes_off_and_counts_what_was_given(browser):
    batch = in_store(30)
    session = packed(paste={"packed": 20})
    taking, count = statements(lambda: browser.post(reverse("desk:kit_take", args=[session.pk])))
    assert (taking.status_code, count <= 12) == (302, True), count
    a_checkup(session=session)
    with pytest.raises(RuleBroken, match="kit_not_counted"):
        close(session)
    packed(session, paste={"returned": 16, "lost": 1})
    page = text(browser.get(reverse("desk:kit", args=[session.pk])))
    assert "1 given to patients, 16 back to the store, 3 written off" in page
    closing, count = statements(lambda: browser.post(reverse("desk:kit_close", args=[session.pk])))
    assert (closing.status_code, count <= 12) == (302, True), count
    assert lies(batch) == {"store": 26, "patients": 1, "waste": 3}
    with pytest.raises(RuleBroken, match="kit_empty"):
        close(session)
    packed(session, paste={"packed": 25})
    with pytest.raises(RuleBroken, match="kit_agrees"):
        take(session)
    assert "This kit is closed" in text(browser.get(reverse("desk:kit", args=[session.pk])))
    assert journal.broken_at() is None


def test_more_given_than_packed_never_takes_more_out_of_the_kit():
    batch = in_store(30)
    session = packed(paste={"packed": 1})
    take(session)
    for n in range(3):
        a_checkup(session=session, patient=a_patient(given_name=f"Child{n}"))
    packed(session, paste={"returned": 0})
    close(session)
    assert lies(batch) == {"store": 29, "patients": 1}


def test_a_kit_of_tomorrow_is_packed_today_and_not_closed_yet():
    batch = in_store(30)
    session = packed(a_session(on=TODAY + timedelta(days=1)))
    (move,) = take(session)
    assert (move.on, lies(batch)["kit-1"]) == (TODAY, 20)
    with pytest.raises(RuleBroken, match="session_in_future"):
        close(session)


def test_only_those_who_pack_touch_a_kit(nurse, pharmacist):
    session = packed()
    for person in (nurse, pharmacist):
        assert client_of(person).get(reverse("desk:kit", args=[session.pk])).status_code == 403
        assert client_of(person).post(reverse("desk:kit_take", args=[session.pk])).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["take", "close"])
def test_a_kit_taken_or_closed_by_two_at_once_moves_once(act):
    batch, by = in_store(60), somebody()
    session = packed(a_session(village=a_village()), paste={"packed": 20, "returned": 20})
    if act == "close":
        take(session)
    start, said = threading.Barrier(2), []

    def go() -> None:
        start.wait()
        try:
            getattr(stocked, act)(session_id=session.pk, by=by, today=TODAY)
            said.append("moved")
        except RuleBroken as broken:
            said.append(broken.code)
        connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(said) == {"moved": 1, "desk.kit_agrees" if act == "take" else "desk.kit_empty": 1}
    assert lies(batch) == ({"store": 40, "kit-1": 20} if act == "take" else {"store": 60})
