"""Boxes about a person: somebody already known, an allergy, other telephones, other numbers, a picture."""

from __future__ import annotations

import re
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.models import ContactPoint, Patient
from clinic.rules import allergies
from clinic.rules.identifiers import tidy
from clinic.rules.pictures import LARGEST_FILE
from clinic.services.allergies import Said
from clinic.services.phones import MOST as MOST_PHONES
from clinic.substances import both_names
from core.errors import RuleBroken
from core.fields import LookupField, NameField, VillageField, refusal
from core.khmer import latin_digits, normalise
from core.phones import national, parse_phone
from core.widgets import LookupInput, MultiLookupInput

LONGEST_SUBSTANCE = 120


class KeptVillageField(VillageField):
    """A village; one that is written already is taken as it stands, without asking for it again."""

    kept: Any = None

    def _chosen(self, key: str) -> Any:
        if self.kept is not None and str(self.kept.pk) == str(key):
            return self.kept
        return super()._chosen(key)


# -- somebody already known -------------------------------------------------------------------------------------


def _people() -> Any:
    return Patient.objects.filter(merged_into=None)


class PersonField(LookupField):
    """Choose somebody who is registered here."""

    default_error_messages: ClassVar[Any] = {
        "unknown": _("Nobody registered here was chosen. Type two letters and choose one from the list."),
    }

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {
            "rows": _people, "url": lambda: reverse("clinic:people"), "words": lambda person: person.name,
            "help_text": _("Type a name or number and choose"),
        }  # fmt: skip
        super().__init__(**(ours | kwargs))

    def clean(self, value: Any) -> Any:
        key, text = value or ("", "")
        if not key and normalise(text or ""):
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return super().clean((normalise(key), text))


class FreeLookupInput(LookupInput):
    """A type-ahead that takes other words too: the words in `<name>`, the key of what was chosen in `<name>_id`."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, str | None]:
        return (data.get(f"{name}_id") or "").strip(), data.get(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        if isinstance(value, str):
            value = ("", value)
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"name": name, "key_name": f"{name}_id"}
        return context


class Guarding(NamedTuple):
    """A guardian as written, and who that is where they are a patient."""

    text: str
    patient: Patient | None


class GuardianField(NameField):
    """A parent or guardian: any name, or somebody registered here."""

    def __init__(self, **kwargs: Any) -> None:
        widget = FreeLookupInput(url=lambda: reverse("clinic:people"))
        super().__init__(**({"max_length": 120, "widget": widget, "required": False} | kwargs))

    def clean(self, value: Any) -> Guarding:  # type: ignore[override]
        key, text = value or ("", "")
        said = super().clean(text)
        return Guarding(said, PersonField(required=False).clean((key, said)) if key and said else None)

    def prepare_value(self, value: Any) -> Any:
        return ("", value) if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or "") != ((data or ("", ""))[1] or "")


# -- allergies ------------------------------------------------------------------------------------------------------


class AllergensInput(MultiLookupInput):
    """Substances as chips; other words stay in the box."""

    @property
    def labels(self) -> dict[str, str]:  # type: ignore[override]
        """Return what each usual substance is called."""
        return {row.key: both_names(row)[0] for row in allergies.allergens().values()}


class AllergensField(forms.Field):
    """What somebody is allergic to: usual substances, and other words divided by commas. Cleans to `Said`s."""

    default_error_messages: ClassVar[Any] = {
        "unknown": _("Choose a substance from the list, or write it."),
        "long": _("This is too long. Write substances divided by commas."),
        "many": _("This is too many at once. Write the rest on the page of allergies."),
    }
    most = 10

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {
            "widget": AllergensInput(url=lambda: reverse("clinic:allergens")), "label": _("Allergic to"),
            "help_text": _("Choose from the list, or write what it is"), "required": False,
        }  # fmt: skip
        super().__init__(**(ours | kwargs))

    def clean(self, value: Any) -> list[Said]:
        keys, text = value or ([], "")
        if any(key not in allergies.allergens() for key in keys):
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        written = [normalise(part) for part in re.split(r"[,;\n។]", text or "")]
        written = [part for part in written if part]
        if any(len(part) > LONGEST_SUBSTANCE for part in written):
            raise ValidationError(self.error_messages["long"], code="long")
        if len(keys) + len(written) > self.most:
            raise ValidationError(self.error_messages["many"], code="many")
        return [Said(part) for part in (*keys, *written)]


class SubstanceField(forms.CharField):
    """One substance: a usual one from the list, or other words. Cleans to its key or to the words."""

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {
            "label": _("Allergic to"), "max_length": LONGEST_SUBSTANCE,
            "widget": FreeLookupInput(url=lambda: reverse("clinic:allergens")),
        }  # fmt: skip
        super().__init__(**(ours | kwargs))

    def clean(self, value: Any) -> str:
        key, text = value or ("", "")
        words = normalise(super().clean(text))
        if not words:
            raise ValidationError(self.error_messages["required"], code="required")
        return key if key in allergies.allergens() else words


# -- telephones -------------------------------------------------------------------------------------------------------


class PhoneRows(forms.Widget):
    """Telephones and whose they are; empty rows wait below those that are filled."""

    template_name = "clinic/phone_rows.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        phones, whose = ([*data.getlist(f"{name}_{part}")] for part in ("number", "whose"))
        return [(phone, whose[at] if at < len(whose) else "") for at, phone in enumerate(phones[: MOST_PHONES + 1])]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_number" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        filled = [(national(phone) if phone.startswith("+") else phone, whose) for phone, whose in value or [] if phone]
        context["widget"]["rows"] = [*filled, ("", ContactPoint.Whose.FAMILY), ("", ContactPoint.Whose.FAMILY)]
        context["widget"]["choices"] = ContactPoint.Whose.choices
        return context

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_1"

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class PhonesField(forms.Field):
    """Other telephones as (phone, whose) pairs; empty rows are left out."""

    widget = PhoneRows
    default_error_messages: ClassVar[Any] = {
        "phone": _("“%(text)s” is not a phone number. Write it like 012 345 678."),
        "many": _("At most %(most)s other telephones."),
    }

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"label": _("Other telephones"), "required": False}
        super().__init__(**(ours | kwargs))

    def clean(self, value: Any) -> list[tuple[str, str]]:
        rows = [(normalise(phone), whose) for phone, whose in value or []]
        rows = [(phone, whose) for phone, whose in rows if phone]
        if len(rows) > MOST_PHONES:
            raise ValidationError(self.error_messages["many"], code="many", params={"most": MOST_PHONES})
        return [(self._read(phone), self._whose(whose)) for phone, whose in rows]

    def _read(self, text: str) -> str:
        try:
            return parse_phone(text)
        except RuleBroken as broken:
            raise ValidationError(self.error_messages["phone"], "phone", params={"text": text[:30]}) from broken

    def _whose(self, text: str) -> str:
        return text if text in ContactPoint.Whose.values else ContactPoint.Whose.FAMILY


# -- numbers, pictures ------------------------------------------------------------------------------------------------


class NumberBox(forms.CharField):
    """Another number of the person, checked by what its kind may look like; one that is `kept` already stays."""

    kept = ""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(**({"max_length": 120, "required": False} | kwargs))
        self.kind = kind
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value: Any) -> str:
        text = latin_digits(normalise(super().to_python(value) or ""))
        if self.kept and text == self.kept:
            return text
        try:
            kept = tidy(self.kind, text)
        except RuleBroken as broken:
            raise refusal(broken) from broken
        if len(kept) > 60:
            raise ValidationError(_("This is too long: at most 60 letters."), code="max_length")
        return kept


class PictureInput(forms.FileInput):
    """A button to choose a picture; on a tablet it opens the camera."""

    def __init__(self, *, camera: bool = True) -> None:
        super().__init__({"accept": "image/jpeg,image/png,image/webp"} | ({"capture": "environment"} if camera else {}))


class PictureField(forms.FileField):
    """A picture as bytes; None when none was chosen. The service looks at what is inside."""

    default_error_messages: ClassVar[Any] = {
        "large": _("This picture is too large. Take one of at most 12 MB."),
        "empty": _("This file is empty."),
    }

    def __init__(self, *, camera: bool = True, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"label": _("Photo"), "widget": PictureInput(camera=camera)}
        super().__init__(**(ours | kwargs))

    def clean(self, data: Any, initial: Any = None) -> bytes | None:  # type: ignore[override]
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > LARGEST_FILE:
            raise ValidationError(self.error_messages["large"], code="large")
        return bytes(file.read())
