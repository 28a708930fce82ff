"""An out-patient visit on one page, and the few boxes of an arrival."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.forms.fields import ComeBackInput, ConditionsField, ToldAgeField, TreatmentsField, measure
from clinic.models import Encounter, EncounterVersion, Vitals
from clinic.rules import imci
from clinic.selectors.timeline import Contact
from clinic.services.care import Care, written
from core.ages import Age
from core.fields import DateField, HiddenIdField, NotesField

Result = Encounter.Result
RESULTS = [(value, label) for value, label in Result.choices if value != Result.ADMITTED]  # admitting is its own act
KEYS = {"temperature": "v", "diagnoses": "g"}  # Alt and this letter; docs/how-to/use_the_keyboard.md has them all
REASON: int = EncounterVersion._meta.get_field("why").max_length or 0


class Measured(forms.Form):
    """The boxes of the measurements."""

    temperature = measure("temperature")
    heart_rate = measure("heart_rate")
    respiratory_rate = measure("respiratory_rate")
    oxygen = measure("oxygen")
    systolic = measure("systolic")
    diastolic = measure("diastolic")
    weight = measure("weight")
    height = measure("height")
    muac = measure("muac")
    glucose = measure("glucose")

    @property
    def measures(self) -> list[forms.BoundField]:
        """Return the boxes in the order in which a nurse measures."""
        return [self[name] for name in Measured.base_fields]

    def measured(self) -> dict[str, Any]:
        """Return what was measured, by name."""
        return {name: self.cleaned_data.get(name) for name in Vitals.MEASURES}


def urgency() -> forms.Field:
    """Return the choice of how urgent somebody is."""
    return forms.TypedChoiceField(
        label=_("Urgency"), coerce=int, choices=Encounter.Urgency.choices, widget=forms.RadioSelect,
        initial=Encounter.Urgency.ROUTINE,
    )  # fmt: skip


def another() -> forms.Field:
    """Return the box that opens a second visit of one day."""
    return forms.BooleanField(label=_("Open a second visit today all the same"), required=False)


class VisitForm(Measured):
    """A visit: as much as is known now, closed when it is over."""

    urgency = urgency()
    complaint = NotesField(label=_("Complaint"), required=False, rows=2)
    findings = NotesField(label=_("Examination"), required=False, rows=2)
    diagnoses = ConditionsField()
    new_case = forms.TypedChoiceField(
        label=_("New illness or follow-up"), coerce=lambda value: value == "new", widget=forms.RadioSelect,
        choices=[("new", _("New case")), ("again", _("Follow-up visit"))], initial="new",
    )  # fmt: skip
    treatments = TreatmentsField()
    advice = NotesField(label=_("Advice"), required=False, rows=2)
    follow_up_on = DateField(label=_("Come back on"), required=False, widget=ComeBackInput)
    result = forms.ChoiceField(label=_("Outcome"), choices=RESULTS, required=False, widget=forms.RadioSelect)
    result_text = forms.CharField(label=_("About the outcome"), required=False, max_length=120)
    why = forms.CharField(label=_("Why is it corrected?"), max_length=REASON)

    def __init__(
        self, *args: Any, closing: bool = False, correcting: bool = False, on: dt.date | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.closing = closing
        for name, key in KEYS.items():
            self.fields[name].widget.attrs["data-key"] = key
        self.fields["follow_up_on"].widget.since = on  # type: ignore[attr-defined]
        if not correcting:
            del self.fields["why"]

    def clean(self) -> dict[str, Any]:
        """Ask how a visit ended that is to be closed; who is asked back has an outcome already."""
        said = super().clean() or self.cleaned_data
        if self.closing and not said.get("result") and "result" not in self.errors:
            if said.get("follow_up_on"):
                said["result"] = Result.FOLLOW_UP
            else:
                self.add_error("result", _("To close the visit, choose how it ended."))
        return said

    def care(self) -> Care:
        """Return what the services take."""
        said = self.cleaned_data
        plain = ("urgency", "new_case", "complaint", "findings", "diagnoses", "treatments", "advice", "follow_up_on",
                 "result", "result_text")  # fmt: skip
        return Care(vitals=self.measured(), **{name: said[name] for name in plain})


class NewVisitForm(VisitForm):
    """A visit that begins: its day, and the age as told where the birth date is not known."""

    id = HiddenIdField()
    on = DateField(label=_("Date of the visit"))
    told = ToldAgeField()
    another = another()

    def __init__(self, *args: Any, ask_age: bool, today: dt.date, open_already: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, on=today, **kwargs)
        self.fields["on"].initial = today
        self.fields["told"].today = today  # type: ignore[attr-defined]
        if not ask_age:
            del self.fields["told"]
        if not open_already:
            del self.fields["another"]


class ArrivalForm(Measured):
    """Somebody who has just come: how urgent, why, signs of danger; measurements if there is time."""

    id = HiddenIdField()
    urgency = urgency()
    complaint = forms.CharField(label=_("Complaint"), required=False, max_length=400)
    signs = forms.MultipleChoiceField(
        label=_("Danger signs seen"), required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    told = ToldAgeField()
    another = another()

    def __init__(self, *args: Any, age: Age | None, open_already: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language()
        self.fields["signs"].choices = [  # type: ignore[attr-defined]
            (sign.key, sign.said.in_language(language)) for sign in imci.danger_signs(age)
        ]
        self.fields["complaint"].widget.attrs |= {"autocomplete": "off"}
        if age is not None:
            del self.fields["told"]
        if not open_already:
            del self.fields["another"]

    def care(self) -> Care:
        """Return what the services take."""
        said = self.cleaned_data
        return Care(urgency=said["urgency"], complaint=said["complaint"], vitals=self.measured())


def initial_of(contact: Contact) -> dict[str, Any]:
    """Return a visit as the form shows it."""
    care = written(contact)
    plain = ("urgency", "complaint", "findings", "advice", "follow_up_on", "result", "result_text", "diagnoses",
             "treatments")  # fmt: skip
    return {
        **{name: getattr(care, name) for name in plain}, **care.vitals, "new_case": "new" if care.new_case else "again",
    }  # fmt: skip


def follow_up_of(contact: Contact) -> dict[str, Any]:
    """Return the boxes of a visit that goes on with an earlier one: what was found then, as a follow-up, treated."""
    return {"diagnoses": contact.conditions, "new_case": "again", "result": Result.TREATED}
