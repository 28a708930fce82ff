"""The form of a talk: what about, who taught, and who listened, by audience, sex and child or adult."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.fields import DateField, HiddenIdField, NumberField, VillageField, refusal
from core.periods import Month
from mobile_team.forms.rounds import LineField
from mobile_team.models import Attendance, Education

MOST = 2000
FACTS = ("topic", "topic_text", "place", "teachers", "with_department", "brushes", "pastes", "note")


def heads(label: Any) -> NumberField:
    """Return a field for a number of heads; empty is none."""
    return NumberField(label=label, min_value=0, max_value=MOST, required=False)


class TalkForm(forms.Form):
    """A talk; one in a session says neither where nor when, for the session does."""

    id = HiddenIdField()
    village = VillageField()
    on = DateField(label=_("Date"))
    topic = forms.ChoiceField(label=_("Topic"), choices=Education.Topic.choices, widget=forms.RadioSelect)
    topic_text = LineField(label=_("What exactly"), max_length=120)
    place = LineField(label=_("Place"), max_length=80)
    teachers = LineField(label=_("Who taught"), max_length=160)
    with_department = forms.BooleanField(label=_("With the Health Department"), required=False)
    brushes = heads(_("Toothbrushes handed to the group"))
    pastes = heads(_("Toothpaste handed to the group"))
    note = LineField(label=_("Note"))

    def __init__(self, *args: Any, in_session: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if in_session:
            del self.fields["village"], self.fields["on"]
        for audience, words in Attendance.Audience.choices:
            for who in Attendance.HEADS:
                name = Attendance._meta.get_field(who).verbose_name  # type: ignore[union-attr]
                self.fields[f"{audience}_{who}"] = heads(f"{words}: {name}")

    @classmethod
    def of(cls, talk: Education, document: dict[str, Any], data: Any = None) -> TalkForm:
        """Return the form of a talk that was recorded."""
        counts = {
            f"{audience}_{who}": n for audience, found in document["audiences"].items() for who, n in found.items()
        }
        initial = {name: document[name] for name in FACTS} | counts | {"village": talk.village, "on": talk.on}
        return cls(data, initial=initial, in_session=talk.session_id is not None)

    def audiences(self) -> list[tuple[Any, list[Any]]]:
        """Return the boxes of heads, a row an audience."""
        return [
            (words, [self[f"{audience}_{who}"] for who in Attendance.HEADS])
            for audience, words in Attendance.Audience.choices
        ]

    def clean(self) -> dict[str, Any]:
        """Ask what a talk about something else was about."""
        data = super().clean() or {}
        if data.get("topic") == Education.Topic.OTHER and not data.get("topic_text"):
            self.add_error("topic_text", _("Say what the talk was about."))
        return data

    def said(self) -> dict[str, Any]:
        """Return what the service takes, without id and session."""
        data = self.cleaned_data
        where = {"village": data["village"].pk, "on": data["on"]} if "village" in self.fields else {}
        audiences = {
            audience: {who: data[f"{audience}_{who}"] or 0 for who in Attendance.HEADS}
            for audience in Attendance.Audience.values
        }
        counts = {name: data[name] or 0 for name in ("brushes", "pastes")}
        return {name: data[name] for name in FACTS} | counts | where | {"audiences": audiences}


class MonthForm(forms.Form):
    """A month to look at."""

    month = forms.CharField(label=_("Month"), max_length=10, help_text=_("Year-month, for example 2026-11"))

    def clean_month(self) -> Month:
        """Read a month in either script's digits."""
        try:
            return Month.parse(self.cleaned_data["month"])
        except RuleBroken as broken:
            raise refusal(broken) from broken
