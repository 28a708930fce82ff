"""An out-patient visit on one page; a bed; the end of a stay."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.forms.fields import ConditionsField, ToldAgeField, TreatmentsField
from clinic.models import Bed, DischargeType, Encounter, Outcome, Vitals
from clinic.selectors import catalogue
from clinic.selectors.timeline import Contact
from clinic.services.encounters import Care
from core.fields import DateField, DecimalField, HiddenIdField, NotesField, NumberField

Result = Encounter.Result
RESULTS = [(value, label) for value, label in Result.choices if value != Result.ADMITTED]  # admitting is its own act
LIMITS = (MinValueValidator, MaxValueValidator)


def _measure(name: str) -> forms.Field:
    """Return the box of one measurement, with the label and the hard limits of the model."""
    column: Any = Vitals._meta.get_field(name)
    low, high = sorted(check.limit_value for check in column.validators if isinstance(check, LIMITS))[-2:]
    wrong = format_lazy(_("This must be between {low} and {high}. Look again."), low=low, high=high)
    kept: dict[str, Any] = {
        "label": capfirst(column.verbose_name), "required": False, "min_value": low, "max_value": high,
        "error_messages": dict.fromkeys(("min_value", "max_value", "max_digits", "max_whole_digits"), wrong),
    }  # fmt: skip
    if column.get_internal_type() != "DecimalField":
        return NumberField(**kept)
    kept["error_messages"]["max_decimal_places"] = format_lazy(
        _("At most {places} figures after the point."), places=column.decimal_places
    )
    return DecimalField(max_digits=column.max_digits, decimal_places=column.decimal_places, **kept)


class VisitForm(forms.Form):
    """A visit: as much as is known now, closed when it is over."""

    urgency = forms.TypedChoiceField(
        label=_("Urgency"), coerce=int, choices=Encounter.Urgency.choices, widget=forms.RadioSelect,
        initial=Encounter.Urgency.ROUTINE,
    )  # fmt: skip
    complaint = NotesField(label=_("Complaint"), required=False, rows=2)
    findings = NotesField(label=_("Examination"), required=False, rows=2)
    temperature = _measure("temperature")
    heart_rate = _measure("heart_rate")
    respiratory_rate = _measure("respiratory_rate")
    systolic = _measure("systolic")
    diastolic = _measure("diastolic")
    oxygen = _measure("oxygen")
    weight = _measure("weight")
    height = _measure("height")
    muac = _measure("muac")
    diagnoses = ConditionsField()
    new_case = forms.TypedChoiceField(
        label=_("New illness or follow-up"), coerce=lambda value: value == "new", widget=forms.RadioSelect,
        choices=[("new", _("New case")), ("again", _("Follow-up visit"))], initial="new",
    )  # fmt: skip
    treatments = TreatmentsField()
    advice = NotesField(label=_("Advice"), required=False, rows=2)
    follow_up_on = DateField(label=_("Come back on"), required=False)
    result = forms.ChoiceField(label=_("Outcome"), choices=RESULTS, required=False, widget=forms.RadioSelect)
    result_text = forms.CharField(label=_("About the outcome"), required=False, max_length=120)

    def __init__(self, *args: Any, closing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["result"].required = closing
        self.fields["result"].error_messages["required"] = _("To close the visit, choose how it ended.")

    @property
    def measures(self) -> list[forms.BoundField]:
        """Return the boxes of the measurements."""
        return [self[name] for name in Vitals.MEASURES]

    def care(self) -> Care:
        """Return what the services take."""
        said = self.cleaned_data
        plain = ("urgency", "new_case", "complaint", "findings", "diagnoses", "treatments", "advice", "follow_up_on",
                 "result", "result_text")  # fmt: skip
        return Care(vitals={name: said[name] for name in Vitals.MEASURES}, **{name: said[name] for name in plain})


class NewVisitForm(VisitForm):
    """A visit that begins: its day, and the age as told where the birth date is not known."""

    id = HiddenIdField()
    on = DateField(label=_("Date of the visit"))
    told = ToldAgeField()

    def __init__(self, *args: Any, ask_age: bool, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today
        self.fields["told"].today = today  # type: ignore[attr-defined]
        if not ask_age:
            del self.fields["told"]


def initial_of(contact: Contact) -> dict[str, Any]:
    """Return a visit as the form shows it."""
    visit, vitals = contact.encounter, contact.newest_vitals
    plain = ("urgency", "complaint", "findings", "advice", "follow_up_on", "result", "result_text")
    return {
        **{name: getattr(visit, name) for name in plain},
        **{name: getattr(vitals, name, None) for name in Vitals.MEASURES},
        "new_case": "new" if visit.new_case else "again", "diagnoses": contact.conditions,
        "treatments": [(row.what, row.dose) for row in contact.treatments],
    }  # fmt: skip


class BedField(forms.Field):
    """One bed of the board; a bed that was taken meanwhile is refused by the database, with the name."""

    widget = forms.RadioSelect
    default_error_messages = {"required": _("Choose a bed."), "gone": _("Choose a bed that is in use.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"label": _("Bed")} | kwargs))

    def to_python(self, value: Any) -> Bed | None:
        if value in self.empty_values:
            return None
        bed = {str(key): bed for key, bed in catalogue.beds().items()}.get(str(value))
        if bed is None:
            raise forms.ValidationError(self.error_messages["gone"], code="gone")
        return bed


class BedForm(forms.Form):
    """A bed to lie in; the page draws the rooms around the choices."""

    bed = BedField()


class AdmitForm(BedForm):
    """A stay that begins."""

    id = HiddenIdField()
    on = DateField(label=_("Admitted on"))
    reason = forms.CharField(label=_("Reason for admission"), max_length=200, required=False)
    diagnoses = ConditionsField()
    told = ToldAgeField()

    def __init__(self, *args: Any, ask_age: bool, from_visit: bool, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today
        if from_visit:
            del self.fields["diagnoses"]
        if not ask_age or from_visit:
            del self.fields["told"]


class DischargeForm(forms.Form):
    """The end of a stay, in the ministry's words."""

    on = DateField(label=_("Discharged on"))
    type = forms.ChoiceField(label=_("How the stay ended"), choices=DischargeType.choices, widget=forms.RadioSelect)
    outcome = forms.ChoiceField(label=_("How the patient is"), choices=Outcome.choices, widget=forms.RadioSelect)
    summary = NotesField(label=_("Summary"), required=False, rows=4)

    def clean(self) -> dict[str, Any]:
        """Refuse a patient who died but left on foot, or the reverse: one of the two boxes is a slip."""
        said = super().clean() or self.cleaned_data
        ended = {said.get("type") == DischargeType.DECEASED, said.get("outcome") == Outcome.DECEASED}
        if said.get("type") and said.get("outcome") and len(ended) == 2:
            self.add_error("outcome", _("One says that the patient died, the other that not. Which is right?"))
        return said
