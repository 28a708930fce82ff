"""The desk's forms about tablets and about what they sent."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.fields import DateField, DecimalField, MultiLookupField, NotesField, NumberField, VillageField
from core.khmer import latin_digits, normalise
from core.lookups import villages_named
from core.places.models import Village
from mobile_team.models import Attendance
from sync import saves

LONGEST_LENT = 72  # hours
LONGEST_CHART = 800  # characters: 52 teeth, each with what was done


class WordsField(forms.CharField):
    """A line of text, brought to the form in which it is stored."""

    def to_python(self, value: Any) -> str:
        return normalise(super().to_python(value) or "")


class EnrolForm(forms.Form):
    """What a tablet is called, so that people know which one is meant."""

    name = WordsField(
        label=_("Name of the tablet"), max_length=60, help_text=_("As people call it, for example “blue cover”")
    )


class LendForm(forms.Form):
    """Whose records a tablet may carry, and for how long."""

    villages = MultiLookupField(
        label=_("Villages"), rows=Village.objects.with_path, url=lambda: reverse("places:villages"),
        named=villages_named, words=lambda village: village.full_name, help_text=_("Type two letters and choose"),
    )  # fmt: skip
    hours = NumberField(label=_("Hours"), min_value=1, max_value=LONGEST_LENT, initial=24, help_text=_("At most 72"))


class RevokeForm(forms.Form):
    """Why a tablet's use ends."""

    reason = WordsField(label=_("Why"), max_length=200, help_text=_("For example: lost on the road"))


class AsideForm(forms.Form):
    """Why a save is not taken over."""

    why = WordsField(label=_("Why it is set aside"), max_length=200)


CHART = re.compile(r"([0-9]{1,3})\s*[:=]?\s*([^\s,;0-9]|[0-9](?![0-9]))")
DONE = re.compile(r"([a-z]+)(?:\s*([0-9]{1,3}))?")


class ChartField(WordsField):
    """Teeth with their codes in one line, "55 B, 75 P"; whether a mouth has such a tooth is for the room to say."""

    default_error_messages = {"invalid": _("Write each tooth and its code, for example 55 B, 75 B.")}

    def clean(self, value: Any) -> dict[str, str]:
        text = latin_digits(super().clean(value))
        pairs = CHART.findall(text)
        if CHART.sub("", text).strip(" ,;"):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return dict(pairs)


class DoneField(WordsField):
    """What was done, each with its tooth, "sdf 55, varnish"."""

    default_error_messages = {"invalid": _("Write what was done and the tooth, for example sdf 55, varnish.")}

    def clean(self, value: Any) -> list[dict[str, Any]]:
        text = latin_digits(super().clean(value)).lower()
        if DONE.sub("", text).strip(" ,;"):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return [{"what": what, "tooth": int(tooth) if tooth else None} for what, tooth in DONE.findall(text)]


class MaybeField(forms.TypedChoiceField):
    """Yes, no, or nobody asked."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", _("not asked")), ("yes", _("yes")), ("no", _("no"))]
        super().__init__(choices=choices, coerce=lambda said: said == "yes", empty_value=None, **kwargs)


class DocumentForm(forms.Form):
    """A save that could not be taken over, as boxes: those its document has, and those somebody found wrong."""

    all_optional = True  # so that not every box says it

    def __init__(self, data: Any = None, *, type: str, fields: Mapping[str, Any], wrong: Iterable[str] = ()) -> None:
        super().__init__(data, prefix="doc")
        self.was = fields
        amiss = set(wrong)
        known = saves.boxes(type)
        shown = [name for name in known if name in fields or name in amiss]
        for name in sorted(shown, key=lambda name: name not in amiss):  # what is wrong stands first
            for key, field, value in _fields_of(name, known[name], fields.get(name)):
                self.fields[key] = field
                self.initial[key] = value

    def changes(self) -> dict[str, Any]:
        """Return the fields that were written otherwise, as JSON; what nobody touched stays as it was sent."""
        found: dict[str, Any] = {}
        for key in self.changed_data:
            name, *below = key.split("-")
            value = _json(self.cleaned_data[key])
            if below:
                heads = found.setdefault(name, copy.deepcopy(self.was[name]))
                heads[below[0]][below[1]] = value
            else:
                found[name] = value
        return found


def _fields_of(name: str, box: saves.Box, value: Any) -> list[tuple[str, forms.Field, Any]]:
    """Return (key, form field, how it reads now) of one field of a document, several for a table of heads."""
    if box.kind == "heads":
        return _heads_of(name, value)
    given: dict[str, Any] = {"label": capfirst(box.words), "required": False}
    if box.kind == "choice":
        return [(name, _choice(box, value, given), _text(value))]
    field, reads = KINDS.get(box.kind, TEXT)
    return [(name, field(**given), reads(value))]


def _choice(box: saves.Box, value: Any, given: dict[str, Any]) -> forms.Field:
    """Return a choice among the codes of a field, and what came when that is none of them."""
    meant = {str(code): code for code, _words in box.choices}
    codes = [(str(code), words) for code, words in box.choices]
    if _text(value) not in meant:
        codes.insert(0, (_text(value), _text(value) or "–"))
    return forms.TypedChoiceField(choices=codes, coerce=lambda code: meant.get(code, code), empty_value="", **given)


def _heads_of(name: str, value: Any) -> list[tuple[str, forms.Field, Any]]:
    if not isinstance(value, dict):
        return []
    who = dict(Attendance.Audience.choices)
    return [
        (f"{name}-{audience}-{head}",
         NumberField(label=f"{who.get(audience, audience)}: {words}", required=False, min_value=0), heads.get(head, 0))
        for audience, heads in value.items() if isinstance(heads, dict) and "-" not in audience
        for head, words in saves.HEADS.items()
    ]  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else saves.plain(value)


def _maybe(value: Any) -> str:
    return "yes" if value is True else "no" if value is False else ""


def _whole(value: Any) -> Any:
    return value if isinstance(value, int) else _text(value)


def _chart(value: Any) -> str:
    if not isinstance(value, dict):
        return _text(value)
    return ", ".join(f"{tooth} {saves.plain(code)}" for tooth, code in value.items())


def _done(value: Any) -> str:
    try:
        return ", ".join(f"{one['what']} {one.get('tooth') or ''}".strip() for one in value or ())
    except (TypeError, KeyError, AttributeError):
        return _text(value)


def _day(value: Any) -> Any:
    try:
        return dt.date.fromisoformat(_text(value))
    except ValueError:
        return _text(value)


def _village(value: Any) -> Village | None:
    if type(value) is not int or not 0 < value < 2**31:
        return None
    return Village.objects.with_path().filter(pk=value).first()


TEXT: tuple[Any, Any] = (partial(WordsField, max_length=400), _text)
KINDS: dict[str, tuple[Any, Any]] = {
    "yes": (forms.BooleanField, lambda value: value is True),
    "maybe": (MaybeField, _maybe),
    "whole": (NumberField, _whole),
    "decimal": (DecimalField, _text),
    "day": (DateField, _day),
    "village": (VillageField, _village),
    "chart": (partial(ChartField, max_length=LONGEST_CHART), _chart),
    "done": (partial(DoneField, max_length=LONGEST_CHART), _done),
    "long": (NotesField, _text),
}


def _json(value: Any) -> Any:
    """Return a cleaned value as it stands in a document."""
    if isinstance(value, Village):
        return value.pk
    if isinstance(value, dt.date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value
