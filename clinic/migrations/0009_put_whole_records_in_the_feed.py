"""Let the feed say of every patient that their whole record is new; from now on each change of theirs moves it."""

from typing import Any

from django.db import migrations

FILL = """
INSERT INTO core_change (resource, record_id, seq)
SELECT 'clinic.record', p.id, (SELECT seq FROM core_clock WHERE id = 1) + row_number() OVER (ORDER BY p.id)
FROM clinic_patient p
WHERE NOT EXISTS (SELECT 1 FROM core_change c WHERE c.resource = 'clinic.record' AND c.record_id = p.id)
"""
TURN = "UPDATE core_clock SET seq = COALESCE((SELECT max(seq) FROM core_change), 0) WHERE id = 1 AND seq < (SELECT COALESCE(max(seq), 0) FROM core_change)"  # noqa: E501


def fill(apps: Any, schema_editor: Any) -> None:
    """Write the missing rows behind the newest number, and turn the clock to the last of them."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute(TURN)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0008_write_name_keys_again"), ("core", "0002_start_the_clock")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
