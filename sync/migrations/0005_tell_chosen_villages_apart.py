"""Tell villages that somebody chose for a tablet from those of its coming sessions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0004_begin_the_first_history")]
    operations = [migrations.AddField("checkout", "chosen", models.BooleanField(default=False))]
