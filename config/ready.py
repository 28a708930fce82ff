"""Make a checkout ready to work: words, pictures, static files, database. Each step does only what is new."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings

Say = Callable[[str], None]


def prepare_for(command: str) -> None:
    """Before one of our own commands: set up Django, then catalogues and database, quietly."""
    import django
    from django.core.management import get_commands

    if command not in {"start", "test", "help"}:
        django.setup()
        rooms = {config.name for config in _rooms()}
        if get_commands().get(command) in rooms and not {"-h", "--help"} & set(sys.argv):
            with one_at_a_time():
                compile_catalogues()
                migrate(lambda _: None)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let two commands that begin together set up one after the other."""
    (settings.VAR_DIR / "run").mkdir(parents=True, exist_ok=True)
    with (settings.VAR_DIR / "run" / "ready.lock").open("w") as file:
        if os.name != "nt":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def compile_catalogues() -> int:
    """Compile each `.po` that is newer than its `.mo`; return how many."""
    import polib

    made = 0
    for po in (path for folder in settings.LOCALE_PATHS for path in Path(folder).glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
            scratch = mo.with_suffix(f".{os.getpid()}")
            polib.pofile(str(po)).save_as_mofile(str(scratch))
            scratch.replace(mo)
            made += 1
    return made


def make_assets() -> None:
    """Make the web fonts and the icon sprite under `var/assets`; done before, it does nothing."""
    from core import assets

    assets.build()


def collect_static() -> bool:
    """Collect, hash and compress static files when one of them changed; return whether it had to."""
    from django.core.management import call_command

    stamp = settings.VAR_DIR / "run" / "static.stamp"
    print_ = _fingerprint()
    if stamp.exists() and stamp.read_text() == print_ and (settings.STATIC_ROOT / "staticfiles.json").exists():
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(print_)
    return True


def _fingerprint() -> str:
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256(settings.VERSION.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = os.stat(storage.path(name))  # noqa: PTH116
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def migrate(say: Say) -> None:
    """Bring the database's tables up to date; says so only when there is something to do."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from reports.tallies import watch

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        say(f"Database: bringing the tables up to date ({len(plan)} steps) ...")
        call_command("migrate", interactive=False, verbosity=0)
    elif watch.install(connection):
        say("Database: what the tallies read is watched anew; every day will be counted again.")


def _rooms() -> list[AppConfig]:
    return [c for c in apps.get_app_configs() if Path(c.path).parent in {settings.BASE_DIR, settings.BASE_DIR / "core"}]
