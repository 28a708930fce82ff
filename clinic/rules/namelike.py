"""How well a name answers what was typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import permutations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from core.names import crossing_key, khmer_key, latin_key, near_key, words

EXACT, SAME_SOUND, NEAR_SOUND, BEGINS, NEARLY = 100.0, 97.0, 90.0, 80.0, 0.85
AS_SPELT = 1.5  # what begins letter for letter stands before what only begins with the same sound
LEAST = 60.0  # below this a word does not answer at all: Sok is not Sak
SLIP = 66.0  # a short word with one consonant wrong, beside others that are right
OTHER_SCRIPT = 0.76  # the consonants alone agree: never above what answers in its own letters
_LATIN_VOWELS = frozenset("aeiouy")
_KHMER_VOWELS = frozenset(map(chr, range(0x17B6, 0x17D4)))

Word = tuple[str, str]
_known = lru_cache(maxsize=50_000)  # there are few names, and a search looks at hundreds of people
_fold_latin, _fold_khmer, _crossing = _known(latin_key), _known(khmer_key), _known(crossing_key)
_near = _known(near_key)


@_known
def _words(text: str) -> tuple[Word, ...]:
    return tuple(words(text))


def name_score(typed: str, *names: str) -> float:
    """Say how well a person's names answer what was typed, 0-100; words may stand in any order.

    Every typed word must be answered, except that a record with fewer words answers partly (at most 70). A name known
    in the other script only answers by what both scripts share (`crossing_key`), with 76 at most.
    """
    asked, known = _words(typed), tuple(word for name in names for word in _words(name))
    scores = [
        _script_score(mine, [word for kind, word in known if kind == script], script)
        for script in ("latin", "khmer")
        if (mine := [word for kind, word in asked if kind == script])
    ]
    direct = sum(scores) / len(scores) if scores and min(scores) > 0 else max(scores, default=0.0) * 0.7
    if scores and len({kind for kind, _ in known}) == 1:  # a name written in one script only
        return max(direct, _crossing_score(asked, known) * OTHER_SCRIPT)
    return direct


def _script_score(asked: Sequence[str], known: Sequence[str], script: str) -> float:
    if not known:
        return 0.0
    fold = _fold_khmer if script == "khmer" else _fold_latin
    alone = len(asked) == 1
    apart = _answered(asked, known, lambda typed, name: _word_score(typed, name, script, alone))
    if apart >= SAME_SOUND or (alone and len(known) == 1):
        return apart
    return max(apart, _together_score("".join(map(fold, asked)), [fold(word) for word in known], alone=alone))


def _answered(asked: Sequence[str], known: Sequence[str], score: Callable[[str, str], float]) -> float:
    """Give each typed word the known word that answers it best, each once; 0 when one stays without."""
    if len(asked) == 1:
        best = max(score(asked[0], other) for other in known)
        return best if best >= LEAST else 0.0
    left, found = list(known), []
    for word in asked:
        best, at = max((score(word, other), -at) for at, other in enumerate(left)) if left else (0.0, 0)
        if best >= LEAST:
            del left[-at]
            found.append(best)
    if len(found) == len(asked):
        return sum(found) / len(found)
    return min(70.0, sum(found) / len(asked)) if found and not left else 0.0


@_known
def _word_score(typed: str, name: str, script: str, alone: bool) -> float:
    if typed == name:
        return EXACT
    fold = _fold_khmer if script == "khmer" else _fold_latin
    mine, other = fold(typed), fold(name)
    if mine == other:
        return SAME_SOUND
    sounding = len(mine) / len(other) if mine and other.startswith(mine) else 0.0
    if name.startswith(typed):  # before those who only begin with the same sound
        return BEGINS + 15 * max(sounding, len(typed) / len(name)) + AS_SPELT
    if sounding:
        return BEGINS + 15 * sounding
    if script == "latin" and _near(typed) == _near(name):
        return NEAR_SOUND
    if min(len(mine), len(other)) >= 4 or min(len(typed), len(name)) >= 4:
        return max(fuzz.ratio(mine, other, score_cutoff=75), fuzz.ratio(typed, name, score_cutoff=75)) * NEARLY
    return 0.0 if alone else _slip_score(typed, name, _KHMER_VOWELS if script == "khmer" else _LATIN_VOWELS)


def _slip_score(typed: str, name: str, vowels: frozenset[str]) -> float:
    """Let one consonant of a short word be wrong, or two letters swapped; another vowel is another name (Sok, Sak)."""
    if min(len(typed), len(name)) < 2 or OSA.distance(typed, name, score_cutoff=1) > 1:
        return 0.0
    said, meant = ([char for char in word if char not in vowels] for word in (typed, name))
    return SLIP if said != meant or sorted(typed) == sorted(name) else 0.0


def _together_score(typed: str, known: Sequence[str], *, alone: bool) -> float:
    """Compare names run together, for Khmer is often written without the space and Srey Mom as Sreymom."""
    best = 0.0
    if len(typed) <= 3:
        return best
    for order in permutations(known[:3]):
        name = "".join(order)
        if typed == name:
            return SAME_SOUND
        if name.startswith(typed):
            best = max(best, BEGINS + 15 * len(typed) / len(name))
        elif alone and len(typed) > 5:
            best = max(best, fuzz.ratio(typed, name, score_cutoff=85) * NEARLY)
    return best


def _crossing_score(asked: Sequence[Word], known: Sequence[Word]) -> float:
    """Compare by the consonants of both scripts, each typed word with the words of the other script."""
    mine = [bones for _, word in asked if (bones := _crossing(word))]
    others = [bones for kind, word in known if kind != asked[0][0] and (bones := _crossing(word))]
    if not mine or not others or len({kind for kind, _ in asked}) > 1:
        return 0.0
    apart = _answered(mine, others, _bones_score)
    return apart or max(
        (
            SAME_SOUND
            for order in permutations(others[:3])
            if len(mine) != len(others) and "".join(mine) == "".join(order)
        ),
        default=0.0,
    )


def _bones_score(typed: str, name: str) -> float:
    if typed == name:
        return EXACT
    if name.startswith(typed):
        return BEGINS + 10 * len(typed) / len(name)
    return fuzz.ratio(typed, name, score_cutoff=80) * NEARLY if min(len(typed), len(name)) >= 3 else 0.0
