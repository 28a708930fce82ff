"""Ages by the calendar: births as they were told, completed days, months and years, slots and bands.

Nothing here divides by 365 or 30. Someone born on 29 February has a birthday on 1 March in other years.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from core.errors import RuleBroken
from core.khmer import latin_digits, normalise

Unit = Literal["d", "w", "m", "y"]
OLDEST = 130  # years a living person may be said to have
MOST: dict[str, int] = {"y": OLDEST, "m": OLDEST * 12, "w": OLDEST * 52, "d": OLDEST * 365}
DAY = dt.timedelta(days=1)


class Precision(StrEnum):
    """Say how exactly a birth is known; STATED is an age as told on a day."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    STATED = "stated"
    UNKNOWN = "unknown"


# -- the calendar ---------------------------------------------------------------------------------------


def add_months(day: dt.date, months: int) -> dt.date:
    """Go forward by whole months; a day the month lacks overflows: 31 January + 1 = 1 March."""
    return _shift(day, months, overflow=True)


def add_years(day: dt.date, years: int) -> dt.date:
    """Go forward by whole years; 29 February + 1 = 1 March."""
    return add_months(day, 12 * years)


def months_before(day: dt.date, months: int) -> dt.date:
    """Give the latest birth that is `months` old on `day`; the inverse of add_months."""
    return _shift(day, -months, overflow=False)


def _shift(day: dt.date, months: int, *, overflow: bool) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    after = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    length = (after - DAY).day
    if day.day <= length:
        return dt.date(year, month + 1, day.day)
    return after if overflow else after - DAY


@dataclass(frozen=True, slots=True)
class Age:
    """Hold one age three ways, each a total of completed units: 1 year = 12 months = 365 or 366 days."""

    years: int
    months: int
    days: int


def age_at(birth: dt.date, on: dt.date) -> Age:
    """Give the age on a day. Raises RuleBroken("core.before_birth") when the day comes before the birth."""
    if on < birth:
        raise RuleBroken("core.before_birth", birth=birth, on=on)
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    return Age(years=months // 12, months=months, days=(on - birth).days)


# -- births as they were told ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Birth:
    """Hold when someone was born as exactly as it is known.

    The truth lies in `earliest`…`latest`, both included; `date` is the middle, used for every calculation.
    """

    date: dt.date
    earliest: dt.date
    latest: dt.date
    precision: Precision

    def __post_init__(self) -> None:
        if not self.earliest <= self.date <= self.latest:
            raise ValueError("a birth date lies inside what is possible")

    @classmethod
    def on(cls, day: dt.date) -> "Birth":
        """Know the exact day."""
        return cls(day, day, day, Precision.DAY)

    @classmethod
    def in_month(cls, year: int, month: int, said_on: dt.date) -> "Birth":
        """Know the month. Raises RuleBroken("core.birth_in_future", "core.birth_unreadable")."""
        first = _date(year, month, 1)
        return cls._between(first, add_months(first, 1) - DAY, said_on, Precision.MONTH)

    @classmethod
    def in_year(cls, year: int, said_on: dt.date) -> "Birth":
        """Know the year. Raises RuleBroken("core.birth_in_future", "core.birth_unreadable")."""
        return cls._between(_date(year, 1, 1), _date(year, 12, 31), said_on, Precision.YEAR)

    @classmethod
    def from_stated(cls, value: int, unit: Unit, on: dt.date) -> "Birth":
        """Know an age as told on a day; it still reads the same on that day.

        N years: born after on − (N + 1) years, at the latest on − N years; months likewise; a week is a
        range of 7 days; a day is exact. Raises RuleBroken("core.age_too_high", "core.age_unreadable").
        """
        _check_limit(value, unit)
        if unit in ("d", "w"):
            step = 7 if unit == "w" else 1
            latest = on - value * step * DAY
            earliest = latest - (step - 1) * DAY
        else:
            months = 12 if unit == "y" else 1
            latest = months_before(on, value * months)
            earliest = months_before(on, (value + 1) * months) + DAY
        return cls._between(earliest, latest, on, Precision.STATED)

    @classmethod
    def _between(cls, earliest: dt.date, latest: dt.date, said_on: dt.date, precision: Precision) -> "Birth":
        if earliest > said_on:
            raise RuleBroken("core.birth_in_future", birth=earliest, on=said_on)
        latest = min(latest, said_on)
        return cls(earliest + (latest - earliest).days // 2 * DAY, earliest, latest, precision)


def _date(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise RuleBroken("core.birth_unreadable", text=f"{year}-{month}-{day}") from None


# -- reading what was typed -----------------------------------------------------------------------------

_UNITS: dict[Unit, str] = {
    "y": r"years?|yrs?|y/?o|y|ans?|ឆ្នាំ|ឆ្នំា",
    "m": r"months?|mths?|mos?|m|mois|ខែ",
    "w": r"weeks?|wks?|w|សប្តាហ៍|អាទិត្យ",
    "d": r"days?|d|jours?|ថ្ងៃ",
}
_UNIT = "|".join(f"(?P<{unit}>{words})" for unit, words in _UNITS.items())
_ABOUT = r"(?:(?:(?:about|around|approx|ca?|aged?|ប្រហែលជា|ប្រហែល|ប្រមាណ|អាយុ)\.?|[~≈±:]) ?)*"
_OLD = r"\.?(?: ?(?:old|of age))?\.?"
_AGE = re.compile(rf"{_ABOUT}(?P<n>[0-9]{{1,9}}) ?(?:{_UNIT})?{_OLD}")
_MIXED = re.compile(
    rf"{_ABOUT}([0-9]{{1,3}}) ?(?:{_UNITS['y']})\.?,? ?(?:and |និង ?)?(0?[0-9]|1[01]) ?(?:{_UNITS['m']}){_OLD}"
)


def parse_age(text: str) -> tuple[int, Unit]:
    """Read an age as people write it: "4y", "about 3 months", "១២ ថ្ងៃ", "1y 6m" (18 months), "12" (years).

    Raises RuleBroken("core.age_unreadable"), or ("core.age_too_high") above 130 years.
    """
    plain = _plain(text)
    unit: Unit
    if mixed := _MIXED.fullmatch(plain):
        value, unit = int(mixed[1]) * 12 + int(mixed[2]), "m"
    elif match := _AGE.fullmatch(plain):
        value, unit = int(match["n"]), next((unit for unit in _UNITS if match[unit]), "y")
    else:
        raise RuleBroken("core.age_unreadable", text=text)
    _check_limit(value, unit)
    return value, unit


def parse_birth(text: str, on: dt.date) -> Birth:
    """Read a birth date, month or year: dd/mm/yyyy, dd-mm-yyyy, yyyy-mm-dd, yyyy-mm, mm/yyyy, yyyy.

    The day comes first, as Cambodian forms have it. Raises RuleBroken("core.birth_unreadable"),
    ("core.birth_in_future"), or ("core.age_too_high") when it would make someone older than 130.
    """
    parts = re.fullmatch(r"([0-9]+)(?:[-/. ]([0-9]+))?(?:[-/. ]([0-9]+))?", _plain(text))
    numbers = [part for part in parts.groups() if part] if parts else []
    if numbers and len(numbers[0]) != 4:
        numbers.reverse()
    if not numbers or len(numbers[0]) != 4 or any(len(number) > 2 for number in numbers[1:]):
        raise RuleBroken("core.birth_unreadable", text=text)
    year, *rest = map(int, numbers)
    if year > on.year:
        raise RuleBroken("core.birth_in_future", birth=text, on=on)
    if 0 < year < on.year - OLDEST:
        raise RuleBroken("core.age_too_high", text=text, most=OLDEST)
    if not rest:
        return Birth.in_year(year, on)
    if len(rest) == 1:
        return Birth.in_month(year, rest[0], on)
    day = _date(year, rest[0], rest[1])
    if day > on:
        raise RuleBroken("core.birth_in_future", birth=day, on=on)
    return Birth.on(day)


def parse_age_or_birth(text: str, on: dt.date) -> Birth:
    """Read one field that takes either; four digits alone are a year, fewer an age.

    Raises what parse_age and parse_birth raise.
    """
    plain = _plain(text)
    if re.fullmatch(r"[0-9]{4}|[0-9]+[-/. ][0-9]+([-/. ][0-9]+)?", plain):
        return parse_birth(text, on)
    value, unit = parse_age(text)
    return Birth.from_stated(value, unit, on)


def _plain(text: str) -> str:
    return latin_digits(normalise(text)).casefold()


def _check_limit(value: int, unit: Unit) -> None:
    if value < 0 or unit not in MOST:
        raise RuleBroken("core.age_unreadable", text=f"{value}{unit}")
    if value > MOST[unit]:
        raise RuleBroken("core.age_too_high", text=f"{value}{unit}", most=OLDEST)


# -- slots: the age stored on every contact -------------------------------------------------------------
#
#    0–28  days, under one month          31     one month and at least 29 days
#    29    29 or 30 days, under a month   32–89  months 2–59
#    30    28 days AND one month          90–235 years 5–150
#
# Slot 30: a child born on 1 February is, on 1 March, both 28 days and one completed month old.

MAX_SLOT = 235


def slot_of(birth: dt.date, on: dt.date) -> int:
    """Give the small number stored for an age, exact for every bound a band may have.

    A day before an (estimated) birth counts as age 0; above 150 years stays 150.
    """
    age = age_at(birth, max(birth, on))
    if age.months == 0:
        return min(age.days, 29)
    if age.months == 1:
        return 30 if age.days == 28 else 31
    if age.months < 60:
        return 30 + age.months
    return min(85 + age.years, MAX_SLOT)


def slot_age(slot: int) -> Age:
    """Give an age that stands for the slot in every comparison with a bound."""
    if not 0 <= slot <= MAX_SLOT:
        raise ValueError(f"no age slot {slot}")
    if slot < 30:
        return Age(0, 0, slot)
    if slot < 32:
        return Age(0, 1, 28 if slot == 30 else 29)
    months = slot - 30 if slot < 90 else (slot - 85) * 12
    return Age(months // 12, months, months * 1461 // 48)


# -- bands ----------------------------------------------------------------------------------------------

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bound:
    """Hold the age at which a band begins: 29 "d", 6 "m", 18 "y"."""

    n: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Bound":
        """Read "29d". Raises RuleBroken("core.age_unreadable", "core.age_too_high")."""
        return cls(*parse_age(text))

    @property
    def is_served(self) -> bool:
        """Tell whether slots are fine enough: days to 29, months to 60 (then whole years), years to 150."""
        fine = {"d": self.n <= 29, "m": self.n <= 60 or self.n in range(72, 1801, 12), "y": self.n <= 150}
        return self.n >= 0 and fine.get(self.unit, False)

    @property
    def rank(self) -> int:
        """Give a number that orders bounds; equal bounds (12 m, 1 y) rank equal."""
        if self.n == 0 or self.unit == "d":
            return self.n
        return 30 + self.n * (12 if self.unit == "y" else 1)

    def reached(self, age: Age) -> bool:
        return {"d": age.days, "m": age.months, "y": age.years}[self.unit] >= self.n


@dataclass(frozen=True, slots=True)
class Band:
    """Hold one age group, from `low` up to but without `high`; None is no end."""

    key: str
    low: Bound
    high: Bound | None


@dataclass(frozen=True)
class BandSet:
    """Hold age groups that leave nobody out and count nobody twice.

    An age belongs to the last band whose beginning it has reached. Raises RuleBroken: core.bands_empty,
    core.bands_key (repeated or "unknown"), core.bands_bound (finer than slots), core.bands_start,
    core.bands_gap, core.bands_overlap, core.bands_end.
    """

    key: str
    bands: tuple[Band, ...]
    _by_slot: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", tuple(self.bands))
        self._check()
        by_slot = tuple(self.band_of(slot_age(slot)) for slot in range(MAX_SLOT + 1))
        object.__setattr__(self, "_by_slot", by_slot)

    @property
    def keys(self) -> tuple[str, ...]:
        """List the bands, youngest first."""
        return tuple(band.key for band in self.bands)

    @property
    def lines(self) -> tuple[str, ...]:
        """List every line of a table, "unknown" last; together they are the total."""
        return *self.keys, UNKNOWN

    def band_of(self, age: Age) -> str:
        """Give the key of the band an age falls in."""
        return next(band.key for band in reversed(self.bands) if band.low.n == 0 or band.low.reached(age))

    def band_of_slot(self, slot: int | None) -> str:
        """Give the key of the band of a stored slot; "unknown" for None."""
        if slot is None:
            return UNKNOWN
        if not 0 <= slot <= MAX_SLOT:
            raise ValueError(f"no age slot {slot}")
        return self._by_slot[slot]

    def slots_of(self, key: str) -> tuple[int, ...]:
        """List the slots of one band, for a query."""
        return tuple(slot for slot, found in enumerate(self._by_slot) if found == key)

    def _check(self) -> None:
        if not self.bands:
            raise RuleBroken("core.bands_empty", set=self.key)
        if len(set(self.lines)) != len(self.lines):
            raise RuleBroken("core.bands_key", set=self.key)
        for band in self.bands:
            if not band.low.is_served or not (band.high is None or band.high.is_served):
                raise RuleBroken("core.bands_bound", set=self.key, band=band.key)
        if self.bands[0].low.rank != 0:
            raise RuleBroken("core.bands_start", set=self.key)
        for band, following in zip(self.bands, self.bands[1:], strict=False):
            if band.high is None or band.high.rank <= band.low.rank or following.low.rank < band.high.rank:
                raise RuleBroken("core.bands_overlap", set=self.key, band=band.key)
            if following.low.rank > band.high.rank:
                raise RuleBroken("core.bands_gap", set=self.key, band=band.key)
        if self.bands[-1].high is not None:
            raise RuleBroken("core.bands_end", set=self.key)


def band_set(key: str, beginnings: Mapping[str, str]) -> BandSet:
    """Build a set from each band's key and beginning, {"under_5": "0d", "5": "5y", …}."""
    starts = [(name, Bound.parse(low)) for name, low in beginnings.items()]
    highs: list[Bound | None] = [low for _, low in starts[1:]]
    bands = (Band(name, low, high) for (name, low), high in zip(starts, [*highs, None], strict=True))
    return BandSet(key, tuple(bands))


BAND_SETS: dict[str, BandSet] = {
    made.key: made
    for made in (
        band_set("published", {
            "under_5": "0d", "5": "5y", "6_12": "6y", "13_17": "13y", "18_59": "18y", "60_plus": "60y",
        }),
        band_set("ministry", {
            "0_28d": "0d", "29d_11m": "29d", "1_4": "1y", "5_14": "5y", "15_24": "15y", "25_49": "25y",
            "50_64": "50y", "65_plus": "65y",
        }),
        band_set("child_health", {
            "0_28d": "0d", "29d_5m": "29d", "6_11m": "6m", "12_23m": "12m", "24_59m": "24m", "5_plus": "5y",
        }),
        band_set("dental", {
            "under_5": "0d", "5_6": "5y", "7_11": "7y", "12": "12y", "13_14": "13y", "15": "15y",
            "16_34": "16y", "35_44": "35y", "45_64": "45y", "65_74": "65y", "75_plus": "75y",
        }),
    )
}  # fmt: skip
