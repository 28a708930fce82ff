"""Load the fund that helps with costs, and the accounts for help and for differences found by counting."""

from typing import Any

from django.db import migrations

from pharmacy import catalogue


def load(apps: Any, schema_editor: Any) -> None:
    """Add what is missing; safe to run again."""
    catalogue.load(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0005_deepen_the_ledgers")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
