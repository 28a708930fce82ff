"""Count a device's tokens instead of keeping their hashes: each is made from its number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_begin")]
    operations = [
        migrations.RemoveField("device", "token"),
        migrations.RemoveField("device", "token_next"),
        migrations.RemoveField("device", "token_before"),
        migrations.AddField("device", "token_number", models.PositiveIntegerField(default=0)),
    ]
