"""Make the static files that come out of packages: the sprite of the icons in use, the web fonts, the app's icons.

They are made at set-up into `settings.ASSETS`, never committed, and made again only when what they come from changed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring
from django.conf import settings
from PIL import Image, ImageDraw

from core.pdf.fonts import make_web_fonts

SVG = "{http://www.w3.org/2000/svg}"
# {% icon "house" %}, {% include … with icon="house" %}, and icon("house") of a module in the browser
NAMED = re.compile(r"""\bicon(?:[ =]|\()["']([a-z0-9-]+)["']""")
TABLET_ICONS = [
    ("tablet-192.png", 192, "any"), ("tablet-512.png", 512, "any"), ("tablet-mask-512.png", 512, "maskable"),
]  # fmt: skip
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
    for name, size, purpose in TABLET_ICONS:
        if not (folder / name).exists():
            half = (folder / name).with_suffix(".part")
            mark(size, whole=purpose == "maskable").save(half, "PNG", optimize=True)
            half.replace(folder / name)


def write(path: Path, text: str) -> None:
    """Write a file unless it says the same already, so that its time and its compressed twins stay."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    half = path.with_suffix(".part")
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def icons_in_use() -> list[str]:
    """Return the icons of templates and scripts, and those whose names stand in a module that speaks of icons."""
    with _package() as package:
        known = {name.removesuffix(".svg") for name in package.namelist()}
    named = {name for ending in ("*.html", "*.js") for text in _texts(ending) for name in NAMED.findall(text)}
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


def mark(size: int, *, whole: bool) -> Image.Image:
    """Draw the house's mark (static/app/mark.svg) as a picture of so many pixels.

    `whole`: the ground goes to the edge and the sign keeps to the middle four fifths, as home screens cut it out.
    """
    scale = size * 4 / 32
    image = Image.new("RGBA", (size * 4, size * 4))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, size * 4 - 1, size * 4 - 1), 0 if whole else 9 * scale, fill="#0b5d5e")
    shrink = 0.78 if whole else 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return ((x - 16) * shrink + 16) * scale, ((y - 16) * shrink + 16) * scale

    for corner, opposite in (((13, 6), (19, 26)), ((6, 13), (26, 19))):
        pen.rectangle((*at(*corner), *at(*opposite)), fill="#ffffff")
    wave = [at(*_bent(curve, step / 16)) for curve in _WAVE for step in range(17)]
    pen.line(wave, fill="#8fd6cf", width=round(2 * scale * shrink), joint="curve")
    return image.resize((size, size), Image.Resampling.LANCZOS)


_WAVE = (((6, 23), (10, 23), (11, 21), (16, 21)), ((16, 21), (21, 21), (22, 23), (26, 23)))


def _bent(curve: tuple[tuple[float, float], ...], t: float) -> tuple[float, float]:
    """Return the point of a Bézier curve at `t` from 0 to 1."""
    while len(curve) > 1:
        curve = tuple((a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in pairwise(curve))
    return curve[0]


def _package() -> ZipFile:
    return ZipFile(str(resources.files("lucide") / "lucide.zip"))


def _texts(pattern: str) -> Iterator[str]:
    """Yield our own templates or modules: those of the apps that live in the project's folder."""
    base = Path(settings.BASE_DIR)
    rooms = {app.split(".")[0] for app in settings.INSTALLED_APPS}
    folders = [base / "templates", base / "static", *(base / room for room in sorted(rooms) if (base / room).is_dir())]
    for folder in folders:
        for path in sorted(folder.rglob(pattern)):
            yield path.read_text(encoding="utf-8")
