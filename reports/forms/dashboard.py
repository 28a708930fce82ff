"""What the dashboard is asked for: some days, age bands, and by what its figures are narrowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import EquityLevel
from core.fields import DateField, VillageField
from reports.naming import SERVICES_SHORT, SEXES

EARLIEST, LATEST = date(1950, 1, 1), date(2199, 12, 31)  # a month before the year 1900 has no name here
UNSAID, NONE = "unsaid", "none"

Choices = Iterable[tuple[str, Any]]


class DashboardForm(forms.Form):
    """Days, bands and filters; everything may be left out. Called by the names of its address: from, to, sex …"""

    all_optional = True  # no word "optional" at each of them

    def __init__(self, *args: Any, bands: Choices, offered: Mapping[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = DateField(label=_("From"), required=False, help_text="")
        self.fields["to"] = DateField(label=_("Until"), required=False, help_text="")
        choices: dict[str, tuple[Any, Choices]] = {
            "service": (_("Service"), SERVICES_SHORT.items()),
            "sex": (_("Sex"), SEXES.items()),
            "bands": (_("Age bands"), bands),
            "band": (_("Age"), offered.get("band", ())),
            "condition": (_("Condition"), offered.get("condition", ())),
            "case": (_("Case"), [("new", _("New case")), ("follow_up", _("Follow-up"))]),
            "visit": (_("First contact ever"), [("new", _("New patient")), ("known", _("Known patient"))]),
            "equity": (
                _("Equity card"),
                [*EquityLevel.choices, (UNSAID, _("A card without a level")), (NONE, _("No card"))],
            ),
            "route": (_("Route of the mobile team"), offered.get("route", ())),
            "commune": (_("Commune"), offered.get("commune", ())),
            "district": (_("District"), offered.get("district", ())),
        }
        for name, (label, listed) in choices.items():
            rows = list(listed)
            every = [] if name == "bands" else [("", _("All"))]
            if rows:
                self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[*every, *rows])
        self.fields["village"] = VillageField(required=False)

    def clean(self) -> dict[str, Any]:
        """See that the days are in order and such as a calendar of ours has."""
        given = super().clean() or {}
        for name in ("from", "to"):
            day = given.get(name)
            if day and not EARLIEST <= day <= LATEST:
                self.add_error(name, _("Choose a date from 1950 to 2199."))
        first, last = given.get("from"), given.get("to")
        if first and last and last < first:
            self.add_error("to", _("This date lies before the first one."))
        return given
