"""Every sentence that a person can meet stands in the Khmer catalogue, whole and with its blanks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

from tests.live import required

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale/km/LC_MESSAGES/django.po"
SOURCES = ["config", "core", "clinic", "mobile_team", "referrals", "pharmacy", "desk", "reports", "templates"]
BLANK = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict[tuple[str | None, str], polib.POEntry]:
    """Every sentence of source and templates, read by GNU gettext as Django's own command does it."""
    bin_ = str(Path(sys.executable).parent)
    path = os.pathsep.join([bin_, os.environ.get("PATH", "")])
    if not shutil.which("xgettext", path=path):
        required("GNU gettext (xgettext)")
    copy = tmp_path_factory.mktemp("words")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (copy / "locale").mkdir()
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "km", "-v", "0"],
        cwd=copy, env=os.environ | {"PATH": path, "DJANGO_SETTINGS_MODULE": ""}, check=True, capture_output=True,
    )  # fmt: skip
    return {(e.msgctxt, e.msgid): e for e in polib.pofile(str(copy / "locale/km/LC_MESSAGES/django.po"))}


@pytest.fixture(scope="module")
def khmer() -> dict[tuple[str | None, str], polib.POEntry]:
    return {(e.msgctxt, e.msgid): e for e in polib.pofile(str(CATALOGUE)) if not e.obsolete}


def sentences(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_sentence_is_translated(said, khmer):
    assert len(said) > 200
    missing = [key[1] for key in said if key not in khmer or not all(s.strip() for s in sentences(khmer[key])[:1])]
    assert missing == []


def test_no_translation_is_a_guess(khmer):
    assert [e.msgid for e in khmer.values() if e.fuzzy] == []


def test_a_translation_keeps_the_blanks_of_its_sentence(khmer):
    wrong = []
    for entry in khmer.values():
        allowed = {frozenset(BLANK.findall(text)) for text in (entry.msgid, entry.msgid_plural or entry.msgid)}
        translated = filter(None, sentences(entry))
        wrong += [entry.msgid for text in translated if frozenset(BLANK.findall(text)) not in allowed]
    assert wrong == []


def test_khmer_has_one_form_for_one_and_many(khmer):
    assert [e.msgid for e in khmer.values() if e.msgid_plural and any(e.msgstr_plural.get(n) for n in (1, 2))] == []
