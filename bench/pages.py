"""Pages as a nurse asks for them: register a person, search, open a record, open and close a visit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from bench.people import browser, nurse, people, today
from clinic.models import Patient
from core.ids import derived_id
from core.periods import Month


@dataclass
class Desk:
    """A logged-in browser and the people it may ask about."""

    client: Client
    people: list[Patient]

    def one(self, number: int) -> Patient:
        """Return another person each time, far apart in the table."""
        return self.people[number * 7919 % len(self.people)]


def a_desk(size: int) -> Desk:
    """Make the people and log in."""
    made = people(size)
    return Desk(browser(nurse()), made)


def wanted(response: Any, status: int) -> int:
    """Count a request, or say what went wrong with it."""
    if response.status_code != status:
        raise RuntimeError(f"answered {response.status_code}, not {status}: {response.content[:2000].decode()}")
    return 1


def register(desk: Desk, number: int) -> int:
    """Send the form of a new person."""
    known = desk.one(number)
    data = {
        "id": derived_id("bench-new", number), "family_name": known.family_name, "given_name": known.given_name,
        "family_name_km": known.family_name_km, "given_name_km": known.given_name_km, "sex": known.sex, "birth": "34",
        "village": known.village_id, "phone": f"0{98_000_000 + number}",
    }  # fmt: skip
    return wanted(desk.client.post(reverse("clinic:register"), data), 302)


def record(desk: Desk, number: int) -> int:
    """Open a person's whole record; the look is written into the log."""
    return wanted(desk.client.get(reverse("desk:record", args=[desk.one(number).id])), 200)


def visit(desk: Desk, number: int) -> int:
    """Open and close a visit with vitals, two diagnoses and a treatment, in one form."""
    data = {
        "id": derived_id("bench-sick", number), "on": f"{today():%d/%m/%Y}", "urgency": "3", "complaint": "cough",
        "temperature": "38.2", "heart_rate": "96", "weight": "51.5", "diagnoses": ["diarrhoea", "pneumonia"],
        "treatments_what": ["Paracetamol"], "treatments_dose": ["500 mg × 3, 3 days"], "new_case": "new",
        "result": "treated", "do": "close",
    }  # fmt: skip
    return wanted(desk.client.post(reverse("clinic:visit_new", args=[desk.one(number).id]), data), 302)


def figures(desk: Desk, number: int) -> int:
    """Open the page of a month."""
    month = Month.of(today() - dt.timedelta(days=30 * (number % 2)))
    return wanted(desk.client.get(reverse("reports:month", args=[str(month)])), 200)
