"""What is typed about medicine and money; every rule behind it is the services'."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, LookupField, MoneyField, NameField, NumberField, VillageField
from core.khmer import normalise
from core.money import Currency
from core.widgets import NumberInput
from pharmacy.models import Batch, Medicine
from pharmacy.selectors.stock import matching, shelves
from pharmacy.services.purchases import Line

MOST = 1_000_000  # units; a typing slip is refused long before the database would
CURRENCIES = [(Currency.KHR.value, _("Riel (៛)")), (Currency.USD.value, _("Dollars ($)"))]


def medicines_named(rows: QuerySet[Medicine], text: str) -> list[Medicine]:
    """Find medicines by the words of their name and strength, when none was chosen from the list."""
    return list(matching(rows, text)[:2])


class MedicineField(LookupField):
    """Choose a medicine by typing; one chosen from the list is not asked for again.

    It cleans to a medicine with nothing but its key: the statements of the service find out whether it is there.
    """

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {
            "label": _("Medicine"), "help_text": _("Type a part of the name and choose"),
            "rows": lambda: Medicine.objects.filter(active=True), "url": reverse_lazy("pharmacy:medicines"),
            "named": medicines_named,
        }  # fmt: skip
        super().__init__(**(ours | kwargs))
        self.error_messages["unknown"] = _("No medicine has this name. Choose one from the list.")
        self.error_messages["several"] = _("Several medicines have this name. Choose one from the list.")

    def _chosen(self, key: str) -> Medicine:
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return Medicine(pk=int(key))


class TextField(forms.CharField):
    """One line of text in the form in which it is stored."""

    def to_python(self, value: Any) -> str:
        return normalise(super().to_python(value) or "")


class ShelfField(forms.ChoiceField):
    """Choose one of the places where medicine lies.

    With `checked=False` any code passes: of a shelf that is none the service finds nothing to take.
    """

    def __init__(self, *, checked: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.checked = checked

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) if self.checked else len(value) <= 20 and value.isascii()


class ShelfForm(forms.Form):
    """A form that names shelves; they are asked for once, and only when they are shown or checked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = cache(lambda: [(place.code, str(place)) for place in shelves()])
        for field in self.fields.values():
            if isinstance(field, ShelfField):
                field.choices = offered


class ReceiveForm(forms.Form):
    """A batch that comes in without being bought."""

    id = HiddenIdField()
    medicine = MedicineField()
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    expires_on = DateField(label=_("Expires on"), widget=NumberInput)
    number = TextField(label=_("Batch number"), max_length=40, required=False)
    source = forms.ChoiceField(
        label=_("Where it came from"), widget=forms.RadioSelect,
        choices=[(s.value, s.label) for s in (Batch.Source.DEPARTMENT, Batch.Source.GIFT)],
    )  # fmt: skip
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
    reason = TextField(label=_("Reason"), max_length=200)
    on = DateField(label=_("Date"))


class CountForm(ShelfForm):
    """What was counted on a shelf."""

    id = HiddenIdField()
    place = ShelfField(label=_("Counted in"))
    counted = NumberField(label=_("Counted"), min_value=0, max_value=MOST)
    reason = TextField(label=_("Reason for the difference"), max_length=200)
    on = DateField(label=_("Date"))


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = TextField(label=_("Reason"), max_length=160)


class ReorderForm(forms.Form):
    """From how many units on a medicine runs low."""

    level = NumberField(
        label=_("Order again at"), min_value=0, max_value=MOST,
        help_text=_("From this number down it is shown as running low; 0 is never."),
    )  # fmt: skip


class DispenseForm(ShelfForm):
    """Medicine handed to a patient."""

    id = HiddenIdField()
    medicine = MedicineField()
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    directions = TextField(label=_("How to take it"), max_length=200, required=False)
    place = ShelfField(label=_("From"), checked=False)
    on = DateField(label=_("Date"))


class CurrencyForm(forms.Form):
    """A form whose amounts are in the currency chosen in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.get("currency", Currency.KHR.value)
        for field in self.fields.values():
            if isinstance(field, MoneyField) and chosen in list(Currency):
                field.currency = Currency(chosen)


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


class PurchaseForm(CurrencyForm):
    """The head of an invoice."""

    id = HiddenIdField()
    supplier = TextField(label=_("Supplier"), max_length=120, widget=forms.TextInput(attrs={"list": "suppliers"}))
    invoice = TextField(label=_("Invoice number"), max_length=40, required=False)
    on = DateField(label=_("Date"))
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, widget=forms.RadioSelect, initial="KHR")
    sum = MoneyField(label=_("Sum of the invoice"))


class LineForm(forms.Form):
    """One line of an invoice; its cost is read in the currency of the invoice."""

    medicine = MedicineField(help_text="")
    quantity = NumberField(label=_("Quantity"), min_value=1, max_value=MOST)
    expires_on = DateField(label=_("Expires on"), widget=NumberInput)
    number = TextField(label=_("Batch number"), max_length=40, required=False)
    cost = MoneyField(label=_("Cost"), zero=True)

    def __init__(self, *args: Any, currency: str = "KHR", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if currency in list(Currency):
            self.fields["cost"].currency = Currency(currency)  # type: ignore[attr-defined]


class LineFormSet(forms.BaseFormSet):
    """The lines of an invoice; empty ones are passed over."""

    SHOWN = 3

    def first(self) -> list[forms.BaseForm]:
        """Return the lines that are always in sight."""
        return self.forms[: self.SHOWN]

    def further(self) -> list[forms.BaseForm]:
        """Return the lines that a long invoice needs."""
        return self.forms[self.SHOWN :]

    @property
    def is_long(self) -> bool:
        """Return whether anything was written in the further lines."""
        return any(form.is_bound and form.has_changed() for form in self.further())

    def lines(self) -> list[Line]:
        """Return what was written, in order."""
        return [Line(**form.cleaned_data) for form in self.forms if form.cleaned_data]


Lines: Any = forms.formset_factory(LineForm, formset=LineFormSet, extra=12, max_num=60, validate_max=True)


def starting(today: date, **more: Any) -> dict[str, Any]:
    """Return what a form shows at first: today, and what the page knows."""
    return {"on": today} | more
