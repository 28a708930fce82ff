"""Forms of the referral desk: a referral, its steps and its answer, trips, taking the deceased home."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Outcome, Patient
from core.errors import RuleBroken
from core.fields import DateField, DateTimeField, DecimalField, HiddenIdField, NotesField, NumberField, VillageField
from core.ids import parse_patient_number, patient_number
from core.words import say
from referrals import selectors
from referrals.models import Call, Referral, Trip

MOST_KILOMETRES = 2_000_000
MOST_RIEL = 100_000_000
LITRES: dict[str, Any] = {"min_value": 0, "max_value": 500, "max_digits": 5, "decimal_places": 1}
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


class DriverInput(forms.TextInput):
    """A name, typed or taken from those who drive for the centre: in a hurry somebody else may drive."""

    template_name = "forms/suggest.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, (attrs or {}) | {"list": f"known-{name}", "autocomplete": "off"})
        context["widget"]["known"] = selectors.drivers()
        return context


class ReferralForm(forms.Form):
    """What the slip says."""

    id = HiddenIdField()
    hospital = RowField(label=_("Hospital"), choices=lambda: [(h.pk, str(h)) for h in selectors.hospitals()])
    urgency = forms.TypedChoiceField(
        label=_("How urgent?"), choices=Referral.Urgency.choices, coerce=int, widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Reason for referral"), max_length=200)
    diagnosis = forms.CharField(label=_("Provisional diagnosis"), max_length=200, required=False)
    danger_signs = forms.CharField(label=_("Danger signs"), max_length=200, required=False)
    vitals = forms.CharField(label=_("Vital signs, with the time"), max_length=200, required=False)
    findings = NotesField(label=_("History and findings"), required=False)
    treatment_given = NotesField(label=_("Treatment given, with dose and time"), required=False)
    pregnancy = forms.CharField(label=_("Pregnancy"), max_length=120, required=False)
    village = VillageField(
        label=_("Waits in the village"), required=False, help_text=_("Empty when the patient is here at the centre")
    )
    companion = forms.CharField(label=_("Who goes along"), max_length=120, required=False)
    referrer_role = forms.CharField(label=_("Your role, as the slip says it"), max_length=80, required=False)
    at = DateTimeField(label=_("Date and time"))


class SlipForm(ReferralForm):
    """What a slip says, put right before the patient leaves with it."""

    id = None  # type: ignore[assignment]
    at = None  # type: ignore[assignment]


class StepForm(forms.Form):
    """One step: when, and a word about it."""

    to = forms.CharField(widget=forms.HiddenInput, required=False)
    at = DateTimeField(label=_("When"))
    received_by = forms.CharField(label=_("Handed over to"), max_length=120, required=False)
    note = forms.CharField(label=_("Note, or why"), max_length=200, required=False)


class CallForm(forms.Form):
    """One call with the hospital."""

    id = HiddenIdField()
    at = DateTimeField(label=_("When"))
    spoke_to = forms.CharField(label=_("Spoke to"), max_length=120, required=False)
    result = forms.ChoiceField(label=_("What came of it?"), choices=Call.Result.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_("What was said"), max_length=200, required=False)


class AnswerForm(forms.Form):
    """What the hospital wrote back or said on the telephone: two minutes, and only what is known."""

    answer_by = forms.ChoiceField(
        label=_("How did the answer come?"), choices=Referral.Channel.choices, widget=forms.RadioSelect
    )
    answer_from = forms.CharField(label=_("Who answered"), max_length=120, required=False)
    answered_on = DateField(label=_("Date of the answer"))
    received_at = DateTimeField(label=_("Received at the hospital on"), required=False)
    answer_diagnosis = forms.CharField(label=_("Diagnosis of the hospital"), max_length=200, required=False)
    answer_treatment = forms.CharField(label=_("Treatment there"), max_length=200, required=False)
    answer_outcome = forms.ChoiceField(
        label=_("Outcome at the hospital"), required=False, widget=forms.RadioSelect,
        choices=[("", _("not said")), *Outcome.choices],
    )  # fmt: skip
    answer_advice = forms.CharField(label=_("Advice for afterwards"), max_length=200, required=False)
    answer = NotesField(label=_("What else was said"), required=False)


def _vehicles() -> list[tuple[int, str]]:
    return [(vehicle.pk, _named(vehicle)) for vehicle in selectors.vehicles()]


def _named(vehicle: Any) -> str:
    words = f"{vehicle} · {_('oxygen')}" if vehicle.oxygen else str(vehicle)
    if vehicle.last is not None:
        words += f" · {vehicle.last} km"
    return f"{words} · {_('on the road')}" if vehicle.out_since else words


class LeavingForm(forms.Form):
    """How a vehicle sets out."""

    id = HiddenIdField()
    vehicle = RowField(label=_("Vehicle"), choices=_vehicles)
    driver = forms.CharField(label=_("Driver"), max_length=80, widget=DriverInput)
    departed_at = DateTimeField(label=_("Leaves at"))
    odometer_out = NumberField(label=_("Odometer (km)"), min_value=0, max_value=MOST_KILOMETRES)


class CopiedForm(forms.Form):
    """The return of a trip that is over already, copied from the paper log."""

    returned_at = DateTimeField(label=_("Back at"), required=False)
    odometer_in = NumberField(
        label=_("Odometer on return (km)"), required=False, min_value=0, max_value=MOST_KILOMETRES
    )

    def clean(self) -> dict[str, Any]:
        """Refuse half a return. A form that was refused elsewhere says so first."""
        data = super().clean() or {}
        told = [name for name in ("returned_at", "odometer_in") if data.get(name) is not None]
        if len(told) == 1 and not self.errors:
            missing = "odometer_in" if told == ["returned_at"] else "returned_at"
            self.add_error(missing, say(RuleBroken("referrals.return_half_told")))
        return data


class TripForm(CopiedForm, LeavingForm):
    """A trip with the living."""

    purpose = forms.ChoiceField(
        label=_("Purpose"), widget=forms.RadioSelect,
        choices=[choice for choice in Trip.Purpose.choices if choice[0] != Trip.Purpose.DECEASED_HOME],
    )  # fmt: skip
    person = PersonField(label=_("Who travels"))
    village = VillageField(required=False)
    destination = forms.CharField(label=_("Destination"), max_length=120, required=False)
    escort = forms.CharField(label=_("Who goes along"), max_length=120, required=False)
    oxygen = forms.BooleanField(label=_("Oxygen goes along"), required=False)
    called_at = DateTimeField(label=_("Called for at"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    arrived_at = DateTimeField(label=_("Reached the hospital at"), required=False)
    handed_over_at = DateTimeField(label=_("Handed over at"), required=False)
    received_by = forms.CharField(label=_("Handed over to"), max_length=120, required=False)
    fuel_litres = DecimalField(label=_("Fuel taken on the way (litres)"), required=False, **LITRES)

    def __init__(self, *args: Any, for_referral: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if for_referral:  # the referral says who travels, and where to
            del self.fields["person"], self.fields["village"]
            homeward = Trip.Purpose.PATIENT_HOME
            purposes: Any = self.fields["purpose"]
            purposes.choices = [choice for choice in purposes.choices if choice[0] != homeward]


class DeceasedHomeForm(CopiedForm, LeavingForm):
    """Taking the deceased home: a name, the family, the place. Nothing else."""

    person = PersonField(label=_("Name of the deceased"), required=True)
    family_contact = forms.CharField(label=_("Family member and phone"), max_length=120, required=False)
    village = VillageField(label=_("Home village"), required=False)
    destination = forms.CharField(label=_("Or the place in words"), max_length=120, required=False)


class ArrivalForm(forms.Form):
    """The vehicle is at the hospital, and somebody there takes the patient over."""

    arrived_at = DateTimeField(label=_("Reached the hospital at"), required=False)
    handed_over_at = DateTimeField(label=_("Handed over at"), required=False)
    received_by = forms.CharField(label=_("Handed over to"), max_length=120, required=False)


class ReturnForm(ArrivalForm):
    """The vehicle is back."""

    returned_at = DateTimeField(label=_("Back at"))
    odometer_in = NumberField(label=_("Odometer on return (km)"), min_value=0, max_value=MOST_KILOMETRES)
    fuel_litres = DecimalField(label=_("Fuel taken on the way (litres)"), required=False, **LITRES)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class CorrectionForm(TripForm):
    """A trip as it is written, to put it right; it asks only for what a trip of its kind knows."""

    family_contact = forms.CharField(label=_("Family member and phone"), max_length=120, required=False)
    reason = forms.CharField(label=_("Why is it corrected?"), max_length=200)

    def __init__(self, *args: Any, columns: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = {FIELD_OF.get(column, column) for column in columns} | {"reason"}
        for name in set(self.fields) - asked:
            del self.fields[name]


# Where a column of a trip is called otherwise in its form.
FIELD_OF = {
    "patient_id": "person", "person_name": "person", "village_id": "village", "reached_at": "arrived_at",
    "handed_over_to": "received_by",
}  # fmt: skip


class LegForm(forms.Form):
    """One leg of a trip, as the driver's book has it."""

    id = HiddenIdField()
    place_from = forms.CharField(label=_("From"), max_length=120)
    place_to = forms.CharField(label=_("To"), max_length=120)
    left_at = DateTimeField(label=_("Left at"))
    odometer_out = NumberField(label=_("Odometer (km)"), min_value=0, max_value=MOST_KILOMETRES)
    reached_at = DateTimeField(label=_("Reached at"), required=False)
    odometer_in = NumberField(
        label=_("Odometer on arrival (km)"), required=False, min_value=0, max_value=MOST_KILOMETRES
    )
    carried = forms.CharField(label=_("Who was carried"), max_length=160, required=False)


class FuelForm(forms.Form):
    """Fuel put into a vehicle."""

    id = HiddenIdField()
    vehicle = RowField(label=_("Vehicle"), choices=_vehicles)
    on = DateField(label=_("Date"))
    litres = DecimalField(label=_("Litres"), min_value=Decimal("0.1"), max_value=500, max_digits=5, decimal_places=1)
    riel = NumberField(label=_("Riel paid"), required=False, min_value=0, max_value=MOST_RIEL)
    odometer = NumberField(label=_("Odometer (km)"), required=False, min_value=0, max_value=MOST_KILOMETRES)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class TakeBackForm(forms.Form):
    """Why an entry of the fuel log is taken back."""

    reason = forms.CharField(label=_("Why?"), max_length=200)


class HospitalForm(forms.Form):
    """A hospital that takes our patients."""

    name_km = forms.CharField(label=_("Name in Khmer"), max_length=120, required=False)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=120, required=False)
    code = forms.CharField(label=_("Code of the ministry"), max_length=8, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    distance_km = NumberField(label=_("Kilometres from here"), required=False, min_value=0, max_value=2000)
    active = forms.BooleanField(label=_("In use"), required=False)


class VehicleForm(forms.Form):
    """A vehicle of the centre."""

    name_km = forms.CharField(label=_("Name in Khmer"), max_length=60, required=False)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=60, required=False)
    plate = forms.CharField(label=_("Number plate"), max_length=20)
    oxygen = forms.BooleanField(label=_("Carries oxygen"), required=False)
    active = forms.BooleanField(label=_("In use"), required=False)


class DriverForm(forms.Form):
    """Somebody who drives for the centre."""

    name = forms.CharField(label=_("Name"), max_length=80)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    active = forms.BooleanField(label=_("Drives for us"), required=False)
