"""Counting a place: where and when, what was found line by line, why it differs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, HiddenIdField, NameField, NumberField
from pharmacy.forms.fields import MOST, ShelfField, ShelfForm, TextField
from pharmacy.models import CountLine, Move
from pharmacy.selectors.counts import Compared
from pharmacy.services.counts import Reason

Why = Move.Why
REASONS = (Why.MISCOUNT, Why.LOST, Why.BROKEN, Why.EXPIRED, Why.UNKNOWN, Why.OTHER)
MOST_LINES = 2_000


class BeginForm(ShelfForm):
    """Which place is counted, and as of which evening."""

    id = HiddenIdField()
    place = ShelfField(label=_("Place"))
    on = DateField(label=_("As it stands at the end of"))
    remark = TextField(label=_("Note"), max_length=200, required=False)


def named(sent: Any, prefix: str) -> list[UUID]:
    """Return the keys of the lines that a sent form speaks of; what is no key is passed over."""
    keys = []
    for name in list(sent)[:MOST_LINES]:
        if name.startswith(prefix):
            try:
                keys.append(UUID(name.removeprefix(prefix)))
            except ValueError:
                continue
    return keys


class LinesForm(forms.Form):
    """A box for each line; of a sent form the lines are those it names, so that none has to be read to check it."""

    all_optional = True
    box = "n-"

    def __init__(self, data: QueryDict | None, lines: Iterable[CountLine] = ()) -> None:
        super().__init__(data)
        for pk in named(data or {}, self.box):
            self._offer(pk)
        self.complete(lines)

    def _offer(self, pk: UUID) -> None:
        self.fields[f"{self.box}{pk}"] = NumberField(label=_("Found"), min_value=0, max_value=MOST, required=False)

    def complete(self, lines: Iterable[CountLine]) -> None:
        """Add the boxes that are still missing to show the form; what was refused stays refused."""
        for line in lines:
            name = f"{self.box}{line.pk}"
            if name not in self.fields:
                self._offer(line.pk)
            self.initial[name] = self.before(line)

    def before(self, line: CountLine) -> int | None:
        """Return what stands in a box at first."""
        return line.counted

    def of(self, line: CountLine) -> forms.BoundField:
        """Return the box of one line."""
        return self[f"{self.box}{line.pk}"]

    def found(self) -> dict[UUID, int | None]:
        """Return what was typed, by line."""
        return {
            UUID(name.removeprefix(self.box)): value
            for name, value in self.cleaned_data.items() if name.startswith(self.box)
        }  # fmt: skip


class FoundForm(LinesForm):
    """The first count."""

    counted_by = NameField(label=_("Counted by"), max_length=120)
    done = forms.BooleanField(required=False, widget=forms.HiddenInput)


class AgainForm(LinesForm):
    """The second count, by another person; an empty box was not counted again."""

    checked_by = NameField(label=_("Counted again by"), max_length=120)

    def before(self, line: CountLine) -> int | None:
        """Return nothing: what is counted again is not copied."""
        return None

    def counted(self) -> dict[UUID, int]:
        """Return the numbers that were typed, by line."""
        return {pk: number for pk, number in self.found().items() if number is not None}


class ReasonsForm(forms.Form):
    """Why each line differs."""

    all_optional = True

    def __init__(self, data: QueryDict | None, rows: Iterable[Compared] = ()) -> None:
        super().__init__(data)
        self.keys: list[UUID] = []
        for pk in named(data or {}, "why-"):
            self._offer(pk)
        self.complete(rows)

    def _offer(self, pk: UUID) -> None:
        choices = [("", "—"), *((why.value, why.label) for why in REASONS)]
        self.fields[f"why-{pk}"] = forms.ChoiceField(label=_("Why"), choices=choices)
        self.fields[f"words-{pk}"] = TextField(label=_("Note"), max_length=200, required=False)
        self.keys.append(pk)

    def complete(self, rows: Iterable[Compared]) -> None:
        """Add the boxes that are still missing to show the form; what was refused stays refused."""
        for row in rows:
            if row.line.pk not in self.keys:
                self._offer(row.line.pk)

    def of(self, line: CountLine) -> list[forms.BoundField]:
        """Return the two boxes of one line."""
        return [self[f"why-{line.pk}"], self[f"words-{line.pk}"]]

    def clean(self) -> dict[str, Any]:
        """Ask for words where none of the usual reasons fits."""
        given = super().clean() or {}
        for pk in self.keys:
            if given.get(f"why-{pk}") == Why.OTHER and not given.get(f"words-{pk}"):
                self.add_error(f"words-{pk}", ValidationError(_("Write the reason."), code="required"))
        return given

    def reasons(self) -> dict[UUID, Reason]:
        """Return the reasons by line."""
        said = self.cleaned_data
        return {pk: Reason(said[f"why-{pk}"], said[f"words-{pk}"]) for pk in self.keys}


class DropForm(forms.Form):
    """Why a count is given up."""

    reason = TextField(label=_("Why it is given up"), max_length=200)
