"""The app's frame: what is kept for a day without a network, how a new version comes, which words there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from sync.app_words import WORDS
from sync.views import tablet

ROOT = Path(settings.BASE_DIR) / "static" / "tablet"
SCRIPTS = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.js"))}
IMPORTED = re.compile(r"""(?:\bfrom|\bimport\()\s*"(\.[^"]+)\"""")
SAID = re.compile(r"""(?<![\w.])(?:say|has)\(\s*"([^"]+)\"""")
BEGUN = re.compile(r"""(?<![\w.])(?:say|has)\(\s*(?:[\w.]+ \? )?`([^`$]*)\$\{""")


def kept_files() -> list[str]:
    body = Client().get("/tablet/sw.js").content.decode()
    return json.loads(re.search(r"^const FILES = (.*);$", body, re.M)[1])  # type: ignore[index]


def version() -> str:
    return re.search(r'^const VERSION = "(\w+)"', Client().get("/tablet/sw.js").content.decode())[1]  # type: ignore[index]


# -- the frame ---------------------------------------------------------------------------------------------------------


def test_the_frame_is_the_same_for_everybody_and_names_nobody() -> None:
    response = Client().get("/tablet/")
    assert response.status_code == 200 and not response.cookies
    assert response["Content-Security-Policy"].startswith("default-src 'self'")
    assert response["Cache-Control"] == "no-cache"


def test_the_worker_keeps_every_file_of_the_app_and_nothing_of_the_api() -> None:
    files = kept_files()
    assert {"/tablet/", "/tablet/words/km.json", "/tablet/words/en.json", "/tablet/manifest.webmanifest"} <= set(files)
    assert {f"/static/tablet/{path.relative_to(ROOT)}" for path in SCRIPTS} <= set(files)
    assert not [file for file in files if "/api/" in file]
    assert all(Client().get(file).status_code == 200 for file in files if file.startswith("/tablet/"))
    frame = Client().get("/tablet/").content.decode()
    linked = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', frame))
    assert linked <= set(files)


def test_the_worker_may_not_be_kept_and_serves_the_whole_app() -> None:
    response = Client().get("/tablet/sw.js")
    assert "no-cache" in response["Cache-Control"] and response["Content-Type"] == "text/javascript"
    assert response["Service-Worker-Allowed"] == "/tablet/"


def test_the_version_changes_with_any_file_and_with_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = version()
    tablet._worker_of.cache_clear()
    assert version() == before
    changed = tmp_path / "ids.js"
    changed.write_text("// another\n")
    find = finders.find
    monkeypatch.setattr(finders, "find", lambda name: str(changed) if name == "tablet/ids.js" else find(name))
    tablet._worker_of.cache_clear()
    assert version() != before
    tablet._worker_of.cache_clear()


def test_the_card_for_the_home_screen_names_icons_that_are_there() -> None:
    card = json.loads(Client().get("/tablet/manifest.webmanifest").content)
    assert (card["start_url"], card["scope"], card["display"]) == ("/tablet/", "/tablet/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in card["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in card["icons"])


# -- modules -----------------------------------------------------------------------------------------------------------


def imports_of(path: Path) -> list[Path]:
    return [(path.parent / name).resolve() for name in IMPORTED.findall(SCRIPTS[path])]


def test_no_module_imports_itself_in_a_circle() -> None:
    """A module's hash holds the hashes of those it imports; in a circle there is none."""
    done: set[Path] = set()

    def follow(path: Path, way: tuple[Path, ...]) -> None:
        assert path not in way, " -> ".join(step.name for step in (*way[way.index(path) :], path))
        if path not in done:
            for other in imports_of(path):
                follow(other, (*way, path))
            done.add(path)

    for path in SCRIPTS:
        follow(path, ())


def test_every_module_is_reached_from_the_frame() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "shell.js"]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += imports_of(path)
    assert {str(path.relative_to(ROOT)) for path in set(SCRIPTS) - reached} == set()


def test_nothing_of_the_app_comes_from_elsewhere_or_is_run_from_text() -> None:
    for path, text in SCRIPTS.items():
        assert not re.search(r"https?://(?!www\.w3\.org)", text), path
        assert not re.search(
            r"\beval\(|new Function|(?:inner|outer)HTML\s*=[^=]|insertAdjacentHTML|document\.write", text
        ), path


def test_files_are_hashed_along_their_imports(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static.HashedStatic"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    hashed = {name for name in names.values() if name.startswith("tablet/") and name.endswith(".js")}
    assert len(hashed) == len(SCRIPTS)
    for name in hashed:
        for other in IMPORTED.findall((tmp_path / name).read_text(encoding="utf-8")):
            path = (tmp_path / name).parent / other
            assert str(path.resolve().relative_to(tmp_path.resolve())) in hashed, (name, other)


# -- words -------------------------------------------------------------------------------------------------------------


def test_every_word_the_app_says_is_in_the_table() -> None:
    said = {key for text in SCRIPTS.values() for key in SAID.findall(text)}
    assert len(said) > 20
    assert {key for key in said if key not in WORDS} == set()
    begun = {start for text in SCRIPTS.values() for start in BEGUN.findall(text)}
    assert {start for start in begun if not any(key.startswith(start) for key in WORDS)} == set()


def test_every_word_of_the_table_is_said() -> None:
    every = "\n".join(SCRIPTS.values())
    quoted = set(re.findall(r"""["'`]([a-z_][\w.]*)["'`]""", every))
    begun = tuple(start for text in SCRIPTS.values() for start in BEGUN.findall(text) if start)
    stems = quoted | {f"{key}_one" for key in quoted}  # one day, two days
    assert {key for key in WORDS if key not in stems and not key.startswith(begun)} == set()


def test_the_words_are_served_in_both_languages_with_the_same_holes() -> None:
    hole = re.compile(r"\{\w+\}")
    for language in tablet.LANGUAGES:
        with translation.override("en"):
            served = json.loads(Client().get(f"/tablet/words/{language}.json").content)
        assert served.keys() == WORDS.keys()
        assert {k for k, text in served.items() if set(hole.findall(text)) != set(hole.findall(WORDS[k]))} == set()
    assert Client().get("/tablet/words/fr.json").status_code == 404


# -- in a browser ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_app_opens_without_a_network_also_at_an_inner_address(ready: Any) -> None:
    ready.page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=20_000)
    ready.context.set_offline(True)
    ready.page.goto(f"{ready.address}/tablet/#/find")
    ready.page.reload()
    ready.page.locator("html[data-ready=yes]").wait_for()
    assert ready.run("return vault.state();") == "locked"
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        ready.page.goto(f"{ready.address}/login/")


@pytest.mark.django_db(transaction=True)
def test_a_new_version_waits_until_nothing_waits_to_be_sent(ready: Any) -> None:
    ready.page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=20_000)
    ready.page.reload()
    ready.page.locator("html[data-ready=yes]").wait_for()
    ready.run("await vault.logIn('mobile', given);", "rice-field-rain-7")
    ready.context.route("**/api/sync/v1/push", lambda route: route.abort())
    saved = ready.run(
        """return store.save({ type: "patient",
        doc: { family_name: "A", given_name: "B", sex: "F", birth: "", village: given } });""",
        ready.village,
    )
    was = tablet.render_to_string

    def another(name: str, *args: Any) -> str:
        return was(name, *args) + ("\n// another version" if name == "tablet/worker.js" else "")

    tablet.render_to_string = another  # type: ignore[assignment]
    tablet._worker_of.cache_clear()
    try:
        update = """const update = await import("/static/tablet/update.js");
          const registration = await navigator.serviceWorker.getRegistration();
          await registration.update();
          for (let n = 0; n < 50 && !registration.waiting; n += 1) await new Promise((go) => setTimeout(go, 100));"""
        assert ready.run(update + "update.apply(); return [update.waiting(), update.may()];") == [True, False]
        ready.context.unroute("**/api/sync/v1/push")
        assert ready.run("return sync.now();")["waiting"] == 0
        with ready.page.expect_navigation():
            ready.run('const update = await import("/static/tablet/update.js"); update.apply();')
        ready.page.locator("html[data-ready=yes]").wait_for()
        ready.run("await vault.logIn('mobile', given);", "rice-field-rain-7")
        assert ready.run("return store.person(given).state;", saved["id"]) == "sent"
        assert ready.run("return (await caches.keys()).length;") == 1
    finally:
        tablet.render_to_string = was
        tablet._worker_of.cache_clear()
