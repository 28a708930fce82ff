"""A province of people for the search, made in minutes: bulk rows past the models, indexes built afterwards.

Names are as in the villages: few family names, a handful of them very frequent; given names out of the demonstration's
list and out of two syllables; one in eight Latin words in another spelling; a third of the people known in one script
only. Always the same for the same size.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model

from bench.people import nurse, today
from clinic.models import Encounter, Identifier, NameKey, Patient
from clinic.rules.likeness import phone_keys
from core.ages import Birth
from core.ids import patient_number
from core.names import name_keys
from core.places.models import Village
from desk.demo.names import FAMILY, MEN, WOMEN, Name

CHUNK = 20_000
VILLAGES, CATCHMENT = 600, 24
ODD = 0.12  # Latin words in another spelling
_FIRST = """
    ស្រី Srey គឹម Kim សុខ Sok ប៊ុន Bun ចាន់ Chan វណ្ណ Vann សុ So សា Sa លី Ly ដា Da ថា Tha ណា Na វិ Vi
    ម៉ា Ma រ៉ា Ra ធា Thea ភា Phea ហេង Heng ម៉េង Meng សេង Seng លាង Leang គា Kea ពៅ Pov ចន្ Chan
    រិទ្ធ Rith វុទ្ធ Vuth ឧត្តម Oudom កុ Ko មុ Mo ភិ Phi
"""
_SECOND = """
    ណា Na នី Ny ដា Da លី Ly ធី Thy វី Vy រី Ry ភា Phea លីន Lin មុំ Mom ពៅ Pov ល័ក្ខ Leak រ័ត្ន Roth
    និច Nich ពេជ្រ Pich តូច Touch ណែត Net អូន Oun ម៉ៅ Mao នាង Neang ហេង Heng ហុង Hong លាង Leang សាន San
    អៀង Eang សៀង Seang ហួយ Huoy ធឿន Thoeun ថា Tha រិទ្ធ Rith សុង Song ថន Thorn តារា Tara ខុម Khom ខា Kha
    ជា Chea គន្ធ Kun ផល Phal ផាត Phat វណ្ណ Vann វុធ Vuth រុន Run រិន Rin អុល Ol ភ័ណ Phorn ចិន្តា Chenda
    ម៉ាលី Maly សុភា Sophea រតនា Ratana កុសល Kosal មករា Makara ពិសី Pisey វិច្ឆិកា Vicheka
"""
_SPELLINGS = [("ph", "p"), ("th", "t"), ("ea", "ia"), ("ou", "u"), ("ey", "ei"), ("ch", "j"), ("v", "w"), ("oeu", "eu"),
              ("nn", "n"), ("y", "i"), ("or", "o"), ("kh", "k")]  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One of the crowd, as far as a search may ask for them."""

    id: UUID
    number: str
    meant: tuple[Name, Name]  # both names in both scripts; what follows is what was written
    latin: tuple[str, str]
    khmer: tuple[str, str]
    village: int
    phone: str
    paper: str


@dataclass
class Crowd:
    """Some of the people, spread over all, and the villages by id."""

    sample: list[Person]
    villages: dict[int, str]


def crowd(size: int, *, keep: int = 4000) -> Crowd:
    """Make `size` people with keys, half of them with a contact, and return some of them."""
    by, names = nurse().pk, _villages()
    step, sample = max(1, size // keep), []
    ids = list(names)
    chance = random.Random(2026)
    folk = _folk(size, chance, ids)
    with without_indexes(NameKey, Encounter, Patient, Identifier):
        people, keys, contacts, numbers = (Bulk(model, by) for model in (Patient, NameKey, Encounter, Identifier))
        for chunk in iter(lambda: list(islice(folk, CHUNK)), []):
            people.write(_patient_rows(chunk, chance))
            keys.write(_key_rows(chunk))
            contacts.write(_contact_rows(chunk, chance))
            numbers.write(_number_rows(chunk))
            sample += [one for one in chunk if (int(one.id) & 0xFFFFFFFF) % step == 0]
    return Crowd(sample, names)


def other_spelling(word: str, chance: random.Random) -> str:
    """Return a Latin word as somebody else would write it; the same when there is no other way."""
    low = word.lower()
    ways = [(one, other) for one, other in _SPELLINGS if one in low[1:] or (one == "v" and low.startswith("v"))]
    if not ways:
        return word
    one, other = chance.choice(ways)
    return (low[0] + low[1:].replace(one, other, 1) if one in low[1:] else low.replace(one, other, 1)).capitalize()


def _as_written(word: str, chance: random.Random) -> str:
    return other_spelling(word, chance) if chance.random() < ODD else word


def _villages() -> dict[int, str]:
    rows = list(Village.objects.order_by("id").values_list("id", "name_en")[:VILLAGES])
    Village.objects.filter(id__in=[key for key, _ in rows[:CATCHMENT]]).update(catchment=True)
    return dict(rows)


def _names(text: str) -> list[Name]:
    said = text.split()
    return [Name(km, latin) for km, latin in zip(said[::2], said[1::2], strict=True)]


def _chooser(names: list[Name], offset: int, chance: random.Random) -> Callable[[], Name]:
    """Return a drawing of names, the first of them most often (Zipf)."""
    weights = list(accumulate(1 / (rank + offset) for rank in range(len(names))))
    return lambda: chance.choices(names, cum_weights=weights)[0]


def _folk(size: int, chance: random.Random, villages: list[int]) -> Iterator[Person]:
    made = [Name(a.km + b.km, a.latin + b.latin.lower()) for a in _names(_FIRST) for b in _names(_SECOND)]
    chance.shuffle(made)
    family = _chooser(list(FAMILY), 6, chance)
    given = [_chooser(list(some), 8, chance) for some in (MEN, WOMEN, made)]
    for number in range(1, size + 1):
        last, first = family(), chance.choice(given)()
        scripts = chance.random()
        latin = _as_written(last.latin, chance), _as_written(first.latin, chance)
        yield Person(
            id=UUID(int=(0x7 << 76) + (1 << 100) + number), number=patient_number(number), meant=(last, first),
            latin=("", "") if scripts < 0.15 else latin, khmer=("", "") if scripts > 0.82 else (last.km, first.km),
            village=villages[int(len(villages) * chance.random() ** 2)],
            phone=f"+855{10_000_000 + number * 7919 % 89_999_999}" if chance.random() < 0.7 else "",
            paper=f"K-{number:06d}/19" if number % 20 == 0 else "",
        )  # fmt: skip


def _patient_rows(chunk: list[Person], chance: random.Random) -> Iterator[dict[str, Any]]:
    day = today()
    births = [Birth.on(day - dt.timedelta(days=days)) for days in range(400, 30_000, 97)]
    for one in chunk:
        birth = chance.choice(births)
        yield {
            "id": one.id, "number": one.number, "family_name": one.latin[0], "given_name": one.latin[1],
            "family_name_km": one.khmer[0], "given_name_km": one.khmer[1], "sex": chance.choice("FM"),
            "village_id": one.village, "phone": one.phone, "birth_precision": "day", "birth_date": birth.date,
            "birth_earliest": birth.earliest, "birth_latest": birth.latest,
            "deceased_on": day if chance.random() < 0.01 else None,
        }  # fmt: skip


def _key_rows(chunk: list[Person]) -> Iterator[dict[str, Any]]:
    for one in chunk:
        for key in name_keys(*one.latin, *one.khmer) | phone_keys(one.phone):
            yield {"key": key, "village_id": one.village, "patient_id": one.id}


def _contact_rows(chunk: list[Person], chance: random.Random) -> Iterator[dict[str, Any]]:
    days = [today() - dt.timedelta(days=back) for back in range(1, 900)]
    for one in chunk:
        if chance.random() < 0.5:
            yield {
                "id": UUID(int=int(one.id) + (1 << 110)), "patient_id": one.id, "kind": "outpatient",
                "on": chance.choice(days), "village_id": one.village, "status": "closed",
            }  # fmt: skip


def _number_rows(chunk: list[Person]) -> Iterator[dict[str, Any]]:
    for one in chunk:
        if one.paper:
            yield {"id": UUID(int=int(one.id) + (1 << 111)), "patient_id": one.id, "kind": "paper", "value": one.paper}


class Bulk:
    """Writes rows of one table by COPY, or by one prepared INSERT; columns not given have the model's default."""

    def __init__(self, model: type[Model], by: Any) -> None:
        self.fields = [field for field in model._meta.concrete_fields if field.column != "id" or not _counts(model)]
        base = model(**({"recorded_by_id": by} if any(f.column == "recorded_by_id" for f in self.fields) else {}))
        self.usual = {field.column: field.pre_save(base, add=True) for field in self.fields}
        self.table = model._meta.db_table

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows, given by column."""
        plain: dict[type, Callable[[Any], Any]] = {}
        if connection.vendor == "sqlite":
            plain = {UUID: lambda value: value.hex, dt.date: str}
        usual = [self._plain(field) for field in self.fields]
        places = {field.column: at for at, field in enumerate(self.fields)}

        def lines() -> Iterator[list[Any]]:
            for row in rows:
                line = usual.copy()
                for column, value in row.items():
                    line[places[column]] = plain[type(value)](value) if type(value) in plain else value
                yield line

        columns = ", ".join(f'"{field.column}"' for field in self.fields)
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.table} ({columns}) FROM STDIN") as copy:
                    for line in lines():
                        copy.write_row(line)
            else:
                marks = ", ".join(["%s"] * len(self.fields))
                cursor.executemany(f"INSERT INTO {self.table} ({columns}) VALUES ({marks})", list(lines()))  # noqa: S608

    def _plain(self, field: Any) -> Any:
        return field.get_db_prep_save(self.usual[field.column], connection)


def _counts(model: type[Model]) -> bool:
    return bool(model._meta.pk) and model._meta.pk.get_internal_type() == "BigAutoField"


_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = %s"
_POSTGRESQL = """
    SELECT i.indexname, i.indexdef FROM pg_indexes i
    WHERE i.tablename = %s AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
"""


class without_indexes:
    """Drop the plain indexes of tables while they are filled, and build them again: sorted, and much faster."""

    def __init__(self, *models: type[Model]) -> None:
        self.tables = [model._meta.db_table for model in models]

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA synchronous=OFF")
            self.indexes = [found for table in self.tables for found in self._of(table, cursor)]
            for name, _ in self.indexes:
                cursor.execute(f'DROP INDEX "{name}"')

    def _of(self, table: str, cursor: Any) -> list[tuple[str, str]]:
        cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE, [table])
        return list(cursor.fetchall())

    def __exit__(self, *_: object) -> None:
        with connection.cursor() as cursor:
            for _name, made in self.indexes:
                cursor.execute(made)
