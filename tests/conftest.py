"""The ground every test stands on: a database as a new clinic has it, fast passwords, no broker, English words."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils import translation
from hypothesis import settings as hypothesis_settings

pytest_plugins = ["tests.people", "tests.live"]

hypothesis_settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("house")

ON_SQLITE = settings.DATABASES["default"]["ENGINE"] == "core.sqlite"
# What a new database starts with, in the order of its data migrations; a flush takes it away and it is put back.
CATALOGUES = ["clinic", "mobile_team", "referrals", "pharmacy", "reports"]
# What takes longest begins first, or the last minutes of a run are one process at work and the others done.
LONGEST = (
    "tests/flows/", "tests/sync/test_incidents.py", "tests/desk/demo/", "tests/tablet/test_screens_all.py",
    "tests/sync/test_mutants.py", "tests/sync/test_invariants.py", "tests/contracts/test_wrong_input.py",
    "tests/books/test_any_", "tests/tablet/", "tests/clinic/test_noise.py", "tests/contracts/test_doors.py",
    "tests/sync/test_engine_races.py", "tests/sync/test_slow_line.py",
)  # fmt: skip
KEPT = "places_"  # the gazetteer stays through a flush: nothing refers from it, and loading it takes seconds


def pytest_configure(config: pytest.Config) -> None:
    """Settings that only tests want."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.WHITENOISE_AUTOREFRESH = True
    # Playwright leaves a running loop in the thread; whatever test comes next must still reach the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    if ON_SQLITE:
        # Always a file, never `:memory:`: threads then have connections of their own, as in the clinic.
        shm = Path("/dev/shm")
        folder = tempfile.mkdtemp(prefix="clinic-test-", dir=shm if os.access(shm, os.W_OK) else None)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(Path(folder) / "clinic.sqlite3")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; among equals the order stays."""

    def place(item: pytest.Item) -> int:
        return next((n for n, begin in enumerate(LONGEST) if item.nodeid.startswith(begin)), len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """On several cores keep a file together, and all journeys: they share one started system."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "journeys" if "flows/" in file else file

    return Together(config, log)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """On SQLite a prepared copy is taken, and the folder goes away by itself."""
    return ON_SQLITE or django_db_keepdb


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, copied: Path | None, django_db_setup: None) -> None:
    """Migrate, keep a copy of the fresh database for the next run, and let a flush restore what migrations loaded."""
    with django_db_blocker.unblock():
        if copied and not copied.exists():
            copied.parent.mkdir(parents=True, exist_ok=True)
            made = copied.with_suffix(f".{os.getpid()}")
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(made)])
            made.replace(copied)
        _survive_a_flush()
        connection.close()


@pytest.fixture(scope="session")
def copied(django_db_modify_db_settings: None) -> Path | None:
    """Put a migrated database in place when one was kept for exactly these migrations and data; SQLite only."""
    if not ON_SQLITE:
        return None
    kept = settings.VAR_DIR / "test" / f"{_fingerprint()}.sqlite3"
    if kept.exists():
        shutil.copyfile(kept, settings.DATABASES["default"]["TEST"]["NAME"])
    return kept


def _fingerprint() -> str:
    """Return a hash over everything that a fresh database is made from."""
    digest = hashlib.sha256()
    root = settings.BASE_DIR
    files = {root / "core/khmer.py", root / "requirements.lock", root / "core/places/gazetteer.py"}
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if folder.is_relative_to(root) and ".venv" not in folder.parts:
            files |= {folder / "catalogue.py", *folder.glob("migrations/*.py"), *folder.glob("data/*")}
    for file in sorted(f for f in files if f.is_file()):
        digest.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return digest.hexdigest()[:24]


def _survive_a_flush() -> None:
    """Let a flush pass the seals of append-only tables, spare the gazetteer, and load the catalogues again."""
    from core.places.models import Village

    # On the class: a test may leave another connection in this one's place, with operations of its own.
    operations, last_village = type(connection.ops), Village.objects.order_by("-id").values_list("id", flat=True)[0]
    flush = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: list[str], **kwargs: Any) -> list[str]:
        emptied = flush(self, style, [t for t in tables if not t.startswith(KEPT)], **kwargs)
        seals = _triggers()
        return [*(f'DROP TRIGGER "{name}"' for name, _ in seals), *emptied, *(sql for _, sql in seals)]

    def restore(**_: Any) -> None:
        Village.objects.filter(id__gt=last_village).delete()
        Village.objects.filter(catchment=True).update(catchment=False)
        apps.get_model("core", "Clock").objects.get_or_create(id=1)
        for app in CATALOGUES:
            if find_spec(f"{app}.catalogue"):
                import_module(f"{app}.catalogue").load(apps.get_model)

    operations.sql_flush = sql_flush  # type: ignore[method-assign]
    post_migrate.connect(restore, sender=apps.get_app_config("core"), weak=False, dispatch_uid="restore")


def _triggers() -> list[tuple[str, str]]:
    """Return the seals; PostgreSQL's TRUNCATE passes them by itself."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return cursor.fetchall()


@pytest.fixture(autouse=True)
def _quiet_ground() -> Iterator[None]:
    """Speak English, forget what was cached, and send tasks nowhere: tests call them as functions.

    A test that wants a real worker asks for `live_worker`.
    """
    from config.celery import app

    app.conf.broker_url = "memory://"
    cache.clear()
    with translation.override("en"):
        yield
