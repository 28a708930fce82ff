"""Ages: what was told, what the calendar says, and which band a contact is counted in."""

import calendar
from contextlib import suppress
from datetime import date, timedelta
from functools import partial

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from core.ages import (
    BAND_SETS,
    MAX_SLOT,
    MOST,
    Age,
    Band,
    BandSet,
    Birth,
    Bound,
    Precision,
    Unit,
    add_months,
    add_years,
    age_at,
    band_set,
    months_before,
    parse_age,
    parse_age_or_birth,
    parse_birth,
    slot_age,
    slot_of,
)
from core.errors import RuleBroken

TODAY = date(2026, 11, 21)
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def code_of(call, *args):
    with pytest.raises(RuleBroken) as refused:
        call(*args)
    return refused.value.code


# -- the calendar


def test_someone_born_on_29_february_has_a_birthday_on_1_march():
    born = date(2024, 2, 29)
    assert age_at(born, date(2025, 2, 28)).years == 0
    assert age_at(born, date(2025, 3, 1)).years == 1
    assert age_at(born, date(2028, 2, 28)).years == 3
    assert age_at(born, date(2028, 2, 29)).years == 4


def test_a_month_that_lacks_the_day_is_completed_on_the_next_first():
    born = date(2025, 1, 31)
    assert age_at(born, date(2025, 2, 28)).months == 0
    assert age_at(born, date(2025, 3, 1)).months == 1
    assert add_months(born, 1) == date(2025, 3, 1)
    assert add_years(date(2024, 2, 29), 1) == date(2025, 3, 1)


def test_on_the_day_of_birth_the_age_is_zero():
    assert age_at(TODAY, TODAY) == Age(0, 0, 0)


def test_a_day_before_birth_has_no_age():
    assert code_of(age_at, TODAY, TODAY - timedelta(days=1)) == "core.before_birth"


@given(DAYS, DAYS)
def test_ages_agree_with_dateutil_where_every_month_has_the_day(one, other):
    born, on = sorted((one, other))
    delta = relativedelta(on, born)
    age = age_at(born, on)
    assert age.days == (on - born).days
    assert age.years == age.months // 12
    if born.day <= 28:
        assert (age.years, age.months) == (delta.years, delta.years * 12 + delta.months)


@given(DAYS, DAYS)
def test_completed_months_are_the_most_that_fit_before_the_day(one, other):
    born, on = sorted((one, other))
    months = age_at(born, on).months
    assert add_months(born, months) <= on < add_months(born, months + 1)


@given(DAYS, st.integers(0, 1500))
def test_the_latest_birth_for_an_age_is_the_latest(on, months):
    latest = months_before(on, months)
    assert age_at(latest, on).months == months
    if months:
        assert age_at(latest + timedelta(days=1), on).months == months - 1


@given(DAYS, DAYS, DAYS)
def test_nobody_grows_younger(one, two, three):
    born, first, later = sorted((one, two, three))
    before, after = age_at(born, first), age_at(born, later)
    assert before.years <= after.years and before.months <= after.months and before.days <= after.days


# -- births as they were told


@given(st.sampled_from(["d", "w", "m", "y"]), st.data(), DAYS)
def test_a_stated_age_reads_the_same_on_the_day_it_was_stated(unit: Unit, data, on):
    value = data.draw(st.integers(0, MOST[unit]))
    birth = Birth.from_stated(value, unit, on)
    assert birth.precision is Precision.STATED
    for possible in (birth.earliest, birth.date, birth.latest):
        age = age_at(possible, on)
        assert {"d": age.days, "w": age.days // 7, "m": age.months, "y": age.years}[unit] == value


@given(st.sampled_from(["w", "m", "y"]), st.integers(0, 100), DAYS)
def test_no_birth_outside_the_interval_would_read_the_same(unit: Unit, value, on):
    birth = Birth.from_stated(value, unit, on)
    too_old = age_at(birth.earliest - timedelta(days=1), on)
    assert {"w": too_old.days // 7, "m": too_old.months, "y": too_old.years}[unit] == value + 1


def test_about_four_years_means_the_middle_of_that_year():
    birth = Birth.from_stated(4, "y", date(2026, 11, 21))
    assert (birth.earliest, birth.latest) == (date(2021, 11, 22), date(2022, 11, 21))
    assert birth.date == date(2022, 5, 23)


def test_zero_is_an_age():
    assert Birth.from_stated(0, "d", TODAY).date == TODAY
    assert Birth.from_stated(0, "y", TODAY).latest == TODAY


def test_a_birth_in_the_running_month_or_year_ends_on_the_day_it_was_said():
    assert Birth.in_month(2026, 11, TODAY).latest == TODAY
    assert Birth.in_year(2026, TODAY) == Birth(date(2026, 6, 12), date(2026, 1, 1), TODAY, Precision.YEAR)
    assert Birth.in_month(2020, 2, TODAY).latest == date(2020, 2, 29)


def test_a_birth_in_the_future_is_refused():
    assert code_of(Birth.in_month, 2026, 12, TODAY) == "core.birth_in_future"
    assert code_of(Birth.in_year, 2027, TODAY) == "core.birth_in_future"


def test_an_impossible_birth_cannot_be_built():
    with pytest.raises(ValueError):
        Birth(TODAY, TODAY + timedelta(days=1), TODAY, Precision.DAY)


# -- reading what was typed


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("4y", (4, "y")), ("7m", (7, "m")), ("12d", (12, "d")), ("3w", (3, "w")), ("12", (12, "y")),
        ("0", (0, "y")),
        ("about 3 months", (3, "m")), ("4 years", (4, "y")), ("4 Years old", (4, "y")), ("1 yr.", (1, "y")),
        ("១២", (12, "y")), ("៣ខែ", (3, "m")), ("៤ឆ្នាំ", (4, "y")), ("12 ថ្ងៃ", (12, "d")), ("~3m", (3, "m")),
        ("២ សប្តាហ៍", (2, "w")), ("២សប្ដាហ៍", (2, "w")), ("អាយុប្រហែល ៥ ឆ្នាំ", (5, "y")), ("c. 40", (40, "y")),
        ("៤\u200bឆ្នាំ", (4, "y")), ("1y6m", (18, "m")), ("1 year and 6 months", (18, "m")),
        ("១ឆ្នាំ៦ខែ", (18, "m")),
        ("130", (130, "y")), ("  5 ", (5, "y")), ("6 yo", (6, "y")), ("aged 9", (9, "y")),
    ],
)  # fmt: skip
def test_an_age_is_read_as_people_write_it(text, read):
    assert parse_age(text) == read


@pytest.mark.parametrize(
    "text", ["", "y", "-4", "4.5", "4,5", "four", "1y 14m", "4y 5", "12/3", "m3", "9" * 5000, "٣"]
)
def test_what_is_not_an_age_is_refused(text):
    assert code_of(parse_age, text) == "core.age_unreadable"


@pytest.mark.parametrize("text", ["131", "2019", "1561m", "99999d", "9999 w", "130y 1m"])
def test_nobody_is_older_than_130(text):
    assert code_of(parse_age, text) == "core.age_too_high"


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("05/06/2020", date(2020, 6, 5), date(2020, 6, 5), "day"),
        ("5-6-2020", date(2020, 6, 5), date(2020, 6, 5), "day"),
        ("2020-06-05", date(2020, 6, 5), date(2020, 6, 5), "day"),
        ("០៥/០៦/២០២០", date(2020, 6, 5), date(2020, 6, 5), "day"),
        ("2020-06", date(2020, 6, 1), date(2020, 6, 30), "month"),
        ("6/2020", date(2020, 6, 1), date(2020, 6, 30), "month"),
        ("2020", date(2020, 1, 1), date(2020, 12, 31), "year"),
        ("21/11/2026", TODAY, TODAY, "day"),
    ],
)
def test_a_birth_is_read_day_first_and_as_exactly_as_it_was_written(text, earliest, latest, precision):
    birth = parse_birth(text, TODAY)
    assert (birth.earliest, birth.latest, birth.precision.value) == (earliest, latest, precision)


@pytest.mark.parametrize(
    "text", ["", "31/02/2020", "5/6/20", "06/2020/05", "0000", "2020-13", "2020/6/5/1", "May 2020"]
)
def test_what_is_not_a_birth_is_refused(text):
    assert code_of(parse_birth, text, TODAY) == "core.birth_unreadable"


@pytest.mark.parametrize("text", ["22/11/2026", "12/2026", "2027", "9999-12", "2569"])
def test_a_birth_written_in_the_future_is_refused(text):
    assert code_of(parse_birth, text, TODAY) == "core.birth_in_future"


def test_a_birth_too_long_ago_is_refused():
    assert code_of(parse_birth, "01/01/1850", TODAY) == "core.age_too_high"


def test_one_field_takes_an_age_or_a_birth():
    assert parse_age_or_birth("2019", TODAY).precision is Precision.YEAR
    assert parse_age_or_birth("19", TODAY) == Birth.from_stated(19, "y", TODAY)
    assert parse_age_or_birth("៣ខែ", TODAY) == Birth.from_stated(3, "m", TODAY)
    assert parse_age_or_birth("05/06/2020", TODAY) == Birth.on(date(2020, 6, 5))
    assert code_of(parse_age_or_birth, "yesterday", TODAY) == "core.age_unreadable"


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused_and_nothing_else(text):
    for read in (parse_age, partial(parse_birth, on=TODAY), partial(parse_age_or_birth, on=TODAY)):
        with suppress(RuleBroken):
            read(text)


# -- slots and bands

BOUNDS = [*(Bound(n, "d") for n in range(1, 30)), *(Bound(n, "m") for n in range(1, 61)),
          *(Bound(n, "y") for n in range(1, 151))]  # fmt: skip


def set_of(bounds):
    lows = [
        Bound(0, "d"),
        *sorted({bound.rank: bound for bound in bounds}.values(), key=lambda bound: bound.rank),
    ]
    return BandSet(
        "any",
        tuple(
            Band(str(i), low, high) for i, (low, high) in enumerate(zip(lows, [*lows[1:], None], strict=True))
        ),
    )


def test_a_child_can_be_28_days_and_one_month_old_at_once():
    slot = slot_of(date(2025, 2, 1), date(2025, 3, 1))
    assert slot == 30
    assert BAND_SETS["ministry"].band_of_slot(slot) == "0_28d"
    assert band_set("by_month", {"0m": "0d", "1m": "1m"}).band_of_slot(slot) == "1m"


def test_thirty_days_may_be_less_than_a_month():
    assert slot_of(date(2025, 1, 1), date(2025, 1, 31)) == 29
    assert slot_of(date(2025, 1, 1), date(2025, 2, 1)) == 31


def test_a_contact_before_an_estimated_birth_counts_as_newborn():
    assert slot_of(TODAY, TODAY - timedelta(days=40)) == 0


def test_every_slot_answers_every_bound_as_the_dates_do():
    """Every birth of a common and a leap year; each of the first 70 days, then every 13th for six years."""
    for born in (date(2023, 1, 1) + timedelta(days=n) for n in range(731)):
        for n in [*range(70), *range(70, 6 * 366, 13)]:
            on = born + timedelta(days=n)
            age, stands = age_at(born, on), slot_age(slot_of(born, on))
            assert min(age.days, 29) == min(stands.days, 29)
            assert min(age.months, 60) == min(stands.months, 60)
            assert age.years == stands.years


@given(DAYS, st.integers(0, 150 * 366), st.lists(st.sampled_from(BOUNDS), max_size=12))
def test_a_slot_falls_in_the_band_the_dates_give(born, days, bounds):
    bands, on = set_of(bounds), born + timedelta(days=days)
    assert bands.band_of_slot(slot_of(born, on)) == bands.band_of(age_at(born, on))


@given(DAYS, st.integers(0, 150 * 366), st.lists(st.sampled_from(BOUNDS), max_size=12))
def test_an_age_lies_in_exactly_one_band(born, days, bounds):
    crossing = {"29d", "1m"} <= {f"{bound.n}{bound.unit}" for bound in bounds}  # neither always comes first
    age, bands = age_at(born, born + timedelta(days=days)), set_of(bounds)
    holding = [
        band.key
        for band in bands.bands
        if band.low.reached(age) and not (band.high and band.high.reached(age))
    ]
    if not crossing:
        assert holding == [bands.band_of(age)]


@given(st.lists(st.sampled_from(BOUNDS), max_size=12))
def test_the_slots_of_all_bands_are_all_slots_once(bounds):
    bands = set_of(bounds)
    slots = [slot for key in bands.keys for slot in bands.slots_of(key)]
    assert sorted(slots) == list(range(MAX_SLOT + 1))


def test_slots_grow_with_age_and_fit_a_small_column():
    born = date(1900, 1, 1)
    slots = [slot_of(born, born + timedelta(days=n)) for n in range(160 * 366)]
    assert slots == sorted(slots) and slots[-1] == MAX_SLOT < 2**15
    assert set(slots) == set(range(MAX_SLOT + 1)) - {30}  # a January child is never 28 days and a month


def test_a_slot_that_does_not_exist_is_a_programming_error():
    for slot in (-1, MAX_SLOT + 1):
        with pytest.raises(ValueError):
            slot_age(slot)
        with pytest.raises(ValueError):
            BAND_SETS["published"].band_of_slot(slot)


def test_the_published_bands_are_the_published_lines():
    bands = BAND_SETS["published"]
    assert bands.keys == ("under_5", "5", "6_12", "13_17", "18_59", "60_plus")
    assert bands.lines[-1] == bands.band_of_slot(None) == "unknown"
    expected = {0: "under_5", 4: "under_5", 5: "5", 6: "6_12", 12: "6_12", 13: "13_17", 17: "13_17",
                18: "18_59", 59: "18_59", 60: "60_plus", 104: "60_plus"}  # fmt: skip
    for years, key in expected.items():
        assert bands.band_of_slot(slot_of(add_years(TODAY, -years), TODAY)) == key


def test_the_day_before_the_fifth_birthday_is_under_5():
    born, birthday = date(2021, 11, 22), date(2026, 11, 22)
    assert BAND_SETS["published"].band_of_slot(slot_of(born, birthday - timedelta(days=1))) == "under_5"
    assert BAND_SETS["published"].band_of_slot(slot_of(born, birthday)) == "5"


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("ministry", "0_28d 29d_11m 1_4 5_14 15_24 25_49 50_64 65_plus"),
        ("child_health", "0_28d 29d_5m 6_11m 12_23m 24_59m 5_plus"),
        ("dental", "under_5 5_6 7_11 12 13_14 15 16_34 35_44 45_64 65_74 75_plus"),
    ],
)
def test_the_other_sets_ship_with_their_bands(name, keys):
    assert BAND_SETS[name].keys == tuple(keys.split())


def bands(*spans):
    return BandSet("broken", tuple(
        Band(key, Bound.parse(low), Bound.parse(high) if high else None) for key, low, high in spans
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "code"),
    [
        ([], "core.bands_empty"),
        ([("a", "0d", "5y"), ("b", "6y", None)], "core.bands_gap"),
        ([("a", "0d", "5y"), ("b", "4y", None)], "core.bands_overlap"),
        ([("a", "0d", None), ("b", "4y", None)], "core.bands_overlap"),
        ([("a", "0d", "0d"), ("b", "0d", None)], "core.bands_overlap"),
        ([("a", "1y", None)], "core.bands_start"),
        ([("a", "0d", "5y"), ("b", "5y", "90y")], "core.bands_end"),
        ([("a", "0d", "5y"), ("a", "5y", None)], "core.bands_key"),
        ([("unknown", "0d", None)], "core.bands_key"),
        ([("a", "0d", "30d"), ("b", "30d", None)], "core.bands_bound"),
        ([("a", "0d", "61m"), ("b", "61m", None)], "core.bands_bound"),
        ([("a", "0d", "3w"), ("b", "3w", None)], "core.bands_bound"),
    ],
)
def test_a_set_that_loses_or_doubles_anybody_is_refused(spans, code):
    assert code_of(lambda: bands(*spans)) == code


def test_29_days_and_one_month_are_two_bounds_and_days_come_first():
    made = bands(("a", "0d", "29d"), ("b", "29d", "1m"), ("c", "1m", None))
    assert made.band_of(age_at(date(2025, 1, 1), date(2025, 1, 31))) == "b"
    assert made.band_of(age_at(date(2025, 2, 1), date(2025, 3, 1))) == "c"  # 28 days old, but one month too


def test_twelve_months_and_one_year_are_the_same_bound():
    made = bands(("a", "0d", "12m"), ("b", "1y", None))
    born = date(2024, 2, 29)
    assert made.band_of(age_at(born, date(2025, 2, 28))) == "a"
    assert made.band_of(age_at(born, date(2025, 3, 1))) == "b"


def test_dateutil_is_only_the_witness_and_the_calendar_the_judge():
    """dateutil clips 29 February to 28 February; the house rule is 1 March."""
    assert not calendar.isleap(2025)
    assert date(2024, 2, 29) + relativedelta(years=1) == date(2025, 2, 28) != add_years(date(2024, 2, 29), 1)
