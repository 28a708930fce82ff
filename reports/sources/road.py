"""Referrals to hospitals and journeys of the ambulance, the journeys home too."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.urls import reverse

from core.periods import CLINIC_TZ
from referrals.models import Referral, Trip
from referrals.selectors.referrals import long_awaited
from reports.cube import SEXES
from reports.sources.source import Dimension, Part, Shown, Source
from reports.sources.words import joined, person_words
from reports.spans import Span

KILOMETRES = (Part(F("odometer_in") - F("odometer_out")),)


def _referrals(span: Span) -> Any:
    return Referral.objects.filter(on__range=(span.first, span.last))


def answered(span: Any) -> Q:
    """Keep referrals that were answered, whenever."""
    return Q(state=Referral.State.ANSWERED)


def without_an_answer_for_long(span: Any) -> Q:
    """Keep referrals whose answer is awaited for longer than the centre waits, as seen at the end of the days."""
    return long_awaited(span.today or span.last)


def _referral(row: Any) -> Shown:
    more = joined(row.number, person_words(row.patient, row.on), row.hospital, row.get_state_display())
    return Shown(row.patient.name, more, reverse("referrals:referral", args=[row.pk]), row.patient_id)


REFERRALS = Source(
    _referrals, _referral, related=("patient", "hospital"),
    dimensions={
        "hospital": Dimension("hospital_id", numbered=True),
        "sex": Dimension("patient__sex", SEXES),
        "village": Dimension("patient__village_id", numbered=True),
        "commune": Dimension("patient__village__commune_id", numbered=True),
        "district": Dimension("patient__village__commune__district_id", numbered=True),
        "state": Dimension("state", tuple(Referral.State.values)),
        "urgency": Dimension("urgency", tuple(str(n) for n in Referral.Urgency.values), numbered=True),
    },
)  # fmt: skip


def _trips(span: Span) -> Any:
    return Trip.objects.standing().filter(departed_at__range=span.instants)


def back(span: Any) -> Q:
    """Keep trips that are over."""
    return Q(odometer_in__isnull=False)


def _trip(row: Any) -> Shown:
    more = joined(row.traveller, row.destination, row.village, row.vehicle, row.driver)
    href = reverse("referrals:trip", args=[row.pk])
    return Shown(str(row.get_purpose_display()), more, href, row.patient_id)


TRIPS = Source(
    _trips, _trip, TruncDate("departed_at", tzinfo=CLINIC_TZ), related=("patient", "vehicle", "village"),
    dimensions={
        "purpose": Dimension("purpose", tuple(Trip.Purpose.values)),
        "hospital": Dimension("referral__hospital_id", numbered=True),
        "village": Dimension("village_id", numbered=True),
        "commune": Dimension("village__commune_id", numbered=True),
        "district": Dimension("village__commune__district_id", numbered=True),
        "vehicle": Dimension("vehicle_id", numbered=True),
    },
)  # fmt: skip
