"""Batches coming in, moving between shelves, being counted and written off."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, MoneyField, NumberField
from core.money import Currency
from core.widgets import NumberInput
from pharmacy.forms.fields import (
    CURRENCIES,
    MOST,
    CurrencyForm,
    MedicineField,
    ShelfField,
    ShelfForm,
    TextField,
)
from pharmacy.models import Batch, Move

WRITTEN_OFF = (Move.Why.EXPIRED, Move.Why.RECALLED, Move.Why.BROKEN, Move.Why.LOST, Move.Why.OTHER)


class ReceiveForm(CurrencyForm):
    """A batch that comes in without being bought; a gift may say who gave it and what it would have cost."""

    id = HiddenIdField()
    medicine = MedicineField()
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    expires_on = DateField(label=_("Expires on"), widget=NumberInput)
    number = TextField(label=_("Batch number"), max_length=40, required=False)
    source = forms.ChoiceField(
        label=_("Where it came from"), widget=forms.RadioSelect,
        choices=[(s.value, s.label) for s in (Batch.Source.DEPARTMENT, Batch.Source.GIFT)],
    )  # fmt: skip
    giver = TextField(label=_("Who gave it"), max_length=120, required=False)
    value = MoneyField(
        label=_("Fair value"), required=False, help_text=_("What all of it would have cost to buy; no fund pays it")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, initial=Currency.KHR.value, required=False)
    on = DateField(label=_("Received on"))
    remark = TextField(label=_("Note"), max_length=200, required=False)


class TransferForm(ShelfForm):
    """From one shelf to another."""

    id = HiddenIdField()
    source = ShelfField(label=_("From"))
    target = ShelfField(label=_("To"))
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    on = DateField(label=_("Date"))
    remark = TextField(label=_("Note"), max_length=200, required=False)


class WriteOffForm(ShelfForm):
    """Off the shelf, because it expired, broke or was lost."""

    id = HiddenIdField()
    place = ShelfField(label=_("From"))
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    why = forms.ChoiceField(label=_("Why"), choices=[("", "—"), *((why.value, why.label) for why in WRITTEN_OFF)])
    reason = TextField(
        label=_("In words"), max_length=200, required=False, help_text=_("Needed where none of the reasons above fits")
    )
    on = DateField(label=_("Date"))


class RecallForm(forms.Form):
    """A batch that is called back."""

    on = DateField(label=_("Recalled on"))
    why = TextField(label=_("Why, and by whom"), max_length=200)


class CountForm(ShelfForm):
    """What was counted on a shelf."""

    id = HiddenIdField()
    place = ShelfField(label=_("Counted in"))
    counted = NumberField(label=_("Counted"), min_value=0, max_value=MOST)
    reason = TextField(label=_("Reason for the difference"), max_length=200)
    on = DateField(label=_("Date"))


class ReorderForm(forms.Form):
    """From how many units on a medicine runs low."""

    level = NumberField(
        label=_("Order again at"), min_value=0, max_value=MOST,
        help_text=_("From this number down it is shown as running low; 0 is never."),
    )  # fmt: skip
