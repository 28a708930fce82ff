"""Enter the fuel that early trips noted on their return in the fuel log, once."""

from django.db import migrations

from core.ids import derived_id
from core.periods import local_day


def enter(apps, schema_editor):
    fuel, trips = apps.get_model("referrals", "Fuel"), apps.get_model("referrals", "Trip")
    rows = trips.objects.filter(fuel_litres__gt=0, returned_at__isnull=False, fills=None)
    fuel.objects.bulk_create(
        fuel(
            id=derived_id("fuel of a trip", trip.pk), vehicle_id=trip.vehicle_id, trip_id=trip.pk, recorded_by_id=trip.recorded_by_id,
            on=local_day(trip.returned_at), litres=trip.fuel_litres, odometer=trip.odometer_in,
        )
        for trip in rows.iterator()
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_say_where_a_patient_waits_and_who_takes_over")]

    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
