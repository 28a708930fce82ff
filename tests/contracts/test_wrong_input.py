"""Whatever is typed into any form of the house gets an answer in words, and nothing typed ever breaks a page.

The forms are those of every page that links lead to in a house where something of each kind has happened, so a new
form is tried without a new test. `WRONG_INPUTS=1000` tries as many a form; by default a few.
"""

from __future__ import annotations

import os
import random
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from tests.desk.lives import a_busy_till, a_full_life, busy_shelves
from tests.people import client_of
from tests.pharmacy.giving import a_prescription
from tests.sync.rows import a_checkout, a_device, a_disagreement, a_ticket
from tests.walk import Form, name_of, walk

pytestmark = pytest.mark.django_db

INPUTS = int(os.environ.get("WRONG_INPUTS", "12"))
ANSWERS = {200, 204, 302, 400, 403, 404, 409, 413, 422}
ODD = [
    "", " ", "0", "-1", "៩៩៩៩៩៩៩៩៩៩៩៩", "9" * 20, "1e9", "nan", "inf", "31/02/2026", "29/02/2027",
    "0/0/0", "01/01/0001", "31/12/9999", "2569-01-01", "about 3 months", "130y", "131", "=1+1", "<b>x</b>", "\x00",
    "a\x00b", "\u200b", "ៗ", "'; DROP TABLE clinic_patient; --", "%", "a" * 10_000, "ក" * 300, "012 345 678", "None",
    "[]", "{}", "🙂", "٣", "½", "1,5", "1.", "٫5", "true", "00000000-0000-0000-0000-000000000000", "../../etc", "\r\n",
    "1x3x5", "999x999x999", "-0", "1_000", "0x10", "SA-000001-0", "IDKHM1234567890", "+855 12 345 678", "\ud7ff",
    "2026-11-31T25:61", "23:59", "Infinity", "1" * 400, "ស្រី", "on", "1e-400", "NaN", "null", "\u202e", "\ufeff",
]  # fmt: skip
NOT_TRIED = {"accounts:logout", "set_language"}


@pytest.fixture
def house(administrator: Any) -> Any:
    """Something of every kind has happened; the administrator, who may do everything, sits at the screen."""
    life = a_full_life(by=administrator)
    a_busy_till(by=administrator)
    busy_shelves(by=administrator)
    today = timezone.localdate()
    a_prescription(patient=life.patient, on=today, today=today)
    tablet = a_device(by=administrator, seen_at=timezone.now(), sent_at=None)
    a_checkout(tablet, by=administrator, at=timezone.now())
    a_disagreement(tablet, life.patient)
    a_ticket(tablet, patient=life.patient)
    return client_of(administrator)


def every_form(client: Any) -> dict[tuple[str, frozenset[str]], Form]:
    def get(path: str) -> tuple[int, str, str]:
        answer = client.get(path)
        kind = answer.headers.get("Content-Type", "")
        return answer.status_code, kind, "" if answer.streaming or "html" not in kind else answer.content.decode()

    found: dict[tuple[str, frozenset[str]], Form] = {}
    for readers in walk(get).values():
        for reader in readers.values():
            for form in reader.forms:
                found.setdefault((name_of(form.action), frozenset(form.names)), form)
    return found


def typed(form: Form, chance: random.Random) -> dict[str, list[str]]:
    """Return what a browser would send of a form, with some boxes odd, missing or twice."""
    sent: dict[str, list[str]] = {}
    for name, value in form.boxes:
        sent.setdefault(name, []).append(value)
    names = sorted(form.names - {"csrfmiddlewaretoken"})
    for name in chance.sample(names, k=min(len(names), chance.choice([1, 1, 2, 3, len(names)]))):
        choices = form.choices.get(name)
        if choices and chance.random() < 0.5:
            sent[name] = [chance.choice(choices)]
        elif chance.random() < 0.1:
            sent.pop(name, None)
        else:
            sent[name] = [chance.choice(ODD) for _ in range(chance.choice([1, 1, 1, 2, 40]))]
    return sent


def test_no_form_of_the_house_breaks_under_what_is_typed_into_it(house):
    forms = every_form(house)
    assert len(forms) > 25, sorted(name for name, _ in forms)
    chance, tried = random.Random(20261122), 0
    for (name, _), form in sorted(forms.items(), key=lambda item: (item[0][0], sorted(item[0][1]))):
        if name in NOT_TRIED:
            continue
        for _ in range(INPUTS):
            sent = typed(form, chance)
            answer = house.post(form.action, sent)
            assert answer.status_code in ANSWERS, (name, answer.status_code, sent)
            if answer.status_code == 422:
                page = answer.content.decode()
                assert "errorlist" in page or "notice" in page, (name, sent)
            tried += 1
    print(f"{len(forms)} forms, {tried} wrong inputs, {date.today()}")
