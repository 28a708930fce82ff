"""Give each stay that has a bed the row of that bed, from its first day to its last; stays that have one keep it."""

from django.db import migrations
from django.db.models import Exists, OuterRef

from core.ids import derived_id

CHUNK = 1000


def forward(apps, schema_editor):
    admission, bed_stay = apps.get_model("clinic", "Admission"), apps.get_model("clinic", "BedStay")
    written = Exists(bed_stay.objects.filter(admission=OuterRef("pk")))
    stays = admission.objects.filter(~written, bed__isnull=False).order_by("pk").iterator(CHUNK)
    bed_stay.objects.bulk_create(
        (
            bed_stay(
                id=derived_id("bed-stay", stay.pk), admission_id=stay.pk, bed_id=stay.bed_id, since=stay.admitted_on,
                until=stay.discharged_on, recorded_by_id=stay.recorded_by_id,
            )
            for stay in stays
        ),
        batch_size=CHUNK,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("clinic", "0005_take_medicine_home")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop, elidable=True)]
