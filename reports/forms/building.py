"""What a report is built from, and what is said of one that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Condition
from core.accounts.roles import Role
from core.errors import RuleBroken
from core.fields import DateField, HiddenIdField, VillageField
from core.words import say
from reports import bands as band_sets
from reports.figures import FIGURES
from reports.forms.bands import NameInput
from reports.keys import DIMENSIONS, FIXED
from reports.models import SavedReport
from reports.questions import ACROSS, BETWEEN, NARROWED, PERIODS, Question
from reports.rights import visible
from reports.sources import care, contacts, money, road, rounds, stock, talks, teeth
from reports.sources.source import Source

EMPTY = ("", "—")
GROUPS: tuple[tuple[Any, tuple[Source, ...]], ...] = (
    (_("Patients and care"), (contacts.CONTACTS, care.DISCHARGES, care.BED_DAYS, care.DOSES, care.ANTENATAL)),
    (_("Teeth"), (teeth.CHECKUPS,)),
    (_("Rounds and health education"), (rounds.SESSIONS, talks.TALKS, talks.LISTENERS)),
    (_("Referrals and ambulance"), (road.REFERRALS, road.TRIPS)),
    (_("Money"), (money.ENTRIES, money.GIVEN, money.BALANCE, money.RECEIPTS, money.PURCHASES)),
    (_("Help with costs"), (money.HELP, money.CASES, money.COSTS)),
    (_("Medicine"), (stock.MOVES, stock.SHELVES, stock.WORTH, stock.EXPIRING, stock.EXPIRED, stock.OUT,
                     stock.DAYS_OUT)),
)  # fmt: skip


def _group(figure: str) -> str:
    """Return under which heading a figure is chosen."""
    source = FIGURES[figure].source
    return next((str(words) for words, sources in GROUPS if any(each is source for each in sources)), str(_("Others")))


class BuilderForm(forms.Form):
    """A question as its address carries it: `figures`, `rows`, `columns`, `period`, `from`, `to`, `bands`, filters."""

    figures = forms.MultipleChoiceField(label=_("Figures"), required=False, widget=forms.CheckboxSelectMultiple)
    rows = forms.ChoiceField(label=_("A line for each"), required=False)
    columns = forms.ChoiceField(label=_("A column for each"), required=False)
    period = forms.ChoiceField(label=_("Days"), required=False, choices=list(PERIODS.items()))
    bands = forms.ChoiceField(label=_("Age bands"), required=False)
    village = VillageField(required=False)

    all_optional = True

    def __init__(self, data: Mapping[str, Any] | None, *, role: str) -> None:
        super().__init__(data)
        self.role = role
        self.question: Question | None = None
        boxes: Any = self.fields
        boxes["figures"].choices = [(name, FIGURES[name].words) for name in visible(role, FIGURES)]
        used = {dimension for name in visible(role, FIGURES) for dimension in FIGURES[name].dimensions}
        for name, words in (("rows", DIMENSIONS), ("columns", ACROSS)):
            boxes[name].choices = [EMPTY, *((key, DIMENSIONS[key]) for key in words if key in used)]
        offered = band_sets.offered()
        chosen = (data or {}).get("bands", "")
        boxes["bands"].choices = [(each.key, each.words) for each in band_sets.every().values() if
                                  each in offered or each.key == chosen]  # fmt: skip
        boxes["from"] = DateField(label=_("From"), required=False)
        boxes["to"] = DateField(label=_("Until"), required=False)
        for name in (key for key in NARROWED if key in FIXED):
            every = [("", _("All")), *FIXED[name].items()]
            boxes[name] = forms.ChoiceField(label=str(DIMENSIONS[name]), required=False, choices=every)
        conditions = [("", _("All")), *((row.key, row) for row in Condition.objects.order_by("name_en", "key"))]
        boxes["condition"] = forms.ChoiceField(label=str(DIMENSIONS["condition"]), required=False, choices=conditions)

    def groups(self) -> Iterable[tuple[str, list[Any]]]:
        """Return the boxes of the figures, those of one kind of work together."""
        found: dict[str, list[Any]] = {str(words): [] for words, _sources in GROUPS}
        for box in self["figures"]:
            found.setdefault(_group(box.data["value"]), []).append(box)
        return [(words, boxes) for words, boxes in found.items() if boxes]

    @property
    def opened(self) -> list[str]:
        """Return the groups in which a figure is chosen."""
        chosen = self["figures"].value() or []
        return [_group(name) for name in chosen if name in FIGURES]

    @property
    def days(self) -> list[forms.BoundField]:
        """Return the boxes of the first and the last day."""
        return [self["from"], self["to"]]

    @property
    def filters(self) -> list[forms.BoundField]:
        """Return the boxes that narrow."""
        return [self[name] for name in NARROWED]

    @property
    def narrows(self) -> bool:
        """Return whether something narrows, or a filter is wrong."""
        return any(self.data.get(name) or self.data.get(f"{name}_text") or self.errors.get(name) for name in NARROWED)

    def clean(self) -> dict[str, Any]:
        """Make the question; what it cannot ask is said beside the box it belongs to."""
        given = super().clean() or {}
        if self.errors:
            return given
        where = {name: str(getattr(given[name], "pk", given[name])) for name in NARROWED if given.get(name)}
        period = given.get("period") or (BETWEEN if given.get("from") or given.get("to") else "last_month")
        try:
            self.question = Question(
                tuple(given["figures"]), given["rows"], given["columns"], period,
                given.get("from") if period == BETWEEN else None, given.get("to") if period == BETWEEN else None,
                given["bands"] or band_sets.DEFAULT, where,
            )  # fmt: skip
        except RuleBroken as broken:
            self.add_error(broken.field if broken.field in self.fields else None, say(broken))
        return given


class KeepForm(forms.Form):
    """The name under which a report is kept; `question` is the address of the builder."""

    id = HiddenIdField()
    question = forms.CharField(widget=forms.HiddenInput, max_length=4000)
    report = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = NameInput(label=_("Name of the report"), max_length=120)


class SettleForm(forms.Form):
    """Who reads a report, and when the clock makes it."""

    roles = forms.MultipleChoiceField(
        label=_("Shared with"), required=False, choices=Role.choices, widget=forms.CheckboxSelectMultiple,
        help_text=_("Each sees only what its role may see."),
    )  # fmt: skip
    every = forms.ChoiceField(
        label=_("Made by the clock"), required=False, choices=SavedReport.Every.choices,
        help_text=_("Files of the days that are over then wait on this page."),
    )  # fmt: skip
