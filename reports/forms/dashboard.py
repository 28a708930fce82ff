"""What the dashboard is asked for: some days, age bands, and by what its figures are narrowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import EquityLevel
from core.fields import DateField, VillageField
from reports.asking import Span
from reports.naming import SERVICES_SHORT, SEXES

EARLIEST, LATEST = date(1950, 1, 1), date(2199, 12, 31)
MOST_YEARS = 50  # the same stretch before must lie after 1900: months before have no name here
UNSAID, NONE = "unsaid", "none"

Choices = Iterable[tuple[str, Any]]


class DashboardForm(forms.Form):
    """Days, bands and filters; everything may be left out. Fields are called as in the address: from, to."""

    all_optional = True  # no word "optional" at each of them

    def __init__(self, *args: Any, bands: Choices, offered: Mapping[str, Choices], month: Span, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.month = month
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
            if rows or name in self.data:
                self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[*every, *rows])
        self.fields["village"] = VillageField(required=False)

    def clean(self) -> dict[str, Any]:
        """Say which `days` are meant: without any the month, with one of them from it on or up to it."""
        given = super().clean() or {}
        for name in ("from", "to"):
            day = given.get(name)
            if day and not EARLIEST <= day <= LATEST:
                self.add_error(name, _("Choose a date from 1950 to 2199."))
        if self.errors.keys() & {"from", "to"}:
            return given
        first, last = given["from"], given["to"]
        first = first or (min(self.month.first, last) if last else self.month.first)
        last = last or max(self.month.last, first)
        if last < first:
            self.add_error("to", _("This date lies before the first one."))
        elif last.year - first.year >= MOST_YEARS:
            self.add_error("from", _("Choose fewer than fifty years."))
        else:
            given["days"] = Span(first, last)
        return given
