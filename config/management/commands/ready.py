"""Bring everything up to date without starting anything: for an image, a deployment, a continuous build."""

from __future__ import annotations

from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from config import ready


class Command(BaseCommand):
    """Words, pictures, static files, database: each only when something is new."""

    help = "Bring words, pictures, static files and the database up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the one choice."""
        parser.add_argument("--without-database", action="store_true", help="stop before the database is needed")

    def handle(self, *, without_database: bool, **options: Any) -> None:
        """Do each step and say what was done."""
        with ready.one_at_a_time():
            ready.compile_catalogues()
            ready.make_assets()
            if not without_database:
                ready.collect_static()
                ready.migrate(self.stdout.write)
                call_command("check", databases=["default"], stdout=StringIO())
        self.stdout.write("Ready.")
