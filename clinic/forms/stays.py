"""A bed; the beginning and the end of a stay; what is written in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.fields import ComeBackInput, ConditionsField, ToldAgeField, TreatmentsField
from clinic.forms.visits import Measured
from clinic.models import Bed, DischargeType, Encounter, MedicineGiven, Outcome, StayNote
from clinic.selectors import catalogue
from clinic.selectors.stays import Stay
from clinic.services.care import Line
from clinic.services.discharges import Ending
from core.fields import DateField, DateTimeField, HiddenIdField, NotesField

State = MedicineGiven.State


class BedField(forms.Field):
    """One bed of the board; one that is taken is refused by the service, which says who lies there."""

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


def reason(label: Any, *, required: bool = True) -> forms.CharField:
    """Return the box for why something is as it is."""
    return forms.CharField(label=label, max_length=200, required=required)


class TransferForm(forms.Form):
    """Another bed, and since when; the page draws the rooms around the choices."""

    bed = BedField()
    on = DateField(label=_("Moved on"))


class AdmitForm(forms.Form):
    """A stay that begins."""

    id = HiddenIdField()
    on = DateField(label=_("Admitted on"))
    told = ToldAgeField()
    urgency = forms.TypedChoiceField(
        label=_("Urgency"), coerce=int, choices=Encounter.Urgency.choices, widget=forms.RadioSelect, required=False,
        empty_value=None,
    )  # fmt: skip
    reason = reason(_("Reason for admission"), required=False)
    diagnoses = ConditionsField()
    bed = BedField()

    def __init__(self, *args: Any, ask_age: bool, from_visit: bool, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today
        self.fields["told"].today = today  # type: ignore[attr-defined]
        if from_visit:
            del self.fields["diagnoses"]
        if not ask_age or from_visit:
            del self.fields["told"]


class Ended(forms.Form):
    """How a stay ended, in the ministry's words."""

    type = forms.ChoiceField(label=_("How the stay ended"), choices=DischargeType.choices, widget=forms.RadioSelect)
    outcome = forms.ChoiceField(label=_("How the patient is"), choices=Outcome.choices, widget=forms.RadioSelect)
    summary = NotesField(label=_("Summary"), required=False, rows=7)
    advice = NotesField(label=_("Advice"), required=False, rows=2)
    treatments = TreatmentsField(label=_("Medicine to take home"))
    follow_up_on = DateField(label=_("Come back on"), required=False, widget=ComeBackInput)

    def clean(self) -> dict[str, Any]:
        """Refuse a patient who died but left on foot, or the reverse: one of the two boxes is a slip."""
        said = super().clean() or self.cleaned_data
        ended = {said.get("type") == DischargeType.DECEASED, said.get("outcome") == Outcome.DECEASED}
        if said.get("type") and said.get("outcome") and len(ended) == 2:
            self.add_error("outcome", _("One says that the patient died, the other that not. Which is right?"))
        return said

    def ending(self, on: dt.date) -> Ending:
        """Return what the services take."""
        said = self.cleaned_data
        plain = {name: said[name] for name in ("type", "outcome", "summary", "advice", "follow_up_on")}
        return Ending(on=on, diagnoses=said.get("diagnoses"), take_home=said["treatments"], **plain)


class LateStayForm(Ended, AdmitForm):
    """A stay that is over already, written from paper."""

    left_on = DateField(label=_("Discharged on"))

    field_order = ("on", "told", "urgency", "reason", "diagnoses", "bed", "left_on", "type", "outcome", "summary")


class DischargeForm(Ended):
    """The end of a stay; when it is corrected, also why."""

    on = DateField(label=_("Discharged on"))
    diagnoses = ConditionsField(label=_("Diagnoses at discharge"))
    why = reason(_("Why is it corrected?"))

    def __init__(self, *args: Any, correcting: bool, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today
        self.fields["follow_up_on"].widget.since = today  # type: ignore[attr-defined]
        if not correcting:
            del self.fields["why"]


def as_it_ended(stay: Stay) -> dict[str, Any]:
    """Return the end of a stay as the form shows it."""
    row = stay.admission
    return {
        "on": row.discharged_on, "type": row.discharge_type, "outcome": row.outcome, "summary": row.summary,
        "advice": row.encounter.advice, "follow_up_on": row.encounter.follow_up_on, "diagnoses": stay.conditions,
        "treatments": [Line(one.what, one.dose, one.atc, one.despite) for one in stay.take_home],
    }  # fmt: skip


class MomentForm(forms.Form):
    """Something seen or done at a time of the stay: now, unless another time is written."""

    id = HiddenIdField()
    at = DateTimeField(label=_("When"), help_text=_("Day/month/year and time"))

    def __init__(self, data: Any = None, *, now: dt.datetime, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"at": now} | dict(initial or {}))
        self.fields["at"].widget.attrs |= {"class": ""}  # room for a day and a time


class NoteForm(MomentForm):
    """A note."""

    kind = forms.ChoiceField(
        label=_("Kind of note"), choices=StayNote.Kind.choices, widget=forms.RadioSelect, initial=StayNote.Kind.PROGRESS
    )
    text = NotesField(label=_("Note"), rows=3)


class BetterNoteForm(NoteForm):
    """A note in the place of another."""

    why = reason(_("Why is it changed?"))


class StayVitalsForm(Measured, MomentForm):
    """One set of measurements."""


class OrderForm(forms.Form):
    """Medicine or care to be given until it is stopped."""

    id = HiddenIdField()
    treatments = TreatmentsField(label=_("Medicine or care ordered"))


class GiveForm(MomentForm):
    """A dose of what is ordered: given, refused or not given."""

    state = forms.ChoiceField(
        label=_("What happened"), choices=State.choices, widget=forms.RadioSelect, initial=State.GIVEN
    )
    reason = reason(_("Why not, or why despite the warning"), required=False)


class GiveOtherForm(GiveForm):
    """A dose of what nobody ordered, such as first aid at night."""

    what = forms.CharField(label=_("Medicine"), max_length=160)
    dose = forms.CharField(label=_("Dose"), max_length=160, required=False)

    field_order = ("id", "what", "dose", "at", "state", "reason")


class WardForm(forms.Form):
    """The names of a room."""

    name_km = forms.CharField(label=_("Name in Khmer"), max_length=60, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=60, required=False)


class BedLabelForm(forms.Form):
    """The name of a bed."""

    label = forms.CharField(label=_("Name of the bed"), max_length=20)
