"""Open work of the referral desk: one on the way, one long unanswered, one answered; one person taken home."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings

from clinic.models import Encounter, Outcome, Patient
from clinic.services import encounters
from clinic.services.encounters import Care
from desk.demo.calendar import DAY
from desk.demo.cast import Cast
from desk.demo.people import Person
from referrals.models import Call, Hospital, Referral, Trip, Vehicle
from referrals.rules import Reading
from referrals.services import calls, legs, referrals, trips
from referrals.services.legs import Way
from referrals.services.referrals import Answer
from referrals.services.trips import Arrival, Leaving

DRIVER = "ហេង បូរ៉ា"
MINUTE = dt.timedelta(minutes=1)
TO_TAKEO = 151  # kilometres one way
READING = 48_210  # on the odometer before the first trip


class Road:
    """The ambulance's log, kept in the order of time: each trip takes up the odometer where the last left it."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.reading = cast, READING
        self.vehicle = Vehicle.objects.filter(active=True).order_by("id")[0]
        self.takeo = Hospital.objects.order_by("order", "id")[0]

    def leaving(self, at: dt.datetime, escort: str = "", called_at: dt.datetime | None = None) -> Leaving:
        """Return how the ambulance sets out at a time; with somebody at the patient's side, oxygen goes along."""
        return Leaving(
            vehicle_id=self.vehicle.pk, driver=DRIVER, at=at, odometer=self.reading, escort=escort, called_at=called_at,
            oxygen=bool(escort),
        )  # fmt: skip

    def refer(self, patient: Patient, at: dt.datetime, called: dt.datetime, **told: object) -> Referral:
        """Draft a referral to Takeo and call there."""
        cast = self.cast
        told = {"hospital": self.takeo, "urgency": Referral.Urgency.EMERGENCY, **told}
        told = {"by": cast.referral, "referrer_role": "គិលានុបដ្ឋាក", **told}
        referral = referrals.draft(patient=patient, at=at, now=cast.now, **told)  # type: ignore[arg-type]
        calls.write(
            referral=referral, at=called, result=Call.Result.ACCEPTED, by=cast.referral, now=cast.now,
            spoke_to="បន្ទប់សង្គ្រោះបន្ទាន់",
        )  # fmt: skip
        return referral

    def drive(self, referral: Referral, at: dt.datetime) -> Trip:
        """Set out for Takeo with the patient of a referral."""
        return trips.dispatch(
            leaving=self.leaving(at, "គិលានុបដ្ឋាក សុខ ចន្ធី", at - 8 * MINUTE), referral_id=referral.pk,
            purpose=Trip.Purpose.EMERGENCY, by=self.cast.referral, now=self.cast.now, destination=self.takeo.name_km,
        )  # fmt: skip

    def hand_over(self, trip: Trip, received_by: str) -> None:
        """Arrive after three hours, hand over, and be back after seven."""
        cast, there = self.cast, trip.departed_at + 3 * 60 * MINUTE
        way = Way(
            settings.CENTRE["name_km"], self.takeo.name_km, Reading(trip.departed_at, self.reading),
            Reading(there, self.reading + TO_TAKEO),
        )  # fmt: skip
        legs.write(trip=trip, way=way, by=cast.referral, now=cast.now)
        self.reading += 2 * TO_TAKEO
        trips.complete(
            trip=trip, returned_at=trip.departed_at + 7 * 60 * MINUTE, odometer=self.reading, by=self.cast.referral,
            now=self.cast.now, fuel_litres=Decimal("34.5"), arrival=Arrival(there, there + 12 * MINUTE, received_by),
        )  # fmt: skip

    def take_home(self, patient: Patient, on: dt.date) -> None:
        """Take somebody who died at the centre home to the family, the same afternoon."""
        at = self.cast.hour(on, 16, 10)
        trip = trips.take_deceased_home(
            leaving=self.leaving(at), by=self.cast.referral, now=self.cast.now, patient=patient,
            village=patient.village, family_contact="កូនប្រុស",
        )  # fmt: skip
        self.reading += 46
        trips.complete(
            trip=trip, returned_at=min(at + 150 * MINUTE, self.cast.now), odometer=self.reading, by=self.cast.referral,
            now=self.cast.now,
        )  # fmt: skip


def travel(cast: Cast, people: Iterable[Person]) -> None:
    """Write the log of the ambulance and the referrals behind it, in the order of time."""
    road = Road(cast)
    died = [p for p in people if p.died_on and p.ref in cast.patients and cast.patients[p.ref].deceased_on]
    last = max(died, key=lambda person: person.died_on or dt.date.min)
    assert last.died_on
    events = [
        (cast.today - 52 * DAY, lambda: _answered(road)),
        (cast.today - 41 * DAY, lambda: _unanswered(road)),
        (last.died_on, lambda: road.take_home(cast.patients[last.ref], last.died_on or cast.today)),
    ]
    for _, happen in sorted(events, key=lambda event: event[0]):
        happen()
    _under_way(road)


def _answered(road: Road) -> None:
    """Refer a child with dengue and warning signs; Takeo writes back six days later."""
    cast, at = road.cast, road.cast.hour(road.cast.today - 52 * DAY, 7, 40)
    patient = cast.someone("M", 6, 12, since=cast.today - 52 * DAY)
    referral = road.refer(
        patient, at, at + 10 * MINUTE, reason="គ្រុនឈាម មានសញ្ញាគ្រោះថ្នាក់", companion="ម្តាយ",
        findings="ក្តៅខ្លួន ៥ ថ្ងៃ ឈឺពោះ ក្អួតញឹក ឈាមច្រមុះ", treatment_given="ទឹកចូលសរសៃ ១ លីត្រ", diagnosis="គ្រុនឈាម", by=cast.nurse,
    )  # fmt: skip
    road.hand_over(road.drive(referral, at + 40 * MINUTE), "វេជ្ជបណ្ឌិតប្រចាំការ")
    answer = Answer(
        on=cast.today - 46 * DAY, outcome=Outcome.RECOVERED, channel=Referral.Channel.PHONE,
        told_by="វេជ្ជបណ្ឌិតប្រចាំការ", received_at=at + 220 * MINUTE, diagnosis="គ្រុនឈាម", treatment="ដាក់ទឹក ៤ ថ្ងៃ",
        advice="សូមតាមដានក្រោយ ១ សប្តាហ៍",
    )  # fmt: skip
    referrals.record_answer(referral=referral, answer=answer, by=cast.referral, now=cast.now)


def _unanswered(road: Road) -> None:
    """Refer an old man with a broken hip; nobody has heard of him since."""
    cast, at = road.cast, road.cast.hour(road.cast.today - 41 * DAY, 8, 15)
    patient = cast.someone("M", 60, 85, since=cast.today - 41 * DAY)
    referral = road.refer(
        patient, at, at + 10 * MINUTE, reason="ដួល សង្ស័យបាក់ឆ្អឹងត្រគាក", companion="កូនស្រី", findings="ឈឺត្រគាកខាងស្តាំ ដើរមិនរួច",
        treatment_given="ប៉ារ៉ាសេតាម៉ុល ១ ក្រាម",
    )  # fmt: skip
    road.hand_over(road.drive(referral, at + 40 * MINUTE), "បន្ទប់សង្គ្រោះបន្ទាន់")


def _under_way(road: Road) -> None:
    """Let the ambulance be on the road with a woman with pre-eclampsia, seen today."""
    cast = road.cast
    patient = cast.someone("F", 20, 38, since=cast.day_before(2))
    found = [cast.conditions["preeclampsia"], cast.conditions["pregnancy"]]
    vitals = {"systolic": 168, "diastolic": 112, "heart_rate": 104}
    visit = encounters.open_visit(
        patient=patient, on=cast.today, by=cast.nurse, today=cast.today, at=cast.ago(110), close=True,
        care=Care(
            urgency=Encounter.Urgency.EMERGENCY, complaint="មានផ្ទៃពោះ ៨ ខែ ឈឺក្បាលខ្លាំង ស្រវាំងភ្នែក", vitals=vitals,
            diagnoses=found, treatments=[("ម៉ាញេស្យូមស៊ុលហ្វាត", "៤ ក្រាម ចាក់យឺតៗ")], result=Encounter.Result.REFERRED,
        ),
    )  # fmt: skip
    referral = road.refer(
        patient, cast.ago(95), cast.ago(80), encounter=visit, reason="ព្រេអេក្លាំស៊ីធ្ងន់ធ្ងរ", companion="ប្តី",
        findings="សម្ពាធឈាម ១៦៨/១១២ ឈឺក្បាលខ្លាំង", treatment_given="ម៉ាញេស្យូមស៊ុលហ្វាត ៤ ក្រាម",
    )  # fmt: skip
    road.drive(referral, cast.ago(50))
