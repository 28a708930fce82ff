"""Forms of sessions and their plan, and of routes with their stops."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, NameField, VillageField
from core.places.models import Village
from mobile_team.models import Route, Session, Weekday

STOPS = 16


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
