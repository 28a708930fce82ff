"""The form of a check-up: one mouth in a minute."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.models import PreventiveDose
from core.errors import RuleBroken
from core.fields import DecimalField, HiddenIdField, NumberField, refusal
from core.khmer import latin_digits, normalise
from mobile_team import rules
from mobile_team.models import DentalCheckup, ToothFinding, ToothTreatment
from mobile_team.selectors.documents import COUNTS, DOSE, PLAIN, WORMS, chart_of

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
MARK_WORDS = {str(mark.value): mark.label for mark in ToothFinding.Pufa}


class Chart(NamedTuple):
    """What was marked: {tooth: code}, and {tooth: P, U, F or A} where decay went further."""

    findings: dict[int, str]
    marks: dict[int, str]


class YesNoField(forms.TypedChoiceField):
    """Two large buttons, yes and no."""

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"choices": [("yes", _("Yes")), ("no", _("No"))], "coerce": lambda value: value == "yes"}
        super().__init__(**(ours | {"widget": forms.RadioSelect(attrs={"class": "choices--big"})} | kwargs))

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)


class ChartField(forms.CharField):
    """A tooth chart as text, "55=B 16=1 75=BP"; the page's buttons write it. Cleans to a `Chart`.

    After the code may stand what decay did further (P, U, F, A); a letter that is no code is such a mark by itself.
    """

    _mark = re.compile(r"([0-9]{2})[=:]?([0-9A-G]?)([PUFA]?)")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"required": False, "max_length": 500} | kwargs))
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "data-chart": ""}

    def clean(self, value: Any) -> Chart:
        text = latin_digits(normalise(super().clean(value))).upper()
        chart = Chart({}, {})
        try:
            for mark in re.split(r"[\s,;]+", text) if text else []:
                found = self._mark.fullmatch(mark)
                if not found or not (found[2] or found[3]) or int(found[1]) in chart.findings.keys() | chart.marks:
                    raise RuleBroken("mobile_team.chart_unreadable")
                for said, part in zip(found.groups()[1:], chart, strict=True):
                    if said:
                        part[int(found[1])] = said
            rules.teeth_exist(chart.findings)
            rules.marks_fit(*chart)
        except RuleBroken as broken:
            raise refusal(broken) from broken
        return chart

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Chart):
            return value
        teeth = rules.charted(*value)
        return " ".join(f"{t}={teeth[t]}{value.marks.get(t, '')}" for t in sorted(teeth))


class TeethField(forms.CharField):
    """Teeth by their numbers, "55 65"; empty for the whole mouth. Cleans to a list of numbers, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"required": False, "max_length": 200} | kwargs))
        self.widget.attrs |= {"autocomplete": "off", "inputmode": "numeric"}

    def clean(self, value: Any) -> list[int]:
        text = latin_digits(normalise(super().clean(value)))
        teeth: dict[int, None] = {}
        try:
            for said in re.split(r"[\s,;]+", text) if text else []:
                if not re.fullmatch("[0-9]{1,4}", said):
                    raise RuleBroken("mobile_team.chart_unreadable")
                rules.tooth_exists(int(said))
                teeth[int(said)] = None
        except RuleBroken as broken:
            raise refusal(broken) from broken
        return list(teeth)

    def prepare_value(self, value: Any) -> Any:
        return " ".join(map(str, value)) if isinstance(value, list) else value


def count(label: Any, most: int) -> NumberField:
    """Return a field for a number of teeth."""
    return NumberField(label=label, min_value=0, max_value=most, required=False)


class CheckupForm(forms.Form):
    """One child in a minute: pain, teeth, gums, what was done, what was given."""

    id = HiddenIdField()
    pain = YesNoField(label=_("Pain now?"))
    all_sound = forms.BooleanField(label=_("All teeth are sound"), required=False)
    findings = ChartField(label=_("Teeth, for example 55=B 16=1 75=BP"))
    decayed_primary = count(_("Decayed milk teeth"), 20)
    decayed_permanent = count(_("Decayed permanent teeth"), 32)
    missing = count(_("Missing because of decay"), 32)
    filled = count(_("Filled"), 32)
    pufa_count = count(_("With open pulp, ulcer, fistula or abscess"), 52)
    gums_bleed = YesNoField(label=_("Gums bleed?"))
    urgency = forms.TypedChoiceField(
        label=_("How urgent?"), choices=DentalCheckup.Urgency.choices, coerce=int, widget=forms.RadioSelect
    )
    treatment = forms.CharField(label=_("Treatment in other words"), required=False, max_length=160)
    dental_education = YesNoField(label=_("Dental education given?"))
    toothbrush = YesNoField(label=_("Toothbrush given?"))
    toothpaste = YesNoField(label=_("Toothpaste given?"))
    deworming = forms.ChoiceField(
        label=_("Against worms"), required=False, widget=forms.RadioSelect,
        choices=[("", _("Nothing")), *((what, PreventiveDose.What(what).label) for what in WORMS)],
    )  # fmt: skip
    deworming_despite = forms.CharField(label=_("Why now, in spite of the last dose"), required=False, max_length=200)
    weight = DecimalField(label=_("Weight (kg)"), required=False, min_value=Decimal("0.5"), max_value=200,
                          max_digits=5, decimal_places=2)  # fmt: skip
    height = DecimalField(label=_("Height (cm)"), required=False, min_value=30, max_value=220, max_digits=4,
                          decimal_places=1)  # fmt: skip
    advised_to_come = YesNoField(label=_("Advised to come to the centre?"))
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for what in ToothTreatment.What:
            self.fields[f"did_{what}"] = forms.BooleanField(label=what.label, required=False)
            self.fields[f"teeth_{what}"] = TeethField(label=format_lazy("{}: {}", what.label, _("which teeth")))

    @property
    def treatments(self) -> list[tuple[Any, Any]]:
        """Return the pairs of boxes of each treatment: whether it was done, and to which teeth."""
        return [(self[f"did_{what}"], self[f"teeth_{what}"]) for what in ToothTreatment.What]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("all_sound") and not self.errors:
            if any(data["findings"]) or any(data[name] for name in COUNTS):
                self.add_error("all_sound", gettext("Something else is marked below: sound, or not?"))
            data |= dict.fromkeys(COUNTS, 0)
        return data

    def seen(self) -> dict[str, Any]:
        """Return what the service takes."""
        data = self.cleaned_data
        plain = {name: data[name] for name in (*COUNTS, *PLAIN, *DOSE, "weight", "height")}
        return plain | {**data["findings"]._asdict(), "treatments": list(self._done())}

    def _done(self) -> Iterable[tuple[str, int | None]]:
        for what in ToothTreatment.What.values:
            teeth = self.cleaned_data[f"teeth_{what}"]
            if teeth or self.cleaned_data[f"did_{what}"]:
                yield from ((what, tooth) for tooth in teeth or [None])


class CorrectionForm(CheckupForm):
    """A check-up that stands, with the reason of the correction."""

    why = forms.CharField(label=_("Why is it corrected?"), max_length=200)

    @staticmethod
    def of(said: dict[str, Any]) -> dict[str, Any]:
        """Return a check-up's document as the form begins with it."""
        initial = {name: said[name] for name in (*COUNTS, *PLAIN, *DOSE, "weight", "height")}
        initial["findings"] = Chart(*chart_of(said))
        for what in ToothTreatment.What.values:
            teeth = [done["tooth"] for done in said["treatments"] if done["what"] == what]
            initial |= {f"did_{what}": bool(teeth), f"teeth_{what}": [tooth for tooth in teeth if tooth]}
        return initial


class VoidForm(forms.Form):
    """Why a check-up was entered in error."""

    reason = forms.CharField(label=_("Why is it an error?"), max_length=200)


class EndAdviceForm(forms.Form):
    """Why nobody waits any more for somebody who was advised to come."""

    reason = forms.CharField(label=_("Why does nobody wait for them any more?"), max_length=200)
