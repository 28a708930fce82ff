"""One noun, one file; everything is imported from here."""

from clinic.models.admission import Admission, Bed, DischargeType, Outcome, Ward
from clinic.models.allergy import Allergy, Consent
from clinic.models.assessment import AntenatalContact, Finding, Pregnancy, PreventiveDose
from clinic.models.condition import Condition
from clinic.models.encounter import Diagnosis, Encounter, EncounterVersion, Treatment, Vitals
from clinic.models.merge import LikelyPair, Merge
from clinic.models.patient import (
    AgeUnit,
    Bare,
    EquityLevel,
    Identifier,
    NameKey,
    NumberBlock,
    Patient,
    Payer,
    Sex,
)
from clinic.models.person import CardPrint, ContactPoint, Household, Photo, Relation
from clinic.models.stay import BedStay, MedicineGiven, StayNote

__all__ = [
    "Admission", "AgeUnit", "Allergy", "AntenatalContact", "Bare", "Bed", "BedStay", "CardPrint", "Condition",
    "Consent", "ContactPoint", "Diagnosis", "DischargeType", "Encounter", "EncounterVersion", "EquityLevel", "Finding",
    "Household", "Identifier", "LikelyPair", "MedicineGiven", "Merge", "NameKey", "NumberBlock", "Outcome", "Patient",
    "Payer", "Photo", "Pregnancy", "PreventiveDose", "Relation", "Sex", "StayNote", "Treatment", "Vitals", "Ward",
]  # fmt: skip
