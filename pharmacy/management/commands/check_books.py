"""`manage.py check_books`: prove that money and medicine balance; exit with 1 and every broken rule if not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pharmacy.models import Entry, Move
from pharmacy.services import books, proving


class Command(BaseCommand):
    """Prove the books, and let the house know what was found: for a machine without the nightly clock, too."""

    help = "Prove that every entry and move balances, nothing is below zero on any day, and no receipt is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every proof; name the first row that breaks each rule."""
        began = timezone.now()
        found = books.all_broken(now=began)
        proving.keep(found, began=began, ended=timezone.now())
        if found:
            raise CommandError("\n".join(str(broken) for broken in found))
        for awaited in books.not_yet_arrived():
            days = (began - awaited.since).days
            self.stdout.write(f"Not yet arrived from tablet {awaited.book}, for {days} days: {awaited}")
        entries, moves = Entry.objects.count(), Move.objects.count()
        self.stdout.write(f"The books are whole: {entries} entries, {moves} moves, {len(books.PROOFS)} proofs.")
