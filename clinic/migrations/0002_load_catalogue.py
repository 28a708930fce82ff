"""Load conditions, a ward with beds and the desk's number block; adds only what is missing."""

from django.db import migrations

from clinic import catalogue


def forward(apps, schema_editor):
    catalogue.load(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_begin")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
