"""`manage.py demo`: fill an empty database with the demonstration year."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from core.errors import RuleBroken
from core.words import say
from desk.demo import build
from desk.demo.colleagues import LOGINS
from desk.management.commands.import_register import ProgressBar
from sync import demo as tablets


class Command(BaseCommand):
    """Make people, contacts, open work and tablets that are made up, and say who may log in."""

    help = "Fill an empty database with the demonstration year (docs/how-to/show_the_demonstration.md)."

    def handle(self, *args: Any, **options: Any) -> None:
        begun, bars = time.monotonic(), Bars()
        with translation.override("km"):
            try:
                build.build(now=timezone.now(), say=self.tell, progress=bars.show, and_then=[tablets.tell])
            except RuleBroken as broken:
                with translation.override("en"):
                    raise CommandError(say(broken)) from None
            finally:
                bars.end()
        self.tell(f"Done in {time.monotonic() - begun:.0f} s. Log-ins (user name, password):")
        for username, password in LOGINS:
            self.tell(f"  {username:<14} {password}")

    def tell(self, text: str) -> None:
        """Print a line at once."""
        self.stdout.write(text)
        self.stdout.flush()


class Bars:
    """One progress bar after the other."""

    def __init__(self) -> None:
        self.bar: ProgressBar | None = None

    def show(self, done: int, total: int) -> None:
        """Show how far the work is."""
        self.bar = self.bar or ProgressBar()
        self.bar.show(done, total)
        if done >= total:
            self.end()

    def end(self) -> None:
        """Leave the bar's line."""
        if self.bar:
            self.bar.end()
        self.bar = None
