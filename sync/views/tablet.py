"""The app itself: an empty page, the worker that keeps its files, its words, its card for the home screen.

Nothing here holds a person's data, so everything is public and may be kept on a tablet for good.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.accounts.permissions import public
from core.assets import TABLET_ICONS
from sync.app_words import WORDS

LANGUAGES = ("km", "en")
FOLDER = "tablet"
BESIDE = (
    "app/app.css", "app/parts.css", "app/mark.svg", "app/icons.svg",
    "app/fonts/noto-sans-khmer-400.woff2", "app/fonts/noto-sans-khmer-700.woff2",
)  # fmt: skip


@require_safe
@public
def shell(request: HttpRequest) -> HttpResponse:
    """Show the app's one page: a frame, drawn by its modules."""
    response = render(request, "tablet/shell.html")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@public
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """Give the service worker: which files to keep, and a version that changes with any of them."""
    body = _worker_of(_stamp())
    return HttpResponse(body, content_type="text/javascript", headers={"Service-Worker-Allowed": reverse("sync:app")})


@require_safe
@public
def words(request: HttpRequest, language: str) -> HttpResponse:
    """Give the app's words in one language."""
    if language not in LANGUAGES:
        raise Http404
    return JsonResponse(words_in(language), json_dumps_params={"ensure_ascii": False}, headers=_ASK_FIRST)


@require_safe
@public
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the app to the home screen."""
    app = reverse("sync:app")
    icons = [
        {"src": staticfiles_storage.url(f"app/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": why}
        for name, size, why in TABLET_ICONS
    ]
    card = {
        "id": app, "name": f"{settings.CENTRE['name_km']} · {settings.CENTRE['name_en']}", "short_name": "Sre Ambel",
        "start_url": app, "scope": app, "display": "standalone", "orientation": "any", "lang": "km",
        "background_color": "#ffffff", "theme_color": "#0b5d5e", "icons": icons,
    }  # fmt: skip
    return JsonResponse(card, content_type="application/manifest+json", headers=_ASK_FIRST)


_ASK_FIRST = {"Cache-Control": "no-cache"}


def words_in(language: str) -> dict[str, str]:
    """Return every word of the app in one language, by key."""
    with override(language):
        return {key: gettext(text) for key, text in WORDS.items()}


def assets() -> list[str]:
    """List the static files of the app by name: its own folder and what it shares with the desk."""
    beside = [*BESIDE, *(f"app/{name}" for name, _, _ in TABLET_ICONS)]
    if _hashed():  # what was collected, whatever lies in the folder since
        known = staticfiles_storage.hashed_files  # type: ignore[attr-defined]
        return sorted(name for name in known if name.startswith(f"{FOLDER}/") or name in beside)
    listed = {name for finder in finders.get_finders() for name, _ in finder.list([])}
    return sorted(name for name in listed if name.startswith(f"{FOLDER}/") or name in beside)


def _hashed() -> bool:
    """Return whether addresses of static files carry a hash of what is in them."""
    return not settings.DEBUG and bool(getattr(staticfiles_storage, "hashed_files", None))


def _stamp() -> float:
    """Return what tells one deployment from another without reading every file: 0 where names carry hashes."""
    if _hashed():
        return 0
    paths = [Path(str(finders.find(name))) for name in assets()]
    return max((path.stat().st_mtime for path in paths), default=0)


@lru_cache(maxsize=4)
def _worker_of(stamp: float) -> str:
    app = reverse("sync:app")
    names = assets()
    files = [
        app, reverse("sync:manifest"), *(reverse("sync:words", args=[language]) for language in LANGUAGES),
        *(staticfiles_storage.url(name) for name in names),
    ]  # fmt: skip
    body = render_to_string("tablet/worker.js")
    digest = sha256(body.encode())
    digest.update(render_to_string("tablet/shell.html", {"version": settings.VERSION}).encode())
    digest.update(json.dumps([files, *(words_in(language) for language in LANGUAGES)], sort_keys=True).encode())
    if not _hashed():
        for name in names:
            digest.update(Path(str(finders.find(name))).read_bytes())
    told = {"VERSION": digest.hexdigest()[:16], "SCOPE": app, "FILES": files}
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in told.items()) + body
