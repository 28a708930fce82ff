"""Load the gazetteer; does nothing when places are there already."""

from django.db import migrations

from core.places import gazetteer


def forward(apps, schema_editor):
    gazetteer.load(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("places", "0001_begin")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
