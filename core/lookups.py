"""Fields that choose from a long list by typing: a village, a condition, a medicine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.khmer import latin_digits, normalise, search_key
from core.places.models import Village
from core.widgets import LookupInput, MultiLookupInput, Url

Rows = Callable[[], QuerySet[Any]]
Named = Callable[[QuerySet[Any], str], Iterable[Any]]

MESSAGES: dict[str, Any] = {
    "unknown": _("Nothing here has this name. Choose one from the list."),
    "several": _("Several have this name. Choose one from the list."),
}


def nothing(rows: QuerySet[Any], text: str) -> Iterable[Any]:
    """Find nothing by its text: only what was chosen from the list counts."""
    return ()


class LookupField(forms.Field):
    """Choose one row of `rows()`; `named` finds the rows a typed text names when none was chosen.

    One query at most. `key` is the field by which the list names a row, `words` how a row reads.
    """

    default_error_messages = MESSAGES
    widget: Any = LookupInput

    def __init__(
        self, *, rows: Rows, url: Url, named: Named = nothing, key: str = "pk",
        words: Callable[[Any], str] = str, **kwargs: Any,
    ) -> None:  # fmt: skip
        ours: dict[str, Any] = {"widget": self.widget(url=url)}
        super().__init__(**(ours | kwargs))
        self.rows, self.named, self.key, self.words = rows, named, key, words

    def clean(self, value: Any) -> Any:
        chosen, text = value or ("", "")
        text = normalise(text) if text is not None else None
        if text == "":  # the box was emptied; what was chosen before no longer counts
            chosen = ""
        found = self._chosen(chosen) if chosen else self._named(text or "")
        if found is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return found

    def _chosen(self, key: str) -> Any:
        try:
            return self.rows().get(**{self.key: key})
        except (self.rows().model.DoesNotExist, ValueError, ValidationError, OverflowError):
            raise ValidationError(self.error_messages["unknown"], code="unknown") from None

    def _named(self, text: str) -> Any:
        if not text:
            return None
        found = list(self.named(self.rows(), text))
        if len(found) != 1:
            code = "several" if found else "unknown"
            raise ValidationError(self.error_messages[code], code=code)
        return found[0]

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, tuple):
            return value
        return str(self._key_of(value)), self.words(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or ("", ""))[0] != (data or ("", ""))[0]

    def _key_of(self, row: Any) -> Any:
        return row.pk if self.key == "pk" else getattr(row, self.key)


class MultiLookupField(LookupField):
    """Choose any number of rows of `rows()`; cleans to a list in the order chosen. One query, two when text is left."""

    widget = MultiLookupInput

    def clean(self, value: Any) -> list[Any]:  # type: ignore[override]
        keys, text = value or ([], "")
        found = self._all(keys[:50]) if keys else []
        named = self._named(normalise(text)) if text else None
        if named is not None and named not in found:
            found.append(named)
        if not found and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return found

    def _all(self, keys: list[str]) -> list[Any]:
        try:
            rows = {str(self._key_of(row)): row for row in self.rows().filter(**{f"{self.key}__in": keys})}
        except (ValueError, ValidationError, OverflowError):
            rows = {}
        self._label(rows.values())
        if any(key not in rows for key in keys):
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return [rows[key] for key in keys]

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, tuple):
            return value
        rows = list(value)
        self._label(rows)
        return [str(self._key_of(row)) for row in rows], ""

    def _label(self, rows: Iterable[Any]) -> None:
        self.widget.labels = self.widget.labels | {str(self._key_of(row)): self.words(row) for row in rows}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or ([], ""))[0] != (data or ([], ""))[0]


def villages_named(rows: QuerySet[Village], text: str) -> list[Village]:
    """Find villages by name in either script, by "village, commune, …", or by code.

    Of several with one name those of the catchment are meant when there are any. A code that lost its
    leading zero in a spreadsheet is understood.
    """
    plain = latin_digits(text)
    if plain.isdigit():
        return list(rows.filter(code__in={plain, plain.zfill(8)})[:2])
    first, *above = [search_key(part) for part in text.split(",")]
    found = list(rows.filter(Q(key_km=first) | Q(key_en=first))[:300])
    if above:
        found = [v for v in found if _lies_in(v, above)]
    return [v for v in found if v.catchment] or found


def _lies_in(village: Village, above: list[str]) -> bool:
    commune = village.commune
    places = (commune, commune.district, commune.district.province)
    names = {search_key(name) for place in places for name in (place.name_km, place.name_en)}
    return all(name in names for name in above if name)


class VillageField(LookupField):
    """Choose a village by typing two letters of its name, in either script."""

    default_error_messages = {
        "unknown": _("No village has this name. Type two letters and choose one from the list."),
        "several": _("Several villages have this name. Choose one from the list."),
    }

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {
            "label": _("Village"), "help_text": _("Type two letters and choose"),
            "rows": Village.objects.with_path, "url": lambda: reverse("places:villages"),
            "named": villages_named, "words": lambda village: village.full_name,
        }  # fmt: skip
        super().__init__(**(ours | kwargs))
