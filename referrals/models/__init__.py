"""Referrals in one file, trips in another; everything is imported from here."""

from referrals.models.referral import Call, Hospital, Referral, SlipBook, Step
from referrals.models.trip import Driver, Fuel, Leg, Trip, Vehicle

__all__ = ["Call", "Driver", "Fuel", "Hospital", "Leg", "Referral", "SlipBook", "Step", "Trip", "Vehicle"]
