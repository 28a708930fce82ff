"""What a tally reads, watched by triggers: every change leaves its day and person in the log (`Touched`).

One visible table says which rows are watched. The triggers live in the database and write in the transaction that
made the change, so that neither a bulk update, nor a merge, nor a forgotten service passes them by.
"""

# ruff: noqa: S608 - the SQL is put together from our own names only
from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

NOBODY = UUID(int=0)  # in `Touched.patient`: count the day again; no other day depends on it
EVERY_DAY = """
    INSERT INTO reports_touched ("on", patient)
    SELECT day, %s FROM (SELECT "on" AS day FROM clinic_encounter UNION SELECT first FROM reports_tally) days
"""


@dataclass(frozen=True)
class Watched:
    """A table, what a tally reads of its rows, and how a row leads to days and persons.

    In `reads` and `days`, `{row}` is the row as it was or as it is; `days` selects `day` and `who`.
    """

    table: str
    reads: tuple[str, ...]
    days: str
    verbs: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")


def _columns(*names: str) -> tuple[str, ...]:
    return tuple(f'{{row}}."{name}"' for name in names)


_OF_CONTACT = 'SELECT c."on" AS day, c.patient_id AS who FROM clinic_encounter c WHERE c.id = {row}.encounter_id'

WATCHED = (
    Watched(
        "clinic_encounter",
        (
            *_columns("patient_id", "kind", "on", "village_id", "age_slot", "new_case", "admitted_as_id"),
            "({row}.status = 'void')",
        ),
        'SELECT {row}."on" AS day, {row}.patient_id AS who',
    ),
    Watched("clinic_diagnosis", _columns("encounter_id", "condition_id"), _OF_CONTACT),
    Watched(
        "mobile_team_dentalcheckup",
        _columns("encounter_id", "session_id", "dental_education", "toothbrush", "toothpaste"),
        _OF_CONTACT,
    ),
    # A stay stands under the day of its contact; which stay was the first depends on the day each began.
    Watched(
        "clinic_admission",
        _columns("encounter_id", "patient_id", "admitted_on", "void"),
        f"{_OF_CONTACT} UNION SELECT {{row}}.admitted_on, {{row}}.patient_id",
    ),
    Watched(
        "clinic_patient",
        _columns("sex"),
        'SELECT DISTINCT c."on" AS day, c.patient_id AS who FROM clinic_encounter c WHERE c.patient_id = {row}.id',
        ("UPDATE",),
    ),
    Watched(
        "mobile_team_session",
        _columns("route_id"),
        'SELECT DISTINCT c."on" AS day, c.patient_id AS who FROM mobile_team_dentalcheckup k '
        "JOIN clinic_encounter c ON c.id = k.encounter_id WHERE k.session_id = {row}.id",
        ("UPDATE",),
    ),
)


def install(connection: Any) -> bool:
    """Put every trigger in place; return whether one was missing or another than it should be.

    Asked after each migrate, not once: SQLite changes a table by making another, and the triggers go with the old one.
    Where one was missing nobody knows what changed meanwhile, so every day goes into the log.
    """
    if there(connection) == expected(connection.vendor):
        return False
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for sql in statements(connection.vendor):
            cursor.execute(sql)
        cursor.execute(EVERY_DAY, [NOBODY if connection.vendor == "postgresql" else NOBODY.hex])
    return True


def expected(vendor: str) -> dict[str, str]:
    """Return every trigger's name and what it does, as the database shows it."""
    if vendor == "sqlite":
        return {sql.split()[2]: sql for sql in statements(vendor) if sql.startswith("CREATE")}
    return {_name(watched): _body(watched).strip() for watched in WATCHED}


def there(connection: Any) -> dict[str, str]:
    """Return every trigger there is, as `expected` says it."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN[connection.vendor])
        return {name: said.strip() for name, said in cursor.fetchall()}


_SHOWN = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(name, '_touched') > 0",
    "postgresql": "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE right(t.tgname, 8) = '_touched' AND t.tgenabled = 'O' AND pg_table_is_visible(t.tgrelid)",
}


def remove(connection: Any) -> None:
    """Take every trigger away, for as long as a measurement writes millions of rows by the side."""
    with connection.cursor() as cursor:
        for watched in WATCHED:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(watched)} ON {watched.table}")
                continue
            for verb in watched.verbs:
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(watched, verb)}")


def statements(vendor: str) -> list[str]:
    """Return the SQL that puts every trigger in place."""
    make = _for_sqlite if vendor == "sqlite" else _for_postgresql
    return [sql for watched in WATCHED for sql in make(watched)]


def _name(watched: Watched, verb: str = "") -> str:
    return "_".join(filter(None, (watched.table, "touched", verb.lower())))


def _changed(watched: Watched, differs: str) -> str:
    return " OR ".join(f"{read.format(row='OLD')} {differs} {read.format(row='NEW')}" for read in watched.reads)


def _rows(watched: Watched, verb: str) -> tuple[str, ...]:
    """Say which rows to follow; one that is only watched for updates leads to the same days before and after."""
    if verb == "UPDATE":
        return ("OLD", "NEW") if len(watched.verbs) > 1 else ("NEW",)
    return ("NEW",) if verb == "INSERT" else ("OLD",)


def _for_sqlite(watched: Watched) -> list[str]:
    """One trigger a verb; what stands in the log already is not written twice, for with one writer nobody takes it."""
    made = []
    for verb in watched.verbs:
        name = _name(watched, verb)
        body = " ".join(
            f'INSERT INTO reports_touched ("on", patient) SELECT day, who FROM ({watched.days.format(row=row)}) '
            'WHERE NOT EXISTS (SELECT 1 FROM reports_touched t WHERE t."on" = day AND t.patient = who);'
            for row in _rows(watched, verb)
        )
        when = f" WHEN {_changed(watched, 'IS NOT')}" if verb == "UPDATE" else ""
        made += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} AFTER {verb} ON {watched.table}{when} BEGIN {body} END",
        ]
    return made


def _for_postgresql(watched: Watched) -> list[str]:
    """One function and one trigger a table; a day may stand in the log twice, for somebody may just be counting it."""
    name = _name(watched)
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $body${_body(watched)}$body$ LANGUAGE plpgsql",
        f"DROP TRIGGER IF EXISTS {name} ON {watched.table}",
        (
            f"CREATE TRIGGER {name} AFTER {' OR '.join(watched.verbs)} ON {watched.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        ),
    ]


def _body(watched: Watched) -> str:
    write = {
        verb: " ".join(
            f'INSERT INTO reports_touched ("on", patient) {watched.days.format(row=row)};'
            for row in _rows(watched, verb)
        )
        for verb in watched.verbs
    }
    arms = [f"TG_OP = '{verb}' THEN {sql}" for verb, sql in write.items() if verb != "UPDATE"]
    arms.append(f"{_changed(watched, 'IS DISTINCT FROM')} THEN {write['UPDATE']}")
    return f"BEGIN IF {' ELSIF '.join(arms)} END IF; RETURN NULL; END"
