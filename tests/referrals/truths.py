"""What is true of the road, whatever services were called in whatever order."""

from __future__ import annotations

from itertools import groupby, pairwise

from referrals import rules
from referrals.models import Leg, Referral, Step, Trip


def _by_time(trip):
    return trip.departed_at, trip.returned_at is None, trip.returned_at, trip.odometer_out


def assert_true_of_the_road():
    """Trips of a vehicle follow each other, odometers run forwards, referrals moved along the table."""
    for _, rows in groupby(Trip.objects.standing().order_by("vehicle"), key=lambda trip: trip.vehicle_id):
        trips = sorted(rows, key=_by_time)
        assert all(trip.returned_at is not None for trip in trips[:-1]), "one under way, and it is the newest"
        for before, after in pairwise(trips):
            assert before.returned_at <= after.departed_at, "two trips of one vehicle at one time"
            assert before.odometer_in <= after.odometer_out, "the odometer ran backwards"
        for trip in trips:
            readings = [(trip.departed_at, trip.odometer_out)]
            for leg in Leg.objects.filter(trip=trip):
                readings += [(leg.left_at, leg.odometer_out), (leg.reached_at, leg.odometer_in)]
            readings = [reading for reading in [*readings, (trip.returned_at, trip.odometer_in)] if reading[0]]
            assert [at for at, _ in readings] == sorted(at for at, _ in readings), "a leg lies outside its trip"
            assert [km for _, km in readings] == sorted(km for _, km in readings), "a leg ran backwards"
            if trip.purpose == "deceased_home":
                assert trip.referral_id is None and (trip.patient_id or trip.person_name)
    for referral in Referral.objects.all():
        steps = list(Step.objects.filter(referral=referral).order_by("at", "id"))
        assert steps[0].state == "drafted" and steps[-1].state == referral.state, (steps, referral.state)
        assert steps[-1].at == referral.moved_at
        for before, after in pairwise(steps):
            assert after.state in rules.TRANSITIONS[before.state], "a step that the table does not have"
