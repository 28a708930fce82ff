"""Judge one row at a time: what it says, or every reason why it cannot be taken."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import phonenumbers

from clinic.models import DischargeType, Encounter, Outcome
from core.ages import Birth, Precision, Unit, parse_age
from core.errors import RuleBroken
from core.ids import derived_id
from core.khmer import latin_digits, normalise
from desk.register.reading import COLUMNS, NAMES, Row

T = TypeVar("T")
OLDEST_CONTACT = dt.date(1950, 1, 1)

_ENDS: dict[str, tuple[str, str]] = {
    "recovered": (DischargeType.AUTHORIZED, Outcome.RECOVERED),
    "improved": (DischargeType.AUTHORIZED, Outcome.IMPROVED),
    "unchanged": (DischargeType.AUTHORIZED, Outcome.UNCHANGED),
    "hopeless": (DischargeType.AUTHORIZED, Outcome.HOPELESS),
    "home_treatment": (DischargeType.AUTHORIZED, Outcome.HOME),
    "deceased": (DischargeType.DECEASED, Outcome.DECEASED),
    "authorized": (DischargeType.AUTHORIZED, ""),
    "unauthorized": (DischargeType.UNAUTHORIZED, ""),
    "refer_out": (DischargeType.REFERRED, ""),
    "absconded": (DischargeType.ABSCONDED, ""),
}
_SAME = {
    "cured": "recovered", "better": "improved", "no_change": "unchanged", "died": "deceased", "dead": "deceased",
    "death": "deceased", "home": "home_treatment", "discharged": "authorized", "referred": "refer_out",
    "referred_out": "refer_out", "transferred": "refer_out", "left_against_advice": "unauthorized", "left": "absconded",
}  # fmt: skip
OUTCOMES = (
    _ENDS
    | {word: _ENDS[same] for word, same in _SAME.items()}
    | {code.value.lower(): ("", code.value) for code in Outcome}
    | {code.value.lower(): (code.value, "") for code in DischargeType}
    | {Outcome.DECEASED.value.lower(): _ENDS["deceased"], DischargeType.DECEASED.value.lower(): _ENDS["deceased"]}
)
VISIT_RESULTS = {
    "treated": Encounter.Result.TREATED, "referred": Encounter.Result.REFERRED, "follow_up": Encounter.Result.FOLLOW_UP,
    "left": Encounter.Result.LEFT, "admitted": Encounter.Result.ADMITTED, "hospitalised": Encounter.Result.ADMITTED,
    "hospitalized": Encounter.Result.ADMITTED,
}  # fmt: skip
_YES = {"y", "yes", "1", "true", "បាទ", "ចាស"}
_NO = {"", "n", "no", "0", "false", "ទេ"}


@dataclass
class Contact:
    """A good row, ready to be written. `id` is derived from what the row says, so the same row is the same contact."""

    row: Row
    id: UUID
    ref: str
    names: dict[str, str]
    sex: str
    birth: Birth | None
    told: tuple[int, Unit, dt.date] | None
    village_id: int | None
    phone: str
    on: dt.date
    kind: str
    condition_ids: list[int]
    discharged_on: dt.date | None
    discharge_type: str
    outcome: str
    outcome_text: str
    result: str
    dental_education: bool
    toothbrush: bool
    toothpaste: bool

    @property
    def died_on(self) -> dt.date | None:
        """Return the day of death this row tells of, or None."""
        deceased = self.outcome == Outcome.DECEASED or self.discharge_type == DischargeType.DECEASED
        return (self.discharged_on or self.on) if deceased else None

    @property
    def has_checkup(self) -> bool:
        """Return whether the row tells of a dental check-up: every mobile contact does."""
        handed_out = self.dental_education or self.toothbrush or self.toothpaste
        return self.kind == Encounter.Kind.OUTREACH or handed_out


@dataclass
class Catalogues:
    """What rows refer to: village ids by code, condition ids by key or ICD-10 code, and today's date."""

    villages: dict[str, int]
    conditions: dict[str, int]
    today: dt.date


@dataclass
class Reasons:
    """Every reason against one row, as broken rules."""

    found: list[RuleBroken] = field(default_factory=list)

    def add(self, code: str, column: str, **params: Any) -> None:
        """Note one reason."""
        self.found.append(RuleBroken(code, field=column, column=column, **params))

    def ask(self, column: str, parse: Callable[..., T], *args: Any) -> T | None:
        """Return what `parse` makes of its arguments; note the rule it breaks instead."""
        try:
            return parse(*args)
        except RuleBroken as broken:
            self.found.append(RuleBroken(broken.code, field=column, **({"column": column} | broken.params)))
            return None


def check(row: Row, catalogues: Catalogues) -> Contact | list[RuleBroken]:
    """Return the contact a row tells of, or every reason against it."""
    reasons, cell = Reasons(), _cells(row)
    if row.problem:
        reasons.add(row.problem, "")
        return reasons.found
    ref = _reference(cell["patient_ref"], reasons)
    names = {name: reasons.ask(name, _name, cell[name], name) or "" for name in NAMES}
    if not any(names.values()) and not any(reason.field in NAMES for reason in reasons.found):
        reasons.add("desk.name_missing", "family_name")
    sex = cell["sex"].upper()
    if sex not in {"F", "M"}:
        reasons.add("desk.sex_unknown", "sex", value=cell["sex"])
    on = reasons.ask("contact_date", _date, cell["contact_date"], "contact_date")
    _check_day(on, catalogues.today, reasons)
    birth, told = _birth(cell, on, reasons)
    kind = cell["service"].lower()
    if kind not in Encounter.Kind.values:
        reasons.add("desk.service_unknown", "service", value=cell["service"])
    village_id = _village(cell["village_code"], catalogues, reasons)
    phone = reasons.ask("phone", _phone, cell["phone"]) or ""
    condition_ids = _conditions(cell["conditions"], catalogues, reasons)
    left, end = _ending(cell, kind, on, catalogues.today, reasons)
    flags = {name: _flag(cell[name], name, reasons) for name in ("dental_education", "toothbrush", "toothpaste")}
    if reasons.found or on is None:
        return reasons.found
    told_on = (told[0], told[1], on) if told else None
    return Contact(
        row=row, id=_row_id(cell, names, on), ref=ref, names=names, sex=sex, birth=birth, told=told_on,
        village_id=village_id, phone=phone, on=on, kind=kind, condition_ids=condition_ids, discharged_on=left,
        **end, **flags,  # type: ignore[arg-type]
    )  # fmt: skip


def _cells(row: Row) -> dict[str, str]:
    said = {name: row.cells.get(name, "") for name in COLUMNS}
    return {name: text if text.isascii() else normalise(text) for name, text in said.items()}


def _row_id(cell: dict[str, str], names: dict[str, str], on: dt.date) -> UUID:
    """Return the id of the contact a row tells of: the same words in the same columns are the same contact."""
    said = {name: latin_digits(text).lower() for name, text in cell.items()} | names | {"contact_date": on.isoformat()}
    return derived_id("register", *(said[name] for name in sorted(said)))


def _reference(text: str, reasons: Reasons) -> str:
    if not text:
        reasons.add("desk.cell_missing", "patient_ref")
    elif len(text) > 60:
        reasons.add("desk.too_long", "patient_ref", most=60)
    return text


def _name(text: str, column: str) -> str:
    if text and not any(char.isalpha() for char in text):
        raise RuleBroken("desk.name_without_letters", column=column, value=text)
    if len(text) > 60:
        raise RuleBroken("desk.too_long", column=column, most=60)
    return text


def _date(text: str, column: str) -> dt.date:
    text = latin_digits(text)
    if not text:
        raise RuleBroken("desk.cell_missing", column=column)
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
        try:
            return dt.date(*map(int, match.groups()))
        except ValueError:
            pass
    raise RuleBroken("desk.date_unreadable", column=column, value=text)


def _check_day(on: dt.date | None, today: dt.date, reasons: Reasons) -> None:
    if on and on > today:
        reasons.add("desk.date_in_future", "contact_date", value=on.isoformat())
    elif on and on < OLDEST_CONTACT:
        reasons.add("desk.date_too_old", "contact_date", value=on.isoformat())


def _birth(cell: dict[str, str], on: dt.date | None, reasons: Reasons) -> tuple[Birth | None, tuple[int, Unit] | None]:
    """Return what the row says of the birth, and the age as told when that is all it says."""
    if cell["birth_date"]:
        return reasons.ask("birth_date", read_birth, latin_digits(cell["birth_date"]), on), None
    if cell["age"]:
        told = reasons.ask("age", parse_age, cell["age"])
        return (Birth.from_stated(*told, on) if told and on else None), told
    return None, None


def read_birth(text: str, on: dt.date | None) -> Birth | None:
    """Read a register's birth date: YYYY-MM-DD, YYYY-MM or YYYY, seen from the day of the contact."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", text)
    if not match:
        raise RuleBroken("desk.birth_unreadable", value=text)
    if on is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if day:
            born = dt.date(year, month, day)
            birth = Birth.on(born) if born <= on else None
        else:
            birth = Birth.in_month(year, month, on) if month else Birth.in_year(year, on)
    except (RuleBroken, ValueError) as error:
        code = "desk.contact_before_birth" if getattr(error, "code", "") == "core.birth_in_future" else ""
        raise RuleBroken(code or "desk.birth_unreadable", value=text, on=on.isoformat()) from None
    if birth is None:
        raise RuleBroken("desk.contact_before_birth", value=text, on=on.isoformat())
    if on.year - birth.earliest.year > 131:
        raise RuleBroken("core.age_too_high")
    return birth


def _village(text: str, catalogues: Catalogues, reasons: Reasons) -> int | None:
    code = latin_digits(text)
    if not code or code in catalogues.villages:
        return catalogues.villages.get(code)
    padded = code.zfill(8)
    if len(code) == 7 and padded in catalogues.villages:
        reasons.add("desk.village_lost_zero", "village_code", value=text, meant=padded)
    elif not re.fullmatch(r"\d{8}", code):
        reasons.add("desk.village_not_8_digits", "village_code", value=text)
    else:
        reasons.add("desk.village_unknown", "village_code", value=text)
    return None


def _phone(text: str) -> str:
    """Return the number as +855…; a register is kept as it is, so only what cannot be a number at all is refused."""
    digits = latin_digits(text)
    if not digits:
        return ""
    try:
        number = phonenumbers.parse(digits, "KH")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise RuleBroken("desk.phone_unreadable", value=text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _conditions(text: str, catalogues: Catalogues, reasons: Reasons) -> list[int]:
    found: list[int] = []
    for part in filter(None, (piece.strip() for piece in re.split("[;；]", text))):
        known = catalogues.conditions.get(condition_key(part))
        if known is None:
            reasons.add("desk.condition_unknown", "conditions", value=part[:60])
        elif known not in found:
            found.append(known)
    return found


def condition_key(text: str) -> str:
    """Return how a key or ICD-10 code is looked up: lower case, no dots, no spaces."""
    return re.sub(r"[.\s]", "", text).lower()


def _ending(
    cell: dict[str, str], kind: str, on: dt.date | None, today: dt.date, reasons: Reasons
) -> tuple[dt.date | None, dict[str, str]]:
    """Return when a stay ended and how; for a visit, its result."""
    left = None
    if cell["discharge_date"]:
        left = reasons.ask("discharge_date", _date, cell["discharge_date"], "discharge_date")
        if kind != Encounter.Kind.INPATIENT and kind in Encounter.Kind.values:
            reasons.add("desk.discharge_of_visit", "discharge_date")
        if left and left > today:
            reasons.add("desk.date_in_future", "discharge_date", value=left.isoformat())
        if left and on and left < on:
            reasons.add("desk.discharge_before_contact", "discharge_date", value=left.isoformat(), on=on.isoformat())
    word = re.sub(r"[\s\-]+", "_", cell["outcome"].lower())
    end = {"discharge_type": "", "outcome": "", "outcome_text": "", "result": ""}
    known = OUTCOMES.get(word)
    if kind == Encounter.Kind.INPATIENT and known and left:
        end["discharge_type"], end["outcome"] = known
    elif kind != Encounter.Kind.INPATIENT and word in VISIT_RESULTS:
        end["result"] = VISIT_RESULTS[word]
    else:
        end["outcome_text"] = cell["outcome"][:120]
        if known and known[1] == Outcome.DECEASED:
            end["outcome"] = known[1]
    return left, end


def _flag(text: str, column: str, reasons: Reasons) -> bool:
    word = latin_digits(text).lower()
    if word not in _YES and word not in _NO:
        reasons.add("desk.not_yes_or_no", column, value=text)
    return word in _YES


def disagree(known: Birth, said: Birth) -> bool:
    """Return whether two statements about one birth cannot both be true; ages as told are never held that strictly."""
    if Precision.STATED in {known.precision, said.precision}:
        return False
    return said.latest < known.earliest or known.latest < said.earliest
