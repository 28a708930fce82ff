"""Let a receipt book be closed: after a restore the desk begins another."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0002_load_books")]
    operations = [migrations.AddField("receiptbook", "closed", models.BooleanField(default=False))]
