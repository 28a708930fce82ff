"""Gifts of money."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, MoneyField, NameField, VillageField
from pharmacy.forms.fields import CURRENCIES, CurrencyForm, FundField, FundsForm, TextField
from pharmacy.models import Donation, Fund


class DonateForm(CurrencyForm, FundsForm):
    """A gift towards medicine or into another fund; whoever leaves the name empty stays unnamed."""

    id = HiddenIdField()
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, widget=forms.RadioSelect, initial="KHR")
    amount = MoneyField(label=_("Amount"))
    donor_name = NameField(
        label=_("Donor's name"), max_length=120, required=False,
        help_text=_("Leave it empty for a gift without a name."),
    )  # fmt: skip
    village = VillageField(required=False)
    on = DateField(label=_("Date"))
    fund = FundField()
    source = forms.ChoiceField(
        label=_("From"), widget=forms.RadioSelect, initial=Donation.Source.PERSON,
        choices=[(s.value, s.label) for s in (Donation.Source.PERSON, Donation.Source.GRANT)],
    )  # fmt: skip
    purpose = TextField(
        label=_("For what"), max_length=120, required=False, help_text=_("A grant says what it is for.")
    )

    def is_special(self) -> bool:
        """Return whether it is more than a gift towards medicine, so that its boxes must be in sight."""
        if not self.is_bound:
            return False
        said = (self["fund"].data, self["source"].data, self["purpose"].data)
        return said != (Fund.MEDICINE, Donation.Source.PERSON, "")
