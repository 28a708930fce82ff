"""The pictures of the figures, drawn the same on screen and on paper; a table stands behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext

from core.ages import UNKNOWN
from core.charts import Chart, Series
from core.khmer import month_name
from core.periods import Month
from core.svg import svg
from reports.cube import SERVICES, ConditionCount, Cube
from reports.naming import SERVICES_SHORT, SEXES, band_words

TOP = 10


def picture(chart: Chart, *, width: float = 760, height: float = 260) -> str:
    """Draw a chart for a page whose heading names it already; our own words, escaped where they are drawn."""
    bare = replace(chart, title="")
    return mark_safe(svg(bare, width=width, height=height, language=get_language() or "km", name=chart.title))


def pyramid(cube: Cube) -> Chart:
    """Show the patients assessed by age and sex; those of unknown age have no place in it."""
    bands = [band for band in cube.keys("band") if band != UNKNOWN]
    series = [
        Series(str(words), [cube.sum("patients_assessed", band=band, sex=sex) for band in bands])
        for sex, words in SEXES.items()
    ]
    title = gettext("Patients assessed by age and sex")
    return Chart("pyramid", title, [band_words(cube.bands, band) for band in bands], series)


def months(numbers: Mapping[str, Mapping[str, int]]) -> Chart:
    """Show the contacts of each month, one colour a service."""
    series = [Series(str(SERVICES_SHORT[s]), [by_service[s] for by_service in numbers.values()]) for s in SERVICES]
    names = [short_month(Month(month), len({text[:4] for text in numbers}) > 1) for month in numbers]
    return Chart("stacked", gettext("Patients assessed, month by month"), names, series)


def short_month(month: Month, with_year: bool = False) -> str:
    """Name a month in a narrow place: Nov, or Nov 26 where two years meet; Khmer months are short already."""
    language = get_language() or "km"
    name = month_name(month.number, language)
    name = name if language == "km" else name[:3]
    return f"{name} {month.text[2:4]}" if with_year else name


def top_conditions(conditions: Sequence[ConditionCount], top: int = TOP) -> Chart:
    """Show the most frequent conditions."""
    shown = conditions[:top]
    names = [condition_name(row) for row in shown]
    return Chart("rows", gettext("Most frequent conditions"), names, [Series("", [row.count for row in shown])])


def condition_name(row: ConditionCount) -> str:
    """Return the condition's name in the language of the moment."""
    return row.name_en if get_language() == "en" else row.name_km
