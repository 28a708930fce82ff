"""How fast the one box answers each kind of question, and whether whom it asks for is among the first ten."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.crowd import Crowd, Person, crowd, other_spelling
from bench.people import browser, nurse, today
from clinic.selectors import search
from clinic.selectors.search import Hit
from core.khmer import search_key
from desk.demo.names import FAMILY, Name

TEN = 10
FREQUENT = {name.latin for name in FAMILY[:12]}


class Asking(NamedTuple):
    """What a question may be made of."""

    who: Person
    village: str
    chance: random.Random


class Kind(NamedTuple):
    """A kind of question: what is typed for a person (nothing: cannot be asked), and when the answer is right."""

    typed: Callable[[Asking], str | None]
    right: Callable[[Asking, Hit], bool]


@dataclass
class Desk:
    """A crowd, and a logged-in browser."""

    crowd: Crowd
    client: Client


def a_desk(size: int) -> Desk:
    """Make the crowd and log in."""
    return Desk(crowd(size), browser(nurse()))


def once(desk: Desk, number: int) -> int:
    """Type a name, for the line that every measurement prints."""
    person = desk.crowd.sample[number * 7919 % len(desk.crowd.sample)]
    search.look(" ".join(person.latin if any(person.latin) else person.khmer), today=today())
    return 1


def table(desk: Desk, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each kind: milliseconds of the selector and of the whole request, statements, recall at ten.

    `cpu` is what this process worked for the selector, with SQLite in it: it says the same on a busy machine.
    """
    worst: list[tuple[float, str]] = []
    for name, kind in KINDS.items():
        chance = random.Random(name)
        people = random.Random(7).sample(desk.crowd.sample, len(desk.crowd.sample))
        made = (Asking(one, desk.crowd.villages[one.village], chance) for one in people)
        asked = [(one, text) for one in made if (text := kind.typed(one))][: rounds + 2]
        for _, text in asked[:2]:
            search.look(text, today=today())
        selector, busy, request, statements, right = [], [], [], [], 0
        for one, text in asked[2:]:
            began, worked = time.perf_counter(), time.thread_time()
            found = search.look(text, today=today())
            selector.append((time.perf_counter() - began) * 1000)
            busy.append((time.thread_time() - worked) * 1000)
            worst.append((busy[-1], text))
            right += any(kind.right(one, hit) for hit in found.hits[:TEN])
            began = time.perf_counter()
            desk.client.get(reverse("desk:search"), {"q": text}, headers={"HX-Request": "true"})
            request.append((time.perf_counter() - began) * 1000)
        for _, text in asked[2:12]:
            with CaptureQueriesContext(connection) as caught:
                search.look(text, today=today())
            statements.append(len(caught))
        yield {
            "kind": name, "rounds": len(selector), "p50 ms": _at(selector, 0.5), "p95 ms": _at(selector, 0.95),
            "cpu p50": _at(busy, 0.5), "cpu p95": _at(busy, 0.95), "page p50": _at(request, 0.5),
            "page p95": _at(request, 0.95), "statements": max(statements, default=0),
            "recall@10": f"{right / max(1, len(selector)):.0%}",
        }  # fmt: skip
    for took, text in sorted(worst, reverse=True)[:6]:
        yield {"kind": f"most work: {text}", "cpu ms": round(took, 1)}


def _at(times: list[float], share: float) -> float:
    if not times:
        return 0.0
    return round(statistics.median(times) if share == 0.5 else sorted(times)[int((len(times) - 1) * share)], 1)


# -- what is typed ---------------------------------------------------------------------------------------


def _both(words: tuple[str, str]) -> str | None:
    return " ".join(words) if all(words) else None


def _slip(word: str, chance: random.Random) -> str:
    """Return a word with one letter wrong, missing, or changed with its neighbour; the first one stays."""
    letters = [char for char in word if "\u1780" <= char <= "\u17a2"] if not word.isascii() else "aeioukmnprst"
    at = chance.randrange(1, len(word))
    way = chance.randrange(3)
    if way == 0:
        return word[:at] + chance.choice(letters) + word[at + 1 :]
    if way == 1 and len(word) > 3:
        return word[:at] + word[at + 1 :]
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _slipped(words: tuple[str, str], chance: random.Random) -> str | None:
    if not all(words) or len(words[1]) < 4:
        return None
    return f"{words[0]} {_slip(words[1].lower(), chance)}"


def _varied(words: tuple[str, str], chance: random.Random) -> str | None:
    varied = tuple(other_spelling(word, chance) for word in words)
    return " ".join(varied) if varied != words else None


def _same_name(asked: Asking, hit: Hit) -> bool:
    """Somebody of exactly this name, in a script in which the person has one."""
    latin, khmer = " ".join(asked.who.latin).strip(), " ".join(asked.who.khmer).strip()
    return bool(
        (latin and search_key(hit.patient.name_latin) == search_key(latin))
        or (khmer and search_key(hit.patient.name_khmer) == search_key(khmer))
    )


def _same_person(asked: Asking, hit: Hit) -> bool:
    return hit.patient.pk == asked.who.id


def _same_family(asked: Asking, hit: Hit) -> bool:
    return bool({hit.patient.family_name, hit.patient.family_name_km} & {asked.who.latin[0], asked.who.khmer[0]} - {""})


def _same_given(asked: Asking, hit: Hit) -> bool:
    return bool({hit.patient.given_name, hit.patient.given_name_km} & {asked.who.latin[1], asked.who.khmer[1]} - {""})


def _lives_there(asked: Asking, hit: Hit) -> bool:
    """In the village or in another whose name begins so: nobody could tell which is meant."""
    return hit.patient.village is not None and hit.patient.village.name_en.startswith(asked.village)


def _name_there(asked: Asking, hit: Hit) -> bool:
    return _same_given(asked, hit) and _lives_there(asked, hit)


def _family_there(asked: Asking, hit: Hit) -> bool:
    return _same_family(asked, hit) and _lives_there(asked, hit)


def _anybody(_asked: Asking, _hit: Hit) -> bool:
    return True


def _nobody(_asked: Asking, _hit: Hit) -> bool:
    return False


def _meant(names: tuple[Name, Name], *, latin: bool) -> str:
    return " ".join(name.latin if latin else name.km for name in names)


KINDS = {
    "exact Latin": Kind(lambda a: _both(a.who.latin), _same_name),
    "exact Khmer": Kind(lambda a: _both(a.who.khmer), _same_name),
    "swapped order": Kind(lambda a: _both(a.who.latin[::-1]), _same_name),
    "run together": Kind(
        lambda a: "".join(a.who.khmer if a.chance.random() < 0.5 else a.who.latin).lower(), _same_name
    ),
    "by sound": Kind(lambda a: _varied(a.who.latin, a.chance), _same_name),
    "slip Latin": Kind(lambda a: _slipped(a.who.latin, a.chance), _same_name),
    "slip Khmer": Kind(lambda a: _slipped(a.who.khmer, a.chance), _same_name),
    "while typing": Kind(lambda a: (_both(a.who.latin) or "")[:-2], _same_name),
    "two letters": Kind(lambda a: a.who.latin[0][:2].lower(), _anybody),
    "lone surname": Kind(lambda a: a.who.latin[0] if a.who.latin[0] in FREQUENT else None, _same_family),
    "lone given": Kind(lambda a: a.who.latin[1] or a.who.khmer[1], _same_given),
    "phone end": Kind(lambda a: a.who.phone[-6:], _same_person),
    "phone whole": Kind(lambda a: f"0{a.who.phone[4:]}" if a.who.phone else None, _same_person),
    "number": Kind(lambda a: a.who.number, _same_person),
    "old number": Kind(lambda a: a.who.paper.replace("-", " ").lower(), _same_person),
    "name, village": Kind(lambda a: f"{a.who.latin[1]} {a.village}".lower() if a.who.latin[1] else None, _name_there),
    "surname, village": Kind(
        lambda a: f"{a.who.latin[0]} {a.village}".lower() if a.who.latin[0] else None, _family_there
    ),
    "village": Kind(lambda a: a.village, _lives_there),
    "Latin for Khmer": Kind(lambda a: "" if any(a.who.latin) else _meant(a.who.meant, latin=True), _same_name),
    "Khmer for Latin": Kind(lambda a: "" if any(a.who.khmer) else _meant(a.who.meant, latin=False), _same_name),
    "nobody": Kind(lambda _: "Zwqx Bvrfgh", _nobody),
}
