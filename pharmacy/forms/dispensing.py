"""Medicine handed to patients."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, NumberField
from pharmacy.forms.fields import MOST, MedicineField, ShelfField, ShelfForm, TextField


class DispenseForm(ShelfForm):
    """Medicine handed to a patient."""

    id = HiddenIdField()
    medicine = MedicineField()
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    directions = TextField(label=_("How to take it"), max_length=200, required=False)
    place = ShelfField(label=_("From"), checked=False)
    on = DateField(label=_("Date"))
