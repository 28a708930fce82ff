"""Rounds in one file, check-ups in another, talks and kits in a third; everything is imported from here."""

from mobile_team.models.checkup import CheckupVersion, DentalCheckup, ToothFinding, ToothTreatment
from mobile_team.models.rounds import Route, Session, SessionAlias, Stop, Weekday
from mobile_team.models.talks import Attendance, Education, KitLine

__all__ = [
    "Attendance", "CheckupVersion", "DentalCheckup", "Education", "KitLine", "Route", "Session", "SessionAlias", "Stop",
    "ToothFinding", "ToothTreatment", "Weekday",
]  # fmt: skip
