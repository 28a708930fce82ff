"""Forms of the referral desk: a referral, its steps and its answer, trips, taking the deceased home."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Outcome, Patient
from core.errors import RuleBroken
from core.fields import DateField, DateTimeField, DecimalField, HiddenIdField, NotesField, NumberField, VillageField
from core.ids import parse_patient_number, patient_number
from referrals import selectors
from referrals.models import Referral, Trip

MOST_KILOMETRES = 2_000_000
Named = tuple[Patient | None, str]


class RowField(forms.TypedChoiceField):
    """Choose a row by its key. The rows are read only when the form is shown; the service finds a wrong key."""

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"coerce": int, "widget": forms.RadioSelect}
        super().__init__(**(ours | kwargs))

    def valid_value(self, value: Any) -> bool:
        return re.fullmatch(r"[0-9]{1,9}", str(value)) is not None


class PersonField(forms.CharField):
    """A name, or the number of a patient we know; cleans to (patient or None, name). One query for a number."""

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"required": False, "max_length": 120, "help_text": _("Or the patient number, if known")}
        super().__init__(**(ours | kwargs))

    def clean(self, value: Any) -> Named:
        text = super().clean(value)
        try:
            number = patient_number(parse_patient_number(text))
        except RuleBroken:
            return None, text
        found = Patient.objects.filter(number=number).select_related("merged_into").first()
        patient = found and (found.merged_into or found)
        if patient is None:
            raise forms.ValidationError(_("Nobody has this patient number."))
        return patient, ""


class ReferralForm(forms.Form):
    """What the slip says."""

    id = HiddenIdField()
    hospital = RowField(label=_("Hospital"), choices=lambda: [(h.pk, str(h)) for h in selectors.hospitals()])
    urgency = forms.TypedChoiceField(
        label=_("How urgent?"), choices=Referral.Urgency.choices, coerce=int, widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Reason for referral"), max_length=200)
    findings = NotesField(label=_("History and findings"), required=False)
    treatment_given = NotesField(label=_("Treatment given, with dose and time"), required=False)
    companion = forms.CharField(label=_("Who goes along"), max_length=120, required=False)
    at = DateTimeField(label=_("Date and time"))


class StepForm(forms.Form):
    """One step: when, and a word about it."""

    to = forms.CharField(widget=forms.HiddenInput, required=False)
    at = DateTimeField(label=_("When"))
    received_by = forms.CharField(label=_("Handed over to"), max_length=120, required=False)
    note = forms.CharField(label=_("Note, or why"), max_length=200, required=False)


class AnswerForm(forms.Form):
    """What the hospital wrote back or said on the telephone."""

    answered_on = DateField(label=_("Date of the answer"))
    answer_outcome = forms.ChoiceField(
        label=_("Outcome at the hospital"), required=False, widget=forms.RadioSelect,
        choices=[("", _("not said")), *Outcome.choices],
    )  # fmt: skip
    answer = NotesField(label=_("Diagnosis, treatment and advice"), rows=5)


def _vehicles() -> list[tuple[int, str]]:
    return [(vehicle.pk, _named(vehicle)) for vehicle in selectors.vehicles()]


def _named(vehicle: Any) -> str:
    words = str(vehicle)
    if vehicle.last is not None:
        words += f" · {vehicle.last} km"
    return f"{words} · {_('on the road')}" if vehicle.out_since else words


class LeavingForm(forms.Form):
    """How a vehicle sets out."""

    id = HiddenIdField()
    vehicle = RowField(label=_("Vehicle"), choices=_vehicles)
    driver = forms.CharField(label=_("Driver"), max_length=80)
    departed_at = DateTimeField(label=_("Leaves at"))
    odometer_out = NumberField(label=_("Odometer (km)"), min_value=0, max_value=MOST_KILOMETRES)


class TripForm(LeavingForm):
    """A trip with the living."""

    purpose = forms.ChoiceField(
        label=_("Purpose"), widget=forms.RadioSelect,
        choices=[choice for choice in Trip.Purpose.choices if choice[0] != Trip.Purpose.DECEASED_HOME],
    )  # fmt: skip
    person = PersonField(label=_("Who travels"))
    village = VillageField(required=False)
    destination = forms.CharField(label=_("Destination"), max_length=120, required=False)
    escort = forms.CharField(label=_("Who goes along"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    field_order = ["purpose", "person", "village", "destination", "vehicle", "driver", "escort"]

    def __init__(self, *args: Any, for_referral: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if for_referral:  # the referral says who travels, and where to
            del self.fields["person"], self.fields["village"]
            homeward = Trip.Purpose.PATIENT_HOME
            purposes: Any = self.fields["purpose"]
            purposes.choices = [choice for choice in purposes.choices if choice[0] != homeward]


class DeceasedHomeForm(LeavingForm):
    """Taking the deceased home: a name, the family, the place. Nothing else."""

    person = PersonField(label=_("Name of the deceased"), required=True)
    family_contact = forms.CharField(label=_("Family member and phone"), max_length=120, required=False)
    village = VillageField(label=_("Home village"), required=False)
    destination = forms.CharField(label=_("Or the place in words"), max_length=120, required=False)
    field_order = ["person", "family_contact", "village", "destination"]


class ReturnForm(forms.Form):
    """The vehicle is back."""

    returned_at = DateTimeField(label=_("Back at"))
    odometer_in = NumberField(label=_("Odometer on return (km)"), min_value=0, max_value=MOST_KILOMETRES)
    fuel_litres = DecimalField(
        label=_("Fuel (litres)"), required=False, min_value=0, max_value=999, max_digits=5, decimal_places=1
    )
    arrived_at = DateTimeField(label=_("Arrived at the hospital at"), required=False)
    received_by = forms.CharField(label=_("Handed over to"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, with_arrival: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_arrival:
            self.fields["arrived_at"].widget = self.fields["received_by"].widget = forms.HiddenInput()
