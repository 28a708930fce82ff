"""Forms of the mobile team: the check-up, sessions and their plan, routes with their stops."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.fields import DateField, HiddenIdField, NameField, NumberField, VillageField, refusal
from core.khmer import latin_digits, normalise
from core.places.models import Village
from mobile_team import rules
from mobile_team.models import DentalCheckup, Route, Session, Weekday
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
STOPS = 16


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


class SessionForm(forms.Form):
    """A session that no route foresaw."""

    id = HiddenIdField()
    village = VillageField()
    on = DateField(label=_("Date"))
    place = forms.CharField(label=_("Meeting place"), required=False, max_length=80)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)


class CancelForm(forms.Form):
    """Why the team did not come."""

    reason = forms.ChoiceField(label=_("Why?"), choices=Session.Reason.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)


class VoidForm(forms.Form):
    """Why a check-up was entered in error."""

    reason = forms.CharField(label=_("Why is it an error?"), max_length=200)


class PlanForm(forms.Form):
    """The days to plan for."""

    first = DateField(label=_("From"), help_text="")
    last = DateField(label=_("Until"), help_text="")


class StopField(VillageField):
    """A village of a stop: a chosen one is only a key until the form asks for all of them at once."""

    def _chosen(self, key: str) -> Any:
        if not re.fullmatch(r"[0-9]{1,9}", key):
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return int(key)


class RouteForm(forms.Form):
    """A route: its names, its weekday, and its stops in driving order."""

    name_km = NameField(label=_("Name in Khmer"), max_length=80, required=False)
    name_en = NameField(label=_("Name in English"), max_length=80, required=False)
    weekday = forms.TypedChoiceField(label=_("Weekday"), choices=Weekday.choices, coerce=int, widget=forms.RadioSelect)
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(STOPS):
            self.fields[f"village_{n}"] = StopField(label=_("Village"), required=False)
            self.fields[f"place_{n}"] = forms.CharField(label=_("Meeting place"), required=False, max_length=80)

    @classmethod
    def of(cls, route: Route, data: Any = None) -> RouteForm:
        """Return the form of a route that stands; its stops come with their villages."""
        initial: dict[str, Any] = {name: getattr(route, name) for name in ("name_km", "name_en", "weekday", "active")}
        for n, stop in enumerate(list(route.stops.all())[:STOPS]):
            initial |= {f"village_{n}": stop.village, f"place_{n}": stop.place}
        return cls(data, initial=initial)

    def rows(self) -> list[tuple[int, Any, Any]]:
        """Return the stops' pairs of fields with their number."""
        return [(n + 1, self[f"village_{n}"], self[f"place_{n}"]) for n in range(STOPS)]

    def clean(self) -> dict[str, Any]:
        """Find all chosen villages in one statement."""
        data = super().clean() or {}
        chosen = {n: data[f"village_{n}"] for n in range(STOPS) if data.get(f"village_{n}")}
        found = Village.objects.in_bulk({key for key in chosen.values() if isinstance(key, int)})
        stops = []
        for n, key in chosen.items():
            village = found.get(key) if isinstance(key, int) else key
            if village is None:
                self.add_error(f"village_{n}", VillageField.default_error_messages["unknown"])
            else:
                stops.append((village, data.get(f"place_{n}", "")))
        data["stops"] = stops
        return data
