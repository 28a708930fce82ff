"""What several forms of this room share: medicines, shelves, currencies, a reason."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.fields import LookupField, MoneyField
from core.khmer import normalise
from core.money import Currency
from pharmacy.models import Medicine
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
        return super().valid_value(value) if self.checked else len(value) <= 20 and value.isascii()


class ShelfForm(forms.Form):
    """A form that names shelves; they are asked for once, and only when they are shown or checked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = cache(lambda: [(place.code, str(place)) for place in shelves()])
        for field in self.fields.values():
            if isinstance(field, ShelfField):
                field.choices = offered


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
