"""Refuse UPDATE and DELETE on the log, whoever asks."""

from django.db import migrations

from core.audit.seals import seal, unseal

TABLES = ("audit_entry", "audit_read")


def forward(apps, schema_editor):
    seal(schema_editor, *TABLES)


def backward(apps, schema_editor):
    unseal(schema_editor, *TABLES)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_begin"), ("core", "0002_start_the_clock")]
    operations = [migrations.RunPython(forward, backward)]
