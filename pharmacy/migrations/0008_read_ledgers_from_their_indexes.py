"""Let sums over the ledgers be read from the indexes alone: a million entries add up in a fraction of a second."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0007_tell_what_is_not_given")]

    operations = [
        migrations.RemoveIndex("entry", "pharmacy_entry_debit"),
        migrations.RemoveIndex("entry", "pharmacy_entry_credit"),
        migrations.AddIndex("entry", models.Index(fields=["debit", "on", "id", "minor"], name="pharmacy_entry_debit")),
        migrations.AddIndex(
            "entry", models.Index(fields=["credit", "on", "id", "minor"], name="pharmacy_entry_credit")
        ),
        migrations.AddIndex("entry", models.Index(fields=["-on", "-id"], name="pharmacy_entry_newest")),
    ]
