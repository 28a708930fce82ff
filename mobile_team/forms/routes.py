"""The form of a route with its stops in driving order."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from core.fields import NameField, NumberField, VillageField
from core.places.models import Village
from mobile_team.forms.rounds import LineField, TeamField
from mobile_team.models import Route, Stop, Weekday
from mobile_team.services.routes import FACTS, StopSaid

STOPS = 16
EMPTY = 2  # rows offered below those that are there
ROAD = ("kind", "place", "road", "closed_from", "closed_to")


class StopField(VillageField):
    """A village of a stop: a chosen one is only a key until the form asks for all of them at once."""

    def _chosen(self, key: str) -> Any:
        if not re.fullmatch(r"[0-9]{1,9}", key):
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return int(key)


def month(label: Any) -> forms.TypedChoiceField:
    """Return a field for a month of the year, or none."""
    choices = [("", "–"), *MONTHS.items()]
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=False)


class RouteForm(forms.Form):
    """A route: its names, its weekday, who drives with what, and its stops in driving order."""

    name_km = NameField(label=_("Name in Khmer"), max_length=80, required=False)
    name_en = NameField(label=_("Name in English"), max_length=80, required=False)
    weekday = forms.TypedChoiceField(label=_("Weekday"), choices=Weekday.choices, coerce=int, widget=forms.RadioSelect)
    vehicle = LineField(label=_("Vehicle"), max_length=60)
    team = TeamField()
    note = LineField(label=_("Note"))
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    there = 0  # stops of the route that is shown

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(STOPS):
            self.fields |= {
                f"order_{n}": NumberField(label=_("Place in the round"), min_value=1, max_value=99, required=False),
                f"village_{n}": StopField(label=_("Village"), required=False),
                f"kind_{n}": forms.ChoiceField(
                    label=_("Village or school?"), choices=Stop.Kind.choices, required=False, initial=Stop.Kind.VILLAGE
                ),
                f"place_{n}": LineField(label=_("Meeting place"), max_length=80),
                f"road_{n}": LineField(label=_("The road"), max_length=160),
                f"closed_from_{n}": month(_("No way from")),
                f"closed_to_{n}": month(_("until")),
            }
            self.fields[f"order_{n}"].initial = n + 1

    def show(self, route: Route) -> None:
        """Fill in a route that stands, with the villages of its stops; what was typed stays."""
        stops = list(route.stops.all())[:STOPS]
        self.there = len(stops)
        first: dict[str, Any] = {name: getattr(route, name) for name in FACTS}
        first["team"] = [user.pk for user in route.team.all()]
        for n, stop in enumerate(stops):
            first |= {f"{name}_{n}": getattr(stop, name) for name in ("village", *ROAD)}
        self.initial = first

    def rows(self) -> list[dict[str, Any]]:
        """Return the stops' fields with their number; those beyond the first empty ones come `later`."""
        shown = max(self.there + EMPTY, 6)
        return [
            {name: self[f"{name}_{n}"] for name in ("order", "village", *ROAD)} | {
                "number": n + 1, "later": n >= shown,
                "open": any(self[f"{name}_{n}"].errors or self[f"{name}_{n}"].value() for name in ROAD[2:]),
            }
            for n in range(STOPS)
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Find all chosen villages in one statement, and bring the stops into their order."""
        data = super().clean() or {}
        chosen = {n: data[f"village_{n}"] for n in range(STOPS) if data.get(f"village_{n}")}
        found = Village.objects.in_bulk({key for key in chosen.values() if isinstance(key, int)})
        stops = []
        for n, key in chosen.items():
            village = found.get(key) if isinstance(key, int) else key
            if village is None:
                self.add_error(f"village_{n}", VillageField.default_error_messages["unknown"])
                continue
            if (data.get(f"closed_from_{n}") is None) != (data.get(f"closed_to_{n}") is None):
                self.add_error(f"closed_to_{n}", _("Say from which month to which there is no way, both or neither."))
            facts: dict[str, Any] = {name: data.get(f"{name}_{n}") for name in ROAD}
            facts["kind"] = facts["kind"] or Stop.Kind.VILLAGE
            stops.append((data.get(f"order_{n}") or n + 1, n, StopSaid(village, **facts)))
        data["stops"] = [stop for _order, _n, stop in sorted(stops, key=lambda row: row[:2])]
        return data

    def said(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {name: self.cleaned_data[name] for name in (*FACTS, "team", "stops")}
