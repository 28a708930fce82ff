"""Every word of the tablet app, by key; `{name}` is filled in by the app. Plural-free: a number stands after a colon.

A key is used in static/tablet as say("key"); `error.…` are the codes of the API and of the app itself.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from sync import screen_words

WORDS: dict[str, str] = screen_words.WORDS | {
    "app.name": _("Sre Ambel"),
}
