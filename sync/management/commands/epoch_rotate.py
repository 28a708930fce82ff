"""`manage.py epoch_rotate --why …`: the last step of every restore."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.ids import patient_number
from core.khmer import normalise
from sync.services import history

LONGEST = 120


class Command(BaseCommand):
    help = "Begin a new history after a restore, so that tablets send again what the copy does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--why", required=True, help="which copy was put in place, and why")

    def handle(self, *args: Any, why: str, **options: Any) -> None:
        if not (why := normalise(why)[:LONGEST]):
            raise CommandError("Say why.")
        begun = history.rotate(why=why, at=timezone.now())
        block, book = history.goes_on_with()
        self.stdout.write(f"A new history has begun: {begun.pk}")
        self.stdout.write(f"Patient numbers go on with {patient_number(block.next)}, receipts with book {book.prefix}.")
        self.stdout.write("Tablets send again what they keep, at their next contact.")
