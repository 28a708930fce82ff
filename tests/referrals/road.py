"""What the tests of the road share: a trip, its return, its legs and arrival, and how pages are asked."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referrals.models import Vehicle
from referrals.rules import Reading
from referrals.services import legs, trips
from referrals.services.legs import Way
from referrals.services.trips import Arrival, Leaving
from tests.builders import TODAY, noon, somebody

NOW = noon(TODAY)
LATER = NOW + timedelta(hours=8)


def url(name, *args):
    return reverse(f"referrals:{name}", args=args)


def statements(call):
    with CaptureQueriesContext(connection) as seen:
        response = call()
    return response, len(seen)


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def minute(n):
    return NOW + timedelta(minutes=n)


def a_trip(*, minutes=0, odometer=1000, called=None, oxygen=False, **given):
    leaving = Leaving(Vehicle.objects.all()[0].pk, "Vuthy", minute(minutes), odometer, called_at=called, oxygen=oxygen)
    return trips.dispatch(leaving=leaving, **({"purpose": "emergency", "by": somebody(), "now": LATER} | given))


def back(trip, *, minutes=60, odometer=1100, **given):
    return trips.complete(trip=trip, returned_at=minute(minutes), odometer=odometer, by=somebody(), now=LATER, **given)


def a_leg(trip, left, reached=None, *, id=None, to="Takeo", **given):
    """Write a leg from (minute, odometer) to (minute, odometer)."""
    begin, end = Reading(minute(left[0]), left[1]), reached and Reading(minute(reached[0]), reached[1])
    way = Way("Sre Ambel", to, begin, end, **given)
    return legs.write(trip=trip, way=way, by=somebody(), now=LATER, id=id)


def arrive(trip, **given):
    return trips.arrive(trip=trip, arrival=Arrival(**given), by=somebody(), now=LATER)
