"""Register a person, correct what is written of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Identifier, Patient, Sex
from clinic.rules.likeness import Described
from core.fields import (
    AgeOrBirth,
    AgeOrBirthField,
    DateField,
    HiddenIdField,
    NameField,
    PhoneField,
    VillageField,
)
from core.khmer import has_khmer, latin_digits, normalise

NAMES = ("family_name_km", "given_name_km", "family_name", "given_name")
OTHER_NUMBERS = {
    "paper": Identifier.Kind.PAPER, "equity": Identifier.Kind.EQUITY, "ministry": Identifier.Kind.MINISTRY,
    "national": Identifier.Kind.NATIONAL,
}  # fmt: skip


class PersonForm(forms.Form):
    """What is written of a person: few boxes, the rest behind "more"."""

    family_name_km = NameField(label=_("Family name in Khmer"), required=False)
    given_name_km = NameField(label=_("Given name in Khmer"), required=False)
    family_name = NameField(label=_("Family name"), required=False)
    given_name = NameField(label=_("Given name"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, widget=forms.RadioSelect)
    birth = AgeOrBirthField(required=False)
    village = VillageField(required=False)
    phone = PhoneField(label=_("Phone"), required=False)
    guardian = NameField(label=_("Parent or guardian"), required=False, max_length=120)
    paper = forms.CharField(label=_("Old paper number"), required=False, max_length=60)
    equity = forms.CharField(label=_("Equity card"), required=False, max_length=60)
    ministry = forms.CharField(label=_("Ministry patient number"), required=False, max_length=60)
    national = forms.CharField(label=_("National identity card"), required=False, max_length=60)

    more = ("guardian", *OTHER_NUMBERS)

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth"].today = today  # type: ignore[attr-defined]
        for name in ("family_name_km", "given_name_km"):
            self.fields[name].widget.attrs["lang"] = "km"
        for name in ("family_name", "given_name"):
            self.fields[name].widget.attrs["lang"] = "en"

    @property
    def more_is_filled(self) -> bool:
        """Return whether anything behind "more" must be seen: filled or wrong."""
        return any(self[name].value() or self[name].errors for name in self.more)

    def given(self) -> dict[str, Any]:
        """Return what the services take."""
        said: AgeOrBirth | None = self.cleaned_data["birth"]
        told = said.told if said else None
        return {
            **{name: self.cleaned_data[name] for name in (*NAMES, "sex", "village", "phone", "guardian")},
            "birth": said.birth if said else None, "told": told,
            "identifiers": [
                (kind, self.cleaned_data[name]) for name, kind in OTHER_NUMBERS.items() if name in self.changed_data
            ],
        }  # fmt: skip

    @property
    def birth_changed(self) -> bool:
        """Return whether another birth or age was typed; an age told last year is not told again today."""
        shown = self.fields["birth"].prepare_value(self.get_initial_for_field(self.fields["birth"], "birth"))
        return normalise(self["birth"].data or "") != (shown or "")

    def described(self) -> Described:
        """Return what is said so far, also while other boxes are still empty or wrong."""
        self.is_valid()
        said = self.cleaned_data
        birth, village = said.get("birth"), said.get("village")
        return Described(
            names=(
                f"{said.get('family_name', '')} {said.get('given_name', '')}".strip(),
                f"{said.get('family_name_km', '')} {said.get('given_name_km', '')}".strip(),
            ),
            sex=said.get("sex", ""), birth=birth.birth if birth else None, village_id=village.pk if village else None,
            phone=said.get("phone", ""), guardian=said.get("guardian", ""),
        )  # fmt: skip


class RegisterForm(PersonForm):
    """A new person; the id made with the page keeps a double click from making two."""

    id = HiddenIdField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = "birth" if any(self.initial.get(name) for name in NAMES) else NAMES[0]
        self.fields[first].widget.attrs["autofocus"] = True


class DeathForm(forms.Form):
    """When a person died and who said so."""

    on = DateField(label=_("Died on"))
    source = NameField(label=_("Who told it"), max_length=120)


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.TextInput)


def typed_already(text: str) -> dict[str, str]:
    """Put the words of a search that found nobody where they belong on the form."""
    words = normalise(text)[:100].split()
    digits = "".join(char for word in words for char in latin_digits(word) if char.isdigit())
    said: dict[str, str] = {"phone": digits} if len(digits) >= 8 else {}
    for suffix, mine in (("_km", True), ("", False)):
        names = [word for word in words if has_khmer(word) is mine and any(char.isalpha() for char in word)]
        if names:
            family, *given = names
            said |= {f"family_name{suffix}": family[:60], f"given_name{suffix}": " ".join(given)[:60]}
    return said


def initial_of(patient: Patient) -> dict[str, Any]:
    """Return what is written of a person as the form shows it."""
    birth, told = patient.birth, None
    if patient.told_age is not None and patient.birth_precision == "stated":
        told = (patient.told_age, patient.told_unit, patient.told_on)
    said = {name: getattr(patient, name) for name in (*NAMES, "sex", "village", "phone", "guardian")}
    known = {row.kind: row.value for row in patient.identifiers.order_by("-id")}
    others = {name: known.get(kind, "") for name, kind in OTHER_NUMBERS.items()}
    return said | others | {"birth": AgeOrBirth(birth, told) if birth else None}  # type: ignore[arg-type]
