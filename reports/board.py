"""The parts of the dashboard as its template takes them: tables whose numbers open, and pictures beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from core.ages import UNKNOWN
from core.charts import Chart, Series
from core.money import Currency, Money
from core.periods import Month
from reports import dashboard, ranges
from reports.asking import Span
from reports.charts import picture, short_month
from reports.cube import assert_whole
from reports.dashboard import ASSESSED, CONDITIONS, Asked, Found, Line, Row
from reports.figures import FIGURES
from reports.linked import behind_address
from reports.naming import SERVICES_SHORT, SEXES, band_words, month_words

TOP = 10
Cell = dict[str, Any]


@dataclass(frozen=True)
class Board:
    """What was asked and found, on which page, and whether its reader may open the records behind a number."""

    asked: Asked
    found: Found
    page: str
    opens: bool

    def cell(self, number: int, at: str, figure: str, span: Span | None = None, **keys: str) -> Cell:
        """Return a number for `reports/cell.html`, with the way to its records and from there back to part `at`."""
        currency = keys.get("currency")
        words = Money(number, Currency(currency)).format() if currency else f"{number:,}"
        cell: Cell = {"number": words, "href": "", "is_number": True}
        if self.opens and number:
            days, where = span or self.asked.days.now, {**self.asked.where, **keys}
            cell["href"] = behind_address(figure, days, self.asked.bands, where, back=f"{self.page}#{at}")
        return cell

    # --- The chosen days beside others ---

    def comparison(self) -> dict[str, Any]:
        """Return each figure beside the days before and a year earlier, by group, and the tiles on top."""
        found, days = self.found.rows, self.asked.days
        groups: list[dict[str, Any]] = [
            {"words": group.words, "rows": [self._compared(row) for row in found[group.key] if _shown(row)]}
            for group in dashboard.GROUPS
            if group.key in found
        ]
        first = [row for row in groups[0]["rows"] if not row["part"]] if groups else []
        return {
            "groups": [group for group in groups if group["rows"]],
            "tiles": first[:4],
            "headings": [ranges.span_words(span) for span in days.spans],
            "columns": 2 * len(days.spans),
            "left_out": dashboard.left_out(self.asked),
        }

    def _compared(self, row: Row) -> dict[str, Any]:
        line, numbers = row.line, dict(zip(self.asked.days.three, (row.now, row.before, row.year_ago), strict=True))
        cells = [self.cell(number, "compared", line.figure, span, **line.keys) for span, number in numbers.items()]
        others = [
            {"cell": cell, "change": change(row.now, number), "words": ranges.span_words(span)}
            for cell, (span, number) in list(zip(cells, numbers.items(), strict=True))[1:]
        ]
        figure = FIGURES[line.figure]
        counts = "" if line.part or "currency" in line.keys else figure.counts_words
        return {"words": line_words(line), "part": line.part, "counts": counts, "now": cells[0], "others": others}

    # --- Month by month ---

    def trend(self) -> dict[str, Any]:
        """Return the contacts of twelve months by service, and beside the twelve months before."""
        now, before = self.found.trend
        services = [name for name in SERVICES_SHORT if any(by.get(name) for by in (*now.values(), *before.values()))]
        rows = [self._month(month, by, services, sum(before[earlier].values())) for (month, by), earlier in
                zip(now.items(), before, strict=True)]  # fmt: skip
        return {
            "columns": [*(str(SERVICES_SHORT[name]) for name in services), gettext("Total"), gettext("A year earlier")],
            "rows": rows,
            "chart": picture(_two_years(now, before), width=460, height=240),
            "stacked": picture(_by_service(now, services), width=460, height=240) if len(services) > 1 else "",
        }

    def _month(self, text: str, by: Mapping[str, int], services: Sequence[str], earlier: int) -> dict[str, Any]:
        month = Month(text)
        span, total = Span.of(month), sum(by.values())
        assert_whole((by.get(name, 0) for name in services), total)
        cells = [self.cell(by.get(name, 0), "months", ASSESSED, span, service=name) for name in services]
        cells.append(self.cell(total, "months", ASSESSED, span))
        cells.append(self.cell(earlier, "months", ASSESSED, ranges.back(span, 12)))
        return {"words": month_words(month), "cells": cells}

    def money(self) -> list[dict[str, Any]]:
        """Return what the funds were given and what they paid, month by month, each currency apart; none without."""
        funds = self.found.fund
        return [_money(currency, months) for currency, months in funds.items() if any(map(any, months.values()))]

    def teeth(self) -> dict[str, Any] | None:
        """Return the mean dmft and DMFT by age; None where teeth cannot be narrowed as asked."""
        found = self.found.mouths
        if found is None:
            return None
        names = [band_words(self.asked.bands, band) for band in found]
        means = [mouths.means for mouths in found.values()]
        series = [
            Series(gettext("Mean dmft, milk teeth"), [round(milk, 1) for milk, _ in means]),
            Series(gettext("Mean DMFT, permanent teeth"), [round(permanent, 1) for _, permanent in means]),
        ]
        chart = Chart("bar", gettext("Decayed, missing and filled teeth, by age"), names, series)
        rows = [
            {"words": name, "cells": [
                self.cell(mouths.charted, "teeth", "mouths_charted", band=band),
                *({"number": f"{mean:.1f}", "is_number": True} for mean in mouths.means),
            ]}
            for name, (band, mouths) in zip(names, found.items(), strict=True)
        ]  # fmt: skip
        columns = [str(FIGURES["mouths_charted"].words), *(one.label for one in series)]
        return {"columns": columns, "rows": rows, "chart": picture(chart, width=460, height=240) if rows else ""}

    # --- Who they were, what they had ---

    def ages(self) -> dict[str, Any]:
        """Return the contacts by age and sex, those of unknown age on a line of their own, and the pyramid."""
        answer, bands = self.found.ages, self.asked.bands
        keys, sexes = list(answer.along("band")), list(answer.along("sex"))
        grid = {(band, sex): answer.value(band=band, sex=sex) for band in keys for sex in sexes}
        assert_whole(grid.values(), answer.total)
        rows = [
            {"words": band_words(bands, band), "cells": [
                *(self.cell(grid[band, sex], "ages", ASSESSED, band=band, sex=sex) for sex in sexes),
                self.cell(sum(grid[band, sex] for sex in sexes), "ages", ASSESSED, band=band),
            ]}
            for band in keys
        ]  # fmt: skip
        total = [*(self.cell(answer.value(sex=sex), "ages", ASSESSED, sex=sex) for sex in sexes),
                 self.cell(answer.total, "ages", ASSESSED)]  # fmt: skip
        drawn = [band for band in keys if band != UNKNOWN]
        series = [Series(str(SEXES[sex]), [grid[band, sex] for band in drawn]) for sex in sexes]
        title = gettext("Patients assessed by age and sex")
        chart = (
            Chart("pyramid", title, [band_words(bands, band) for band in drawn], series) if len(series) == 2 else None
        )
        return {
            "columns": [*(str(SEXES[sex]) for sex in sexes), gettext("Total")], "rows": rows, "total": total,
            "chart": picture(chart, width=380, height=300) if chart and answer.total else "",
        }  # fmt: skip

    def conditions(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """Return the most frequent conditions and how many more there were."""
        numbers = self.found.conditions.items()
        order = sorted(((n, key) for key, n in numbers if n), key=lambda pair: (-pair[0], pair[1]))
        shown = [(str(names.get(key, key)), key, n) for n, key in order[:TOP]]
        chart = Chart(
            "rows",
            str(FIGURES[CONDITIONS].words),
            [words for words, _, _ in shown],
            [Series("", [n for *_, n in shown])],
        )
        return {
            "rows": [{"words": words, "cells": [self.cell(n, "conditions", CONDITIONS, condition=key)]}
                     for words, key, n in shown],
            "chart": picture(chart, width=380, height=30 + 26 * len(shown)) if shown else "",
            "left": len(order) - len(shown),
        }  # fmt: skip


def line_words(line: Line) -> str:
    """Return what a line of the comparison is called."""
    if service := line.keys.get("service"):
        return str(SERVICES_SHORT[service])
    if line.keys.get("band") == UNKNOWN:
        return gettext("Ages unknown")
    return str(FIGURES[line.figure].words)


def _money(currency: Currency, months: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    given, paid = gettext("Given"), gettext("Paid for medicine and patients")
    whole = 10**currency.decimals
    series = [
        Series(words, [max(both[n], 0) / whole for both in months.values()]) for n, words in enumerate((given, paid))
    ]  # what was taken back may outweigh a month: a bar has no place below zero, the table says it
    title = gettext("In and out, in %(currency)s") % {"currency": currency.sign}
    chart = Chart("bar", title, [short_month(Month(text)) for text in months], series, values=False)
    rows = [
        {
            "words": month_words(text),
            "cells": [{"number": Money(n, currency).format(), "is_number": True} for n in both],
        }
        for text, both in months.items()
    ]
    return {"title": title, "columns": [given, paid], "rows": rows, "chart": picture(chart, width=460, height=220)}


def villages(rows: Sequence[Any]) -> dict[str, Any]:
    """Return the villages on the routes: how many, how many wait for too long, and those that wait longest."""
    waiting = [row for row in rows if row.overdue]
    drawn = [row for row in rows if row.weeks is not None][:TOP]
    title = gettext("Weeks since the team was last there")
    chart = Chart("rows", title, [str(row.village) for row in drawn], [Series("", [row.weeks for row in drawn])])
    picked = picture(chart, width=380, height=30 + 26 * len(drawn)) if any(row.weeks for row in drawn) else ""
    return {"all": len({row.village.pk for row in rows}), "waiting": len({row.village.pk for row in waiting}),
            "rows": list(rows[:TOP]), "chart": picked, "title": title}  # fmt: skip


def shelves(rows: Iterable[Any]) -> dict[str, Any]:
    """Return the medicines something is wrong with, in groups: out, running low, soon expiring, expired."""
    rows = list(rows)
    groups = {
        "out": [row for row in rows if row.known and row.usable <= 0],
        "low": [row for row in rows if 0 < row.usable <= row.reorder_at],
        "soon": [row for row in rows if row.soon > 0],
        "expired": [row for row in rows if row.expired > 0],
    }
    words = {
        "out": gettext("Out of stock"), "low": gettext("Running low"), "soon": gettext("Expires within 90 days"),
        "expired": gettext("Expired"),
    }  # fmt: skip
    return {
        "groups": [
            {"key": key, "words": words[key], "number": len(found), "names": [str(row) for row in found[:TOP]]}
            for key, found in groups.items()
        ]
    }


def _shown(row: Row) -> bool:
    """Leave out a currency in which nothing was given or paid."""
    return not (row.empty and "currency" in row.line.keys)


def change(now: int, then: int) -> dict[str, Any]:
    """Return how much a number has changed: in words, and which way; nothing where there was nothing before."""
    if not then:
        return {"words": "", "way": ""}
    hundredths = round((now - then) * 100 / then)
    way = "up" if now > then else "down" if now < then else "same"
    sign = {"up": "+", "down": "−", "same": ""}[way] if hundredths else ""
    return {"words": f"{sign}{abs(hundredths):,} %", "way": way}


def _two_years(now: Mapping[str, Mapping[str, int]], before: Mapping[str, Mapping[str, int]]) -> Chart:
    names = [short_month(Month(text)) for text in now]
    sums = [sum(by.values()) for by in (*before.values(), *now.values())]
    began = next((n for n, number in enumerate(sums) if number), len(sums))  # before the centre began nothing is known
    known = [None if n < began else number for n, number in enumerate(sums)]
    series = [
        Series(gettext("These twelve months"), known[len(before) :]),
        Series(gettext("The twelve months before"), known[: len(before)]),
    ]
    return Chart("line", gettext("Patients assessed, beside a year earlier"), names, series)


def _by_service(now: Mapping[str, Mapping[str, int]], services: Sequence[str]) -> Chart:
    names = [short_month(Month(text)) for text in now]
    series = [Series(str(SERVICES_SHORT[name]), [by.get(name, 0) for by in now.values()]) for name in services]
    return Chart("stacked", gettext("Patients assessed by service"), names, series)
