"""What programs send and read: the same facts as the forms, checked by the same services, told in the same words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rest_framework import serializers

from clinic.models import (
    Allergy,
    Consent,
    ContactPoint,
    Encounter,
    EquityLevel,
    Identifier,
    Patient,
    Payer,
    Relation,
    Sex,
    Treatment,
    Vitals,
)
from clinic.rules import dosage, imci
from clinic.rules.dosage import figure
from clinic.rules.identifiers import Number
from clinic.selectors import catalogue, people, registry
from clinic.selectors.search import Hit
from clinic.selectors.timeline import Contact
from clinic.services.allergies import Said
from clinic.services.care import Care, Line
from clinic.services.consents import Answer
from clinic.services.households import Guardian
from core.ages import parse_age, parse_age_or_birth
from core.errors import RuleBroken
from core.fields import AgeOrBirth
from core.places.models import Village

MOST = 50  # rows of one kind in one request
ATC = r"^[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?$"


class IdentifierIn(serializers.Serializer[Any]):
    """Another number of a person; `level` and the dates are said of an equity card."""

    kind = serializers.ChoiceField(choices=Identifier.Kind.choices)
    value = serializers.CharField(max_length=60)
    level = serializers.ChoiceField(choices=EquityLevel.choices, required=False, allow_blank=True, default="")
    issued_on = serializers.DateField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateField(required=False, allow_null=True, default=None)


class PhoneIn(serializers.Serializer[Any]):
    """Another telephone, and whose it is."""

    phone = serializers.CharField(max_length=30)
    whose = serializers.ChoiceField(choices=ContactPoint.Whose.choices, required=False, default="own")


class AllergyIn(serializers.Serializer[Any]):
    """What somebody reacts to: a usual substance by key or name, or any words."""

    substance = serializers.CharField(max_length=120)
    reaction = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")
    severe = serializers.BooleanField(required=False, default=False)
    kind = serializers.ChoiceField(choices=Allergy.Kind.choices, required=False, allow_blank=True, default="")


class ConsentIn(serializers.Serializer[Any]):
    """What somebody agreed to or refused."""

    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    given = serializers.BooleanField()
    said_by = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class GuardianIn(serializers.Serializer[Any]):
    """A patient who answers for the person; `lives_with` puts both into one household."""

    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all(), pk_field=serializers.UUIDField())
    kind = serializers.ChoiceField(choices=Relation.Kind.choices)
    lives_with = serializers.BooleanField(required=False, default=False)


class PatientIn(serializers.Serializer[Any]):
    """A person to register. `birth` is a date, a month, a year, or an age as told today ("4y", "3m", "12d")."""

    id = serializers.UUIDField(required=False)
    family_name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    given_name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    family_name_km = serializers.CharField(max_length=60, required=False, allow_blank=True)
    given_name_km = serializers.CharField(max_length=60, required=False, allow_blank=True)
    sex = serializers.ChoiceField(choices=Sex.choices)
    birth = serializers.CharField(max_length=40, required=False, allow_blank=True)
    village = serializers.PrimaryKeyRelatedField(queryset=Village.objects.all(), required=False, allow_null=True)
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True)
    guardian = serializers.CharField(max_length=120, required=False, allow_blank=True)
    guardian_is = GuardianIn(required=False)
    payer = serializers.ChoiceField(choices=Payer.choices, required=False, allow_blank=True)
    identifiers = IdentifierIn(many=True, required=False, max_length=MOST)  # type: ignore[call-arg]
    phones = PhoneIn(many=True, required=False, max_length=MOST)  # type: ignore[call-arg]
    no_allergy = serializers.BooleanField(required=False, default=False)
    allergies = AllergyIn(many=True, required=False, max_length=MOST)  # type: ignore[call-arg]
    consents = ConsentIn(many=True, required=False, max_length=MOST)  # type: ignore[call-arg]

    def validate_birth(self, text: str) -> AgeOrBirth | None:
        """Read a birth or an age, as told on the day given as `today` in the context."""
        if not text.strip():
            return None
        today: dt.date = self.context["today"]
        try:
            birth = parse_age_or_birth(text, today)
            return AgeOrBirth(birth, (*parse_age(text), today) if birth.precision == "stated" else None)
        except RuleBroken as broken:
            raise RuleBroken(broken.code, field="birth", **broken.params) from broken

    def given(self) -> dict[str, Any]:
        """Return what the service takes."""
        said = dict(self.validated_data)
        birth = said.pop("birth", None)
        guardian = said.pop("guardian_is", None)
        return said | {
            "birth": birth.birth if birth else None, "told": birth.told if birth else None,
            "identifiers": [Number(**row) for row in said.pop("identifiers", [])],
            "phones": [(row["phone"], row["whose"]) for row in said.pop("phones", [])],
            "allergies": [Said(**row) for row in said.pop("allergies", [])],
            "consents": [Answer(**row) for row in said.pop("consents", [])],
            "guardian_is": Guardian(**guardian) if guardian else None,
        }  # fmt: skip


class VitalsIn(serializers.ModelSerializer[Vitals]):
    """Measurements, each with the hard limits of the model."""

    class Meta:
        model = Vitals
        fields = Vitals.MEASURES


class TreatmentIn(serializers.Serializer[Any]):
    """A medicine or treatment: its dose, its ATC code where one is known, and why it is given despite an allergy."""

    what = serializers.CharField(max_length=160)
    dose = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")
    atc = serializers.RegexField(ATC, max_length=7, required=False, allow_blank=True, default="")
    despite = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class CareIn(serializers.Serializer[Any]):
    """What is written in a visit. `diagnoses` are catalogue keys or ICD-10 codes, the main one first."""

    urgency = serializers.ChoiceField(choices=Encounter.Urgency.choices, required=False)
    new_case = serializers.BooleanField(required=False, default=True)
    complaint = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    findings = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    vitals = VitalsIn(required=False)
    diagnoses = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=MOST)
    treatments = TreatmentIn(many=True, required=False, max_length=MOST)  # type: ignore[call-arg]
    advice = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    follow_up_on = serializers.DateField(required=False, allow_null=True)
    result = serializers.ChoiceField(choices=Encounter.Result.choices, required=False, allow_blank=True)
    result_text = serializers.CharField(max_length=120, required=False, allow_blank=True)
    close = serializers.BooleanField(required=False, default=False)

    def validate_diagnoses(self, keys: list[str]) -> Any:
        """Find each condition in the catalogue."""
        found, unknown = catalogue.by_keys(keys)
        if unknown:
            raise RuleBroken("clinic.diagnosis_unknown", field="diagnoses", text=unknown[0])
        return found

    def care(self) -> Care:
        """Return what the service takes."""
        said = self.validated_data
        plain = ("urgency", "new_case", "complaint", "findings", "vitals", "diagnoses", "advice", "follow_up_on",
                 "result", "result_text")  # fmt: skip
        treatments = [Line(**row) for row in said.get("treatments", [])]
        return Care(treatments=treatments, **{name: said[name] for name in plain if name in said})


class VisitIn(CareIn):
    """An out-patient visit to open; `signs` are the danger signs seen on arrival."""

    id = serializers.UUIDField(required=False)
    patient = serializers.UUIDField()
    on = serializers.DateField(required=False)
    told_age = serializers.CharField(max_length=40, required=False)
    signs = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=MOST)

    def validate_signs(self, keys: list[str]) -> list[str]:
        """Refuse a sign that is on no list."""
        if unknown := set(keys) - {sign.key for sign in imci.danger_signs(None)}:
            raise RuleBroken("clinic.sign_unknown", field="signs", text=min(unknown))
        return keys

    def validate_told_age(self, text: str) -> Any:
        """Read an age as told at this visit."""
        try:
            return parse_age(text)
        except RuleBroken as broken:
            raise RuleBroken(broken.code, field="told_age", **broken.params) from broken


class CorrectionIn(CareIn):
    """A visit written anew, whole; a closed one only with the reason in `why`."""

    why = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


def patient_out(patient: Patient) -> dict[str, Any]:
    """Return a person as programs read them; the village must be joined."""
    plain = (
        "id", "number", "family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth_date",
        "birth_earliest", "birth_latest", "birth_precision", "phone", "guardian", "payer", "no_allergy_on",
        "deceased_on",
    )  # fmt: skip
    village = patient.village
    return {
        **{name: getattr(patient, name) for name in plain},
        "household": patient.household_id,
        "merged_into": patient.merged_into_id,
        "village": village and {name: getattr(village, name) for name in ("id", "code", "name_km", "name_en")},
    }


def person_out(person: Any) -> dict[str, Any]:
    """Return everything that is written of a person, as `selectors.registry.get` brings it."""
    alerts = ("substance", "atc", "kind", "reaction", "severe")
    numbers = ("kind", "value", "level", "issued_on", "valid_until")
    return patient_out(person) | {
        "identifiers": [{name: row[name] for name in numbers} for row in person.numbers or []],
        "phones": [{"phone": phone, "whose": whose} for phone, whose in registry.other_phones(person)],
        "allergies": [{name: row[name] for name in alerts} for row in people.alerts_of(person)],
    }  # fmt: skip


def hit_out(hit: Hit) -> dict[str, Any]:
    """Return one line of a search."""
    return patient_out(hit.patient) | {"age_years": hit.age and hit.age.years, "last_visit": hit.last_visit}


def treatment_out(row: Treatment) -> dict[str, Any]:
    """Return a line of treatment; a dose that can be read also in numbers."""
    dose = dosage.parse(row.dose)
    numbers = dose and {"amounts": list(map(figure, dose.amounts)), "days": dose.days, "unit": dose.unit}
    return {name: getattr(row, name) for name in Line._fields} | {"read": numbers}


def contact_out(contact: Contact) -> dict[str, Any]:
    """Return a visit as programs read it."""
    visit, vitals = contact.encounter, contact.newest_vitals
    plain = (
        "id", "kind", "on", "status", "urgency", "new_case", "complaint", "findings", "advice", "result",
        "result_text", "follow_up_on", "arrived_at", "seen_at", "closed_at",
    )  # fmt: skip
    found = [(row.condition, row.primary) for row in contact.diagnoses]
    return {
        **{name: getattr(visit, name) for name in plain},
        "patient": visit.patient_id,
        "vitals": {name: value for name in Vitals.MEASURES if (value := getattr(vitals, name, None)) is not None},
        "diagnoses": [{"key": row.key, "icd10": row.icd10, "primary": primary} for row, primary in found],
        "treatments": [treatment_out(row) for row in contact.treatments],
        "signs": {row.sign: row.present for row in contact.signs},
        "versions": contact.versions,
    }
