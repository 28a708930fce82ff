"""Several dispatchers reach for the one ambulance at the same instant. `RACE_ROUNDS=500` races as often."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from core.audit.journal import broken_at
from core.errors import RuleBroken
from referrals import selectors
from referrals.models import Step, Trip, Vehicle
from referrals.services import corrections, fuel, referrals, trips
from referrals.services.trips import Back, Leaving
from tests.builders import TODAY, a_patient, a_referral, somebody
from tests.referrals.road import LATER, NOW, minute
from tests.referrals.truths import assert_true_of_the_road
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = int(os.environ.get("RACE_ROUNDS", "12"))
HANDS = (2, 3, 5, 8, 16)
ONE_TRIP = "constraint.referrals_vehicle_on_one_trip"


def a_vehicle(n):
    return Vehicle.objects.create(plate=f"R-{n}", name_km="ឡាន", name_en="Van").pk


def codes(results):
    """Return what was refused; anything but a refusal or a success fails here."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, RuleBroken):
            raise result
    return [result.code for result in results if isinstance(result, RuleBroken)]


def test_the_one_ambulance_is_sent_once_however_many_send_it():
    by, patient = somebody(), a_patient()
    for n in range(ROUNDS):
        vehicle, hands = a_vehicle(n), HANDS[n % len(HANDS)]
        wanted = [a_referral(patient=patient, by=by) for _ in range(hands)]

        def send(referral, vehicle=vehicle):
            leaving = Leaving(vehicle, "Vuthy", NOW, 1000)
            return trips.dispatch(leaving=leaving, purpose="emergency", by=by, now=LATER, referral_id=referral.pk)

        results = at_once(*[lambda referral=referral: send(referral) for referral in wanted])
        assert codes(results) == [ONE_TRIP] * (hands - 1), n
        sent = Trip.objects.get(vehicle=vehicle)
        for referral in wanted:  # whoever did not get it has not left
            referral.refresh_from_db()
            assert (referral.state == "departed") == (sent.referral_id == referral.pk)
    assert Step.objects.filter(state="departed").count() == ROUNDS
    assert broken_at() is None
    assert_true_of_the_road()


def test_trips_copied_from_paper_at_once_never_overlap():
    by = somebody()
    for n in range(ROUNDS):
        vehicle = a_vehicle(n)

        def copy(begin, vehicle=vehicle):
            leaving = Leaving(vehicle, "Vuthy", minute(begin), 1000 + begin)
            back = Back(minute(begin + 30), 1030 + begin)
            return trips.dispatch(leaving=leaving, purpose="transfer", by=by, now=LATER, back=back)

        results = at_once(*[lambda begin=begin: copy(begin) for begin in (0, 10, 20, 30)])
        assert set(codes(results)) <= {"referrals.vehicle_was_out"}
        assert 1 <= Trip.objects.filter(vehicle=vehicle).count() <= 2
    assert_true_of_the_road()


def test_sending_coming_back_correcting_and_taking_back_at_once_leave_a_true_log():
    by = somebody()
    for n in range(ROUNDS):
        vehicle = a_vehicle(n)
        referral = a_referral()
        leaving = Leaving(vehicle, "Vuthy", NOW, 1000)
        first = trips.dispatch(leaving=leaving, purpose="emergency", by=by, now=LATER, referral_id=referral.pk)
        common = {"by": by, "now": LATER}
        again = Leaving(vehicle, "Rith", minute(60), 1100)

        def correct(first=first, common=common):
            return corrections.correct(trip=first, reason="misread", odometer_out=1050, **common)

        results = at_once(
            lambda: trips.complete(trip=first, returned_at=minute(60), odometer=1100, **common),  # noqa: B023
            lambda: trips.dispatch(leaving=again, purpose="emergency", **common),  # noqa: B023
            correct,
            lambda: corrections.take_back(trip=first, reason="never was", **common),  # noqa: B023
            lambda: referrals.advance(referral=referral, to="arrived", at=minute(20), **common),  # noqa: B023
            lambda: fuel.fill(vehicle_id=vehicle, litres=5, on=TODAY, odometer=1040, by=by, today=TODAY),  # noqa: B023
        )  # fmt: skip
        codes(results)
        first.refresh_from_db()
        assert first.void_reason == "never was" or any(isinstance(result, RuleBroken) for result in results)
    assert_true_of_the_road()
    assert broken_at() is None
    assert selectors.around(vehicle, NOW, NOW + timedelta(hours=1)).clashes <= 1
