"""Files made from packages at set-up: the icons in use, the web fonts."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from core import assets


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.ASSETS = tmp_path
    return tmp_path / "app"


def test_the_sprite_holds_each_icon_that_a_template_names(folder: Path) -> None:
    assets.build()
    symbols = {node.attrib["id"] for node in ET.parse(folder / "icons.svg").getroot()}
    assert {"house", "search", "stethoscope", "circle-alert"} <= symbols
    assert set(assets.icons_in_use()) == symbols


def test_the_fonts_are_small_enough_for_a_first_page(folder: Path) -> None:
    assets.build()
    fonts = sorted((folder / "fonts").glob("*.woff2"))
    assert [f.name for f in fonts] == ["noto-sans-khmer-400.woff2", "noto-sans-khmer-700.woff2"]
    assert sum(f.stat().st_size for f in fonts) < 60_000


def test_building_again_changes_nothing(folder: Path) -> None:
    assets.build()
    before = {f: f.stat().st_mtime_ns for f in folder.rglob("*.*")}
    assets.build()
    assert {f: f.stat().st_mtime_ns for f in folder.rglob("*.*")} == before


def test_an_icon_that_does_not_exist_is_named(folder: Path, settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% icon "no-such-icon" %}')
    with pytest.raises(ValueError, match="no-such-icon"):
        assets.build()


def test_only_drawings_enter_the_sprite() -> None:
    for node in ET.fromstring(assets.sprite(["house", "pill"])).iter():
        assert node.tag.split("}")[1] in {"svg", "symbol", "path", "circle", "rect", "line", "polyline", "ellipse"}
