"""Invoices and their lines."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.fields import DateField, HiddenIdField, MoneyField, NumberField, refusal
from core.money import Currency
from core.widgets import NumberInput
from pharmacy.forms.fields import CURRENCIES, MOST, CurrencyForm, FundField, FundsForm, MedicineField, TextField
from pharmacy.pictures import LARGEST_FILE
from pharmacy.selectors.cash import held
from pharmacy.services.purchases import Line


class PurchaseForm(CurrencyForm, FundsForm):
    """The head of an invoice; each fund is offered with what it holds."""

    offered = staticmethod(lambda: [(at.fund.code, f"{at.fund}: {at.riel} · {at.dollars}") for at in held()])

    id = HiddenIdField()
    supplier = TextField(label=_("Supplier"), max_length=120, widget=forms.TextInput(attrs={"list": "suppliers"}))
    invoice = TextField(label=_("Invoice number"), max_length=40, required=False)
    on = DateField(label=_("Date"))
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, widget=forms.RadioSelect, initial="KHR")
    fund = FundField(label=_("Paid out of"), checked=False)
    sum = MoneyField(label=_("Sum of the invoice"))


class ScanField(forms.FileField):
    """A file as bytes, if it is not too large to be read at all; the service looks at what is inside."""

    default_error_messages: ClassVar[Any] = {"empty": _("This file is empty.")}

    def __init__(self, **kwargs: Any) -> None:
        accepted: dict[str, Any] = {"accept": "image/jpeg,image/png,application/pdf"}
        ours: dict[str, Any] = {"widget": forms.FileInput(attrs=accepted), "max_length": 255}
        super().__init__(**(ours | kwargs))

    def clean(self, data: Any, initial: Any = None) -> bytes:  # type: ignore[override]
        file = super().clean(data, initial)
        if file.size > LARGEST_FILE:
            raise refusal(RuleBroken("pharmacy.scan_too_large"))
        return bytes(file.read())


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


class ScanForm(forms.Form):
    """The supplier's invoice, photographed or scanned."""

    scan = ScanField(label=_("Picture or PDF of the invoice"), help_text=_("A photo is made small; place and time go."))
