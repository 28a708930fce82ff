"""`manage.py check_books`: prove that money and medicine balance; exit with 1 and the first broken row if not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pharmacy.models import Entry, Move
from pharmacy.services import books

LONGEST = 30  # days that a tablet's receipt may be on its way before it counts as missing


class Command(BaseCommand):
    """Prove the books."""

    help = "Prove that every entry and move balances, nothing is below zero on any day, and no receipt is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every proof; name the first row that fails."""
        if broken := books.first_broken():
            raise CommandError(str(broken))
        for awaited in books.not_yet_arrived():
            days = (timezone.now() - awaited.since).days
            if days > LONGEST:
                raise CommandError(f"A gap in the receipts of a tablet for {days} days: {awaited}")
            self.stdout.write(f"Not yet arrived from tablet {awaited.book}, for {days} days: {awaited}")
        entries, moves = Entry.objects.count(), Move.objects.count()
        self.stdout.write(f"The books are whole: {entries} entries, {moves} moves, {len(books.PROOFS)} proofs.")
