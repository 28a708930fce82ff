"""Write how each village's name sounds, where it is not written yet."""

from django.db import migrations

from core.names import place_key


def forward(apps, schema_editor):
    village = apps.get_model("places", "Village")
    rows = list(village.objects.filter(key_sound="").only("id", "name_en"))
    for row in rows:
        row.key_sound = place_key(row.name_en)[:80]
    village.objects.bulk_update(rows, ["key_sound"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("places", "0003_write_how_villages_sound")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
