"""What is typed about the ministry's forms: their layout, their places in DHIS2, and that they shall be sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.fields import HiddenIdField, NotesField, refusal
from core.khmer import latin_digits
from reports import bands
from reports.figures import FIGURES
from reports.forms.bands import NameInput
from reports.ministry import layout
from reports.models import FormBlock, MinistryForm
from reports.models.ministry import DHIS2_ID
from reports.services.ministry import Place


class Dhis2IdInput(forms.CharField):
    """An identifier of DHIS2, as it was given by the ministry."""

    def __init__(self, **given: Any) -> None:
        rules: dict[str, Any] = {"required": False, "max_length": 50, "validators": [DHIS2_ID]}
        super().__init__(**(rules | given))
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}

    def to_python(self, value: Any) -> str:
        return latin_digits(super().to_python(value) or "")


class _LayoutForm(forms.Form):
    """What everything laid out shares: what is written into its row, and how a value reads beside another's."""

    @property
    def given(self) -> dict[str, Any]:
        """Return what is written into the row."""
        return {name: value for name, value in self.cleaned_data.items() if name != "id"}

    def words(self, name: str, value: Any) -> tuple[str, str]:
        """Return the label of a field and a value of it in words."""
        field = self.fields[name]
        if isinstance(value, bool):
            said = str(_("Yes") if value else _("No"))
        elif isinstance(value, dict):
            said = layout.write_narrowing(value)
        else:
            said = str(dict(getattr(field, "choices", ())).get(value, value))
        return str(field.label), said


class FormForm(_LayoutForm):
    """A form's names, who compared it with the ministry's own, and where DHIS2 keeps it."""

    name_km = NameInput(label=_("Name in Khmer"), max_length=160)
    name_en = NameInput(label=_("Name in English"), max_length=160)
    confirmed = NameInput(
        label=_("Who compared it with the ministry's form, and when"), max_length=200, required=False,
        help_text=_("While this is empty, every print says that the layout is general knowledge only."),
    )  # fmt: skip
    scheme = forms.ChoiceField(label=_("Identifiers are"), choices=MinistryForm.Scheme.choices)
    data_set = Dhis2IdInput(label=_("Data set"))
    org_unit = Dhis2IdInput(label=_("Organisation unit"), help_text=_("The centre, as DHIS2 knows it."))
    attribute_option_combo = Dhis2IdInput(label=_("Attribute option combo"))


class _PartForm(_LayoutForm):
    """What blocks and lines share."""

    id = HiddenIdField()
    key = forms.SlugField(label=_("Short name"), max_length=40, help_text=_("Latin letters, figures, - and _."))
    name_km = NameInput(label=_("Words in Khmer"), max_length=160)
    name_en = NameInput(label=_("Words in English"), max_length=160)
    source = NameInput(label=_("Where this was found"), max_length=200, required=False)
    retired = forms.BooleanField(label=_("No longer in the form"), required=False)

    def __init__(self, *args: Any, new: bool, **given: Any) -> None:
        super().__init__(*args, **given)
        if not new:  # files and mappings know it by this name
            del self.fields["key"], self.fields["id"]
        else:
            del self.fields["retired"]


class BlockForm(_PartForm):
    """A block: its words and its columns."""

    columns = forms.ChoiceField(label=_("Columns"), choices=FormBlock.Columns.choices)
    bands = forms.ChoiceField(label=_("Age bands"), required=False)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        sets = [(each.key, each.words) for each in bands.offered()]
        self.fields["bands"].choices = [("", _("none")), *sets]  # type: ignore[attr-defined]
        self.order_fields(["id", "key", "name_km", "name_en", "columns", "bands"])


class LineForm(_PartForm):
    """A line: its words and what it counts."""

    figure = forms.ChoiceField(label=_("Figure"), required=False, help_text=_("Empty: the line is filled in by pen."))
    narrowed = NotesField(
        rows=3, max_length=2000, required=False, label=_("Narrowed to"),
        help_text=_("One thing a line, for example “service: outpatient” or “condition: cold, uri”."),
    )  # fmt: skip
    rest = forms.BooleanField(
        label=_("All others"), required=False,
        help_text=_("What the other lines of this block that count the same leave over, so that nobody is lost."),
    )  # fmt: skip

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        known = sorted(((name, each.words) for name, each in FIGURES.items()), key=lambda pair: str(pair[1]))
        self.fields["figure"].choices = [("", _("filled in by pen")), *known]  # type: ignore[attr-defined]
        self.order_fields(["id", "key", "name_km", "name_en", "figure", "narrowed", "rest"])

    def clean_narrowed(self) -> dict[str, list[str]]:
        try:
            return layout.read_narrowing(self.cleaned_data["narrowed"])
        except RuleBroken as broken:
            raise refusal(broken) from broken


class PlacesForm(forms.Form):
    """Where the numbers of one line go, a row for each column."""

    all_optional = True

    def __init__(self, *args: Any, columns: list[layout.Column], places: dict[str, Place], **given: Any) -> None:
        super().__init__(*args, **given)
        self.columns = columns
        for n, column in enumerate(columns):
            place = places.get(column.key, Place())
            self.fields[f"element_{n}"] = Dhis2IdInput(label=_("Data element"), initial=place.data_element)
            self.fields[f"combo_{n}"] = Dhis2IdInput(
                label=_("Category option combo"), initial=place.category_option_combo
            )
            self.fields[f"out_{n}"] = forms.BooleanField(label=_("Not sent"), required=False, initial=place.left_out)

    def rows(self) -> list[tuple[layout.Column, Any, Any, Any]]:
        """Return each column with its three fields, for the page."""
        return [
            (column, self[f"element_{n}"], self[f"combo_{n}"], self[f"out_{n}"])
            for n, column in enumerate(self.columns)
        ]

    @property
    def places(self) -> dict[str, Place]:
        """Return what was typed."""
        typed = self.cleaned_data
        return {
            column.key: Place(typed[f"element_{n}"], typed[f"combo_{n}"], typed[f"out_{n}"])
            for n, column in enumerate(self.columns)
        }

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        for n in range(len(self.columns)):
            element, combo, out = (typed.get(f"{name}_{n}") for name in ("element", "combo", "out"))
            if out and (element or combo):
                self.add_error(f"out_{n}", _("It is not sent and has a place at once: choose one."))
            elif combo and not element:
                self.add_error(f"element_{n}", _("Write the data element too."))
        return typed


class MappingFileForm(forms.Form):
    """A filled file of places."""

    file = forms.FileField(label=_("Filled file (CSV)"), max_length=200)


class SendForm(forms.Form):
    """That the figures of a month shall be sent."""

    id = HiddenIdField()
    rehearsal = forms.BooleanField(
        label=_("Only rehearse"), required=False,
        help_text=_("The server checks everything and keeps nothing."),
    )  # fmt: skip
    despite = forms.BooleanField(
        label=_("Send although some numbers have no place yet"), required=False,
        help_text=_("They stay here, and the receipt says how many."),
    )  # fmt: skip
