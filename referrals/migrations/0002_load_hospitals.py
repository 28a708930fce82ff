"""Load the hospitals and one ambulance; adds only what is missing."""

from django.db import migrations

from referrals import catalogue


def forward(apps, schema_editor):
    catalogue.load(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_begin")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
