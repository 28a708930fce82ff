"""A backup is whole, made while people work, and never overwrites another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlcipher3
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from tests.builders import a_patient
from tests.live import required


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_what_was_saved(tmp_path: Path) -> None:
    patient = a_patient()
    if connection.vendor != "sqlite" and not shutil.which("pg_dump"):
        required("pg_dump")
    file = tmp_path / "kept copy"
    call_command("backup", str(file))
    if connection.vendor == "sqlite":
        kept = sqlcipher3.connect(str(file))
        assert kept.execute("SELECT number FROM clinic_patient").fetchall() == [(patient.number,)]
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    else:
        assert file.read_bytes().startswith(b"PGDMP")
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_a_backup_never_overwrites_another(tmp_path: Path) -> None:
    file = tmp_path / "monday"
    file.write_text("whole")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(file))
    assert file.read_text() == "whole"


@pytest.mark.django_db
def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a folder"):
        call_command("backup", str(tmp_path / "nowhere" / "file"))
