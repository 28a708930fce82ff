"""How likely two descriptions mean one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from rapidfuzz import fuzz

from clinic.rules.namelike import SAME_SOUND, name_score
from core.ages import Birth, age_at
from core.khmer import search_key


def phone_keys(phone: str) -> set[str]:
    """Return the search key of a phone number: its digits backwards, so that its last digits are a beginning."""
    return {phone_key(phone)} if phone else set()


def phone_key(digits: str) -> str:
    """Return the beginning of a phone's search key for the digits with which the number ends."""
    return "#" + "".join(char for char in digits if char.isdigit())[::-1]


# -- two descriptions of one person ---------------------------------------------------------------------


@dataclass(frozen=True)
class Described:
    """What is said of a person, as far as it is known. `names` may hold those of records merged into this one.

    `phones` are further telephones beside `phone`, `guardian_ids` the patients who answer for them, `numbers` their
    identifiers as (kind, value).
    """

    names: tuple[str, ...]
    sex: str = ""
    birth: Birth | None = None
    village_id: int | None = None
    phone: str = ""
    guardian: str = ""
    phones: frozenset[str] = frozenset()
    guardian_ids: frozenset[str] = frozenset()
    household_id: UUID | None = None
    numbers: frozenset[tuple[str, str]] = frozenset()

    @property
    def every_phone(self) -> frozenset[str]:
        """Return all telephones."""
        return self.phones | {self.phone} - {""}


@dataclass
class Likeness:
    """How likely two descriptions mean one person, and the reasons a reader can check.

    A reason is a code, with what it is about after a colon: `years_apart:13`, `same_number:national`.
    """

    score: float = 0.0
    reasons: list[str] = field(default_factory=list)

    def add(self, points: float, reason: str = "") -> None:
        """Count `points` for, or against, with the reason to show."""
        self.score += points
        if reason:
            self.reasons.append(reason)

    @property
    def worth_a_look(self) -> bool:
        """Return whether to compare the two records: much agrees, or three facts do despite one against."""
        return self.score >= WORTH_A_LOOK or (self.score >= LIKELY and len(_FACTS & set(self.reasons)) >= 3)


LIKELY = 60.0  # names alone reach 55: something else must agree
WORTH_A_LOOK = 76.0  # name, sex and a vague age reach 75: a birth date, the village or a telephone must agree too
_FACTS = frozenset({"same_birth", "same_age", "same_village", "same_phone", "same_guardian", "same_card"})
CERTAIN = 100.0  # one national identity card is one person, whatever else was written
OF_ONE_PERSON = frozenset({"national", "birth", "ministry", "nssf"})
OF_A_FAMILY = frozenset({"equity", "family"})
_HAS_ONE = ("national", "birth")  # nobody has two of these: different ones speak against


def likeness(one: Described, other: Described) -> Likeness:
    """Compare two descriptions; likely the same from `LIKELY` on.

    Names must be alike to begin with: a shared telephone says nothing by itself, and neither do two empty boxes.
    Only a shared number of one person stands above the names.
    """
    found = Likeness()
    for kind in sorted(kind for kind, _ in one.numbers & other.numbers if kind in OF_ONE_PERSON):
        found.add(CERTAIN, f"same_number:{kind}")
    name = max((name_score(text, *other.names) for text in one.names if text), default=0.0)
    if name >= 70:
        found.add(name * 0.55, "same_name" if name >= SAME_SOUND else "like_name")
    elif found.score:
        found.add(0, "other_name")
    else:
        return found
    if one.sex and other.sex:
        found.add(*((8, "same_sex") if one.sex == other.sex else (-30, "other_sex")))
    if one.birth and other.birth:
        found.add(*_age_points(one.birth, other.birth))
    if one.village_id and other.village_id:
        found.add(*((14, "same_village") if one.village_id == other.village_id else (0, "other_village")))
    _compare_family(found, one, other, alike=name >= SAME_SOUND)
    for kind in _HAS_ONE:
        mine, theirs = ({value for k, value in said.numbers if k == kind} for said in (one, other))
        if mine and theirs and not mine & theirs:
            found.add(-40, f"other_number:{kind}")
    return found


def _compare_family(found: Likeness, one: Described, other: Described, *, alike: bool) -> None:
    """Count what people share with their family as well: telephone, guardian, household, card.

    Sisters called Navy and Neary share all of it, so it counts only where the names are the same to the ear; and two
    who were written down as living together are two people, unless even their names are the same.
    """
    for shared, points, reason in (
        (one.every_phone & other.every_phone, 14, "same_phone"),
        (_one_guardian(one, other), 14, "same_guardian"),
        (any(kind in OF_A_FAMILY for kind, _ in one.numbers & other.numbers), 10, "same_card"),
    ):
        if shared:
            found.add(points if alike else 0, reason)
    if one.household_id and one.household_id == other.household_id:
        found.add(0 if alike else -20, "same_household")


def _one_guardian(one: Described, other: Described) -> bool:
    if one.guardian_ids & other.guardian_ids:
        return True
    both = one.guardian and other.guardian
    return bool(both) and fuzz.ratio(search_key(one.guardian), search_key(other.guardian)) >= 85


def _age_points(one: Birth, other: Birth) -> tuple[float, str]:
    """Count births that may be the same day for, and those far apart against."""
    older, younger = sorted((one, other), key=lambda birth: birth.latest)
    if younger.earliest <= older.latest:
        return (18, "same_birth") if one.precision == other.precision == "day" else (12, "same_age")
    years = age_at(older.latest, younger.earliest).years
    return (6, "like_age") if years < 2 else (max(-40.0, -8.0 * years), f"years_apart:{years}")
