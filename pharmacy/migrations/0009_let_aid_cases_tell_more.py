"""Let an aid case keep its card's level, the answers of an assessment and why it was opened again; number the cases.

A cost keeps what was asked for beside what it came to, and whether two people must approve it.
"""

from typing import Any

from django.db import migrations, models
from django.db.models import F, Q

from core.db import MinorField

LEVELS = [("1", "Very poor (level 1)"), ("2", "Poor (level 2)"), ("risk", "At risk")]
APPROVED = Q(approved_by__isnull=False) & (Q(two=False) | Q(approved_also_by__isnull=False))


def asked_is_what_it_came_to(apps: Any, schema_editor: Any) -> None:
    """Fill the new column for costs written before it."""
    apps.get_model("pharmacy", "AidCost").objects.update(asked=F("minor"))


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0008_read_ledgers_from_their_indexes")]
    operations = [
        migrations.CreateModel(
            name="AidBook",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("used", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField("aidcase", "answers", models.JSONField(blank=True, default=dict)),
        migrations.AddField(
            "aidcase", "level", models.CharField("card level", blank=True, choices=LEVELS, max_length=4)
        ),
        migrations.AddField(
            "aidcase", "reopened", models.CharField("why it was opened again", blank=True, max_length=200)
        ),
        migrations.AddField("aidcost", "asked", MinorField("asked for", default=0), preserve_default=False),
        migrations.RunPython(asked_is_what_it_came_to, migrations.RunPython.noop),
        migrations.AddField("aidcost", "two", models.BooleanField("two people must approve", default=False)),
        migrations.AddConstraint(
            "aidcost",
            models.CheckConstraint(
                condition=Q(two=True) | Q(approved_by=None) | ~Q(approved_by=F("recorded_by")),
                name="pharmacy_aid_not_alone",
            ),
        ),
        migrations.AddConstraint(
            "aidcost",
            models.CheckConstraint(
                condition=Q(payer="hef") | ~Q(state__in=["approved", "paid", "void"]) | APPROVED,
                name="pharmacy_aid_approved",
            ),
        ),
        migrations.AddConstraint(
            "aidcost",
            models.CheckConstraint(condition=Q(minor__lte=F("asked")), name="pharmacy_aid_no_more_than_asked"),
        ),
    ]
