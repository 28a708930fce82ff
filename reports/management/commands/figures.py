"""`manage.py figures`: print the figures of a period as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from core.ages import BAND_SETS, BandSet
from core.errors import RuleBroken
from core.periods import local_day
from core.words import say
from reports import ranges, selectors
from reports.asking import ask
from reports.contract import answer_as_csv, answer_as_dict, answer_as_table, as_csv, as_dict, as_table
from reports.cube import Cube
from reports.naming import bands_named, period_named


def as_json(cube: Cube) -> str:
    """Return the contract as text."""
    return json.dumps(as_dict(cube), ensure_ascii=False, indent=2) + "\n"


def one_figure(bands: BandSet, options: Mapping[str, Any]) -> str:
    """Return one figure in the format asked for. Raises RuleBroken for what makes no question."""
    span = ranges.named(options["first"], options["last"], today=local_day(timezone.now()))
    by = [name for name in options["by"].split(",") if name]
    where = dict(text.partition("=")[::2] for text in options["where"])
    answer = ask(options["figure"], span, by=by, where=where, bands=bands)
    found = answer_as_dict(answer, span, bands)
    if options["format"] == "json":
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    return answer_as_csv(found) if options["format"] == "csv" else answer_as_table(answer, found)


FORMATS = {"json": as_json, "csv": as_csv, "table": as_table}


class Command(BaseCommand):
    help = "Print the figures of a period. The JSON is a versioned contract: docs/figures.md."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", required=True, metavar="YYYY-MM", help="the first month, or a day")
        parser.add_argument("--to", dest="last", default="", metavar="YYYY-MM", help="the last; else the first")
        parser.add_argument("--bands", default="published", metavar="SET", help=f"{', '.join(BAND_SETS)}, or your own")
        parser.add_argument("--format", choices=FORMATS, default="table")
        parser.add_argument("--figure", default="", metavar="NAME", help="one figure, told apart as --by says")
        parser.add_argument("--by", default="", metavar="A,B", help="dimensions of that figure: month,sex")
        parser.add_argument("--where", action="append", default=[], metavar="A=KEY", help="narrow it: service=mobile")

    def handle(self, **options: Any) -> None:
        # The terminal speaks English whatever the pages speak: few terminals set Khmer in columns.
        with translation.override("en"):
            try:
                bands = bands_named(options["bands"])
                if options["figure"]:
                    self.stdout.write(one_figure(bands, options), ending="")
                    return
                period = period_named(options["first"], options["last"])
            except RuleBroken as error:
                raise CommandError(say(error), returncode=2) from error
            self.stdout.write(FORMATS[options["format"]](selectors.count(period, bands)), ending="")
