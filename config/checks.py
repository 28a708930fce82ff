"""Numbered system checks: what must be true before the house opens, and what an operator should know.

clinic.E… stop every command; clinic.W… are told. Those that ask the database run with `migrate` and `check --database`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Advice
from django.db import DatabaseError, connections
from django.utils.module_loading import import_string

from config.doors import doors

SQLITE_FLOOR = (3, 51, 3)  # older engines can lose a WAL that two connections reset at once (sqlite.org/wal.html)
POSTGRES_FLOOR = 140_000
SHORTEST_KEY = 50
FULL, EXTRA = 2, 3  # PRAGMA synchronous


@register(Tags.database)
def sqlite_is_safe(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Read back what each SQLite connection really does: WAL, synchronous FULL, a busy time-out, IMMEDIATE."""
    found: list[CheckMessage] = []
    for connection in _of_vendor("sqlite", databases):
        version = connection.Database.sqlite_version_info
        if version < SQLITE_FLOOR:
            needed = f"SQLite {_dotted(version)} can corrupt its file; {_dotted(SQLITE_FLOOR)} or newer is needed."
            found.append(Error(needed, hint="The engine core.sqlite brings its own.", id="clinic.E001"))
        if (mode := connection.settings_dict["OPTIONS"].get("transaction_mode")) != "IMMEDIATE":
            found.append(Error(f"SQLite transactions begin as {mode}, not IMMEDIATE.", id="clinic.E002"))
        pragmas = {name: _pragma(connection, name) for name in ("journal_mode", "synchronous", "busy_timeout")}
        if pragmas["journal_mode"] not in {"wal", "memory"}:
            found.append(Error(f"SQLite's journal is {pragmas['journal_mode']}, not WAL.", id="clinic.E003"))
        if pragmas["synchronous"] not in {FULL, EXTRA}:
            found.append(
                Error("SQLite does not wait for the disk (synchronous is not FULL): a power cut would lose records.",
                      id="clinic.E004")
            )  # fmt: skip
        if int(pragmas["busy_timeout"]) < 1000:
            found.append(Error("SQLite gives up at once when another process writes.", id="clinic.E005"))
    return found


@register(Tags.database)
def postgres_is_suitable(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Ask PostgreSQL for its version, its encoding and the collation of the database."""
    found: list[CheckMessage] = []
    for connection in _of_vendor("postgresql", databases):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), datctype "
                "FROM pg_database WHERE datname = current_database()"
            )
            version, encoding, ctype = cursor.fetchone()
        found += postgres_problems(version, encoding, ctype)
    return found


def postgres_problems(version: int, encoding: str, ctype: str) -> list[CheckMessage]:
    """Return what is wrong with a server of this version, encoding and character type."""
    found: list[CheckMessage] = []
    if version < POSTGRES_FLOOR:
        found.append(Error("PostgreSQL 14 or newer is needed.", id="clinic.E011"))
    if encoding != "UTF8":
        found.append(Error(f"The database is encoded as {encoding}; Khmer needs UTF8.", id="clinic.E012"))
    if ctype in {"C", "POSIX"}:
        found.append(
            Advice(
                f"The database was created with character type {ctype}: it does not know Khmer or capital letters.",
                hint="Create it with LC_CTYPE C.UTF-8 (or any UTF-8 locale).", id="clinic.W013",
            )
        )  # fmt: skip
    return found


@register()
def rules_have_words(**_: Any) -> list[CheckMessage]:
    """Import every table of words."""
    return [found for path in settings.WORD_TABLES for found in _missing("WORD_TABLES", path, "clinic.E021")]


@register()
def tablets_can_tell(**_: Any) -> list[CheckMessage]:
    """Import what the papers ask about tablets."""
    return _missing("TABLETS_TELL", settings.TABLETS_TELL, "clinic.E023")


def _missing(setting: str, path: str, id: str) -> list[CheckMessage]:
    try:
        import_string(path)
    except ImportError as error:
        return [Error(f"{setting} names {path}: {error}", id=id)]
    return []


@register(Tags.urls)
def views_declare_actions(**_: Any) -> list[CheckMessage]:
    """Refuse to open with a view that does not say what it does: nobody could say who may use it."""
    return [
        Error(f"The view of /{door.route} declares no action.", hint="Use @requires(Action.X) or @public.",
              id="clinic.E022")
        for door in doors()
        if door.action is None
    ]  # fmt: skip


@register(Tags.security)
def secrets_are_long(**_: Any) -> list[CheckMessage]:
    """Refuse a short secret: it signs the log-ins, and the audit chain unless AUDIT_KEY is set."""
    short = [name for name in ("SECRET_KEY", "AUDIT_KEY") if len(getattr(settings, name)) < SHORTEST_KEY]
    return [Error(f"{name} is shorter than {SHORTEST_KEY} characters.", id="clinic.E031") for name in short]


@register(Tags.security, deploy=True)
def doors_are_locked(**_: Any) -> list[CheckMessage]:
    """For a deployment on a network: HTTPS, named hosts, an audit key of its own, a broker of its own."""
    found: list[CheckMessage] = []
    if not settings.HTTPS:
        found.append(
            Advice("HTTPS is not set: log-ins cross the network in the clear, and tablets cannot work offline.",
                    hint="Put TLS in front and set HTTPS=1.", id="clinic.W041")
        )  # fmt: skip
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Advice("ALLOWED_HOSTS lets any host name in.", id="clinic.W042"))
    if settings.AUDIT_KEY == settings.SECRET_KEY:
        found.append(
            Advice("AUDIT_KEY is the same as SECRET_KEY: who can forge a log-in could forge the log.",
                    hint="Set AUDIT_KEY to a secret of its own and keep a copy outside the server.", id="clinic.W043")
        )  # fmt: skip
    if settings.DATABASES["default"]["ENGINE"] != "core.sqlite" and not settings.REDIS_URL:
        found.append(Advice("PostgreSQL without REDIS_URL: web and worker cannot meet.", id="clinic.W044"))
    return found


def _of_vendor(vendor: str, databases: Sequence[str] | None) -> list[Any]:
    """Return the named connections of this kind; one that cannot be opened is left to the command itself."""
    chosen = [connections[alias] for alias in databases or ()]
    found = []
    for connection in chosen:
        if connection.vendor == vendor:
            try:
                connection.ensure_connection()
            except DatabaseError:
                continue
            found.append(connection)
    return found


def _pragma(connection: Any, name: str) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
