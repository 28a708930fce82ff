"""Boxes that are opened, money that is changed, cash that is counted; funds and rates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, MoneyField, NameField, NumberField, VillageField
from core.money import Currency
from core.widgets import NumberInput
from pharmacy.forms.fields import FundField, FundsForm, NotesForm, TextField
from pharmacy.models import Fund

INTO_DOLLARS, INTO_RIEL = "KHR", "USD"  # by what is given away


class OpenBoxForm(NotesForm):
    """What two people found in a box."""

    id = HiddenIdField()
    on = DateField(label=_("Date"))
    counted_by = NameField(label=_("Counted by"), max_length=120)
    witnessed_by = NameField(label=_("Counted with"), max_length=120)
    remark = TextField(label=_("Note"), max_length=200, required=False)


class CountCashForm(NotesForm):
    """The cash of one fund in one currency."""

    id = HiddenIdField()
    on = DateField(label=_("Counted at the end of"))
    counted_by = NameField(label=_("Counted by"), max_length=120)
    witnessed_by = NameField(label=_("Counted with"), max_length=120)
    reason = TextField(
        label=_("Why it differs"), max_length=200, required=False, help_text=_("Only when it is not what the books say")
    )

    def __init__(self, *args: Any, currency: Currency, **kwargs: Any) -> None:
        self.currencies = (currency,)
        super().__init__(*args, **kwargs)


class ExchangeForm(FundsForm):
    """Money changed into the other currency; which amount is in which follows from the direction."""

    id = HiddenIdField()
    fund = FundField()
    direction = forms.ChoiceField(
        label=_("Changed"), widget=forms.RadioSelect, initial=INTO_DOLLARS,
        choices=[(INTO_DOLLARS, _("Riel into dollars")), (INTO_RIEL, _("Dollars into riel"))],
    )  # fmt: skip
    given = MoneyField(label=_("Given away"))
    taken = MoneyField(label=_("Got for it"))
    where = TextField(label=_("Where"), max_length=80, required=False)
    on = DateField(label=_("Date"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given, taken = Currency.KHR, Currency.USD
        if self.data.get("direction") == INTO_RIEL:
            given, taken = taken, given
        self.fields["given"].currency = given  # type: ignore[attr-defined]
        self.fields["taken"].currency = taken  # type: ignore[attr-defined]
        for name in ("given", "taken"):
            self.fields[name].widget.attrs["inputmode"] = "decimal"


class RateForm(forms.Form):
    """What a dollar is worth from a day on."""

    on = DateField(label=_("From"))
    riel = NumberField(label=_("Riel for a dollar"), widget=NumberInput, min_value=1, max_value=1_000_000)
    source = TextField(label=_("From where"), max_length=80, required=False)


class FundForm(forms.Form):
    """A new fund."""

    code = TextField(label=_("Code"), max_length=20, help_text=_("Small Latin letters and figures, such as flood-26"))
    kind = forms.ChoiceField(
        label=_("Kind"), widget=forms.RadioSelect,
        choices=[(k.value, k.label) for k in (Fund.Kind.GRANT, Fund.Kind.AID)],
    )  # fmt: skip
    name_km = NameField(label=_("Name in Khmer"), max_length=80)
    name_en = NameField(label=_("Name in English"), max_length=80)


class BoxForm(forms.Form):
    """Where a box stands."""

    place_km = NameField(label=_("Where it stands, in Khmer"), max_length=80)
    place_en = NameField(label=_("Where it stands, in English"), max_length=80, required=False)
    village = VillageField(required=False)


class NewBoxForm(BoxForm):
    """A box that is put up."""

    code = TextField(label=_("Code"), max_length=12, help_text=_("Small Latin letters and figures, such as box-3"))
    field_order = ("code", "place_km", "place_en", "village")


class ChangeBoxForm(BoxForm):
    """A box that stands elsewhere now, or nowhere any more."""

    active = forms.BooleanField(label=_("In use"), required=False)
