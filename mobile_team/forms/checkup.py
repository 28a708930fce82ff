"""The form of a check-up: one mouth in a minute."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.fields import HiddenIdField, NumberField, refusal
from core.khmer import latin_digits, normalise
from mobile_team import rules
from mobile_team.models import DentalCheckup
from mobile_team.services.checkups import COUNTS, FACTS

# What is seen of a crown, by its code; the letters are those of milk teeth (WHO 2013).
PERMANENT_WORDS = {
    "0": _("Sound"), "1": _("Decayed"), "2": _("Filled, decayed again"), "3": _("Filled"),
    "4": _("Missing: decay"), "5": _("Missing: other reason"), "6": _("Sealed"), "7": _("Crown or bridge"),
    "8": _("Not yet through"), "9": _("Not recorded"),
}  # fmt: skip
PRIMARY_WORDS = {
    "A": _("Sound"), "B": _("Decayed"), "C": _("Filled, decayed again"), "D": _("Filled"), "E": _("Missing: decay"),
    "F": _("Sealed"), "G": _("Crown or bridge"),
}  # fmt: skip
CODE_WORDS = PERMANENT_WORDS | PRIMARY_WORDS


class YesNoField(forms.TypedChoiceField):
    """Two large buttons, yes and no."""

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"choices": [("yes", _("Yes")), ("no", _("No"))], "coerce": lambda value: value == "yes"}
        super().__init__(**(ours | {"widget": forms.RadioSelect(attrs={"class": "choices--big"})} | kwargs))

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)


class ChartField(forms.CharField):
    """A tooth chart as text, "55=B 16=1"; the page's buttons write it. Cleans to {tooth: code}."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"required": False, "max_length": 400} | kwargs))
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "data-chart": ""}

    def clean(self, value: Any) -> dict[int, str]:
        text = latin_digits(normalise(super().clean(value))).upper()
        findings: dict[int, str] = {}
        try:
            for mark in re.split(r"[\s,;]+", text) if text else []:
                found = re.fullmatch(r"([0-9]{2})[=:]?([0-9A-G])", mark)
                if not found or int(found[1]) in findings:
                    raise RuleBroken("mobile_team.chart_unreadable")
                findings[int(found[1])] = found[2]
            rules.teeth_exist(findings)
        except RuleBroken as broken:
            raise refusal(broken) from broken
        return findings

    def prepare_value(self, value: Any) -> Any:
        return " ".join(f"{t}={c}" for t, c in sorted(value.items())) if isinstance(value, dict) else value


def count(label: Any, most: int) -> NumberField:
    """Return a field for a number of teeth."""
    return NumberField(label=label, min_value=0, max_value=most, required=False)


class CheckupForm(forms.Form):
    """One child in a minute: pain, teeth, gums, what was done, what was given."""

    id = HiddenIdField()
    pain = YesNoField(label=_("Pain now?"))
    all_sound = forms.BooleanField(label=_("All teeth are sound"), required=False)
    findings = ChartField(label=_("Teeth, for example 55=B 16=1"))
    decayed_primary = count(_("Decayed milk teeth"), 20)
    decayed_permanent = count(_("Decayed permanent teeth"), 32)
    missing = count(_("Missing because of decay"), 32)
    filled = count(_("Filled"), 32)
    gums_bleed = YesNoField(label=_("Gums bleed?"))
    urgency = forms.TypedChoiceField(
        label=_("How urgent?"), choices=DentalCheckup.Urgency.choices, coerce=int, widget=forms.RadioSelect
    )
    treatment = forms.CharField(label=_("Treatment"), required=False, max_length=160)
    dental_education = YesNoField(label=_("Dental education given?"))
    toothbrush = YesNoField(label=_("Toothbrush given?"))
    toothpaste = YesNoField(label=_("Toothpaste given?"))
    advised_to_come = YesNoField(label=_("Advised to come to the centre?"))
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    treatments = (
        _("Fluoride varnish"), _("Silver diamine fluoride"), _("Sealant"), _("Filling without drill (ART)"),
        _("Scaling"), _("Extraction"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["treatment"].widget.attrs["list"] = "treatments"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("all_sound") and not self.errors:
            if data["findings"] or any(data[name] for name in COUNTS):
                self.add_error("all_sound", gettext("Something else is marked below: sound, or not?"))
            data |= dict.fromkeys(COUNTS, 0)
        return data

    def seen(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {name: self.cleaned_data[name] for name in FACTS} | {"findings": self.cleaned_data["findings"]}


class VoidForm(forms.Form):
    """Why a check-up was entered in error."""

    reason = forms.CharField(label=_("Why is it an error?"), max_length=200)
