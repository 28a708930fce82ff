"""Alt and a letter mean one thing on every page, and the paper for nurses says what."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from clinic.forms.visits import KEYS
from desk.views import record

ROOT = Path(settings.BASE_DIR)
PAPER = (ROOT / "docs/how-to/use_the_keyboard.md").read_text(encoding="utf-8")
KNOWN = dict(re.findall(r"^\| ([A-Z]) \| ([^|]+?) \|", PAPER, re.M))
# What carries each letter, whichever page it stands on: its address or a word of it.
MEANS = {
    "f": ("follow_up", "again"), "g": ("diagnoses",), "i": ("take-", "user-check"), "l": ("data-repeat",),
    "s": ("_what",), "v": ("temperature",), "w": ("arrive", "for=arrive"),
}  # fmt: skip


def in_templates():
    """Yield (letter, tag) for every `data-key` that is written out."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for tag in re.findall(r'<[a-z]+[^<>]*?data-key="[a-z]"[^<>]*>[^<]*', _flat(path.read_text(encoding="utf-8"))):
            yield re.search(r'data-key="([a-z])"', tag)[1], tag


def _flat(text: str) -> str:
    return re.sub(r"{%-?\s*(?:if|endif|else|elif)\b.*?%}", "", text)


def test_each_letter_means_one_thing():
    deeds = {deed.key: deed.name for deed in (*record.DEEDS, record.AGAIN, record.CHECKUP, record.HOME, *record.ALWAYS)}
    for letter, name in [*deeds.items(), *((key, field) for field, key in KEYS.items())]:
        assert letter not in MEANS or any(word in name for word in MEANS[letter]), (letter, name)
    for letter, tag in in_templates():
        assert any(word in tag for word in MEANS.get(letter, ())), (letter, tag)


def test_no_two_deeds_of_the_record_share_a_letter():
    keys = [deed.key for deed in (*record.DEEDS, record.AGAIN, record.CHECKUP, *record.ALWAYS)]
    assert len(set(keys)) == len(keys)


def test_the_paper_names_every_letter():
    deeds = {deed.key for deed in (*record.DEEDS, record.AGAIN, record.CHECKUP, record.HOME, *record.ALWAYS)}
    used = deeds | set(KEYS.values()) | {letter for letter, _ in in_templates()}
    assert {letter.upper() for letter in used} == set(KNOWN)


def test_every_letter_is_shown_on_screen():
    for path in (ROOT / "templates/clinic").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        for letter in re.findall(r'data-key="([a-z])"', text):
            if path.name != "treatment_row.html":  # its letter stands in the heading above
                assert f'key="{letter.upper()}"' in text, (path.name, letter)
