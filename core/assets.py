"""Make the static files that come out of packages: the sprite of the icons in use, and the web fonts.

They are made at set-up into `settings.ASSETS`, never committed, and made again only when what they come from changed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring
from django.conf import settings

from core.pdf.fonts import make_web_fonts

SVG = "{http://www.w3.org/2000/svg}"
NAMED = re.compile(r"""\bicon[ =]["']([a-z0-9-]+)["']""")  # {% icon "house" %} and {% include … with icon="house" %}
QUOTED = re.compile(r"""["']([a-z][a-z0-9-]*)["']""")


def build() -> None:
    """Make what is missing or out of date under `settings.ASSETS / "app"`; quick when nothing is.

    Raises ValueError when a template names an icon that the package does not have.
    """
    folder = Path(settings.ASSETS) / "app"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "icons.svg", sprite(icons_in_use()))
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every glyph
    make_web_fonts(folder / "fonts")


def write(path: Path, text: str) -> None:
    """Write a file unless it says the same already, so that its time and its compressed twins stay."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    half = path.with_suffix(".part")
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def icons_in_use() -> list[str]:
    """Return the icons that templates name, and those whose names stand in a module that speaks of icons."""
    with _package() as package:
        known = {name.removesuffix(".svg") for name in package.namelist()}
    named = {name for text in _texts("*.html") for name in NAMED.findall(text)}
    if unknown := named - known:
        raise ValueError(f"no such icon: {', '.join(sorted(unknown))}")
    quoted = {name for text in _texts("*.py") if "icon" in text for name in QUOTED.findall(text)}
    return sorted(named | (quoted & known))


def sprite(names: Iterable[str]) -> str:
    """Return one SVG that holds each icon as a symbol of its name."""
    ET.register_namespace("", SVG[1:-1])
    root = ET.Element(f"{SVG}svg")
    with _package() as package:
        for name in names:
            drawing = fromstring(package.read(f"{name}.svg"))
            symbol = ET.SubElement(root, f"{SVG}symbol", {"id": name, "viewBox": drawing.attrib["viewBox"]})
            for shape in drawing:
                shape.tail = None
                symbol.append(shape)
    return ET.tostring(root, encoding="unicode") + "\n"


def _package() -> ZipFile:
    return ZipFile(str(resources.files("lucide") / "lucide.zip"))


def _texts(pattern: str) -> Iterator[str]:
    """Yield our own templates or modules: those of the apps that live in the project's folder."""
    base = Path(settings.BASE_DIR)
    rooms = {app.split(".")[0] for app in settings.INSTALLED_APPS}
    folders = [base / "templates", *(base / room for room in sorted(rooms) if (base / room).is_dir())]
    for folder in folders:
        for path in sorted(folder.rglob(pattern)):
            yield path.read_text(encoding="utf-8")
