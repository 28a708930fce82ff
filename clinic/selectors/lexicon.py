"""What the search box knows by heart: the words by which people are called, and the villages.

Each process keeps its own copy. Words are read on from where it stood at every search, by their row ids; villages
every hour, for the gazetteer hardly ever changes.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from dataclasses import dataclass, field
from threading import Lock

from django.db import connection
from django.db.models import Q, QuerySet

from clinic.models import NameKey
from clinic.rules.vocabulary import Vocabulary
from core.khmer import search_key
from core.names import SPELT, skeletons
from core.places.models import Village

MARGIN, WIDE_MARGIN = 200, 20_000  # rows read again: another transaction may have committed lower ids later
EVERY = 60.0  # seconds from one reading with the wide margin to the next
VILLAGES_STAND = 3600.0
MOST_VILLAGES = 60


def beginning(prefix: str, column: str = "key") -> Q:
    """Return the condition that a column begins so, in the form each database answers from its index."""
    if connection.vendor == "postgresql":
        return Q((f"{column}__startswith", prefix))
    return Q((f"{column}__gte", prefix), (f"{column}__lt", prefix + "\U0010ffff"))


class Words:
    """The vocabulary, kept up to date."""

    def __init__(self) -> None:
        self.vocabulary, self.last, self.wide_at, self.lock = Vocabulary(), 0, 0.0, Lock()

    def now(self) -> Vocabulary:
        """Return the vocabulary with the words written since it was last asked for; one statement."""
        with self.lock:
            if not self.last or not self._read_on():
                self._read_all()
            return self.vocabulary

    def _read_on(self) -> bool:
        wide = time.monotonic() - self.wide_at > EVERY
        after = self.last - (WIDE_MARGIN if wide else MARGIN)
        rows = _spelt_rows().filter(id__gt=after).order_by("id").values_list("id", "key")
        new = list(rows[:WIDE_MARGIN])
        if not new or new[-1][0] < self.last:  # rows went away: another database, or one taken back
            return False
        self.vocabulary.add(key[1:] for _, key in new)
        self.last = new[-1][0]
        if wide:
            self.wide_at = time.monotonic()
        return True

    def _read_all(self) -> None:
        self.vocabulary = Vocabulary()
        last = _spelt_rows().order_by("-id").values_list("id", flat=True).first()
        self.vocabulary.add(key[1:] for key in _spellings())
        self.last, self.wide_at = last or 0, time.monotonic()


def _spelt_rows() -> QuerySet[NameKey]:
    return NameKey.objects.filter(key__startswith=SPELT)


def _spellings() -> list[str]:
    """Return each word once, by jumps from one to the next in the index: a million people do not make it slower."""
    more, order = ("~>~", "USING ~<~") if connection.vendor == "postgresql" else (">", "")
    table = NameKey._meta.db_table
    sql = f"""
        WITH RECURSIVE word(key) AS (
            SELECT * FROM (SELECT key FROM {table} WHERE key {more} %s ORDER BY key {order} LIMIT 1) AS first
            UNION ALL
            SELECT (SELECT k.key FROM {table} k WHERE k.key {more} word.key ORDER BY k.key {order} LIMIT 1)
            FROM word WHERE word.key LIKE %s
        ) SELECT key FROM word WHERE key LIKE %s
    """  # noqa: S608 (the names are ours)
    with connection.cursor() as cursor:
        cursor.execute(sql, [SPELT, f"{SPELT}%", f"{SPELT}%"])
        return [key for (key,) in cursor.fetchall()]


@dataclass
class Villages:
    """The villages by their names, and those the centre serves."""

    catchment: set[int] = field(default_factory=set)
    by_name: list[tuple[str, int]] = field(default_factory=list)
    by_sound: dict[str, list[int]] = field(default_factory=dict)

    def named(self, text: str) -> list[int]:
        """Return the ids of villages of exactly this name."""
        key = search_key(text)
        rows = self.by_name[bisect_left(self.by_name, (key, 0)) : bisect_left(self.by_name, (key + "\0", 0))]
        return [village for _, village in rows]

    def called(self, text: str) -> list[int]:
        """Return the ids of villages whose name begins so or sounds so; ours first."""
        key = search_key(text)
        if len(key) < (3 if key.isascii() else 2):
            return []
        rows = self.by_name[bisect_left(self.by_name, (key, 0)) :]
        found = []
        for name, village in rows:
            if not name.startswith(key):
                break
            found.append(village)
        sound = "".join(skeletons(key))
        alike = self.by_sound.get(sound, []) if len(sound) >= 3 else []
        ranked = sorted(dict.fromkeys(found + alike), key=lambda village: village not in self.catchment)
        return ranked[:MOST_VILLAGES]


class Gazetteer:
    """The villages, kept for an hour."""

    def __init__(self) -> None:
        self.villages, self.read_at, self.lock = Villages(), 0.0, Lock()

    def now(self) -> Villages:
        """Return the villages; a statement only when they have not been read for a while."""
        with self.lock:
            if not self.villages.by_name or time.monotonic() - self.read_at > VILLAGES_STAND:
                self.villages, self.read_at = _read_villages(), time.monotonic()
            return self.villages


def _read_villages() -> Villages:
    found = Villages()
    for village, km, en, ours in Village.objects.values_list("id", "key_km", "key_en", "catchment"):
        found.by_name += [(km, village), (en, village)]
        for bones in {"".join(skeletons(en)), "".join(skeletons(km))}:
            found.by_sound.setdefault(bones, []).append(village)
        if ours:
            found.catchment.add(village)
    found.by_name.sort()
    return found


WORDS, GAZETTEER = Words(), Gazetteer()
