"""A small world for the tablet: one of the mobile team, two villages, people with look-alikes, stops."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from clinic.services.patients import Told
from core.accounts.models import User
from core.accounts.roles import Role
from core.periods import CLINIC_TZ, local_day
from core.places.models import Village

PASSWORD = "rice-field-rain-7"

# Names of a small village: Khmer and Latin, sex, age in years, phone; some are only known in one script.
PEOPLE = [
    ("សុខ", "ស្រីមុំ", "Sok", "Sreymom", "F", 7, "012345678"),
    ("សុខ", "ស្រីមុំ", "Sok", "Sreymom", "F", 31, ""),
    ("ចាន់", "ដារ៉ា", "Chan", "Dara", "M", 9, "0971234567"),
    ("ចាន់", "បុប្ផា", "Chan", "Bopha", "F", 5, "0971234567"),
    ("ហេង", "វុទ្ធី", "Heng", "Vuthy", "M", 12, ""),
    ("កែវ", "សុភាព", "Keo", "Sopheap", "F", 4, "089222333"),
    ("", "", "Nhem", "Rith", "M", 62, ""),
    ("លី", "ម៉ារ៉ា", "", "", "F", 0, "010998877"),
]


def mobile_team(language: str = "en") -> User:
    """Return Keo Dara of the mobile team."""
    return User.objects.create_user(
        username="dara", password=PASSWORD, name="កែវ ដារ៉ា", role=Role.MOBILE, language=language
    )


def people(villages: list[Village], by: User, today: date) -> list[Any]:
    """Register everybody, in turn in each village; the first is allergic, one was asked and is not."""
    from clinic.services import patients

    made = []
    for n, (family_km, given_km, family, given, sex, years, phone) in enumerate(PEOPLE):
        more: dict[str, Any] = {"allergies": [_penicillin()]} if n == 0 else {"no_allergy": n == 2}
        told: Told = (years, "y", today) if years else (8, "m", today)
        made.append(
            patients.register(
                by=by, today=today, sex=sex, family_name=family, given_name=given, family_name_km=family_km,
                given_name_km=given_km, told=told, village=villages[n % len(villages)], phone=phone,
                guardian="Sok Phally" if years < 13 else "", **more,
            )
        )  # fmt: skip
    return made


def _penicillin() -> Any:
    from clinic.services import allergies

    return allergies.Said(substance="Penicillin", reaction="rash", severe=True)


def seed(today: date | None = None, *, language: str = "en") -> dict[str, Any]:
    """Make the whole small world on a day, the present one unless told."""
    from mobile_team.services import checkups, sessions

    today = today or local_day(datetime.now(CLINIC_TZ))
    by = mobile_team(language)
    villages = list(Village.objects.order_by("-catchment", "id")[:3])
    everybody = people(villages[:2], by, today)
    stops = [
        sessions.add(village=village, on=today + timedelta(days=days), by=by, place=place)
        for village, days, place in [
            (villages[0], 0, "Wat"), (villages[1], 1, "School"), (villages[0], 2, ""), (villages[0], -7, ""),
        ]
    ]  # fmt: skip
    checkups.record_checkup(
        session=stops[3], patient=everybody[0], observed_at=datetime.now(CLINIC_TZ) - timedelta(days=7), by=by,
        today=today, findings={55: "B", 16: "0"}, dental_education=True, toothbrush=True, toothpaste=True,
        advised_to_come=True, urgency=2,
    )  # fmt: skip
    return {"user": by, "villages": villages, "people": everybody, "stops": stops}
