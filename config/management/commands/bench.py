"""Measure the house on the configured kind of database, in a scratch database of its own."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from bench.frame import Fresh, Measurement, as_row, run, scratch_databases, tabulate
from bench.measurements import MEASUREMENTS


class Command(BaseCommand):
    """Run one measurement, or all of them, and print figures; nothing is judged."""

    help = "Measure one thing, or `all`: p50 and p95 in ms, throughput, statements a request."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what to measure and on how much."""
        parser.add_argument("name", choices=[*MEASUREMENTS, "all"])
        parser.add_argument("--size", type=int, help="how many people, or rows of the register")
        parser.add_argument("--rounds", type=int, help="how often it is timed")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, name: str, size: int | None, rounds: int | None, json: bool, **options: Any) -> None:
        """Run and print."""
        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not json:
            heads = ("", "database", "size", "rounds", "p50 ms", "p95 ms", "per s", "queries")
            self.stdout.write("{:<10}{:<12}{:>8}{:>8}{:>10}{:>10}{:>10}{:>9}".format(*heads))
        with scratch_databases() as fresh:
            for one in MEASUREMENTS if name == "all" else [name]:
                if MEASUREMENTS[one].table and name != "all":
                    self._print_table(MEASUREMENTS[one], fresh, size, rounds, as_lines=json)
                    continue
                row = as_row(run(one, MEASUREMENTS[one], fresh, size=size, rounds=rounds))
                self.stdout.write(as_json(row) if json else as_line(row))
                self.stdout.flush()

    def _print_table(
        self, measurement: Measurement, fresh: Fresh, size: int | None, rounds: int | None, *, as_lines: bool
    ) -> None:
        heads: tuple[str, ...] = ()
        for row in tabulate(measurement, fresh, size=size, rounds=rounds):
            if not as_lines and tuple(row) != heads:
                heads = tuple(row)
                self.stdout.write("{:<28}".format("") + "".join(f"{head:>12}" for head in heads[1:]))
            said = "{:<28}".format(row["kind"]) + "".join(f"{row[head]:>12}" for head in heads[1:])
            self.stdout.write(as_json(row) if as_lines else said)
            self.stdout.flush()


def as_json(row: dict[str, Any]) -> str:
    """Return a result as one line of JSON."""
    return json.dumps(row)


def as_line(row: dict[str, Any]) -> str:
    """Return a result as one line of a table."""
    return "{name:<10}{database:<12}{size:>8}{rounds:>8}{p50:>10}{p95:>10}{per_second:>10}{queries:>9}".format(**row)
