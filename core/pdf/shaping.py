"""Shape text with HarfBuzz and write it into a page: the one place that reaches inside ReportLab.

ReportLab is not patched but subclassed: `KhmerCanvas` hands out `ShapedText` objects, so plain strings in
tables, `drawString` and chart labels come out shaped too. Three faults of ReportLab's own shaping end here:
a mark with a y-offset no longer sinks the rest of the line (the rise is set and reset around that one
glyph), copied and searched text is the logical Khmer (ActualText around every shaped line), and a sign the
font lacks is taken from the next font.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import reportlab
import uharfbuzz
from reportlab import rl_config
from reportlab.lib.rl_accel import fp_str
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from core.pdf import fonts

TRIED_WITH = "5.1."
if not reportlab.Version.startswith(TRIED_WITH):
    raise ImportError(
        f"core.pdf was tried with ReportLab {TRIED_WITH}x, this is {reportlab.Version}: it overrides "
        "PDFTextObject._formatText. Run tests/core/pdf, look at a page, then raise TRIED_WITH."
    )

rl_config.useA85 = 0  # ReportLab writes streams as ASCII unless told: a quarter larger, and slower

JOINERS = "\u200b\u200c\u200d\u25cc"  # they take the script of the text before them
MISSING = "?"


class Glyph(NamedTuple):
    """One glyph: the character that stands for it in the font, and its place in thousandths of the size."""

    char: str
    advance: float
    dx: float
    dy: float
    width: float


class Run(NamedTuple):
    """Glyphs of one font, with the text they stand for."""

    font: str
    text: str
    glyphs: tuple[Glyph, ...]

    @property
    def needs_actual_text(self) -> bool:
        """Say whether a reader might not find the text from the glyphs alone: any but plain Latin.

        Even where each glyph has its letter, marks set apart make readers see words and lines of their own.
        """
        return not self.text.isascii() or "".join(glyph.char for glyph in self.glyphs) != self.text


class Shaped(NamedTuple):
    """A piece of one line, ready to draw; width in thousandths of the font size."""

    text: str
    width: float
    runs: tuple[Run, ...]


@lru_cache(maxsize=1 << 15)
def shape(text: str, *, bold: bool = False) -> Shaped:
    """Shape a piece of one line (no line feeds); a word shaped once is kept."""
    runs = tuple(_shape_run(name, shown, source) for name, shown, source in _itemise(text, bold))
    return Shaped(text, sum(glyph.advance for run in runs for glyph in run.glyphs), runs)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line of text in points."""
    return shape(text, bold=bold).width * size / 1000


def _itemise(text: str, bold: bool) -> Iterator[tuple[str, str, str]]:
    """Yield (font, characters to show, source characters), split where font or script changes."""
    current: tuple[str, bool] | None = None
    shown = source = ""
    for char in text:
        name, visible = _presentation(char, bold)
        khmer = current[1] if current and char in JOINERS else is_khmer(char)
        name = current[0] if current and not visible else name
        if current is not None and (name, khmer) != current:
            yield current[0], shown, source
            shown = source = ""
        current, shown, source = (name, khmer), shown + visible, source + char
    if current is not None:
        yield current[0], shown, source


def is_khmer(char: str) -> bool:
    """Say whether the character belongs to the Khmer script (letters, signs, digits, lunar dates)."""
    return "\u1780" <= char <= "\u17ff" or "\u19e0" <= char <= "\u19ff"


@lru_cache(maxsize=4096)
def _presentation(char: str, bold: bool) -> tuple[str, str]:
    """Return the font for a character and what to show for it: never a box, never nothing for a letter."""
    primary = fonts.BOLD if bold else fonts.REGULAR
    kind = unicodedata.category(char)
    if kind in ("Zs", "Zl", "Zp") or char in "\t\n\r":
        return primary, " "
    if kind in ("Cc", "Cf", "Cs") and char not in JOINERS:
        return primary, ""
    name = fonts.font_for(char, bold)
    if name:
        return name, char
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    if plain and all(fonts.font_for(c, bold) == primary for c in plain):
        return primary, plain
    return primary, "" if unicodedata.combining(char) else MISSING


def _shape_run(name: str, shown: str, source: str) -> Run:
    if not shown:
        return Run(name, source, ())
    font = fonts.font(name)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(shown)
    buffer.direction, buffer.language = "ltr", "km"
    buffer.script = "Khmr" if is_khmer(shown[0]) else "Latn"
    uharfbuzz.shape(font.shaper, buffer)
    chars, widths, scale = font.face.glyphToChar, font.face.charWidths, font.per_em
    wanted = set(map(ord, shown))
    glyphs = []
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        codes = chars[info.codepoint]
        code = next((c for c in codes if c in wanted), codes[0])  # two characters may share a glyph
        glyphs.append(
            Glyph(
                chr(code),
                place.x_advance * scale,
                place.x_offset * scale,
                place.y_offset * scale,
                widths[code],
            )
        )
    return Run(name, source, tuple(glyphs))


class ShapedText(PDFTextObject):
    """A PDF text object that draws strings in our fonts shaped, with fallback, and copied back as written."""

    def _formatText(self, text: str) -> str:  # noqa: N802 (ReportLab's name)
        if self._fontname not in fonts.CHAINS:
            return super()._formatText(text)
        return self._pieces_code([shape(str(text), bold=self._fontname == fonts.BOLD)], self._fontsize)

    def pieces_out(self, pieces: list[Shaped], size: float) -> None:
        """Draw shaped pieces one after the other from the cursor on, in the given size (points)."""
        self._code.append(self._pieces_code(pieces, size))

    def _pieces_code(self, pieces: list[Shaped], size: float) -> str:
        """Write a line, one ActualText around all of it: between two, readers guess spaces and line ends."""
        code: list[str] = []
        state: tuple[str, int] | None = None
        runs = [run for piece in pieces for run in piece.runs]
        for run in runs:
            state = self._run_code(run, size, state, code)
        self._curSubset = -1  # whoever writes next must name its font again
        if any(run.needs_actual_text for run in runs):
            written = "".join(run.text for run in runs).encode("utf-16-be", "surrogatepass").hex().upper()
            code = [f"/Span <</ActualText <FEFF{written}>>> BDC", *code, "EMC"]
        return " ".join(code)

    def _run_code(
        self, run: Run, size: float, state: tuple[str, int] | None, code: list[str]
    ) -> tuple[str, int] | None:
        font, document = fonts.font(run.font), self._canvas._doc
        place = 0
        for subset, letters in font.splitString("".join(glyph.char for glyph in run.glyphs), document):
            if state != (run.font, subset):
                state = (run.font, subset)
                name = font.getSubsetInternalName(subset, document)
                code.append(f"{name} {fp_str(size)} Tf {fp_str(self._leading)} TL")
            part = run.glyphs[place : place + len(letters)]
            place += len(letters)
            self._glyphs_code(part, letters, size, code)
        return state

    def _glyphs_code(self, glyphs: tuple[Glyph, ...], letters: bytes, size: float, code: list[str]) -> None:
        """Write glyphs of one font subset: letters, moves between them, and a rise around a lifted mark."""
        line = _Line(code, self._canvas._escape)
        rise = 0.0
        for glyph, letter in zip(glyphs, letters, strict=True):
            if glyph.dy != rise:
                line.flush()
                rise = glyph.dy
                code.append(f"{self._rise + rise * size / 1000:.2f} Ts")
            if glyph.dx:
                line.move(-glyph.dx)
            line.letters.append(letter)
            after = glyph.width - glyph.advance + glyph.dx
            if after:
                line.move(after)
        line.flush()
        if rise:
            code.append(f"{self._rise:.2f} Ts")


class _Line:
    """Letters and moves of one TJ operator."""

    def __init__(self, code: list[str], escape) -> None:
        self.code, self.escape = code, escape
        self.letters = bytearray()
        self.parts: list[str] = []
        self.pending = 0.0

    def move(self, thousandths: float) -> None:
        if abs(thousandths) >= 0.05:
            self._close()
            self.parts.append(f"{thousandths:.1f}")

    def _close(self) -> None:
        if self.letters:
            self.parts.append(f"({self.escape(bytes(self.letters))})")
            self.letters.clear()

    def flush(self) -> None:
        self._close()
        if self.parts:
            self.code.append(f"[{' '.join(self.parts)}] TJ")
            self.parts.clear()


class KhmerCanvas(Canvas):
    """A canvas whose every text object shapes."""

    def beginText(self, x: float = 0, y: float = 0, direction: str | None = None) -> ShapedText:  # noqa: N802
        """Return a fresh text object at a point of the page."""
        return ShapedText(self, x, y, direction=direction)

    def draw_pieces(self, x: float, y: float, pieces: list[Shaped], size: float) -> None:
        """Draw shaped pieces from a point of the baseline on, in points."""
        text = self.beginText(x, y)
        text.pieces_out(pieces, size)
        self.drawText(text)
