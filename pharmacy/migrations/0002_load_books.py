"""Load formulary, places, funds with their accounts and the desk's receipt book; adds only what is missing."""

from django.db import migrations

from pharmacy import catalogue


def forward(apps, schema_editor):
    catalogue.load(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0001_begin")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
