"""A pregnancy and how it is dated; what one visit of it showed; how it ended."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.forms.assess import SignsForm
from clinic.forms.fields import measure
from clinic.models import AntenatalContact, Pregnancy
from clinic.rules import antenatal
from clinic.rules.imci import Question
from clinic.services.pregnancies import COUNTS, MEASURES, Dated, Examined
from core.fields import DateField, HiddenIdField, NumberField
from core.khmer import latin_digits, normalise


class WeeksField(forms.CharField):
    """How far a pregnancy is: 24, or 24+3 for three days more; cleans to (weeks, days), None when empty."""

    default_error_messages = {"invalid": _("Write weeks, for example 24, or 24+3 for three days more.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_length": 12, "empty_value": None} | kwargs))
        self.widget.attrs |= {"inputmode": "text", "autocomplete": "off", "class": "input--short"}

    def clean(self, value: Any) -> tuple[int, int] | None:
        text = super().clean(value)
        if text is None:
            return None
        match = re.fullmatch(r"([0-9]{1,2})(?: ?\+ ?([0-6]))?", latin_digits(normalise(text)))
        if not match or not 1 <= int(match[1]) <= 44:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(match[1]), int(match[2] or 0)


class PregnancyForm(forms.Form):
    """How the expected day is known, one of three ways, and what was before."""

    lmp = DateField(label=_("First day of the last period"), required=False)
    edd = DateField(label=_("Expected day by a scan"), required=False)
    weeks = WeeksField(label=_("Weeks as told"), required=False, help_text=_("24, or 24+3"))
    gravida = NumberField(label=_("Pregnancies, with this one"), required=False, min_value=1, max_value=25)
    para = NumberField(label=_("Births"), required=False, min_value=0, max_value=25)
    abortions = NumberField(label=_("Miscarriages and abortions"), required=False, min_value=0, max_value=25)
    living = NumberField(label=_("Living children"), required=False, min_value=0, max_value=25)

    def dated(self) -> Dated:
        """Return how the expected day is known."""
        return Dated(self.cleaned_data["lmp"], self.cleaned_data["edd"], self.cleaned_data["weeks"])

    def counts(self) -> dict[str, int | None]:
        """Return the numbers of earlier pregnancies."""
        return {name: self.cleaned_data[name] for name in COUNTS}


class NewPregnancyForm(PregnancyForm):
    """A pregnancy that is told for the first time."""

    id = HiddenIdField()
    on = DateField(label=_("Date"))

    field_order = ["id", "on"]


def initial_of(pregnancy: Pregnancy) -> dict[str, Any]:
    """Return a pregnancy as the form shows it; an expected day that follows from the period is not typed."""
    told = pregnancy.reckoned != Pregnancy.Reckoned.LMP
    return {name: getattr(pregnancy, name) for name in ("lmp", *COUNTS)} | {"edd": pregnancy.edd if told else None}


class ContactForm(SignsForm):
    """What one visit of a pregnancy showed, and the danger signs asked for."""

    fundal_height = measure("fundal_height", AntenatalContact)
    fetal_heart_rate = measure("fetal_heart_rate", AntenatalContact)
    haemoglobin = measure("haemoglobin", AntenatalContact)
    urine_protein = forms.ChoiceField(
        label=_("Protein in urine"), required=False, widget=forms.RadioSelect,
        choices=[*AntenatalContact.Urine.choices, ("", _("Not tested"))],
    )  # fmt: skip
    tetanus = forms.BooleanField(label=_("Tetanus vaccine given"), required=False)
    iron_tablets = NumberField(label=_("Iron tablets given"), required=False, min_value=0, max_value=400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, asked=[Question(sign.key, sign.said) for sign in antenatal.danger_signs()], **kwargs
        )  # fmt: skip

    def examined(self) -> Examined:
        """Return what the service takes."""
        return Examined({name: self.cleaned_data.get(name) for name in MEASURES}, self.answers())

    @property
    def signs(self) -> list[Any]:
        """Return the boxes of the danger signs."""
        return list(self.boxes(self.asked))


class EndForm(forms.Form):
    """How a pregnancy ended, and when."""

    ended_on = DateField(label=_("Ended on"))
    outcome = forms.ChoiceField(
        label=_("How it ended"), choices=Pregnancy.Outcome.choices, widget=forms.RadioSelect
    )  # fmt: skip
