"""Load the ministry's forms; adds only what is missing."""

from django.db import migrations

from reports.ministry import catalogue


def forward(apps, schema_editor):
    catalogue.load(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_lay_out_the_ministrys_forms")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
