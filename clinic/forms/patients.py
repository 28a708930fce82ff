"""Register a person, correct what is written of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from clinic.forms.boxes import AllergensField, GuardianField, KeptVillageField, NumberBox, PhonesField, PictureField
from clinic.models import Consent, EquityLevel, Identifier, Patient, Payer, Relation, Sex
from clinic.rules.identifiers import Number
from clinic.rules.likeness import Described
from clinic.selectors import registry
from clinic.services.consents import Answer
from clinic.services.households import Guardian
from core.errors import RuleBroken
from core.fields import AgeOrBirth, AgeOrBirthField, DateField, HiddenIdField, NameField, PhoneField, refusal
from core.khmer import has_khmer, latin_digits, normalise
from core.phones import national
from core.places.models import Village

NAMES = ("family_name_km", "given_name_km", "family_name", "given_name")
Kind = Identifier.Kind
NUMBERS = {
    "equity": Kind.EQUITY, "paper": Kind.PAPER, "ministry": Kind.MINISTRY, "national": Kind.NATIONAL,
    "birth_certificate": Kind.BIRTH, "family_book": Kind.FAMILY, "nssf": Kind.NSSF,
}  # fmt: skip
_EMPTY = [("", _("not said"))]


class PersonForm(forms.Form):
    """What is written of a person: few boxes, the rest behind "more"."""

    family_name_km = NameField(label=_("Family name in Khmer"), required=False)
    given_name_km = NameField(label=_("Given name in Khmer"), required=False)
    family_name = NameField(label=_("Family name"), required=False)
    given_name = NameField(label=_("Given name"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, widget=forms.RadioSelect)
    birth = AgeOrBirthField(required=False)
    village = KeptVillageField(required=False)
    phone = PhoneField(label=_("Phone"), required=False)
    guardian = NameField(label=_("Parent or guardian"), required=False, max_length=120)
    phones = PhonesField()
    payer = forms.ChoiceField(label=_("Who pays"), choices=[*_EMPTY, *Payer.choices], required=False)
    equity = NumberBox(Kind.EQUITY, label=_("Equity card"), help_text=_("A card of anybody in the household holds"))
    equity_level = forms.ChoiceField(
        label=_("How poor, as the card says"), choices=[*_EMPTY, *EquityLevel.choices], required=False
    )
    equity_issued = DateField(label=_("Card issued on"), required=False)
    equity_until = DateField(label=_("Card valid until"), required=False)
    national = NumberBox(Kind.NATIONAL, label=_("National identity card"))
    birth_certificate = NumberBox(Kind.BIRTH, label=_("Birth certificate"))
    family_book = NumberBox(Kind.FAMILY, label=_("Family book"))
    nssf = NumberBox(Kind.NSSF, label=_("NSSF card"))
    ministry = NumberBox(Kind.MINISTRY, label=_("Ministry patient number"))
    paper = NumberBox(Kind.PAPER, label=_("Old paper number"))

    more = ("guardian", "phones", "payer", *NUMBERS, "equity_level", "equity_issued", "equity_until")

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["birth"].today = today  # type: ignore[attr-defined]
        self.fields["village"].kept = self.initial.get("village")  # type: ignore[attr-defined]
        for name in ("family_name_km", "given_name_km"):
            self.fields[name].widget.attrs["lang"] = "km"
        for name in ("family_name", "given_name"):
            self.fields[name].widget.attrs["lang"] = "en"

    @property
    def more_is_filled(self) -> bool:
        """Return whether anything behind "more" must be seen: filled or wrong."""
        return any(_filled(self[name].value()) or self[name].errors for name in self.more)

    def clean(self) -> dict[str, Any]:
        """Refuse a level or dates without the card they stand on, and a card that ends before it began."""
        said = super().clean() or self.cleaned_data
        on_card = [name for name in ("equity_level", "equity_issued", "equity_until") if said.get(name)]
        if on_card and "equity" in said and not said["equity"]:
            self.refuse("equity", "clinic.level_without_card")
        issued, until = said.get("equity_issued"), said.get("equity_until")
        if issued and issued > self.today:
            self.refuse("equity_issued", "clinic.date_in_future")
        if issued and until and until < issued:
            self.refuse("equity_until", "constraint.clinic_identifier_validity")
        return said

    def refuse(self, box: str, code: str) -> None:
        """Set the words of a broken rule beside a box."""
        self.add_error(box, refusal(RuleBroken(code)))

    def given(self) -> dict[str, Any]:
        """Return what the services take."""
        said: AgeOrBirth | None = self.cleaned_data["birth"]
        plain = (*NAMES, "sex", "village", "phone", "guardian", "payer", "phones")
        return {
            **{name: self.cleaned_data[name] for name in plain},
            "birth": said.birth if said else None, "told": said.told if said else None,
            "identifiers": [self._number(name, kind) for name, kind in NUMBERS.items()],
        }  # fmt: skip

    def _number(self, name: str, kind: str) -> Number:
        said = self.cleaned_data
        if kind != Kind.EQUITY or not said[name]:
            return Number(kind, said[name])
        return Number(kind, said[name], said["equity_level"], said["equity_issued"], said["equity_until"])


class RegisterForm(PersonForm):
    """A new person; the id made with the page keeps a double click from making two."""

    id = HiddenIdField()
    guardian = GuardianField(label=_("Parent or guardian"), help_text=_("Any name, or somebody registered here"))
    allergy = forms.ChoiceField(
        label=_("Allergies"), required=False, widget=forms.RadioSelect,
        choices=[("none", _("None known")), ("some", _("Has an allergy")), ("", _("Not asked"))],
    )  # fmt: skip
    allergies = AllergensField()
    guardian_kind = forms.ChoiceField(
        label=_("Who this is to the patient"), required=False, choices=[*_EMPTY, *Relation.Kind.choices]
    )
    lives_with = forms.BooleanField(label=_("They live together"), required=False, initial=True)
    consent = forms.ChoiceField(
        label=_("May this record be kept?"), required=False, widget=forms.RadioSelect,
        choices=[("yes", _("Agreed")), ("no", _("Refused")), ("", _("Not asked"))],
    )  # fmt: skip
    consent_by = NameField(label=_("Who said so"), required=False, max_length=120)
    photo = PictureField(required=False)
    photo_agreed = forms.BooleanField(label=_("A photo was agreed to"), required=False)

    more = (*PersonForm.more, "guardian_kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = "birth" if any(self.initial.get(name) for name in NAMES) else NAMES[0]
        self.fields[first].widget.attrs["autofocus"] = True

    @property
    def consent_is_filled(self) -> bool:
        """Return whether anything about consent and photo must be seen."""
        return any(self[name].value() or self[name].errors for name in ("consent", "consent_by", "photo"))

    def clean(self) -> dict[str, Any]:
        """Refuse answers that contradict each other."""
        said = super().clean() or self.cleaned_data
        written, chosen = said.get("allergies"), said.get("allergy")
        if written and chosen == "none":
            self.refuse("allergy", "clinic.allergy_or_none")
        if written == [] and chosen == "some":
            self.refuse("allergies", "clinic.allergy_missing")
        if said.get("photo") and not said.get("photo_agreed"):
            self.refuse("photo_agreed", "clinic.photo_not_agreed")
        return said

    def given(self) -> dict[str, Any]:
        """Return what registering takes."""
        said = self.cleaned_data
        guardian = said["guardian"].patient
        kind = said["guardian_kind"] or Relation.Kind.OTHER
        return super().given() | {
            "guardian": said["guardian"].text, "no_allergy": said["allergy"] == "none", "allergies": said["allergies"],
            "guardian_is": Guardian(guardian, kind, said["lives_with"]) if guardian else None,
            "consents": self._answers(), "photo": said["photo"],
        }  # fmt: skip

    def described(self) -> Described:
        """Return what is said so far, also while other boxes are still empty or wrong."""
        self.is_valid()
        said = self.cleaned_data
        birth, village, guardian = said.get("birth"), said.get("village"), said.get("guardian")
        return Described(
            names=(
                f"{said.get('family_name', '')} {said.get('given_name', '')}".strip(),
                f"{said.get('family_name_km', '')} {said.get('given_name_km', '')}".strip(),
            ),
            sex=said.get("sex", ""), birth=birth.birth if birth else None, village_id=village.pk if village else None,
            phone=said.get("phone", ""), guardian=guardian.text if guardian else "",
            phones=frozenset(phone for phone, _whose in said.get("phones", [])),
            guardian_ids=frozenset({str(guardian.patient.pk)} if guardian and guardian.patient else ()),
            numbers=frozenset((kind, said[name]) for name, kind in NUMBERS.items() if said.get(name)),
        )  # fmt: skip

    def _answers(self) -> list[Answer]:
        said = self.cleaned_data
        answers = [Answer(Consent.Purpose.RECORD, said["consent"] == "yes", said["consent_by"])]
        if not said["consent"]:
            answers = []
        if said["photo"]:
            answers.append(Answer(Consent.Purpose.PHOTO, True, said["consent_by"]))
        return answers


class EditForm(PersonForm):
    """What stands written of a person, to be corrected."""

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial=initial_of(person), **kwargs)
        for name in NUMBERS:
            self.fields[name].kept = self.initial.get(name, "")  # type: ignore[attr-defined]

    def changes(self, was: Mapping[str, Any]) -> dict[str, Any]:
        """Return what correcting takes; `was` is the document with which the form was opened.

        A birth that still reads as it did is left alone: an age told last year is not told again today.
        """
        said = self.given()
        if normalise(self["birth"].data or "") == in_words("birth", was.get("birth"))[1]:
            said |= {"birth": ..., "told": None}
        return said


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


def initial_of(person: Any) -> dict[str, Any]:
    """Return what is written of a person, as `selectors.registry` brings them, as the form shows it."""
    said = {name: getattr(person, name) for name in (*NAMES, "sex", "village", "phone", "guardian", "payer")}
    numbers = registry.newest_numbers(person)
    known = {name: numbers[kind]["value"] for name, kind in NUMBERS.items() if kind in numbers}
    card = numbers.get(Kind.EQUITY)
    if card:
        known |= {
            "equity_level": card["level"], "equity_issued": _date(card["issued_on"]),
            "equity_until": _date(card["valid_until"]),
        }  # fmt: skip
    return said | known | {"birth": _birth_of(person), "phones": registry.other_phones(person)}


def in_words(field: str, value: Any) -> tuple[str, str]:
    """Return the name of a field of the document and its value in words, for a clash of two corrections."""
    kinds = {f"number_{kind}": name for name, kind in NUMBERS.items()}
    label = PersonForm.base_fields[kinds.get(field, field)].label if field != "number_register" else field
    return str(label), _value_in_words(field, value)


def _value_in_words(field: str, value: Any) -> str:
    if not value:
        return ""
    if field == "sex":
        return str(Sex(value).label)
    if field == "payer":
        return str(Payer(value).label)
    if field == "village":
        village = Village.objects.with_path().filter(pk=value).first()
        return village.full_name if village else ""
    if field == "phone":
        return national(value)
    if field == "phones":
        return ", ".join(national(phone) for phone, _whose in value)
    if field == "birth":
        told = _birth_of(registry.with_birth(value))
        return str(AgeOrBirthField().prepare_value(told) or "")
    if field.startswith("number_"):
        level = str(EquityLevel(value["level"]).label) if value["level"] else ""
        return " · ".join(filter(None, [value["value"], level, value["issued_on"], value["valid_until"]]))
    return str(value)


def _birth_of(person: Patient) -> AgeOrBirth | None:
    birth = person.birth
    if birth is None:
        return None
    told: Any = None
    if person.told_age is not None and person.birth_precision == "stated":
        told = (person.told_age, person.told_unit, person.told_on)
    return AgeOrBirth(birth, told)


def _date(text: str | None) -> dt.date | None:
    return parse_date(text) if text else None


def _filled(value: Any) -> bool:
    """Return whether a box holds anything: telephones are rows of pairs, a type-ahead holds one pair."""
    if isinstance(value, list):
        return any(phone for phone, _whose in value)
    return any(value) if isinstance(value, tuple) else bool(value)
