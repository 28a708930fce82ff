"""What tablets send and carry of people: one noun a file, each applied through the services that pages use."""

from clinic.sync import allergies, patients
from clinic.sync.documents import patient_docs

__all__ = ["allergies", "patient_docs", "patients"]
