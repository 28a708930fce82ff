"""What the form fields of the house look like: plain text boxes that open the right keyboard, and the type-ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise

from core.periods import local_day

Url = str | Promise | Callable[[], str]


class NumberInput(forms.TextInput):
    """A text box for figures: a number box would refuse Khmer digits and change its value when scrolled over."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, decimal: bool = False) -> None:
        mode = "decimal" if decimal else "numeric"
        super().__init__({"inputmode": mode, "autocomplete": "off", "class": "input--short"} | (attrs or {}))


class DateInput(forms.TextInput):
    """A text box for a date, with a button for today."""

    template_name = "forms/date.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": "off", "class": "input--short"} | (attrs or {}))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["today"] = f"{local_day(timezone.now()):%d/%m/%Y}"
        return context


class PhoneInput(forms.TextInput):
    """A text box that opens the telephone keys."""

    input_type = "tel"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "class": "input--short"} | (attrs or {}))


class LookupInput(forms.TextInput):
    """A type-ahead: the text a person sees in `<name>_text`, the key of what they chose in `<name>`, hidden.

    The list comes from `url?q=…` as {"results": [{"id", "text", "more"}]}; app.js draws it. Without JavaScript
    the text alone is sent and the field finds what it names.
    """

    template_name = "forms/lookup.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, url: Url) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"} | (attrs or {}))
        self.url = url

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> tuple[str, str | None]:
        return (data.get(name) or "").strip(), data.get(f"{name}_text")

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and f"{name}_text" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        key, text = value or ("", "")
        context = super().get_context(f"{name}_text", text or "", attrs)
        address = self.url() if callable(self.url) else str(self.url)
        context["widget"] |= {"key": key or "", "key_name": name, "url": address}
        return context

    def format_value(self, value: Any) -> str:
        return value or ""


class MultiLookupInput(LookupInput):
    """A type-ahead that gathers several choices as chips, each a ticked box that can be unticked."""

    template_name = "forms/lookup_many.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[list[str], str | None]:  # type: ignore[override]
        keys = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or []
        return [k for k in dict.fromkeys(keys) if k], data.get(f"{name}_text")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        keys, text = value or ([], "")
        context = super().get_context(name, ("", text), attrs)
        context["widget"]["chosen"] = [(key, self.labels.get(key, key)) for key in keys]
        return context

    labels: dict[str, str] = {}  # filled by the field, which has the rows in hand


class HiddenId(forms.HiddenInput):
    """The id of the row a form will make; kept through a mistake, so that a second click is the same row."""
