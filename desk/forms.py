"""Forms of the desk: the kit of a session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import NumberField
from desk.kits import Stocked
from mobile_team.models import KitLine
from mobile_team.selectors import kits

MOST = 20000
HEADS = {"packed": _("Packed"), "given": _("Given"), "returned": _("Brought back"), "lost": _("Lost or spoilt"),
         "note": _("Note")}  # fmt: skip


class KitForm(forms.Form):
    """The numbers of a kit, a row an item; what is counted elsewhere is not asked here."""

    def __init__(self, *args: Any, lines: Iterable[Stocked], **kwargs: Any) -> None:
        self.lines = list(lines)
        super().__init__(*args, **kwargs)
        for one in self.lines:
            for name in self._asked(one.line.item):
                label = f"{one.line.words}: {HEADS[name]}"
                first = getattr(one.line.row, name) if one.line.row else None
                field: forms.Field = (
                    forms.CharField(label=label, required=False, max_length=200) if name == "note"
                    else NumberField(label=label, required=False, min_value=0, max_value=MOST)
                )  # fmt: skip
                field.initial = None if name == "packed" and not first else first
                self.fields[f"{one.line.item}_{name}"] = field

    @staticmethod
    def _asked(item: str) -> list[str]:
        return [name for name in kits.FACTS if name != "given" or item not in KitLine.COUNTED]

    def rows(self) -> list[tuple[Stocked, list[tuple[Any, Any]], Any]]:
        """Return each line with its heads and boxes; None stands where the number is counted."""
        return [
            (
                one,
                [(HEADS[name], self._box(one.line.item, name)) for name in kits.NUMBERS],
                self._box(one.line.item, "note"),
            )
            for one in self.lines
        ]

    def _box(self, item: str, name: str) -> Any:
        return self[f"{item}_{name}"] if name in self._asked(item) else None

    def said(self) -> dict[str, dict[str, Any]]:
        """Return what the service takes."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.lines:
            item = one.line.item
            facts = {name: self.cleaned_data[f"{item}_{name}"] for name in self._asked(item)}
            facts["packed"] = facts["packed"] or 0
            found[item] = facts
        return found
