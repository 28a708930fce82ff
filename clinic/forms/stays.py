"""A bed; the beginning and the end of a stay."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.fields import ConditionsField, ToldAgeField
from clinic.models import Bed, DischargeType, Outcome
from clinic.selectors import catalogue
from core.fields import DateField, HiddenIdField, NotesField


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
