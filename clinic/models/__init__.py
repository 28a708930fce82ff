"""One noun, one file; everything is imported from here."""

from clinic.models.admission import Admission, Bed, DischargeType, Outcome, Ward
from clinic.models.condition import Condition
from clinic.models.encounter import Diagnosis, Encounter, Treatment, Vitals
from clinic.models.patient import Identifier, NameKey, NumberBlock, Patient

__all__ = [
    "Admission", "Bed", "Condition", "Diagnosis", "DischargeType", "Encounter", "Identifier", "NameKey",
    "NumberBlock", "Outcome", "Patient", "Treatment", "Vitals", "Ward",
]  # fmt: skip
