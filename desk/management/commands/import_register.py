"""`manage.py import_register FILE [--dry-run] [--rejects OUT.csv]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from core.errors import RuleBroken
from core.periods import local_day
from core.words import say
from desk.register.work import describe, load_register, write_rejects


class Command(BaseCommand):
    """Load a register: good rows once, bad rows back in a file with every reason."""

    help = "Load a register kept in CSV or XLSX, one row a contact (docs/how-to/import_a_register.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check the whole file, write nothing")
        parser.add_argument("--rejects", type=Path, metavar="OUT.csv", help="write bad rows with their reasons here")
        parser.add_argument("--language", choices=["km", "en"], default="en", help="language of the reasons")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"]):
            self._load(options["file"], dry=options["dry_run"], rejects=options["rejects"])

    def _load(self, file: Path, *, dry: bool, rejects: Path | None) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        today = local_day(timezone.now())
        bar = ProgressBar()
        try:
            summary = load_register(content, by=None, today=today, dry=dry, progress=bar.show)
        except RuleBroken as broken:
            raise CommandError(say(broken)) from None
        finally:
            bar.end()
        if rejects:
            rejects.write_bytes(write_rejects(summary))
        self.stdout.write(describe(summary, dry=dry))
        if summary.rejects and not rejects:
            for row, reasons in summary.rejects[:10]:
                self.stdout.write(f"  {row.line}: " + "; ".join(say(reason) for reason in reasons))
            self.stdout.write(
                "  …" if len(summary.rejects) > 10 else "", ending="\n" if len(summary.rejects) > 10 else ""
            )


class ProgressBar:
    """A bar on standard error, redrawn a few times a second; on anything but a terminal, a line every few seconds."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.shown = 0.0
        self.terminal = sys.stderr.isatty()

    def show(self, done: int, total: int) -> None:
        """Show how far the work is."""
        now = time.monotonic()
        if now - self.shown < (0.1 if self.terminal else 5) and done < total:
            return
        self.shown = now
        left = (now - self.begun) / done * (total - done) if done else 0
        filled = done * 30 // total if total else 30
        line = f"[{'#' * filled}{'.' * (30 - filled)}] {done}/{total}  {left:.0f} s left "
        sys.stderr.write(f"\r{line}" if self.terminal else f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the bar's line."""
        if self.terminal and self.shown:
            sys.stderr.write("\n")
