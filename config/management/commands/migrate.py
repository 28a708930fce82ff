"""Django's own `migrate`, and after it the triggers that watch what the tallies read."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from reports.tallies import watch


class Command(migrate.Command):
    """Migrate, then see that every trigger is in place: SQLite loses those of a table it makes anew."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; the triggers need the log they write into."""
        super().handle(*args, **options)
        connection = connections[options["database"]]
        if "reports_touched" in connection.introspection.table_names():
            watch.install(connection)
