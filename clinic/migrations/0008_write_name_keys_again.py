"""Write every person's search keys in the form that core.names gives since 0007: words, pairs, villages beside them.

May be run again at any time; `python3 manage.py migrate` does it once.
"""

from django.db import migrations

from clinic.rules.likeness import phone_keys
from core.names import name_keys

NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")
BATCH = 2000


def write_again(apps, schema_editor):
    patient, key, point = (apps.get_model("clinic", name) for name in ("Patient", "NameKey", "ContactPoint"))
    after = None
    while True:
        rows = patient.objects.order_by("pk") if after is None else patient.objects.order_by("pk").filter(pk__gt=after)
        people = list(rows.values_list("pk", "village_id", "phone", *NAMES)[:BATCH])
        if not people:
            return
        ids = [row[0] for row in people]
        phones = {}
        for owner, phone in point.objects.filter(patient__in=ids).values_list("patient_id", "phone"):
            phones.setdefault(owner, []).append(phone)
        key.objects.filter(patient__in=ids).delete()
        made = []
        for who, village, phone, *names in people:
            keys = name_keys(*names).union(*(phone_keys(one) for one in (phone, *phones.get(who, []))))
            made += [key(key=one, village_id=village, patient_id=who) for one in sorted(keys)]
        key.objects.bulk_create(made, batch_size=BATCH)
        after = ids[-1]


class Migration(migrations.Migration):
    dependencies = [("clinic", "0007_put_villages_beside_names")]

    operations = [migrations.RunPython(write_again, migrations.RunPython.noop)]
