"""`manage.py make_ca`: HTTPS without internet, an authority of the centre's own and a certificate for this machine."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import authority


class Command(BaseCommand):
    """Make what is missing or too old; print what stands."""

    help = "Make the centre's own authority and a certificate for this machine (docs/how-to/set_up_a_tablet.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the names, and the way to begin anew."""
        parser.add_argument(
            "--name", action="append", default=[], help="one more name of this machine, e.g. clinic.lan"
        )
        parser.add_argument("--new", action="store_true", help="another authority: every tablet needs it again")

    def handle(self, *, name: list[str], new: bool, **options: Any) -> None:
        """Make and tell."""
        if new:
            authority.forget(settings.TLS_DIR)
        made = stand_ready(name)
        self.stdout.write(
            f"Authority: {'made' if made.new_authority else 'stands'}, {settings.TLS_DIR / authority.CA}\n"
            f"  SHA-256 {spaced(made.mark)}\n"
            f"Certificate: {'made' if made.new_certificate else 'stands'}, until {made.until:%d/%m/%Y}, for\n  "
            + ", ".join(map(str, (*made.names, *made.addresses)))
            + f"\nKeep a copy of {settings.TLS_DIR} with the backups: a new laptop needs the same authority."
        )


def stand_ready(names: list[str]) -> authority.Made:
    """Bring authority and certificate of this machine up to date; raises CommandError with what to do."""
    try:
        return authority.ready(
            settings.TLS_DIR, names=authority.names_here(names), addresses=authority.addresses_here(),
            now=timezone.now(), centre=settings.CENTRE["name_en"],
        )  # fmt: skip
    except (authority.Unusable, OSError) as error:
        raise CommandError(str(error)) from None


def spaced(mark: str) -> str:
    """Write a fingerprint in groups that can be read out."""
    return " ".join(mark[at : at + 4] for at in range(0, len(mark), 4))
