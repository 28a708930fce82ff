"""Load the sets of age bands the software came with; adds only what is missing."""

from django.db import migrations

from reports import shipped_bands


def forward(apps, schema_editor):
    shipped_bands.load(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_load_the_ministrys_forms")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
