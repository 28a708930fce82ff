"""What a name typed into the box asks of the index: short questions, each with a bound, answered as one.

No question walks through all who bear a frequent name: each takes the first few of its keys, those in the catchment
and those seen lately apart, so that they are among the ones looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Length

from clinic.models import Encounter, NameKey, Patient
from clinic.rules.vocabulary import Vocabulary
from clinic.selectors.lexicon import GAZETTEER, WORDS, Villages
from core.names import CROSSING, PAIR, SCRIPTS, crossing_key, pair_keys, query_keys, skeletons, spelt, words

MOST_WORDS = 6
SEEN_LATELY = 200  # contacts looked back on for a single word; a week at one centre
SAME, PART, OTHER, EACH = 150, 80, 40, 30
LONGER, CLOSE = 80, 10

Question = tuple[str, tuple[Any, ...]]  # SQL that gives a few ids of patients, and its values
NOTHING: Question = ("", ())
_KEYS_IN_VILLAGES = f"""
    SELECT found.patient_id FROM unnest(%s::text[]) AS asked(key) CROSS JOIN unnest(%s::bigint[]) AS place(id)
    CROSS JOIN LATERAL (
        SELECT patient_id FROM {NameKey._meta.db_table} k WHERE k.key = asked.key AND k.village_id = place.id LIMIT %s
    ) found LIMIT %s
"""  # noqa: S608 (the name is ours)


_LIVING_IN = f"""
    SELECT found.id FROM unnest(%s::bigint[]) AS place(id)
    CROSS JOIN LATERAL (SELECT p.id FROM {Patient._meta.db_table} p WHERE p.village_id = place.id LIMIT %s) found
    LIMIT %s
"""  # noqa: S608 (the name is ours)


@dataclass(frozen=True)
class Place:
    """A reading of the text as a name and the village of the person; the name may be empty.

    `named` are the villages of exactly the name typed; the others begin or sound so.
    """

    name: tuple[str, ...]
    villages: frozenset[int]
    named: frozenset[int]

    @property
    def said(self) -> str:
        """Return the name's words."""
        return " ".join(self.name)


@dataclass(frozen=True)
class Asked:
    """A name as it was typed, with what is known by heart."""

    typed: tuple[str, ...]
    places: tuple[Place, ...]
    known: Vocabulary
    villages: Villages

    @property
    def said(self) -> str:
        """Return the words that were understood."""
        return " ".join(self.typed)

    def first(self) -> list[Question]:
        """Return the questions that find names as they read, sound or begin."""
        found = [] if not self.typed else self._one(self.typed[0]) if len(self.typed) == 1 else self._several()
        for place in self.places:
            if place.name:
                found.append(_within(self._keys_of(place.name), place.villages, PART))
            else:
                found += [_living_in(sorted(place.villages, key=lambda one: one not in place.named)), seen_lately()]
        return found

    def slips(self) -> list[Question]:
        """Return the questions that find names a slip of the finger away."""
        if len(self.typed) == 1:
            keys = [spelt(word) for word in self.known.close(self.typed[0], 2 * CLOSE)]
            return [*self._ours_first(keys, SAME), seen_lately()] if keys else []
        found: list[Question] = []
        for mine in self._by_script():
            meant = [_bones([word, *self.known.close(word, CLOSE)]) for word in mine]
            one_wrong: list[str] = []
            both_wrong: list[str] = []
            for left, right in combinations(meant, 2):
                one_wrong += [*_pairs(left[:1], right[1:]), *_pairs(left[1:], right[:1])]
                both_wrong += _pairs(left[1:6], right[1:6])
            found += [_with([key], EACH) for key in dict.fromkeys(one_wrong[: 3 * CLOSE])]
            found.append(_with(both_wrong, PART))
        return found

    def _one(self, word: str) -> list[Question]:
        same = [spelt(word), *map(spelt, self.known.sounding(word))]
        longer = [key for key in map(spelt, self.known.beginning(word, LONGER)) if key not in same]
        other = [spelt(found) for found in self.known.crossing(word, LONGER // 4)]
        whole = [key for key in query_keys(word) if key not in same] + self._splits(word)
        return [
            seen_lately(), *self._ours_first(same, SAME), *self._ours_first(longer, PART), _with(whole, OTHER),
            *self._ours_first(other, OTHER),
        ]  # fmt: skip

    def _several(self) -> list[Question]:
        found: list[Question] = []
        scripts = self._by_script()
        for mine in scripts:
            if len(mine) == 1:
                found += self._ours_first([spelt(mine[0]), *map(spelt, self.known.sounding(mine[0]))], PART)
                continue
            found.append(_with(self._together(mine), 2 * SAME, telling=len(mine) > 2))
            found.append(_with(self._unfinished(mine), PART))
        keys = query_keys(self.said)
        found.append(_with([key for key in keys if key.startswith(CROSSING)], OTHER))
        found.append(_with([bone for word in self.typed for bone in skeletons(word)], OTHER))  # who has one name only
        return found

    def _together(self, mine: list[str]) -> list[str]:
        """Return the pairs of these words, also with neighbours run together: Srey Mom is Sreymom."""
        keys: list[str] = []
        for reading in _readings(mine):
            bones = _bones(reading)
            if len(reading) > 1:
                keys += pair_keys(bones)
            else:
                keys += [spelt(reading[0]), *map(spelt, self.known.sounding(reading[0])), *bones]
        return keys

    def _unfinished(self, mine: list[str]) -> list[str]:
        """Return the pairs that the last word may still become, with each word before it, and across scripts."""
        *whole, part = mine
        ends = self.known.beginning(part, 2 * LONGER)
        crossing = [crossing_key(word) for word in whole], list(dict.fromkeys(map(crossing_key, ends)))
        return _pairs(_bones(whole), _bones(ends)) + _pairs(*crossing, sign=CROSSING)

    def _splits(self, word: str) -> list[str]:
        """Return the pairs that a word may be when it is two run together, the second perhaps unfinished."""
        found: list[str] = []
        for at in range(2, len(word) - 1):
            left, right = word[:at], word[at:]
            ends = self.known.beginning(right, LONGER // 4) if self.known.knows(left) else []
            found += _pairs(_bones([left]), _bones([right, *ends]))
        return found

    def _keys_of(self, name: tuple[str, ...]) -> list[str]:
        """Return the keys of a name in a village, where few people are and a word may stand for all."""
        if len(name) == 1:
            mine = [name[0], *self.known.sounding(name[0]), *self.known.beginning(name[0], LONGER // 2)]
            return [spelt(word) for word in (*mine, *self.known.crossing(name[0], LONGER // 4))]
        return [*query_keys(" ".join(name)), *self._unfinished(list(name))]

    def _ours_first(self, keys: list[str], most: int) -> list[Question]:
        return [_within(keys, self.villages.catchment, most), _with(keys, most)]

    def _by_script(self) -> list[list[str]]:
        typed = words(self.said)
        return [mine for script in SCRIPTS if (mine := [word for kind, word in typed if kind == script])]


def understand(text: str) -> Asked:
    """Read what was typed; one statement, and another when the villages were not read for a while."""
    typed = tuple(word for _, word in words(text))[:MOST_WORDS]
    if not typed:
        return Asked((), (), Vocabulary(), Villages())
    villages = GAZETTEER.now()
    return Asked(typed, tuple(_places(typed, villages)), WORDS.now(), villages)


def seen_lately() -> Question:
    """Return the people of the last contacts, whatever they are called; ranking leaves out who does not answer."""
    return _question(Encounter.objects.order_by("-on").values("patient_id")[:SEEN_LATELY])


def _places(typed: tuple[str, ...], villages: Villages) -> Iterable[Place]:
    """Read some words at the end, at the beginning, or all, as a village."""
    for size in range(len(typed), 0, -1):
        for name, place in ((typed[:-size], typed[-size:]), (typed[size:], typed[:size])):
            if found := villages.called("".join(place)):
                yield Place(name, frozenset(found), frozenset(villages.named("".join(place))))
            if size == len(typed):
                break


def _with(keys: Iterable[str], most: int, *, telling: bool = False) -> Question:
    rows = NameKey.objects.filter(key__in=list(dict.fromkeys(keys)))
    if telling:  # of many pairs the longer ones say more
        rows = rows.order_by(Length("key").desc())
    return _question(rows.values("patient_id")[:most])


def _within(keys: Iterable[str], villages: Iterable[int], most: int) -> Question:
    """Ask for some keys in some villages, each with each; PostgreSQL would rather filter all who bear a name."""
    asked, places = list(dict.fromkeys(keys)), list(villages)
    if not asked or not places:
        return NOTHING
    if connection.vendor == "postgresql":
        return _KEYS_IN_VILLAGES, (asked, places, most, most)
    return _question(NameKey.objects.filter(key__in=asked, village__in=places).values("patient_id")[:most])


def _living_in(villages: list[int]) -> Question:
    if connection.vendor == "postgresql":
        return _LIVING_IN, (villages, SAME, SAME)
    return _question(Patient.objects.filter(village__in=villages).values("pk")[:SAME])


def _question(rows: QuerySet[Any, Any]) -> Question:
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:  # none of nothing
        return NOTHING


def _bones(mine: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(bone for word in mine for bone in skeletons(word)))


def _pairs(left: Iterable[str], right: Iterable[str], *, sign: str = "") -> list[str]:
    return [sign + PAIR.join(sorted(pair)) for pair in product(left, right) if all(pair)]


def _readings(mine: list[str]) -> list[list[str]]:
    """Return a few words with neighbours joined in every way."""
    if len(mine) > 4:
        return [mine]
    found = []
    for joints in product((" ", ""), repeat=len(mine) - 1):
        text = mine[0] + "".join(joint + word for joint, word in zip(joints, mine[1:], strict=True))
        found.append(text.split())
    return found
