"""Boxes that only this room has: measurements, conditions by type-ahead, rows of treatments, an age as told."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clinic.models import Condition, Treatment, Vitals
from clinic.selectors import catalogue
from clinic.services.care import Line
from core.ages import add_months
from core.fields import AgeOrBirth, AgeOrBirthField, DecimalField, MultiLookupField, NumberField
from core.khmer import normalise
from core.periods import local_day
from core.widgets import DateInput

MOST_TREATMENTS = 20
BLANK_ROWS = 2
LIMITS = (MinValueValidator, MaxValueValidator)
LONGEST: int = Treatment._meta.get_field("what").max_length or 0
LONGEST_REASON: int = Treatment._meta.get_field("despite").max_length or 0
ATC = re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?")  # a whole code, or the beginning of one


def measure(name: str, model: type[models.Model] = Vitals) -> forms.Field:
    """Return the box of one measurement, with the label and the hard limits of the model."""
    column: Any = model._meta.get_field(name)
    low, high = sorted(check.limit_value for check in column.validators if isinstance(check, LIMITS))[-2:]
    wrong = format_lazy(_("This must be between {low} and {high}. Look again."), low=low, high=high)
    kept: dict[str, Any] = {
        "label": capfirst(column.verbose_name), "required": False, "min_value": low, "max_value": high,
        "error_messages": dict.fromkeys(("min_value", "max_value", "max_digits", "max_whole_digits"), wrong),
    }  # fmt: skip
    if column.get_internal_type() != "DecimalField":
        return NumberField(**kept)
    kept["error_messages"]["max_decimal_places"] = format_lazy(
        _("At most {places} figures after the point."), places=column.decimal_places
    )
    return DecimalField(max_digits=column.max_digits, decimal_places=column.decimal_places, **kept)


class ConditionsField(MultiLookupField):
    """Conditions of the catalogue in the order chosen, the first as the main one; no query while it is warm."""

    default_error_messages: ClassVar[Any] = {
        "unknown": _("The catalogue has no such condition. Type two letters and choose one from the list."),
        "several": _("Several conditions have this name. Choose one from the list."),
    }

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {
            "rows": Condition.objects.all, "url": lambda: reverse("clinic:conditions"), "key": "key",
            "named": lambda _rows, text: catalogue.exactly(text), "label": _("Diagnoses"), "required": False,
            "help_text": _("Type in Khmer or English, or a code; the first is the main one"),
        }  # fmt: skip
        super().__init__(**(ours | kwargs))

    def _all(self, keys: list[str]) -> list[Condition]:
        known = catalogue.conditions()
        keys = [normalise(key) for key in keys]  # PostgreSQL takes no NUL
        if any(key not in known for key in keys):  # one that is not in use any more, on an old visit
            return super()._all(keys)
        rows = [known[key] for key in keys]
        self._label(rows)
        return rows


class TreatmentRows(forms.Widget):
    """Rows of boxes: what, how much, the ATC code that came with the choice, why despite an allergy.

    A few empty rows wait below those that are filled; `touched` are the numbers of rows that touch an allergy.
    """

    template_name = "clinic/treatment_rows.html"
    touched: frozenset[int] = frozenset()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, ...]]:
        columns = [data.getlist(f"{name}_{part}") for part in Line._fields]
        rows = min(len(columns[0]), MOST_TREATMENTS + 1)
        return [tuple(column[i] if i < len(column) else "" for column in columns) for i in range(rows)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_what" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        filled = [Line(*row) for row in value or [] if any(row)]
        blank = [Line("")] * max(BLANK_ROWS, 3 - len(filled))
        rows = [(line, place in self.touched or bool(line.despite)) for place, line in enumerate([*filled, *blank])]
        context["widget"] |= {"rows": rows, "blank": Line("")}
        return context

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_what_1"

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class TreatmentsField(forms.Field):
    """Medicines and treatments as lines; empty rows are left out."""

    widget = TreatmentRows
    default_error_messages: ClassVar[Any] = {
        "what": _("Write which medicine or treatment this is: “%(dose)s”."),
        "long": _("This is too long: at most %(most)s letters."),
        "many": _("At most %(most)s medicines or treatments in one visit."),
        "atc": _("Choose “%(what)s” from the list again, or write it by hand."),
    }

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"label": _("Treatment given"), "required": False}
        super().__init__(**(ours | kwargs))

    def clean(self, value: Any) -> list[Line]:
        lines = [Line(*map(normalise, row)) for row in value or []]
        lines = [line for line in lines if line.what or line.dose]
        if len(lines) > MOST_TREATMENTS:
            raise ValidationError(self.error_messages["many"], code="many", params={"most": MOST_TREATMENTS})
        for line in lines:
            if not line.what:
                raise ValidationError(self.error_messages["what"], code="what", params={"dose": line.dose[:40]})
            for text, most in ((line.what, LONGEST), (line.dose, LONGEST), (line.despite, LONGEST_REASON)):
                if len(text) > most:
                    raise ValidationError(self.error_messages["long"], code="long", params={"most": most})
            if line.atc and not ATC.fullmatch(line.atc):
                raise ValidationError(self.error_messages["atc"], code="atc", params={"what": line.what[:40]})
        return lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [Line(*row) for row in initial or []] != [Line(*row) for row in data or [] if any(row)]


class ComeBackInput(DateInput):
    """A box for the day to come back, with buttons for the usual days, reckoned from the day of the visit."""

    template_name = "clinic/come_back.html"
    since: dt.date | None = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        on = self.since or local_day(timezone.now())
        days = [
            (ngettext("%(n)s day", "%(n)s days", 3) % {"n": 3}, on + dt.timedelta(days=3)),
            (gettext("1 week"), on + dt.timedelta(weeks=1)),
            (gettext("2 weeks"), on + dt.timedelta(weeks=2)),
            (gettext("1 month"), add_months(on, 1)),
        ]
        context["widget"]["days"] = [(words, f"{day:%d/%m/%Y}") for words, day in days]
        return context


class ToldAgeField(AgeOrBirthField):
    """An age as told today, (value, unit); a birth date belongs to the person, not to a visit."""

    default_error_messages: ClassVar[Any] = {
        "birth": _("Write an age here. A birth date is written among the person's data.")
    }

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {
            "label": _("Age as told today"), "required": False,
            "help_text": _("The birth date is not known: 4, 7m, 12d, “about 3 months”"),
        }  # fmt: skip
        super().__init__(**(ours | kwargs))

    def clean(self, value: Any) -> Any:
        said: AgeOrBirth | None = super().clean(value)
        if said is None:
            return None
        if said.told is None:
            raise ValidationError(self.error_messages["birth"], code="birth")
        return said.told[:2]
