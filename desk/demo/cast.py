"""Who plays in today's open work: the colleagues, the patients, and the hours of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from clinic.models import Condition, Patient
from core.accounts.models import User
from core.accounts.roles import Role
from core.ages import age_at
from core.periods import CLINIC_TZ
from core.places.models import Village
from desk.demo.calendar import DAY
from desk.demo.chance import Chance
from desk.demo.people import Person

LONGEST_AGO = 120  # minutes


class Cast:
    """Hands out colleagues by role and patients who fit, each patient once."""

    def __init__(
        self, *, now: dt.datetime, today: dt.date, colleagues: dict[str, User], people: Iterable[Person],
        patients: dict[str, Patient], villages: dict[str, Village],
    ) -> None:  # fmt: skip
        self.now, self.today, self.villages = now, today, villages
        self.nurse, self.mobile = colleagues[Role.NURSE], colleagues[Role.MOBILE]
        self.pharmacist, self.referral = colleagues[Role.PHARMACIST], colleagues[Role.REFERRAL]
        self.admin = colleagues[Role.ADMIN]
        self.patients = patients
        self.chance = Chance("cast", today.year)
        alive = [person for person in people if person.ref in patients and person.died_on is None]
        self.waiting = self.chance.shuffled(alive)
        self.conditions = {condition.key: condition for condition in Condition.objects.all()}

    def someone(self, sex: str, low: int, high: int, *, village: str = "", since: dt.date | None = None) -> Patient:
        """Return somebody of that sex and age (years, both included) whom nobody has seen `since` (today)."""
        since = since or self.today
        days = {since + n * DAY for n in range((self.today - since).days + 1)}
        for person in self.waiting:
            fits = person.sex in sex and (not village or person.village == village) and person.born <= since
            if fits and low <= age_at(person.born, self.today).years <= high and not person.busy & days:
                self.waiting.remove(person)
                return self.patients[person.ref]
        raise AssertionError(f"nobody of {low} to {high} years is free")

    def ago(self, minutes: int) -> dt.datetime:
        """Return a time earlier today; shortly after midnight all that happened is pressed together, in its order."""
        so_far = self.now - dt.datetime.combine(self.today, dt.time(), tzinfo=CLINIC_TZ)
        return self.now - min(so_far / LONGEST_AGO, dt.timedelta(minutes=1)) * minutes

    def day_before(self, days: int) -> dt.date:
        """Return a day before today, never in another year: what was published stays as it is."""
        return max(self.today - days * DAY, self.today.replace(month=1, day=1))

    def hour(self, on: dt.date, hour: int, minute: int = 0) -> dt.datetime:
        """Return a time of a day, not after now."""
        return min(dt.datetime.combine(on, dt.time(hour, minute), tzinfo=CLINIC_TZ), self.now)
