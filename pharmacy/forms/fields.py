"""What several forms of this room share: medicines, shelves, currencies, a reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.fields import LookupField, MoneyField, NumberField
from core.khmer import normalise
from core.money import Currency, Money
from pharmacy.models import Fund, Medicine
from pharmacy.rules import NOTES, RARE
from pharmacy.selectors.cash import funds
from pharmacy.selectors.stock import matching, shelves

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
        return super().valid_value(value) if self.checked else re.fullmatch(r"[a-z0-9-]{1,20}", value) is not None


class ShelfForm(forms.Form):
    """A form that names shelves; they are asked for once, and only when they are shown or checked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = cache(lambda: [(place.code, str(place)) for place in shelves()])
        for field in self.fields.values():
            if isinstance(field, ShelfField):
                field.choices = offered


class FundField(forms.ChoiceField):
    """Choose one of the funds.

    With `checked=False` any code passes: of a fund that is none the service finds no money to pay with.
    """

    def __init__(self, *, checked: bool = True, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"label": _("Fund"), "initial": Fund.MEDICINE}
        super().__init__(**(ours | kwargs))
        self.checked = checked

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) if self.checked else re.fullmatch(r"[a-z0-9-]{1,20}", value) is not None


class FundsForm(forms.Form):
    """A form that names funds; they are asked for once, and only when they are shown or checked."""

    offered = staticmethod(lambda: [(fund.code, str(fund)) for fund in funds()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = cache(self.offered)
        for field in self.fields.values():
            if isinstance(field, FundField):
                field.choices = offered


class NotesForm(forms.Form):
    """A form in which notes are counted: a box for each note of its `currencies`, empty for none."""

    currencies: Sequence[Currency] = tuple(Currency)
    all_optional = True  # which boxes must be filled is plain to see

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for currency in self.currencies:
            for value in NOTES[currency]:
                self.fields[f"{currency}_{value}"] = NumberField(
                    label=Money(value, currency).format(), min_value=0, max_value=MOST, required=False
                )

    def purses(self) -> list[dict[str, Any]]:
        """Return the boxes by currency: those of the notes in use, and of the rare ones."""
        shown = []
        for currency in self.currencies:
            boxes = {value: self[f"{currency}_{value}"] for value in NOTES[currency]}
            rare = [box for value, box in boxes.items() if value in RARE[currency]]
            shown.append({
                "words": dict(CURRENCIES)[currency.value], "rare": rare,
                "rare_open": any(box.errors or box.data for box in rare),
                "usual": [box for value, box in boxes.items() if value not in RARE[currency]],
            })  # fmt: skip
        return shown

    def found(self) -> dict[Currency, dict[int, int]]:
        """Return how many pieces of each note were counted."""
        said = self.cleaned_data
        return {
            currency: {value: n for value in NOTES[currency] if (n := said[f"{currency}_{value}"])}
            for currency in self.currencies
        }

    def besides(self) -> dict[str, Any]:
        """Return what was written besides the notes."""
        return {name: value for name, value in self.cleaned_data.items() if name[:4] not in ("KHR_", "USD_")}


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = TextField(label=_("Reason"), max_length=160)


class CurrencyForm(forms.Form):
    """A form whose amounts are in the currency chosen in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.get("currency", Currency.KHR.value)
        for field in self.fields.values():
            if isinstance(field, MoneyField) and chosen in list(Currency):
                field.currency = Currency(chosen)


def starting(today: date, **more: Any) -> dict[str, Any]:
    """Return what a form shows at first: today, and what the page knows."""
    return {"on": today} | more
