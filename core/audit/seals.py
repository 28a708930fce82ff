"""Triggers that refuse UPDATE and DELETE on tables that are only ever added to, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from typing import Any


def statements(vendor: str, table: str) -> list[str]:
    """Return the SQL that seals `table`."""
    if vendor == "sqlite":
        return [
            (
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$ "
            "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql"
        ),
        f"DROP TRIGGER IF EXISTS {table}_sealed ON {table}",
        (
            f"CREATE TRIGGER {table}_sealed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
    ]


def unsealing(vendor: str, table: str) -> list[str]:
    """Return the SQL that takes the seal off again (a reversed migration; a test database being emptied)."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]
    return [f"DROP TRIGGER IF EXISTS {table}_sealed ON {table}"]


def seal(schema_editor: Any, *tables: str) -> None:
    """Seal `tables`; for a migration."""
    for table in tables:
        for sql in statements(schema_editor.connection.vendor, table):
            schema_editor.execute(sql, params=None)


def unseal(schema_editor: Any, *tables: str) -> None:
    """Take the seals off; for a reversed migration."""
    for table in tables:
        for sql in unsealing(schema_editor.connection.vendor, table):
            schema_editor.execute(sql, params=None)
