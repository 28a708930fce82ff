"""Let a dispensing say why the rest of a prescription will not be given, and why it was itself taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0006_load_more_books")]

    operations = [
        migrations.AddField(
            model_name="dispensing",
            name="dropped",
            field=models.CharField(blank=True, max_length=200, verbose_name="why the rest will not be given"),
        ),
        migrations.AddField(
            model_name="dispensing",
            name="void_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
