"""One noun, one file; everything is imported from here."""

from clinic.models.admission import Admission, Bed, DischargeType, Outcome, Ward
from clinic.models.condition import Condition
from clinic.models.encounter import Diagnosis, Encounter, Treatment, Vitals
from clinic.models.patient import AgeUnit, Identifier, NameKey, NumberBlock, Patient, Sex

__all__ = [
    "Admission", "AgeUnit", "Bed", "Condition", "Diagnosis", "DischargeType", "Encounter", "Identifier", "NameKey",
    "NumberBlock", "Outcome", "Patient", "Sex", "Treatment", "Vitals", "Ward",
]  # fmt: skip
