"""What Django and REST framework say by themselves is heard in our own Khmer."""

from __future__ import annotations

import re
from pathlib import Path

import polib
from django.utils import translation
from django.utils.translation import gettext, ngettext

from core.framework_words import SENTENCES

SITE = Path(polib.__file__).parent
THEIRS = ["django/conf/locale/en", "django/contrib/auth/locale/en"]


def test_the_frameworks_still_say_the_sentences_we_translate() -> None:
    said = {entry.msgid for path in THEIRS for entry in polib.pofile(str(SITE / path / "LC_MESSAGES" / "django.po"))}
    said |= {entry.msgid for entry in polib.mofile(str(SITE / "rest_framework/locale/fr/LC_MESSAGES/django.mo"))}
    assert [sentence for sentence in SENTENCES if sentence not in said] == []


def test_the_frameworks_sentences_are_heard_in_khmer() -> None:
    with translation.override("km"):
        assert [s for s in SENTENCES if not re.search("[\u1780-\u17ff%]", gettext(s))] == []
        one = "This password is too short. It must contain at least %d character."
        assert re.search("[\u1780-\u17ff]", ngettext(one, one.replace("character.", "characters."), 10))
