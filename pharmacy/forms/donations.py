"""Gifts of money."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, MoneyField, NameField, VillageField
from pharmacy.forms.fields import CURRENCIES, CurrencyForm


class DonateForm(CurrencyForm):
    """A gift towards medicine; whoever leaves the name empty stays unnamed."""

    id = HiddenIdField()
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, widget=forms.RadioSelect, initial="KHR")
    amount = MoneyField(label=_("Amount"))
    donor_name = NameField(
        label=_("Donor's name"), max_length=120, required=False,
        help_text=_("Leave it empty for a gift without a name."),
    )  # fmt: skip
    village = VillageField(required=False)
    on = DateField(label=_("Date"))
