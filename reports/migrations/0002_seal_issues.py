"""What was issued is never changed: the tables refuse it themselves."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from core.audit import seals

TABLES = ("reports_issue", "reports_issuefile")


def seal(apps: Any, schema_editor: Any) -> None:
    seals.seal(schema_editor, *TABLES)


def unseal(apps: Any, schema_editor: Any) -> None:
    seals.unseal(schema_editor, *TABLES)


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_begin")]
    operations = [migrations.RunPython(seal, unseal)]
