"""What a medicine is, and what the places are called where it lies."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.fields import NameField, NumberField, refusal
from pharmacy.forms.fields import MOST, TextField
from pharmacy.models.stock import Form
from pharmacy.rules import an_atc


class MedicineForm(forms.Form):
    """A medicine in one form and strength."""

    name = TextField(label=_("Name"), max_length=80)
    name_km = TextField(label=_("Name in Khmer"), max_length=80, required=False)
    form = forms.ChoiceField(label=_("Form"), choices=Form.choices)
    strength = TextField(label=_("Strength"), max_length=60, required=False)
    atc = TextField(
        label="ATC", max_length=12, required=False, help_text=_("Such as N02BE01; allergies are known by it")
    )
    group = TextField(label=_("Group"), max_length=40, required=False)
    note = TextField(label=_("Note"), max_length=160, required=False)
    pack = NumberField(
        label=_("Units in a pack"), min_value=1, max_value=MOST, initial=1, help_text=_("Orders are in whole packs")
    )
    reorder_at = NumberField(
        label=_("Order again at"), min_value=0, max_value=MOST, initial=0,
        help_text=_("From this number down it is shown as running low; 0 is never."),
    )  # fmt: skip
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def clean_atc(self) -> str:
        """Bring an ATC code to the form in which it is stored."""
        try:
            return an_atc(self.cleaned_data["atc"])
        except RuleBroken as broken:
            raise refusal(broken) from broken


class PlaceForm(forms.Form):
    """What a place is called."""

    name_km = NameField(label=_("Name in Khmer"), max_length=60)
    name_en = NameField(label=_("Name in English"), max_length=60)


class NewKitForm(PlaceForm):
    """A kit that is added."""

    code = TextField(label=_("Code"), max_length=20, help_text=_("Small Latin letters and figures, such as kit-2"))
    field_order = ("code", "name_km", "name_en")
