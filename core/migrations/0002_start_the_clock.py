"""Make the one row of the clock."""

from django.db import migrations


def forward(apps, schema_editor):
    apps.get_model("core", "Clock").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_begin")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
