"""Let moves that were made for one thing together, such as a line of a kit, be found by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0003_close_receipt_books")]

    operations = [
        migrations.AddField(
            model_name="move",
            name="errand",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="move",
            index=models.Index(
                condition=models.Q(("errand__isnull", False)), fields=["errand"], name="pharmacy_move_errand"
            ),
        ),
    ]
