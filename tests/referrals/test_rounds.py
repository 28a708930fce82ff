"""The one ambulance, round after round, with 2 to 16 who send it out: one gets it, and it comes back before the next.

`RACE_ROUNDS=500` plays as many; by default a few.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest

from core.audit.journal import broken_at
from core.errors import RuleBroken
from referrals.models import Trip, Vehicle
from referrals.services import trips
from referrals.services.trips import Leaving
from tests.builders import TODAY, noon, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = int(os.environ.get("RACE_ROUNDS", "12"))
REFUSED = {
    "constraint.referrals_vehicle_on_one_trip", "referrals.vehicle_on_the_road", "referrals.vehicle_out",
    "referrals.odometer_backwards",
}  # fmt: skip


def test_the_one_ambulance_is_sent_out_once_in_every_round() -> None:
    by, vehicle = somebody(), Vehicle.objects.all()[0]
    begin = noon(TODAY) - timedelta(days=40)
    for n in range(ROUNDS):
        hands = 2 + n * 7 % 15
        at = begin + timedelta(hours=2 * n) if ROUNDS < 400 else begin + timedelta(minutes=90 * n)

        def send(driver: int, at: Any = at, n: int = n) -> Trip:
            leaving = Leaving(vehicle.pk, f"Driver {driver}", at, 1_000 + 10 * n)
            return trips.dispatch(leaving=leaving, purpose="emergency", by=by, now=noon(TODAY))

        results = at_once(*[lambda driver=i: send(driver) for i in range(hands)])
        left = [result for result in results if isinstance(result, Trip)]
        refused = [result.code for result in results if isinstance(result, RuleBroken)]
        assert (len(left), len(refused)) == (1, hands - 1), results
        assert set(refused) <= REFUSED, refused
        assert Trip.objects.filter(vehicle=vehicle, returned_at=None).count() == 1
        trips.complete(
            trip=left[0], returned_at=at + timedelta(minutes=30), odometer=1_010 + 10 * n, by=by, now=noon(TODAY)
        )
    assert Trip.objects.count() == ROUNDS
    assert broken_at() is None
