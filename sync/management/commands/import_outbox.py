"""`manage.py import_outbox FILE`: take the sealed outbox that a tablet wrote when nothing else was left."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from core.errors import RuleBroken
from core.words import say
from sync.services import outbox_files


class Command(BaseCommand):
    help = "Take the ops of a tablet's sealed outbox file. Safe to run again: what is here already stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only tell what the file holds")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        with translation.override("en"):
            try:
                sent = outbox_files.read(file.read_text(encoding="utf-8"))
                act = outbox_files.try_out if dry_run else outbox_files.bring
                brought = act(sent, now=timezone.now())
            except OSError as error:
                raise CommandError(f"{file}: {error.strerror}") from None
            except UnicodeDecodeError:
                raise CommandError(f"{file} is no outbox of a tablet.") from None
            except RuleBroken as broken:
                raise CommandError(f"{file}: {say(broken)}") from None
        self.stdout.write(f"{_name(brought)}: {brought.ops} saves{', nothing kept' if dry_run else ''}")
        for what, count in sorted(brought.became.items()):
            self.stdout.write(f"  {what}: {count}")
        if brought.became["retry"]:
            raise CommandError("The database was busy; run it again.")


def _name(brought: outbox_files.Brought) -> str:
    if brought.device is None:
        return "A tablet that this server does not know"
    state = "" if brought.way == outbox_files.Way.FILE else f" ({brought.device.get_state_display()})"
    return f"{brought.device}{state}"
