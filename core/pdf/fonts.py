"""Make, keep and register the fonts of every printed page and of the web pages.

The package `fontpkg-noto-sans-khmer` brings one variable font. ReportLab needs static ones, so a regular
and a bold instance are made once into a build folder. Signs that font lacks (✓ ☐ →) come from a small font
drawn in `signs.py`; ½ ≤ ± and their like from the Vera that ReportLab carries. Nothing is read from system
folders.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path

import fontpkg_noto_sans_khmer
import reportlab
import uharfbuzz
from fontTools.ttLib import TTFont as FontFile
from reportlab.pdfbase import pdfmetrics, ttfonts

from core.pdf import signs

FOLDER = Path(__file__).resolve().parents[2] / "var" / "fonts"
VARIABLE = fontpkg_noto_sans_khmer.ROOT / "files" / "NotoSansKhmer[wdth,wght].ttf"
VERA = Path(reportlab.__file__).parent / "fonts"
RECIPE = b"1"  # raise when the making changes, so that old files are left alone and new ones made

REGULAR, BOLD, SIGNS = "NotoSansKhmer", "NotoSansKhmer-Bold", "ClinicSigns"
VERA_REGULAR, VERA_BOLD = "ClinicVera", "ClinicVera-Bold"
WEIGHTS = {REGULAR: 400, BOLD: 700}
CHAINS = {REGULAR: (REGULAR, SIGNS, VERA_REGULAR), BOLD: (BOLD, SIGNS, VERA_BOLD)}
PRIVATE_FROM = 0xE000
_lock = threading.Lock()


class ShapedFont(ttfonts.TTFont):
    """A TrueType font that shapes: its widths are those of the shaped text, fallback signs included.

    Every glyph without a character of its own gets a private one when the font is loaded. ReportLab would
    hand them out in order of first use, and the same page would then differ between two processes.
    """

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path), asciiReadable=False, shapable=False)
        face = uharfbuzz.Face(path.read_bytes())
        self.shaper = uharfbuzz.Font(face)
        self.per_em = 1000 / face.upem
        self.covered = frozenset(self.face.charToGlyph)
        for gid in range(face.glyph_count):
            if gid not in self.face.glyphToChar:
                code = PRIVATE_FROM + gid
                self.face.charToGlyph[code] = gid
                self.face.glyphToChar[gid] = [code]
                self.face.charWidths[code] = self.shaper.get_glyph_h_advance(gid) * self.per_em

    def stringWidth(self, text: str, size: float, encoding: str = "utf8") -> float:  # noqa: N802 (ReportLab's name)
        """Return the width of a line of text in points, as it will be drawn."""
        from core.pdf.shaping import shape  # shaping needs the fonts; a plain drawing only their widths

        return shape(str(text), bold=self.fontName in (BOLD, VERA_BOLD)).width * size / 1000


def make_fonts(folder: Path = FOLDER) -> dict[str, Path]:
    """Make the static fonts unless they are there; return name → path of the `.ttf`.

    Safe when two processes race: each writes a file of its own and renames it into place, and both files
    are equal byte for byte. Takes about 2 s the first time, 1 ms later. Raises OSError if the folder is not
    writable.
    """
    key = hashlib.sha256(RECIPE + VARIABLE.read_bytes() + Path(signs.__file__).read_bytes()).hexdigest()[:8]
    makers: dict[str, Callable[[], bytes]] = {name: partial(_instance, WEIGHTS[name]) for name in WEIGHTS}
    makers[SIGNS] = signs.make_signs_font
    return {name: _keep(folder / f"{name}-{key}.ttf", make) for name, make in makers.items()}


def make_web_fonts(folder: Path) -> list[Path]:
    """Make woff2 subsets (Latin and Khmer; regular and bold, about 22 KB each) and return their paths.

    The names are stable (`noto-sans-khmer-400.woff2`, `…-700.woff2`); static files get their hash elsewhere.
    """
    statics = make_fonts()
    return [
        _keep(folder / f"noto-sans-khmer-{weight}.woff2", partial(_web_subset, statics[name]))
        for name, weight in WEIGHTS.items()
    ]


def register(folder: Path = FOLDER) -> None:
    """Register the fonts with ReportLab once per process, making them first where they are missing."""
    with _lock:
        if SIGNS in pdfmetrics.getRegisteredFontNames():
            return
        paths = make_fonts(folder)
        vera = {VERA_REGULAR: VERA / "Vera.ttf", VERA_BOLD: VERA / "VeraBd.ttf"}
        for name, path in {**vera, **paths}.items():  # the signs come last: they say that all is done
            pdfmetrics.registerFont(ShapedFont(name, path))


@lru_cache(maxsize=8)
def font(name: str) -> ShapedFont:
    """Return a registered font of ours by name."""
    register()
    found = pdfmetrics.getFont(name)
    assert isinstance(found, ShapedFont)
    return found


@lru_cache(maxsize=4096)
def font_for(char: str, bold: bool) -> str | None:
    """Return the name of the first font that has the character, or None when none has."""
    return next((name for name in CHAINS[BOLD if bold else REGULAR] if ord(char) in font(name).covered), None)


def _keep(path: Path, make: Callable[[], bytes]) -> Path:
    """Write what `make` returns to `path` unless the file exists; whole or not at all."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    content = make()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def _instance(weight: int) -> bytes:
    from fontTools.varLib import instancer

    variable = FontFile(VARIABLE, recalcTimestamp=False)
    # Without updateFontNames both weights keep one PostScript name, and ReportLab embeds one: bold is lost.
    static = instancer.instantiateVariableFont(variable, {"wght": weight, "wdth": 100}, updateFontNames=True)
    return _saved(static)


def _web_subset(path: Path) -> bytes:
    from fontTools import subset

    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True, hinting=False)
    options.recalc_timestamp = False
    source = FontFile(path, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=set(_web_characters()))
    subsetter.subset(source)
    source.flavor = "woff2"
    return _saved(source)


def _web_characters() -> Iterable[int]:
    yield from range(0x20, 0x7F)
    yield from range(0xA0, 0x100)
    yield from range(0x1780, 0x1800)
    yield from range(0x19E0, 0x1A00)
    yield from (
        0x200B,
        0x200C,
        0x200D,
        0x2013,
        0x2014,
        0x2018,
        0x2019,
        0x201C,
        0x201D,
        0x2022,
        0x2026,
        0x25CC,
    )


def _saved(static: FontFile) -> bytes:
    out = BytesIO()
    static.save(out, reorderTables=True)
    return out.getvalue()
