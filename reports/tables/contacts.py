"""The tables of contacts: services, ages, months, conditions, hand-outs, published results, definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext

from reports import bands, published
from reports.charts import condition_name
from reports.cube import Cube, assert_whole
from reports.figures import COUNTED, FIGURES, HAND_OUTS
from reports.naming import SERVICES, SERVICES_SHORT, SEXES, band_words, month_words
from reports.tables.shape import Column, Number, Row, Table

ASSESSED = "patients_assessed"


def _number(cube: Cube, figure: str, **keys: str) -> Number:
    return Number(cube.sum(figure, **keys), figure, keys)


def summary(cube: Cube) -> Table:
    """Tell every figure with its total and what it counts."""
    rows: list[Row] = [(str(f.words), _number(cube, f.name), str(f.counts_words)) for f in COUNTED]
    columns = [
        Column(gettext("Figure"), number=False),
        Column(gettext("Number")),
        Column(gettext("Counts"), number=False),
    ]
    return Table("summary", gettext("Summary"), columns, rows)


def services(cube: Cube) -> Table:
    """Tell the patients assessed by service and sex."""
    rows: list[Row] = [
        (str(SERVICES[service]), *_by_sex(cube, service=service), _number(cube, ASSESSED, service=service))
        for service in ("inpatient", "outpatient", "mobile")
    ]
    total: Row = (gettext("Total"), *_by_sex(cube), _number(cube, ASSESSED))
    _assert_adds_up(rows, total)
    columns = [Column(gettext("Service"), number=False), *_sexes(), Column(gettext("Total"))]
    return Table("services", gettext("Patients assessed by service"), columns, rows, total)


def ages(cube: Cube) -> Table:
    """Tell the patients assessed by age, service and sex; every age and the unknown ones, with totals both ways."""
    names = cube.keys("service")
    rows: list[Row] = [
        (band_words(cube.bands, band), *_by_service_and_sex(cube, band=band)) for band in cube.keys("band")
    ]
    total: Row = (gettext("Total"), *_by_service_and_sex(cube))
    _assert_adds_up(rows, total)
    every = gettext("All services")
    columns = [Column(gettext("Age at the contact"), number=False)]
    columns += [Column(column.words, str(SERVICES_SHORT[name])) for name in names for column in _sexes()]
    columns += [*(Column(column.words, every) for column in _sexes()), Column(gettext("Total"), every)]
    title = gettext("Patients assessed by age, service and sex")
    note = gettext("Age bands: %(bands)s. Age is that at the date of each contact.") % {
        "bands": bands.words(cube.bands.key),
    }
    return Table("ages", title, columns, rows, total, f"{note} {unknown_ages(cube)}".strip())


def _by_service_and_sex(cube: Cube, **keys: str) -> list[Number]:
    cells = [number for service in cube.keys("service") for number in _by_sex(cube, service=service, **keys)]
    every, total = _by_sex(cube, **keys), _number(cube, ASSESSED, **keys)
    assert_whole((number.value for number in cells), total.value)
    assert_whole((number.value for number in every), total.value)
    return [*cells, *every, total]


def _by_sex(cube: Cube, **keys: str) -> list[Number]:
    return [_number(cube, ASSESSED, sex=sex, **keys) for sex in SEXES]


def _sexes() -> list[Column]:
    return [Column(str(words)) for words in SEXES.values()]


def _assert_adds_up(rows: Sequence[Row], total: Row) -> None:
    """Make sure that each column adds up to its total: the bands and the unknown ones are everybody."""
    for column, last in enumerate(total):
        if isinstance(last, Number):
            assert_whole((row[column].value for row in rows), last.value)  # type: ignore[union-attr]


def unknown_ages(cube: Cube) -> str:
    """Return how many contacts have no known age, or nothing when all have one."""
    number = cube.sum(ASSESSED, band="unknown")
    if not number:
        return ""
    words = gettext("The age is unknown in %(number)s contacts; they have a line of their own, part of every total.")
    return words % {"number": f"{number:,}"}


def hand_outs(cube: Cube) -> Table:
    """Tell what the mobile team gave, by the sex of who received it."""
    rows: list[Row] = [
        (str(FIGURES[name].words), *(_number(cube, name, sex=sex) for sex in SEXES), _number(cube, name))
        for name in HAND_OUTS
    ]
    checked = cube.sum(ASSESSED, service="mobile")
    note = gettext("Out of %(number)s patients checked by the mobile team.") % {"number": f"{checked:,}"}
    columns = [Column(gettext("Given at a check-up"), number=False), *_sexes(), Column(gettext("Total"))]
    return Table("hand_outs", gettext("Hand-outs of the mobile team"), columns, rows, note=note)


def months(cube: Cube) -> Table:
    """Tell the months of the period: contacts by service, new patients, hand-outs; they add up to the total."""
    others = ["new_patients_admitted", *HAND_OUTS]

    def numbers(**keys: str) -> list[Number]:
        by_service = [_number(cube, ASSESSED, service=service, **keys) for service in cube.keys("service")]
        total = _number(cube, ASSESSED, **keys)
        assert_whole((number.value for number in by_service), total.value)
        return [*by_service, total, *(_number(cube, name, **keys) for name in others)]

    rows: list[Row] = [(month_words(month), *numbers(month=month)) for month in cube.keys("month")]
    total: Row = (gettext("Total"), *numbers())
    _assert_adds_up(rows, total)
    columns = [Column(gettext("Month"), number=False)]
    columns += [Column(str(SERVICES_SHORT[service])) for service in cube.keys("service")]
    columns += [Column(str(FIGURES[name].words)) for name in (ASSESSED, *others)]
    return Table("months", gettext("Month by month"), columns, rows, total)


def trend(numbers: Mapping[str, Mapping[str, int]]) -> Table:
    """Tell the contacts of the months up to now, by service."""
    columns = [Column(gettext("Month"), number=False)]
    services_of = list(next(iter(numbers.values())))
    columns += [*(Column(str(SERVICES_SHORT[s])) for s in services_of), Column(gettext("Total"))]
    rows: list[Row] = [
        (
            month_words(month),
            *(Number(by[service], ASSESSED, {"month": month, "service": service}) for service in services_of),
            Number(sum(by.values()), ASSESSED, {"month": month}),
        )
        for month, by in numbers.items()
    ]
    return Table("trend", gettext("Patients assessed, month by month"), columns, rows)


def conditions(cube: Cube, top: int | None = None) -> Table:
    """Tell the contacts by condition, the most frequent first; what `top` leaves out is said in the note."""
    name = "contacts_by_condition"
    rows: list[Row] = [
        (condition_name(row), Number(row.count, name, {"condition": row.key})) for row in list(cube.conditions)[:top]
    ]
    left = len(cube.conditions) - len(rows)
    more = gettext("%(number)d more conditions stand in the Excel file.") % {"number": left} if left else ""
    both = gettext("A contact with two diagnoses stands under both.")
    columns = [Column(gettext("Condition"), number=False), Column(gettext("Contacts"))]
    return Table("conditions", str(FIGURES[name].words), columns, rows, note=f"{both} {more}".strip())


def published_results(cube: Cube) -> Table:
    """Tell the results of a year as the centre publishes them."""
    rows: list[Row] = [
        (words, Number(value, line.figure, dict(line.keys)), note)
        for line, (words, value, note) in zip(published.LINES, published.rows(cube), strict=True)
    ]
    columns = [
        Column(gettext("Result"), number=False),
        Column(gettext("Number")),
        Column(gettext("Note"), number=False),
    ]
    return Table("published", gettext("Published results"), columns, rows, note=published.left_out(cube))


def definitions(said: Sequence[Table] = ()) -> Table:
    """Tell what each figure counts, in words: of those that stand in some tables, else of all."""
    names = {cell.figure for table in said for row in table.rows for cell in row if isinstance(cell, Number)}
    shown = [figure for figure in FIGURES.values() if figure.name in names or not said]
    rows: list[Row] = [(str(f.words), str(f.counts_words), str(f.definition)) for f in shown]
    words = (gettext("Figure"), gettext("Counts"), gettext("Definition"))
    columns = [Column(heading, number=False) for heading in words]
    return Table("definitions", gettext("What the figures count"), columns, rows)
