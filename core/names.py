"""Names as people look for them: sound folds and the keys a search meets in the index.

Four kinds of key, told apart by how they look: a word as it is spelt ("=dara"), a pair of words by sound ("dr|sk"), a
whole name by sound (the one word there is, "dr", or a Khmer name without its space), and the same by the consonants
that both scripts share ("~sk|tr", "~tr"). What that finds, and how fast, is written in docs/adr/0009. The tablet
carries the same folds in JavaScript; both are held to the same test vectors.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations

from core.khmer import Script, normalise, runs

LONGEST = 40  # characters of a key; a single skeleton keeps 19 so that a pair fits, with the sign of its kind
_HALF = 19
_MOST_WORDS = 6  # per script; nobody's name is longer, but a pasted paragraph is
SCRIPTS: tuple[Script, ...] = ("khmer", "latin")
SPELT, CROSSING, PAIR = "=", "~", "|"

# Romanisation variants, longest first, read left to right once. Sok = Sokh but Sok ≠ Sak.
_FOLDS = {
    "chh": "c", "ch": "c", "j": "c", "ph": "p", "th": "t", "kh": "k", "nh": "n", "v": "w",
    "ou": "u", "oo": "u", "uo": "u", "ea": "a", "ia": "a", "ae": "e",
    "ei": "i", "ey": "i", "ee": "i", "ie": "i", "y": "i",
}  # fmt: skip
_FOLD = re.compile(r"ny(?=[aeiou])|" + "|".join(sorted(_FOLDS, key=len, reverse=True)))
# The r of Sokhorn or Samphors is how an inherent vowel is written; nobody says it, and half leave it out.
_UNSAID_R = re.compile(r"(?<=[aeiou][oue])r(?=(?:ng|[nmkts])?$)|(?<=o)r(?=(?:ng|[nmkts])?$)")
_CONSONANTS = re.compile(r"chh?|ph|th|kh|ng|nh|ny(?=[aeiou])|j|v")
_CONSONANT = {"ch": "c", "chh": "c", "j": "c", "ph": "p", "th": "t", "kh": "k", "v": "w"}
_FIRST_VOWEL = re.compile(r"^(?:ou|oo|uo|ea|ie|ae|ay|ey|ei|ia)")
_FIRST = {"ou": "u", "oo": "u", "uo": "u", "ea": "e", "ie": "e", "ae": "e", "ay": "e", "ey": "i", "ei": "i",
          "ia": "e"}  # fmt: skip
# Which vowels are written for one another: Heng and Heang, Kuoch and Koch; o and a are two names, and so are u and i.
_NEAR_VOWELS = re.compile(r"[aeiouy]+")
_KHMER_SIGNS = dict.fromkeys(map(ord, "៉៊់៍៌័"))

# What both scripts agree on: voice is lost (ដ is written d and t, ប b and p), vowels too but for being there at first.
_VOICELESS = str.maketrans("dbgzfxq", "tpkspsk")
_KHMER_CONSONANTS = {
    **dict.fromkeys("កខគឃ", "k"), **dict.fromkeys("ងញណន", "n"), **dict.fromkeys("ចឆជឈ", "c"),
    **dict.fromkeys("ដឋឌឍតថទធ", "t"), **dict.fromkeys("បផពភ", "p"), "ម": "m", "យ": "y", "រ": "r", "ល": "l", "ឡ": "l",
    "វ": "w", **dict.fromkeys("ឝឞស", "s"), "ហ": "h", "អ": "a", "ឫ": "r", "ឬ": "r", "ឭ": "l", "ឮ": "l",
    **dict.fromkeys("ឥឦឧឨឩឪឯឰឱឲឳ", "a"),
}  # fmt: skip
_SYLLABLE = re.compile(r"([\u1780-\u17b3])((?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd])*)")
_SILENT = "\u17cd"
_VOWEL = re.compile("[\u17b6-\u17c5]")


def words(text: str) -> list[tuple[Script, str]]:
    """Cut text into words and say the script of each; digits and punctuation are left out."""
    return list(_cut(text))


@lru_cache(maxsize=20_000)  # a register says the same few thousand names in every line
def _cut(text: str) -> tuple[tuple[Script, str], ...]:
    found: list[tuple[Script, str]] = []
    for script, run in runs(normalise(text)):
        allowed = r"[\u1780-\u17d3\u17dd]+" if script == "khmer" else r"[a-z]+"
        plain = run if script == "khmer" else _plain(run)
        found.extend((script, word) for word in re.findall(allowed, plain))
    return tuple(found)


# -- folds: what the spellings of one word share ---------------------------------------------------------


def latin_key(word: str) -> str:
    """Fold a romanised word to what its spellings share: Chea = Jea, Srey = Srei, Sok = Sokh, Sokhorn = Sokhon.

    Keeps vowels apart (Sok ≠ Sak, Sarun ≠ Sarin) and voice (Dara ≠ Tara). For ranking, not for identity.
    """
    plain = _UNSAID_R.sub("", "".join(re.findall("[a-z]", _plain(word))))
    folded = _single(_FOLD.sub(lambda match: _FOLDS.get(match[0], "n"), plain))
    if len(folded) > 1:
        folded = folded.removesuffix("h")
    if len(plain) >= 5 and folded[-1:] in ("p", "t", "k"):
        folded = folded[:-1]
    return folded


def near_key(word: str) -> str:
    """Fold a romanised word further, to what people also write for it: Heng = Heang, Kuoch = Koch; still Sok ≠ Sak."""
    plain = _single(_CONSONANTS.sub(lambda match: _CONSONANT.get(match[0], "n"), _UNSAID_R.sub("", _plain(word))))
    if len(plain) > 1:
        plain = plain.removesuffix("h")
    return _NEAR_VOWELS.sub(_near_vowel, plain)


def khmer_key(word: str) -> str:
    """Fold a Khmer word to what its spellings share: shifters and silent marks dropped, ឌ as ដ, ុី as ី."""
    folded = re.sub("\u17bb(?=[\u17b7-\u17ba])", "", normalise(word).translate(_KHMER_SIGNS))
    folded = folded.replace("ឌ", "ដ").replace("្ដ", "្ត")
    return "".join(re.findall(r"[\u1780-\u17d3\u17dd]", folded))


@lru_cache(maxsize=20_000)
def crossing_key(word: str) -> str:
    """Give the consonants of a word as both scripts have them: សុខ and Sok are "sk", ដារ៉ា and Dara "tr".

    In Khmer a subscript at the end is silent (ពេជ្រ is Pich), and so are a last រ or វ and what bears ៍; a last ៈ is
    a k (វណ្ណៈ is Vannak). In Latin letters d, b and g count as t, p and k.
    """
    found = "".join(_khmer_bones(piece) if script == "khmer" else _latin_bones(piece) for script, piece in words(word))
    return _single(found)[:_HALF]


def skeletons(word: str) -> tuple[str, ...]:
    """Give the sound keys of one word: its consonants in Latin letters, its khmer_key in Khmer ones."""
    found = [_bones(script, piece) for script, piece in words(word)]
    return tuple(dict.fromkeys(bone for bone in found if bone))


# -- keys of the index -----------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def spelt(word: str) -> str:
    """Give the key of one word as it is spelt, in either script."""
    return SPELT + (_plain(word) if word[:1].isascii() else khmer_key(word))[: LONGEST - 1]


def pair_keys(bones: Sequence[str], sign: str = "") -> list[str]:
    """Give the keys of some words' sounds taken by two, or of the one word there is."""
    if len(bones) == 1:
        return [sign + bones[0]]
    return [sign + PAIR.join(sorted(pair)) for pair in combinations(bones, 2)]


def place_key(text: str) -> str:
    """Fold a place's Latin name to what its spellings share: Sre Ambel = Srae Ambel, Kampong = Kompong.

    Its consonants in order, without spaces; a name in Khmer letters gives nothing.
    """
    return "".join(bone for script, word in words(text) if script == "latin" for bone in skeletons(word))


def name_keys(*name_parts: str) -> set[str]:
    """Give the keys under which a person is indexed, at most 40 characters each.

    Words in any order; those of one part also run together, for Srey Mom is Sreymom. A name known in one script only
    is indexed by what both scripts share, so that the other script finds it.
    """
    found: set[str] = set()
    said: dict[Script, list[str]] = {"khmer": [], "latin": []}
    for part in name_parts:
        for script in SCRIPTS:
            mine = [word for kind, word in words(part) if kind == script]
            said[script] += [*mine, "".join(mine)] if 1 < len(mine) <= 3 else mine
    for script, mine in said.items():
        found |= set(_sounds(script, mine)) | {spelt(word) for word in mine[: _MOST_WORDS + 2]}
    if not all(said.values()):
        found |= set(_crossings(said["khmer"] or said["latin"]))
    return found - {SPELT}


def query_keys(text: str) -> tuple[str, ...]:
    """Give the keys to look up for what was typed, the most telling first: pairs, then words as they are spelt."""
    found: list[str] = []
    alone: list[str] = []
    typed = words(text)
    for script in SCRIPTS:
        mine = [word for kind, word in typed if kind == script]
        keys = [*_sounds(script, mine), *_crossings(mine)]
        found += [key for key in keys if PAIR in key]
        alone += [*(spelt(word) for word in mine[:_MOST_WORDS]), *(key for key in keys if PAIR not in key)]
    return tuple(key for key in dict.fromkeys(found + alone) if key != SPELT)


def _sounds(script: Script, mine: Iterable[str]) -> list[str]:
    bones = [bone for word in mine if (bone := _bones(script, word))][: _MOST_WORDS + 1]
    together = ["".join(bones)[:_HALF]] if script == "khmer" and len(bones) > 1 else []
    return pair_keys(bones) + together if bones else []


def _crossings(mine: Iterable[str]) -> list[str]:
    bones = [bone for word in mine if (bone := crossing_key(word))][: _MOST_WORDS + 1]
    return pair_keys(bones, CROSSING) if bones else []


# -- sounds ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def _bones(script: Script, word: str) -> str:
    return (khmer_key(word) if script == "khmer" else _consonants(word))[:_HALF]


def _consonants(plain: str) -> str:
    plain = _single(_CONSONANTS.sub(lambda match: _CONSONANT.get(match[0], "n"), _UNSAID_R.sub("", plain)))
    plain = _FIRST_VOWEL.sub(lambda match: _FIRST[match[0]], plain)
    if len(plain) > 1:
        plain = plain.removesuffix("h")
    return plain[:1] + re.sub("[aeiouy]", "", plain[1:])


def _latin_bones(plain: str) -> str:
    plain = re.sub(r"(?<=[aeiouy])[rwv]$", "", _UNSAID_R.sub("", plain))
    bones = _consonants(plain).translate(_VOICELESS)
    return re.sub("^[aeiou]", "a", bones)


def _khmer_bones(text: str) -> str:
    syllables = _SYLLABLE.findall(normalise(text))
    found = ""
    for at, (base, rest) in enumerate(syllables):
        found += _syllable(base, rest, first=at == 0, last=at == len(syllables) - 1)
    return found


def _syllable(base: str, rest: str, *, first: bool, last: bool) -> str:
    if _SILENT in rest:
        return ""
    letters = [_KHMER_CONSONANTS[base], *(_KHMER_CONSONANTS[sub] for sub in re.findall("\u17d2(.)", rest))]
    open_ended = _VOWEL.search(rest) or "\u17c8" in rest or first
    if len(letters) > 1 and base == "ហ":  # ហ្វ is f, ហ្គ g: the ហ only lends its voice
        letters = ["p" if letters[1] == "w" else letters[1], *letters[2:]]
    elif last and not open_ended:
        letters = [] if base in "រវ" else letters[:1]
    if not first:
        letters = [letter for letter in letters if letter not in "ya"]
    else:
        letters = letters[:1] + [letter for letter in letters[1:] if letter not in "ya"]
    tail = ("m" if "\u17c6" in rest else "") + ("k" if last and "\u17c8" in rest else "")
    return _single("".join(letters)) + tail


def _near_vowel(match: re.Match[str]) -> str:
    said = match[0]
    if said in {"o", "u", "ou", "oo", "uo", "oeu", "oe", "eo", "eu", "uu"}:
        return "o"
    if said in {"e", "ea", "ie", "ia", "ae", "ee", "ei", "ey", "ai", "ay"}:
        return "e"
    return "i" if said in {"i", "y"} else said[:1]


def _single(text: str) -> str:
    return re.sub(r"(.)\1+", r"\1", text)


def _plain(word: str) -> str:
    """Lower the case and drop the accents of Latin letters."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.casefold()).replace("đ", "d")  # Vietnamese; has no decomposition
    return "".join(char for char in plain if not unicodedata.combining(char))
