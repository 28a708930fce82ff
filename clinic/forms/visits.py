"""An out-patient visit on one page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.fields import ConditionsField, ToldAgeField, TreatmentsField, measure
from clinic.models import Encounter, Vitals
from clinic.selectors.timeline import Contact
from clinic.services.encounters import Care
from core.fields import DateField, HiddenIdField, NotesField

Result = Encounter.Result
RESULTS = [(value, label) for value, label in Result.choices if value != Result.ADMITTED]  # admitting is its own act


class VisitForm(forms.Form):
    """A visit: as much as is known now, closed when it is over."""

    urgency = forms.TypedChoiceField(
        label=_("Urgency"), coerce=int, choices=Encounter.Urgency.choices, widget=forms.RadioSelect,
        initial=Encounter.Urgency.ROUTINE,
    )  # fmt: skip
    complaint = NotesField(label=_("Complaint"), required=False, rows=2)
    findings = NotesField(label=_("Examination"), required=False, rows=2)
    temperature = measure("temperature")
    heart_rate = measure("heart_rate")
    respiratory_rate = measure("respiratory_rate")
    systolic = measure("systolic")
    diastolic = measure("diastolic")
    oxygen = measure("oxygen")
    weight = measure("weight")
    height = measure("height")
    muac = measure("muac")
    glucose = measure("glucose")
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
