"""The form fields of the house: they understand Khmer digits and the ways people here write things.

Each says what is wrong in the words of `core.words`; what was typed is kept beside the message.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ages import Birth, Unit, parse_age, parse_age_or_birth
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import latin_digits, normalise
from core.lookups import LookupField, MultiLookupField, VillageField
from core.money import Currency, Money
from core.periods import CLINIC_TZ, local_day
from core.phones import national, parse_phone
from core.widgets import DateInput, HiddenId, NumberInput, PhoneInput
from core.words import say

__all__ = [
    "AgeOrBirth", "AgeOrBirthField", "DateField", "DateTimeField", "DecimalField", "HiddenIdField", "LookupField",
    "MoneyField", "MultiLookupField", "NameField", "NotesField", "NumberField", "PhoneField", "TimeField",
    "VillageField", "refusal",
]  # fmt: skip


def refusal(broken: RuleBroken) -> ValidationError:
    """Return a form's error for a broken rule, in the words every page uses."""
    return ValidationError(say(broken), code=broken.code)


def _with(given: dict[str, Any], **ours: Any) -> dict[str, Any]:
    return ours | given


def _plain(value: Any) -> str:
    return latin_digits(normalise(str(value))) if value is not None else ""


class NumberField(forms.IntegerField):
    """A whole number in either script's digits; thousands may be grouped by commas or spaces."""

    widget = NumberInput
    default_error_messages = {"invalid": _("Write a whole number in figures.")}

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = _plain(value)
            if re.fullmatch(r"[0-9]{1,3}([, ][0-9]{3})+", value):
                value = re.sub("[, ]", "", value)
        if isinstance(value, str) and value and not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # min and max belong to number boxes; the field checks them


class DecimalField(forms.DecimalField):
    """A number with decimals in either script's digits; one comma is taken for the decimal point ("37,5")."""

    default_error_messages = {"invalid": _("Write a number in figures, for example 37.5.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_with(kwargs, widget=NumberInput(decimal=True)))

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            value = _plain(value)
            if "." not in value and value.count(",") == 1:
                value = value.replace(",", ".")
            if value and not re.fullmatch(r"[+-]?([0-9]{1,12}(\.[0-9]*)?|\.[0-9]+)", value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}


class DateField(forms.DateField):
    """A day written day/month/year, or year-month-day, in either script's digits."""

    widget = DateInput
    default_error_messages = {
        "invalid": _("Write a date as day/month/year, for example 21/11/2026."),
        "era": _("Write the year of the common era, for example 2026."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_with(kwargs, help_text=_("Day/month/year")))

    def to_python(self, value: Any) -> dt.date | None:
        if not isinstance(value, str):
            return super().to_python(value)
        text = _plain(value)
        if not text:
            return None
        day, month, year = self._parts(text)
        if year >= 2400:  # the Buddhist year, 543 or 544 ahead; which one depends on the month, so ask
            raise ValidationError(self.error_messages["era"], code="era")
        try:
            return dt.date(year, month, day)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def _parts(self, text: str) -> tuple[int, int, int]:
        if match := re.fullmatch(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})", text):
            return int(match[1]), int(match[2]), int(match[3])
        if match := re.fullmatch(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", text):
            return int(match[3]), int(match[2]), int(match[1])
        if match := re.fullmatch(r"([0-9]{2})([0-9]{2})([0-9]{4})", text):
            return int(match[1]), int(match[2]), int(match[3])
        raise ValidationError(self.error_messages["invalid"], code="invalid")

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else value


class TimeField(forms.TimeField):
    """A time of day, 14:05 or 1405 or 8, in either script's digits."""

    widget = NumberInput
    default_error_messages = {"invalid": _("Write a time like 14:05.")}

    def to_python(self, value: Any) -> dt.time | None:
        if not isinstance(value, str):
            return super().to_python(value)
        text = _plain(value)
        if not text:
            return None
        match = re.fullmatch(r"([0-9]{1,2})(?:[:.h ]?([0-9]{2}))?", text)
        try:
            return dt.time(int(match[1]), int(match[2] or 0))  # type: ignore[index]
        except (TypeError, ValueError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if isinstance(value, dt.time) else value


class DateTimeField(forms.Field):
    """A day and a time of the clinic in one box: 21/11/2026 14:05. Cleans to an aware instant."""

    widget = NumberInput
    default_error_messages = {"invalid": _("Write a day and a time, for example 21/11/2026 14:05.")}

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values or isinstance(value, dt.datetime):
            return value or None
        parts = re.split(r"[T, ]+", _plain(value))
        if len(parts) != 2:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            day, clock = DateField().clean(parts[0]), TimeField().clean(parts[1])
        except ValidationError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return dt.datetime.combine(day, clock, CLINIC_TZ)

    def prepare_value(self, value: Any) -> Any:
        return f"{timezone.localtime(value, CLINIC_TZ):%d/%m/%Y %H:%M}" if isinstance(value, dt.datetime) else value


class PhoneField(forms.CharField):
    """A phone number as people write it; cleans to E.164, "" when empty, and shows it as it is dialled here."""

    widget = PhoneInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_with(kwargs, max_length=30))

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        try:
            return parse_phone(text)
        except RuleBroken as broken:
            raise refusal(broken) from broken

    def prepare_value(self, value: Any) -> Any:
        return national(value) if isinstance(value, str) and value.startswith("+") else value


class AgeOrBirth(NamedTuple):
    """What was said of a birth: the interval it leaves, and the age as told when it was an age."""

    birth: Birth
    told: tuple[int, Unit, dt.date] | None


class AgeOrBirthField(forms.CharField):
    """One box for an age ("12", "3m", "១២", "about 3 months") or a birth date, month or year; None when empty.

    `today` is the day on which the age is told; a view sets it on the form's field, else it is the clinic's day.
    """

    today: dt.date | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **_with(
                kwargs, label=_("Age or birth date"), max_length=40, empty_value=None,
                help_text=_("4, 7m, 12d, “about 3 months”, 21/11/2019, or a year"),
            )
        )  # fmt: skip
        self.widget.attrs |= {"autocomplete": "off", "class": "input--short"}

    def clean(self, value: Any) -> AgeOrBirth | None:
        text = super().clean(value)
        if text is None:
            return None
        on = self.today or local_day(timezone.now())
        try:
            birth = parse_age_or_birth(text, on)
            told = (*parse_age(text), on) if birth.precision == "stated" else None
        except RuleBroken as broken:
            raise refusal(broken) from broken
        return AgeOrBirth(birth, told)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, AgeOrBirth):
            return value
        if value.told:
            return f"{value.told[0]}{value.told[1]}"
        pattern = {"day": "%d/%m/%Y", "month": "%m/%Y", "year": "%Y"}[value.birth.precision.value]
        return f"{value.birth.date:{pattern}}"


class MoneyField(forms.CharField):
    """An amount of one currency in either script's digits; cleans to Money, None when empty."""

    default_error_messages = {"zero": _("Write an amount above zero.")}

    def __init__(self, *, currency: Currency = Currency.KHR, zero: bool = False, **kwargs: Any) -> None:
        super().__init__(**_with(kwargs, max_length=30, empty_value=None))
        self.currency, self.zero = Currency(currency), zero
        mode = "decimal" if self.currency.decimals else "numeric"
        self.widget.attrs |= {"inputmode": mode, "autocomplete": "off", "class": "input--short"}

    def clean(self, value: Any) -> Money | None:
        text = super().clean(value)
        if text is None:
            return None
        try:
            amount = Money.parse(text, self.currency)
        except RuleBroken as broken:
            raise refusal(broken) from broken
        if not amount and not self.zero:
            raise ValidationError(self.error_messages["zero"], code="zero")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return value.format() if isinstance(value, Money) else value


class NameField(forms.CharField):
    """A name in either script, brought to the form in which it is stored; refuses one without a letter."""

    default_error_messages = {"no_letter": _("Write a name with letters.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_with(kwargs, max_length=60))
        self.widget.attrs |= {"autocomplete": "off", "autocapitalize": "words", "spellcheck": "false"}

    def to_python(self, value: Any) -> str:
        text = normalise(super().to_python(value) or "")
        if text and not any(char.isalpha() for char in text):
            raise ValidationError(self.error_messages["no_letter"], code="no_letter")
        return text


class NotesField(forms.CharField):
    """Free text over several lines, normalised like every text and with its line breaks kept."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        super().__init__(**_with(kwargs, max_length=4000, widget=forms.Textarea(attrs={"rows": rows})))

    def to_python(self, value: Any) -> str:
        return normalise(super().to_python(value) or "", lines=True)


class HiddenIdField(forms.UUIDField):
    """The id of the row this form will make: made when the form is shown, sent along, never asked for twice."""

    widget = HiddenId

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_with(kwargs, initial=uuid7, required=False))

    def clean(self, value: Any) -> UUID:
        return super().clean(value) or uuid7()
