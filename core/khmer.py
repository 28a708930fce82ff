"""Khmer text: one normal form, digits, script runs, dates in words, places where a line may break."""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Literal

from khmerspell import khnormal  # type: ignore[import-untyped]

Script = Literal["khmer", "latin"]

KHMER = "\u1780-\u17ff\u19e0-\u19ff"
_KHMER_RUN = re.compile(f"([{KHMER}]+)")
_KHMER_CHAR = re.compile(f"[{KHMER}]")
_TO_LATIN = {0x17E0 + n: str(n) for n in range(10)}
_TO_KHMER = {ord(str(n)): chr(0x17E0 + n) for n in range(10)}
# Letters that look like another and that Unicode deprecates; the inherent vowels cannot be seen at all.
_DEPRECATED = {0x17A3: "\u17a2", 0x17A4: "\u17a2\u17b6", 0x17B4: None, 0x17B5: None}

_NEVER_FIRST = "។៕៖ៗ៛,.;:!?)]}»”’%/-–"
_NEVER_LAST = "([{«“‘"

# CLDR, as checked in the Khmer interface notes.
MONTHS_KM = ("មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ")
MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
             "October", "November", "December")  # fmt: skip
WEEKDAYS_KM = ("ច័ន្ទ", "អង្គារ", "ពុធ", "ព្រហស្បតិ៍", "សុក្រ", "សៅរ៍", "អាទិត្យ")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def normalise(text: str, *, lines: bool = False) -> str:
    """Bring text to the one form in which it is stored and compared.

    Khmer syllables in khmerspell's order, everything else NFC; no invisible characters (zero-width,
    control, lone surrogates), single spaces, none at the ends. `lines=True` keeps line breaks, for notes.
    Doing it twice changes nothing.
    """
    if lines:
        kept = [normalise(line) for line in re.split(r"\r\n|[\n\r\u2028\u2029]", text)]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")
    text = _collapse(text.translate(_DEPRECATED))
    for _ in range(8):  # khnormal settles after one or two passes on hostile sequences
        ordered = "".join(_normal_run(run) for run in _KHMER_RUN.split(text))
        if ordered == text:
            break
        text = ordered
    return text


@lru_cache(maxsize=8192)  # a register says the same few hundred names in every line; khnormal costs 0.2 ms each time
def _normal_run(run: str) -> str:
    if _KHMER_CHAR.match(run):
        return str(khnormal(run))
    return unicodedata.normalize("NFC", run)


def _collapse(text: str) -> str:
    return re.sub(" +", " ", "".join(map(_visible, text))).strip(" ")


def _visible(char: str) -> str:
    kind = unicodedata.category(char)
    if char in "\t\n\r\v\f\x85" or kind in ("Zs", "Zl", "Zp"):
        return " "
    return "" if kind in ("Cc", "Cf", "Cs") else char


def latin_digits(text: str) -> str:
    """Turn ០–៩ into 0–9 and leave everything else."""
    return text.translate(_TO_LATIN)


def khmer_digits(text: str) -> str:
    """Turn 0–9 into ០–៩ and leave everything else."""
    return text.translate(_TO_KHMER)


def has_khmer(text: str) -> bool:
    """Tell whether any character of the text is Khmer."""
    return _KHMER_CHAR.search(text) is not None


def search_key(text: str) -> str:
    """Give the form two texts share when a reader would call them the same.

    Normalised, lower case, digits in Latin, no spaces, consonant shifters and the sign that imitates
    them (ុ before an upper vowel) dropped: ស៊ីម and សុីម look alike and are typed both ways.
    """
    plain = re.sub("[\u17c9\u17ca]|\u17bb(?=[\u17b7-\u17ba])", "", normalise(text))
    return latin_digits(plain).casefold().replace(" ", "")


def runs(text: str) -> list[tuple[Script, str]]:
    """Cut text where the font must change: [("khmer", "ថ្នាំ "), ("latin", "ABC 12")].

    Joined again the pieces give the text. Spaces and invisible characters stay with what precedes them,
    at the start with what follows.
    """
    found: list[tuple[Script, str]] = []
    waiting = ""
    for char in text:
        if char.isspace() or (unicodedata.category(char) in ("Cf", "Mn", "Me") and not _KHMER_CHAR.match(char)):
            if found:
                found[-1] = (found[-1][0], found[-1][1] + char)
            else:
                waiting += char
            continue
        script: Script = "khmer" if _KHMER_CHAR.match(char) else "latin"
        if found and found[-1][0] == script:
            found[-1] = (script, found[-1][1] + char)
        else:
            found.append((script, waiting + char))
            waiting = ""
    return found if not waiting else [("latin", waiting)]


def month_name(month: int, lang: str) -> str:
    """Name month 1–12 in Khmer ("km") or English (anything else)."""
    if not 1 <= month <= 12:
        raise ValueError(f"no month {month}")
    return (MONTHS_KM if lang.startswith("km") else MONTHS_EN)[month - 1]


def weekday_name(day: date | int, lang: str) -> str:
    """Name the weekday of a date, or of a number with Monday = 0."""
    number = day.weekday() if isinstance(day, date) else day
    if not 0 <= number <= 6:
        raise ValueError(f"no weekday {number}")
    return (WEEKDAYS_KM if lang.startswith("km") else WEEKDAYS_EN)[number]


def format_date(day: date, lang: str) -> str:
    """Write a date in words: "21 វិច្ឆិកា 2026" or "21 November 2026"; digits stay Latin for safety."""
    return f"{day.day} {month_name(day.month, lang)} {day.year}"


def break_words(text: str) -> list[str]:
    """Cut text into the pieces between which a line may break.

    Joined again they give the text without its zero-width spaces. Spaces end the piece before them, and
    ។ ៕ ៗ never begin one. Khmer words come from khmercut (a 17 MB model, so loaded on first use);
    without it only spaces and zero-width spaces break.
    """
    pieces: list[str] = []
    for chunk in text.split("\u200b"):
        for script, run in runs(chunk):
            for piece in re.findall(r"\s*\S+\s*|\s+", run):
                pieces.extend(_khmer_words(piece) if script == "khmer" else [piece])
    return _tidy(pieces)


def _khmer_words(piece: str) -> list[str]:
    try:
        from khmercut import tokenize  # type: ignore[import-untyped]
    except ImportError:
        return [piece]
    words = [str(word) for word in tokenize(piece)]
    return words if "".join(words) == piece else [piece]


def _tidy(pieces: list[str]) -> list[str]:
    """Join what may not stand alone: spaces, closing marks and ៛ go back, opening marks go on."""
    kept: list[str] = []
    for piece in pieces:
        if kept and (piece.isspace() or piece[0] in _NEVER_FIRST or kept[-1][-1] in _NEVER_LAST):
            kept[-1] += piece
        else:
            kept.append(piece)
    return kept
