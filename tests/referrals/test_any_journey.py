"""Any sequence of services, with any times and readings, leaves rows that the database allows and the table permits."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.editing import Edit
from core.errors import RuleBroken
from referrals.models import Call, Hospital, Referral, Trip, Vehicle
from referrals.rules import Reading
from referrals.services import calls, corrections, fuel, legs, referrals, trips
from referrals.services.legs import Way
from referrals.services.referrals import Answer
from referrals.services.trips import Arrival, Back, Leaving
from tests.builders import TODAY, a_patient, a_referral, a_village, somebody
from tests.referrals.road import LATER, minute
from tests.referrals.truths import assert_true_of_the_road

TIME = st.integers(-40, 120)
KM = st.integers(990, 1060)
STATE = st.sampled_from(sorted(Referral.State.values))
WHICH = st.integers(0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("step"), WHICH, STATE, TIME),
        st.tuples(st.just("call"), WHICH, st.sampled_from(Call.Result.values), TIME),
        st.tuples(st.just("slip"), WHICH, st.text(max_size=5)),
        st.tuples(st.just("answer"), WHICH, st.booleans()),
        st.tuples(st.just("send"), st.none() | WHICH, TIME, KM),
        st.tuples(st.just("copy"), st.none() | WHICH, TIME, KM, TIME, KM, st.none() | TIME),
        st.tuples(st.just("home"), TIME, KM, st.none() | st.tuples(TIME, KM)),
        st.tuples(st.just("leg"), TIME, KM, st.none() | st.tuples(TIME, KM)),
        st.tuples(st.just("arrive"), TIME, st.booleans()),
        st.tuples(st.just("back"), TIME, KM),
        st.tuples(st.just("correct"), st.integers(0, 3), TIME, KM, TIME, KM),
        st.tuples(st.just("void"), st.integers(0, 3)),
        st.tuples(st.just("fuel"), st.integers(-1, 0), st.none() | KM),
    ),
    max_size=14,
)  # fmt: skip


class Road:
    """Two referrals and one vehicle, and every deed by its name."""

    def __init__(self):
        self.by, self.vehicle, self.village = somebody(), Vehicle.objects.all()[0].pk, a_village()
        patient = a_patient()
        self.referrals = [a_referral(patient=patient, at=minute(-60), now=LATER) for _ in range(2)]
        self.common = {"by": self.by, "now": LATER}

    def trip(self, n=0):
        """Return the nth newest trip, or one that nobody wrote."""
        rows = list(Trip.objects.order_by("-id")[: n + 1])
        return rows[n] if n < len(rows) else Trip()

    def step(self, n, to, at):
        referrals.advance(referral=self.referrals[n], to=to, at=minute(at), note="why", **self.common)

    def call(self, n, result, at):
        calls.write(referral=self.referrals[n], at=minute(at), result=result, **self.common)

    def slip(self, n, reason):
        other = Hospital.objects.order_by("-order")[0]
        referrals.change(referral=self.referrals[n], by=self.by, reason=reason, hospital_id=other.pk)

    def answer(self, n, again):
        edit = Edit({}) if again else None
        referrals.record_answer(
            referral=self.referrals[n], answer=Answer(on=TODAY, words="x"), edit=edit, **self.common
        )

    def send(self, n, at, km, back=None):
        referral = None if n is None else self.referrals[n].pk
        leaving = Leaving(self.vehicle, "Vuthy", minute(at), km)
        trips.dispatch(leaving=leaving, purpose="emergency", referral_id=referral, back=back, **self.common)

    def copy(self, n, at, km, end, end_km, there):
        arrival = Arrival() if there is None else Arrival(minute(there), to="Dr Chan")
        self.send(n, at, km, Back(minute(end), end_km, Decimal(3), arrival))

    def home(self, at, km, end):
        back = end and Back(minute(end[0]), end[1])
        trips.take_deceased_home(
            leaving=Leaving(self.vehicle, "Vuthy", minute(at), km), person_name="ឃឹម សុខា", village=self.village,
            back=back, **self.common,
        )  # fmt: skip

    def leg(self, at, km, end):
        way = Way("a", "b", Reading(minute(at), km), end and Reading(minute(end[0]), end[1]))
        legs.write(trip=self.trip(), way=way, **self.common)

    def arrive(self, at, handed):
        trips.arrive(trip=self.trip(), arrival=Arrival(minute(at), to="Dr Chan" if handed else ""), **self.common)

    def back(self, at, km):
        trips.complete(trip=self.trip(), returned_at=minute(at), odometer=km, **self.common)

    def correct(self, n, at, km, end, end_km):
        said = {"departed_at": minute(at), "odometer_out": km, "returned_at": minute(end), "odometer_in": end_km}
        corrections.correct(trip=self.trip(n), reason="misread", **self.common, **said)

    def void(self, n):
        corrections.take_back(trip=self.trip(n), reason="never was", **self.common)

    def fuel(self, days, km):
        on = TODAY if days == 0 else minute(days * 24 * 60).date()
        fuel.fill(vehicle_id=self.vehicle, litres=Decimal(4), on=on, odometer=km, by=self.by, today=TODAY)


class TestAnyJourney(TestCase):
    """The walk itself."""

    @settings(max_examples=60, deadline=None)
    @given(STEPS)
    def test_whatever_is_done_in_whatever_order_the_log_stays_true(self, deeds):
        road = Road()
        for name, *given_ in deeds:
            try:
                getattr(road, name)(*given_)
            except (RuleBroken, Trip.DoesNotExist):
                continue
        assert_true_of_the_road()
