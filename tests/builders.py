"""Plain functions that make what a test needs, with defaults a reader can guess; nothing random."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.models import Condition, Patient
from core.accounts.models import User
from core.accounts.roles import Role
from core.places.models import Village

TODAY = date(2026, 11, 20)  # a Friday; tests that need another day say so


def a_village(code: str = "") -> Village:
    """Return a village of the gazetteer, by its code or the first one."""
    villages = Village.objects.filter(code=code) if code else Village.objects.all()
    return villages.order_by("id")[0]


def a_condition(key: str = "diarrhoea") -> Condition:
    """Return a condition of the catalogue."""
    return Condition.objects.get(key=key)


def somebody() -> User:
    """Return the colleague who records what no test cares about."""
    return User.objects.filter(username="somebody").first() or User.objects.create_user(
        username="somebody", name="Som Body", role=Role.ADMIN, language="en"
    )


def a_patient(*, by: User | None = None, today: date = TODAY, **given: Any) -> Patient:
    """Return a registered patient, made by the same service as at the desk."""
    from clinic.services import patients

    defaults: dict[str, Any] = {"sex": "F", "family_name": "Sok", "given_name": "Sreymom"}
    return patients.register(by=by or somebody(), today=today, **(defaults | given))
