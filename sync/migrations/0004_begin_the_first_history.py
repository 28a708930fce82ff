"""Begin the history of this server, and make the key to which tablets seal, so that every backup holds both."""

from django.db import migrations


def begin(apps, schema_editor):
    from sync.sealing import new_pair

    history, key = apps.get_model("sync", "History"), apps.get_model("sync", "SealKey")
    if not history.objects.exists():
        history.objects.create(why="begun")
    if not key.objects.exists():
        key.objects.create(**new_pair())


class Migration(migrations.Migration):
    dependencies = [("sync", "0003_find_ops_by_record_and_picture")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
