"""Walk through the house by its links: every page that can be reached, and every form on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

INSTANCES = 4  # pages of one view whose links are followed
MOST = 900
LINKS = {"href", "hx-get", "data-typeahead"}
LEFT_ALONE = ("/static/", "/i18n/", "/logout/")


@dataclass
class Form:
    """A form of a page: where it goes and what a browser would send of it, box by box."""

    action: str
    boxes: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Collect the links and the forms that are sent by POST."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._form: Form | None = None
        self._select = ""
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.links += [given[name] for name in LINKS & given.keys() if given[name]]
        if tag == "form":
            self._form = Form(urljoin(self.path, given.get("action") or self.path))
            if given.get("method", "get").lower() == "post":
                self.forms.append(self._form)
            self._by_id[given.get("id", "")] = self._form
        form = self._by_id.get(given["form"]) if given.get("form") else self._form
        if form is None or not (name := given.get("name")):
            if tag == "option" and self._select and self._form:
                self._form.choices.setdefault(self._select, []).append(given.get("value", ""))
                if "selected" in given:
                    self._form.boxes.append((self._select, given.get("value", "")))
            return
        form.names.add(name)
        kind = given.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = (name, [])
        elif kind in {"radio", "checkbox"}:
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.boxes.append((name, given.get("value", "on")))
        elif tag == "input" and kind != "file":
            form.boxes.append((name, given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area and self._form:
            self._form.boxes.append((self._area[0], "".join(self._area[1])))
            self._area = None


def name_of(path: str) -> str:
    """Return the name of the view at a path, or nothing."""
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return ""


def read(path: str, text: str) -> _Reader:
    """Read a page's links and forms."""
    reader = _Reader(path)
    reader.feed(text)
    return reader


def walk(get: Callable[[str], tuple[int, str, str]], start: str = "/") -> dict[str, dict[str, _Reader]]:
    """Follow links from `start`; return what was read, by the view's name and the path.

    `get(path)` gives (status, content type, text). A page that fails fails the walk.
    """
    pages: dict[str, dict[str, _Reader]] = {}
    seen: set[str] = {start}
    counts: dict[str, int] = {}
    waiting: deque[str] = deque([start])
    while waiting and len(seen) < MOST:
        path = waiting.popleft()
        status, kind, text = get(path)
        assert status < 500, (path, status)
        if status != 200 or "html" not in kind:
            continue
        reader = read(path, text)
        if "<html" in text:
            pages.setdefault(name_of(path), {})[path] = reader
        for link in [*reader.links, *(form.action for form in reader.forms)]:
            to = _ours(urljoin(path, link))
            name = name_of(to) if to else ""
            if name and to not in seen and counts.get(name, 0) < INSTANCES:
                seen.add(to)
                counts[name] = counts.get(name, 0) + 1
                waiting.append(to)
    return pages


def _ours(link: str) -> str:
    parts: Any = urlsplit(link)
    if parts.scheme or parts.netloc or any(parts.path.startswith(start) for start in LEFT_ALONE):
        return ""
    return parts._replace(fragment="").geturl()
