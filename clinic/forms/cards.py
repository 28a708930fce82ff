"""Whose cards shall be printed, and why again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import CardPrint
from clinic.selectors import cards
from core.fields import DateField, HiddenIdField
from core.lookups import VillageField

CARD, SHEET = "card", "sheet"
PAPERS = ((SHEET, _("A4 sheet, ten to cut apart")), (CARD, _("Card printer, one at a time")))
AGAIN = [choice for choice in CardPrint.Reason.choices if choice[0] != CardPrint.Reason.FIRST]


class PeopleField(forms.Field):
    """The ids of people ticked on a list, each once; what is no id counts for nothing."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        found: dict[UUID, None] = {}
        for text in (value or [])[: cards.MOST]:
            try:
                found[UUID(str(text))] = None
            except ValueError:
                continue
        return list(found)


class PrintForm(forms.Form):
    """Print cards of these people, on which paper, and why those get another who have one."""

    id = HiddenIdField()
    who = PeopleField(required=False)
    again = forms.ChoiceField(
        label=_("Why another card"), choices=AGAIN, required=False, widget=forms.RadioSelect,
        help_text=_("Only for people who have a card already"),
    )  # fmt: skip
    paper = forms.ChoiceField(label=_("Paper"), choices=PAPERS, initial=SHEET, widget=forms.RadioSelect)


class ChooseForm(forms.Form):
    """Find people without a card: registered or seen between two days, perhaps of one village."""

    how = forms.ChoiceField(label=_("Who was"), choices=cards.WAYS, initial=cards.REGISTERED)
    first = DateField(label=_("From"))
    last = DateField(label=_("To"))
    village = VillageField(required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("first") and said.get("last") and said["first"] > said["last"]:
            self.add_error("last", _("The last day must not be before the first."))
        return said
