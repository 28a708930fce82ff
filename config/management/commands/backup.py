"""`manage.py backup FILE`: one whole, consistent copy of the database while the centre goes on working.

The copy is opened and looked through before it gets its name; only then may tablets let go of what it holds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config import copies
from sync.services import durable


class Command(BaseCommand):
    """Copy the database into a new file: SQLite as SQLite, PostgreSQL as a dump for `pg_restore`."""

    help = "Copy the whole database into a new file, while the system runs (docs/how-to/back_up_and_restore.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Write under another name first, so that a file of this name is always whole."""
        if file.exists():
            raise CommandError(f"{file} exists already; a backup never overwrites another.")
        if not file.parent.is_dir():
            raise CommandError(f"{file.parent} is not a folder.")
        unfinished = file.with_name(file.name + ".unfinished")
        unfinished.unlink(missing_ok=True)
        sent = durable.waiting()
        least = copies.counts()
        try:
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("VACUUM INTO %s", [str(unfinished)])
            else:
                dump(unfinished)
            copies.check(unfinished, least=least, ops=sent)
            unfinished.replace(file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        file.chmod(0o600)
        durable.mark(sent)
        self.stdout.write(f"{file}: {file.stat().st_size / 2**20:.1f} MB, opened and looked through")


def dump(file: Path) -> None:
    """Let `pg_dump` write its custom format; raises CommandError with its words when it fails."""
    program = shutil.which("pg_dump")
    if not program:
        raise CommandError("pg_dump is not installed here; it comes with PostgreSQL's client programs.")
    known = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    env = os.environ | {name: str(known[key]) for name, key in names.items() if known[key]}
    done = subprocess.run(  # noqa: S603 - our own program on our own file
        [program, "-Fc", "-f", str(file)], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(done.stderr.strip())
