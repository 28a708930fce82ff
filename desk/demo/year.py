"""A year of contacts: who comes on which day to which service, so that every age adds up to the year's mix."""

from __future__ import annotations

import datetime as dt
from calendar import isleap
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.ages import months_before
from core.periods import Year
from desk.demo import illness, mix
from desk.demo.calendar import DAY, Stand, day_weights, stands
from desk.demo.chance import Chance, shares
from desk.demo.mix import Bands
from desk.demo.names import FAMILY, MEN, WOMEN
from desk.demo.people import Person
from desk.demo.villages import TOWN, VISITORS

Villagers = Mapping[str, Sequence[Person]]
BEDS = 12
DEATHS = 3
MEN_STAY_AWAY = 0.4  # of the grown-ups who come, most are women


@dataclass
class Contact:
    """One line of the register."""

    person: Person
    on: dt.date
    service: str
    conditions: tuple[str, ...]
    discharged_on: dt.date | None = None
    outcome: str = ""


def published_year(year: Year, people: Villagers) -> list[Contact]:
    """Return the contacts of a year that gives exactly the published results, in order of date."""
    return _Maker(year, people).make(mix.PUBLISHED, mix.AGAIN, [])


def year_after(year: Year, people: Villagers, before: Iterable[Contact], factor: float) -> list[Contact]:
    """Return the contacts of the whole next year; some of those admitted come again."""
    numbers = {service: mix.scaled(bands, factor) for service, bands in mix.PUBLISHED.items()}
    stays = [contact for contact in before if contact.service == "inpatient"]
    return _Maker(year, people).make(numbers, mix.scaled(mix.AGAIN, factor), stays)


class _Maker:
    def __init__(self, year: Year, people: Villagers) -> None:
        self.year, self.people = year, people
        self.chance = Chance("year", year)
        self.pools: dict[tuple[str, int], dict[str, list[Person]]] = {}
        self.lying: Counter[dt.date] = Counter()

    def make(self, numbers: Mapping[str, Bands], again: Bands, before: list[Contact]) -> list[Contact]:
        stays = self._first_stays(mix.less(numbers["inpatient"], again), {stay.person for stay in before})
        stays += self._later_stays(again, before + stays)
        self._deaths(stays)
        corners = list(self._birthdays())
        seen = Counter(contact.person.band_on(contact.on) for contact in corners)
        contacts = [
            *stays, *self._checkups(numbers["mobile"]), *corners, *self._visits(mix.less(numbers["outpatient"], seen))
        ]  # fmt: skip
        return sorted(contacts, key=lambda contact: (contact.on, contact.service, contact.person.ref))

    # -- in-patients ----------------------------------------------------------------------------------------

    def _first_stays(self, bands: Bands, known: set[Person]) -> list[Contact]:
        stays: list[Contact] = []
        taken = set(known)
        for on, band in self._spread("inpatient", bands):
            person = self._pick(self.chance.weighted(VISITORS), band, on, never=taken)
            taken.add(person)
            stays.append(self._stay(person, on))
        return stays

    def _later_stays(self, bands: Bands, before: list[Contact]) -> list[Contact]:
        """Let some come again a week to four months after they went home."""
        stays: list[Contact] = []
        home = {stay.person: stay.discharged_on or stay.on for stay in sorted(before, key=lambda stay: stay.on)}
        for band in self.chance.shuffled(mix.spelled(bands)):
            while True:
                person = self.chance.one(list(home))
                on = max(home[person], self.year.first) + self.chance.between(7, 120) * DAY
                if on in self.year and _is_free(person, on, on + 7 * DAY) and person.band_on(on) == band:
                    break
            stays.append(self._stay(person, on))
            home[person] = stays[-1].discharged_on or on
        return stays

    def _stay(self, person: Person, on: dt.date) -> Contact:
        """Put a person to bed for one to six days; when all beds are taken, a little later."""
        chance = self.chance
        found = illness.conditions(chance, "inpatient", on.month, person.slot_on(on), person.sex)
        most = 3 if found[0] == "delivery" else 6
        home = min(on + min(chance.between(1, most), chance.between(1, most + 1)) * DAY, self.year.last)
        days = [on + n * DAY for n in range((home - on).days + 1)]
        assert max(self.lying[day] for day in days) < BEDS, f"no bed is free on {on}"
        self.lying.update(days)
        person.busy.update(days)
        return Contact(person, on, "inpatient", found, home, illness.end_of(chance, "inpatient", found))

    def _deaths(self, stays: list[Contact]) -> None:
        """Let a few of the old die here, at the end of their last stay."""
        last = {stay.person: stay for stay in sorted(stays, key=lambda stay: stay.on)}
        old = [stay for stay in last.values() if stay.person.band_on(stay.on) == "60_plus" and stay.discharged_on]
        for stay in self.chance.shuffled(old)[:DEATHS]:
            stay.outcome, stay.person.died_on = "deceased", stay.discharged_on

    # -- the van --------------------------------------------------------------------------------------------

    def _checkups(self, bands: Bands) -> Iterator[Contact]:
        """Fill the stands of the year; the ages that few have come first, while every village still has room."""
        held = [stand for stand in stands(self.year) if not stand.cancelled]
        weights = [stand.weight * self.chance.between(60, 140) for stand in held]
        counts = shares(sum(bands.values()), weights)
        places = deque(self.chance.shuffled([stand for stand, n in zip(held, counts, strict=True) for _ in range(n)]))
        for band in sorted(mix.spelled(bands), key=lambda band: bands[band]):
            yield self._contact(*self._next_for(band, places), "mobile")

    def _next_for(self, band: str, places: deque[Stand]) -> tuple[Person, dt.date]:
        """Find the next place where somebody of this age has not been seen that day; places passed over stay."""
        for _ in range(len(places)):
            stand = places.popleft()
            if person := self._find(stand.stop.code, band, stand.on, rested=True):
                return person, stand.on
            places.append(stand)
        raise AssertionError(f"nobody of {band} is left at any stop")

    # -- out-patients ---------------------------------------------------------------------------------------

    def _visits(self, bands: Bands) -> Iterator[Contact]:
        recent: deque[Person] = deque(maxlen=150)
        for on, band in self._spread("outpatient", bands):
            person = self._back_again(recent, band, on) if self.chance.happens(0.3) else None
            person = person or self._pick(self.chance.weighted(VISITORS), band, on)
            recent.append(person)
            yield self._contact(person, on, "outpatient")

    def _back_again(self, recent: Sequence[Person], band: str, on: dt.date) -> Person | None:
        for _ in range(4 if recent else 0):
            person = self.chance.one(recent)
            if _is_free(person, on - 3 * DAY, on) and person.band_on(on) == band:
                return person
        return None

    def _birthdays(self) -> Iterator[Contact]:
        """Bring the ages at which tables go wrong: newborn, on a birthday, the day before it, born on 29 February."""
        day = dt.date(self.year.number, 6, 3)
        leap = dt.date(max(filter(isleap, range(self.year.number - 12, self.year.number - 3))), 2, 29)
        births = [(day, day, "day"), (day, day, "age"), (day, day - 12 * DAY, "age")]
        births += [(day, months_before(day, 12 * years), "day") for years in (1, 5, 6, 13, 18, 60)]
        births += [(day, months_before(day + DAY, 12 * years), "day") for years in (5, 6, 13)]
        births += [(dt.date(self.year.number, 2, 28), leap, "day"), (dt.date(self.year.number, 3, 1), leap, "day")]
        for n, (on, born, told) in enumerate(births, start=901):
            sex, given = ("F", WOMEN) if n % 2 else ("M", MEN)
            person = Person(
                f"{TOWN}-{self.year.number % 100}{n}-1", self.chance.early(FAMILY), self.chance.one(given), sex, born,
                told, TOWN,
            )  # fmt: skip
            yield self._contact(person, on, "outpatient")

    # -- choosing -------------------------------------------------------------------------------------------

    def _contact(self, person: Person, on: dt.date, service: str) -> Contact:
        person.busy.add(on)
        found = illness.conditions(self.chance, service, on.month, person.slot_on(on), person.sex)
        return Contact(person, on, service, found, None, illness.end_of(self.chance, service, found))

    def _spread(self, service: str, bands: Bands) -> Iterator[tuple[dt.date, str]]:
        """Give every wanted age a day, busy days more often."""
        weights = day_weights(self.year, service)
        noisy = [weight * self.chance.between(50, 150) for weight in weights.values()]
        ages = iter(self.chance.shuffled(mix.spelled(bands)))
        for day, count in zip(weights, shares(sum(bands.values()), noisy), strict=True):
            for _ in range(count):
                yield day, next(ages)

    def _pick(self, village: str, band: str, on: dt.date, never: Iterable[Person] = ()) -> Person:
        """Return somebody of an age, from another village when this one has nobody."""
        while not (person := self._find(village, band, on, never=never)):
            village = self.chance.weighted(VISITORS)
        return person

    def _find(
        self, village: str, band: str, on: dt.date, *, never: Iterable[Person] = (), rested: bool = False
    ) -> Person | None:
        """Return somebody of the village who is of that age on that day; `rested`, who was seen least of a few."""
        pool = self._pool(village, on)[band]
        found: list[Person] = []
        for _ in range(16 if pool else 0):
            person = self.chance.one(pool)
            if band == "18_59" and person.sex == "M" and self.chance.happens(MEN_STAY_AWAY):
                continue
            if person not in never and _is_free(person, on, on) and person.band_on(on) == band:
                found.append(person)
                if len(found) == (3 if rested else 1):
                    break
        return min(found, key=lambda person: len(person.busy), default=None)

    def _pool(self, village: str, on: dt.date) -> dict[str, list[Person]]:
        """Sort a village by age in the middle of a month; birthdays are looked at when somebody is chosen."""
        key = village, on.month
        if key not in self.pools:
            middle = on.replace(day=28)
            self.pools[key] = {band: [] for band in mix.LINES}
            for person in self.people[village]:
                if person.born <= middle:
                    self.pools[key][person.band_on(middle)].append(person)
        return self.pools[key]


def _is_free(person: Person, first: dt.date, last: dt.date) -> bool:
    return all(person.is_free(first + n * DAY) for n in range((last - first).days + 1))
