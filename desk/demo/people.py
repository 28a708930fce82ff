"""The people of the demonstration: households with names, births, telephones and cards, village by village."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from core.ages import BAND_SETS, Birth, Unit, add_years, age_at, slot_of
from core.periods import Year
from desk.demo.chance import Chance
from desk.demo.names import FAMILY, MEN, OLD_MEN, OLD_WOMEN, WOMEN, Name
from desk.demo.villages import HOUSEHOLDS

BANDS = BAND_SETS["published"]
_PREFIXES = ("012", "092", "089", "010", "069", "093", "096", "088", "097", "071")
_LONG = {"096", "088", "097", "071"}  # seven digits follow these, six the others


@dataclass(eq=False)
class Person:
    """One made-up person, and what the register knows of the birth: `told` is day, month, year, age or nothing."""

    ref: str
    family: Name
    given: Name
    sex: str
    born: dt.date
    told: str
    village: str
    phone: str = ""
    card: str = ""
    guardian: str = ""
    busy: set[dt.date] = field(default_factory=set)
    died_on: dt.date | None = None

    @property
    def name_km(self) -> str:
        return f"{self.family.km} {self.given.km}"

    @cached_property
    def birth(self) -> Birth | None:
        """Return the birth as the register's `birth_date` gives it; None when it says an age, or nothing.

        Months and years are told only of people born before the first contacts, so that no day cuts them short.
        """
        if self.told == "day":
            return Birth.on(self.born)
        if self.told == "month":
            return Birth.in_month(self.born.year, self.born.month, dt.date.max)
        return Birth.in_year(self.born.year, dt.date.max) if self.told == "year" else None

    def age_told(self, on: dt.date) -> tuple[int, Unit]:
        """Return the age as a mother would say it: days of a newborn, months up to two years, then years."""
        age = age_at(self.born, on)
        if not age.months:
            return age.days, "d"
        return (age.months, "m") if age.years < 2 else (age.years, "y")

    def slot_on(self, on: dt.date) -> int | None:
        """Return the age slot of a contact on a day, as the import will find it."""
        if self.told == "age":
            return slot_of(Birth.from_stated(*self.age_told(on), on).date, on)
        return slot_of(self.birth.date, on) if self.birth else None

    def band_on(self, on: dt.date) -> str:
        """Return the published age band on a day."""
        return BANDS.band_of_slot(self.slot_on(on))

    def is_free(self, on: dt.date) -> bool:
        """Return whether the person was born, lives, and is not seen on that day already."""
        return self.born <= on and on not in self.busy and not (self.died_on and self.died_on <= on)


def villagers(first: Year) -> dict[str, list[Person]]:
    """Return everybody who lives in the catchment, or is born there in `first` or the year after, by village."""
    return {
        code: [person for n in range(1, count + 1) for person in _Household(first, code, n).people]
        for code, count in HOUSEHOLDS.items()
    }


class _Household:
    """One house: a couple or a mother alone, their children, perhaps a grandparent."""

    def __init__(self, first: Year, village: str, number: int) -> None:
        self.first, self.village, self.number = first, village, number
        self.chance = chance = Chance("household", first, village, number)
        self.people: list[Person] = []
        self.phone = self._phone() if chance.happens(0.72) else ""
        self.card = f"{village[:6]}-{village[6:]}{number:03}" if chance.happens(0.33) else ""
        mother = self._adult("F", chance.between(19, 55))
        father = None
        if chance.happens(0.88):
            older = dt.timedelta(days=chance.between(-700, 3000))
            father = self._adult("M", 0, born=mother.born - older)
        self._children(mother, father)
        for sex, share in (("F", 0.26), ("M", 0.16)):
            if chance.happens(share) and mother.born.year > self.first.number - 48:
                self._add(sex, self._long_before(mother.born), chance.early(FAMILY), old=True)

    def _adult(self, sex: str, years: int, born: dt.date | None = None) -> Person:
        chance = self.chance
        day = born or add_years(self.first.first, -years) - dt.timedelta(days=chance.between(0, 364))
        return self._add(sex, day, chance.early(FAMILY))

    def _children(self, mother: Person, father: Person | None) -> None:
        """Add the children still at home, and those to be born: every two to four years from the mother's 20th on."""
        chance = self.chance
        day = add_years(mother.born, 19) + dt.timedelta(days=chance.between(0, 900))
        most = chance.between(2, 5)
        home_since = dt.date(self.first.number - chance.between(18, 22), 1, 1)
        while most and day < min(add_years(mother.born, 42), self.first.next().last):
            if day >= home_since:
                # A child often carries the father's surname, but some that of a grandfather.
                family = father.family if father and chance.happens(0.86) else chance.early(FAMILY)
                child = self._add(chance.one("FM"), day, family)
                child.guardian = (father if father and chance.happens(0.3) else mother).name_km
            most -= 1
            day += dt.timedelta(days=chance.between(640, 1500))

    def _long_before(self, born: dt.date) -> dt.date:
        return born - dt.timedelta(days=self.chance.between(21 * 365, 33 * 365))

    def _add(self, sex: str, born: dt.date, family: Name, *, old: bool = False) -> Person:
        chance = self.chance
        given = {("F", False): WOMEN, ("M", False): MEN, ("F", True): OLD_WOMEN, ("M", True): OLD_MEN}[sex, old]
        names = [name for name in given if all(name != other.given for other in self.people)]
        person = Person(
            ref=f"{self.village}-{self.number:03}-{len(self.people) + 1}", family=family, given=chance.one(names),
            sex=sex, born=born, told=self._how_told(born), village=self.village, phone=self.phone, card=self.card,
        )  # fmt: skip
        if old and chance.happens(0.6):
            person.phone = ""
        self.people.append(person)
        return person

    def _how_told(self, born: dt.date) -> str:
        """Say how the birth is known: children from their yellow card, the old as an age or not at all."""
        years = self.first.number - born.year
        if years <= 0:
            return self.chance.weighted({"day": 0.8, "age": 0.2})
        if years < 15:
            return self.chance.weighted({"day": 0.55, "month": 0.12, "year": 0.03, "age": 0.295, "nothing": 0.005})
        return self.chance.weighted({"day": 0.16, "month": 0.06, "year": 0.32, "age": 0.45, "nothing": 0.01})

    def _phone(self) -> str:
        prefix = self.chance.one(_PREFIXES)
        return prefix + "".join(str(self.chance.between(0, 9)) for _ in range(7 if prefix in _LONG else 6))
