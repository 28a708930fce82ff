"""Medicine handed to patients, and what they bring back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, NumberField
from core.ids import derived_id
from pharmacy.forms.fields import MOST, MedicineField, ShelfField, ShelfForm, TextField
from pharmacy.models import Batch, Move, Place
from pharmacy.selectors.stock import shelves
from pharmacy.services import returns
from pharmacy.services.dispensing import Line

WHY_ALL_THE_SAME = _("Reason for giving it all the same")


class DispenseForm(ShelfForm):
    """Medicine handed to a patient without a prescription."""

    id = HiddenIdField()
    medicine = MedicineField()
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    directions = TextField(
        label=_("How to take it"), max_length=200, required=False, help_text=_("For example 1x3x5, or in words")
    )
    despite = TextField(label=WHY_ALL_THE_SAME, max_length=200, required=False)
    place = ShelfField(label=_("From"), checked=False)
    on = DateField(label=_("Date"))


class GiveForm(ShelfForm):
    """What all lines of a prescription share."""

    id = HiddenIdField()
    place = ShelfField(label=_("From"), checked=False)
    on = DateField(label=_("Date"))


class ThisMedicineField(NumberField):
    """One of the medicines that the page offers for a line; whether it is there the service finds out."""

    widget = forms.Select  # type: ignore[assignment]

    def offer(self, choices: Iterable[tuple[int, str]]) -> None:
        """Show these."""
        self.widget.choices = list(choices)  # type: ignore[union-attr]


class GiveLineForm(forms.Form):
    """One line of a prescription. Without a quantity it waits; 0 writes it down as owed."""

    treatment = forms.UUIDField(widget=forms.HiddenInput, required=False)
    medicine = ThisMedicineField(label=_("Medicine"), min_value=1, max_value=2**31 - 1)
    ordered = NumberField(label=_("Ordered in all"), min_value=1, max_value=MOST, required=False)
    quantity = NumberField(
        label=_("Give now"), min_value=0, max_value=MOST, required=False, help_text=_("0: write all of it down as owed")
    )
    directions = TextField(label=_("How to take it"), max_length=200, required=False)
    despite = TextField(label=WHY_ALL_THE_SAME, max_length=200, required=False)
    dropped = TextField(label=_("Why the rest will not be given"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("quantity") == 0 and not said.get("ordered") and not said.get("dropped"):
            self.add_error("ordered", _("Write how many were ordered, so that it can be told what is owed."))
        return said

    def line(self, form_id: UUID) -> Line | None:
        """Return what is to be done; None when the line waits."""
        said = self.cleaned_data
        if not said.get("treatment") or (said.get("quantity") is None and not said.get("dropped")):
            return None
        quantity = said["quantity"] or 0
        ordered = max(said["ordered"] or 0, quantity) or None
        return Line(
            said["medicine"], quantity, derived_id("dispensing", form_id, said["treatment"]),
            **{name: said[name] for name in ("treatment", "directions", "despite", "dropped")}, ordered=ordered,
        )  # fmt: skip


GiveLines: Any = forms.formset_factory(GiveLineForm, extra=0, max_num=60, validate_max=True)


class ReturnForm(forms.Form):
    """What came back of one dispensing, a box for each batch of which something can come back."""

    id = HiddenIdField()
    target = forms.ChoiceField(label=_("Where it goes"), widget=forms.RadioSelect, initial=Place.WASTE)
    why = forms.ChoiceField(
        label=_("Why"), widget=forms.RadioSelect, initial=Move.Why.RETURNED,
        choices=[(why.value, why.label) for why in returns.WHY],
    )  # fmt: skip
    on = DateField(label=_("Date"))
    remark = TextField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, left: Iterable[tuple[Batch, int]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batches: dict[str, UUID] = {}
        for batch, most in left:
            name = f"batch_{batch.pk.hex}"
            self.batches[name] = batch.pk
            said = _("Batch %(number)s, expires on %(day)s: at most %(most)s") % {
                "number": batch.number or "–", "day": f"{batch.expires_on:%d/%m/%Y}", "most": most,
            }  # fmt: skip
            self.fields[name] = NumberField(label=said, min_value=0, max_value=most, required=False)
        offered = cache(lambda: [(place.code, str(place)) for place in shelves()] + [(Place.WASTE, _("Waste"))])
        self.fields["target"].choices = offered  # type: ignore[attr-defined]

    def quantities(self) -> dict[UUID, int]:
        """Return how many came back of each batch."""
        return {key: self.cleaned_data[name] or 0 for name, key in self.batches.items()}

    def boxes(self) -> list[Any]:
        """Return the boxes of the batches."""
        return [self[name] for name in self.batches]
