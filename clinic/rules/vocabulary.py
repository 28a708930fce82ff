"""The words people are called by: which of them a typed word may mean.

Held in memory: a million people share some ten thousand words. The words are as `core.names.spelt` keeps them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.names import crossing_key, latin_key, near_key


@dataclass
class Shelf:
    """The words of one script, in the orders in which they are looked for."""

    words: list[str] = field(default_factory=list)
    by_sound: list[tuple[str, str]] = field(default_factory=list)
    near: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    crossing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Vocabulary:
    """Every word by which somebody is called."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.shelves = {"latin": Shelf(), "khmer": Shelf()}

    def add(self, words: Iterable[str]) -> None:
        """Take up words; those known already cost nothing."""
        new = set(words) - self.known
        many = len(new) > 200
        for word in new:
            script = script_of(word)
            shelf = self.shelves[script]
            sound = (latin_key(word) if script == "latin" else word, word)
            if many:
                shelf.words.append(word)
                shelf.by_sound.append(sound)
            else:
                insort(shelf.words, word)
                insort(shelf.by_sound, sound)
            if script == "latin":
                shelf.near[near_key(word)].append(word)
            shelf.crossing[crossing_key(word)].append(word)
        if many:
            for shelf in self.shelves.values():
                shelf.words.sort()
                shelf.by_sound.sort()
        self.known |= new

    def knows(self, word: str) -> bool:
        """Tell whether somebody is called so, or by a word that sounds so."""
        return word in self.known or bool(self.sounding(word))

    def sounding(self, word: str) -> list[str]:
        """Return the other words that sound like this one; Khmer words are kept by their sound already."""
        if script_of(word) == "khmer":
            return []
        shelf, sound = self.shelves["latin"], latin_key(word)
        same = _between(shelf.by_sound, sound, sound)
        return list(dict.fromkeys(other for other in same + shelf.near.get(near_key(word), []) if other != word))

    def beginning(self, word: str, most: int) -> list[str]:
        """Return words that begin so, in letters or in sound, the shortest first."""
        shelf, script = self.shelves[script_of(word)], script_of(word)
        at = bisect_left(shelf.words, word)
        found = shelf.words[at : bisect_left(shelf.words, word + "\U0010ffff", at)]
        if script == "latin" and (sound := latin_key(word)):
            found = found + _between(shelf.by_sound, sound, sound + "\U0010ffff")
        return sorted(dict.fromkeys(found), key=len)[:most]

    def close(self, word: str, most: int) -> list[str]:
        """Return words from which this one is a slip or two away, the closest first."""
        slips = 1 if len(word) < 6 else 2
        rows = process.extract(
            word, self.shelves[script_of(word)].words, scorer=OSA.distance, score_cutoff=slips, limit=most + 1
        )
        return [other for other, _, _ in rows if other != word][:most]

    def crossing(self, word: str, most: int) -> list[str]:
        """Return words of the other script with the same consonants, the shortest first."""
        other = "khmer" if script_of(word) == "latin" else "latin"
        bones = crossing_key(word)
        return sorted(self.shelves[other].crossing.get(bones, []), key=len)[:most] if bones else []


def script_of(word: str) -> str:
    """Tell the script of one word."""
    return "latin" if word[:1].isascii() else "khmer"


def _between(rows: list[tuple[str, str]], first: str, last: str) -> list[str]:
    at = bisect_left(rows, (first, ""))
    return [word for _, word in rows[at : bisect_left(rows, (last, "\U0010ffff"), at)]]
