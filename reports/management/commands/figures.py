"""`manage.py figures`: print the figures of a period as data."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from core.ages import BAND_SETS
from core.errors import RuleBroken
from core.words import say
from reports import selectors
from reports.contract import as_csv, as_dict, as_table
from reports.cube import Cube
from reports.naming import bands_named, period_named


def as_json(cube: Cube) -> str:
    """Return the contract as text."""
    return json.dumps(as_dict(cube), ensure_ascii=False, indent=2) + "\n"


FORMATS = {"json": as_json, "csv": as_csv, "table": as_table}


class Command(BaseCommand):
    help = "Print the figures of a period. The JSON is a versioned contract: docs/figures.md."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", required=True, metavar="YYYY-MM", help="the first month")
        parser.add_argument("--to", dest="last", default="", metavar="YYYY-MM", help="the last month; else the first")
        parser.add_argument("--bands", default="published", metavar="SET", help=f"{', '.join(BAND_SETS)}, or your own")
        parser.add_argument("--format", choices=FORMATS, default="table")

    def handle(self, **options: Any) -> None:
        # The terminal speaks English whatever the pages speak: few terminals set Khmer in columns.
        with translation.override("en"):
            try:
                period = period_named(options["first"], options["last"])
                bands = bands_named(options["bands"])
            except RuleBroken as error:
                raise CommandError(say(error), returncode=2) from error
            self.stdout.write(FORMATS[options["format"]](selectors.count(period, bands)), ending="")
