"""Open a copy of the database and look through all of it: a backup that cannot be read is no backup."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlcipher3
from django.apps import apps
from django.core.management.base import CommandError
from django.db import connection

from core.sqlite.base import keyed

OPS = "sync_pushedop"
_COPY = re.compile(r'COPY (?:public\.)?"?(\w+)"? \((.*)\) FROM stdin;')


def counts() -> dict[str, int]:
    """Return how many rows each table that only grows holds now; a copy made afterwards holds no fewer."""
    growing = ("clinic.Patient", "clinic.Encounter", "audit.Entry", "pharmacy.Entry", "pharmacy.Move")
    models = [apps.get_model(name) for name in growing]
    return {model._meta.db_table: model._default_manager.count() for model in models}


def check(file: Path, *, least: Mapping[str, int], ops: Collection[UUID]) -> None:
    """Read every page of a copy; it holds `least` rows of each table, and these ops of tablets.

    Raises CommandError.
    """
    missing = set(ops)
    look = _in_sqlite if connection.vendor == "sqlite" else _in_dump
    found = look(file, list(least), missing)
    for table, rows in least.items():
        if found[table] < rows:
            raise CommandError(f"{file} is not whole: {found[table]} rows of {rows} in {table}.")
    if missing:
        raise CommandError(f"{file} is not whole: {len(missing)} saves of tablets are missing.")


def _in_sqlite(file: Path, tables: list[str], missing: set[UUID]) -> Counter[str]:
    key = connection.settings_dict["OPTIONS"].get("key", "")
    copy = sqlcipher3.connect(str(file), factory=keyed(key) if key else sqlcipher3.Connection)
    try:
        said = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            raise CommandError(f"{file} is damaged: {said}")
        found = Counter({name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables})  # noqa: S608
        missing.difference_update(UUID(pk) for (pk,) in copy.execute(f"SELECT id FROM {OPS} WHERE NOT durable"))  # noqa: S608
    except sqlcipher3.DatabaseError as error:
        raise CommandError(f"{file} cannot be opened: {error}") from None
    finally:
        copy.close()
    return found


def _in_dump(file: Path, tables: list[str], missing: set[Any]) -> Counter[str]:
    """Let `pg_restore` write the whole archive out as text, and count what passes by."""
    program = shutil.which("pg_restore")
    if not program:
        raise CommandError("pg_restore is not installed here: the copy could not be looked through.")
    found: Counter[str] = Counter()
    command = [program, "--data-only", "--file=-", str(file)]
    with subprocess.Popen(  # noqa: S603 - our own program on our own file
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as run:
        assert run.stdout
        assert run.stderr
        table, at = "", 0
        for line in run.stdout:
            if table:
                if line == "\\.\n":
                    table = ""
                    continue
                found[table] += table in tables
                if table == OPS:
                    missing.discard(_key(line.rstrip("\n").split("\t")[at]))
            elif match := _COPY.match(line):
                table, at = match[1], match[2].split(", ").index("id") if match[1] == OPS else 0
        said = run.stderr.read().strip()
    if run.returncode:
        raise CommandError(f"{file} cannot be read: {said}")
    return found


def _key(text: str) -> UUID | None:
    """Return the id in a line of a dump, None where the bytes were damaged."""
    try:
        return UUID(text)
    except ValueError:
        return None
