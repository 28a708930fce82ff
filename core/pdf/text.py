"""Set Khmer and English text in lines: `KhmerText` breaks between words and never inside a cluster."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from reportlab.platypus.flowables import Flowable

from core import khmer
from core.pdf.shaping import KhmerCanvas, Shaped, shape
from core.pdf.styles import BODY, TextStyle

COENG = "\u17d2"
CLOSING = set("។៕ៗ៖៘៚,.;:!?%)]}»”’…៛°")
OPENING = set("([{«“‘$")
TAGS = re.compile(r"(</?b>|<br/?>)")
LATIN_BREAKS = re.compile(r"(?<=[/\-–—_@&=+])(?=\w)")


class Span(NamedTuple):
    """A stretch of text in one weight."""

    text: str
    bold: bool


class Line(NamedTuple):
    """The shaped pieces of one line; width in points, spaces at its end not counted."""

    pieces: tuple[Shaped, ...]
    width: float

    @property
    def text(self) -> str:
        """Return the line as written, spaces at its end included."""
        return "".join(piece.text for piece in self.pieces)


Word = tuple[Shaped, ...]  # what may not be broken; more than one piece if its weight changes inside


class KhmerText(Flowable):
    """A paragraph in Khmer, English or both.

    `text` is plain: every character is printed, line feeds start a new line. With `markup=True`, `<b>…</b>`
    is bold and `<br/>` a new line; any other `<` stays what it is. Splits over pages between lines.
    """

    def __init__(self, text: str, style: TextStyle = BODY, *, markup: bool = False) -> None:
        super().__init__()
        self.style = style
        self.spans = parse(text, style.bold) if markup else [Span(text, style.bold)]
        self.lines: list[Line] = []
        self._laid_for: float | None = None

    @property
    def plain(self) -> str:
        """Return the text without markup."""
        return "".join(span.text for span in self.spans)

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Lay the text out for a width in points; return (width, height)."""
        if self._laid_for != available_width:
            self.lines = break_lines(self.spans, self.style.size, available_width)
            self._laid_for = available_width
        self.width, self.height = available_width, len(self.lines) * self.style.leading
        return self.width, self.height

    def natural_width(self) -> float:
        """Return the width in points of the text's longest line were nothing broken."""
        return max((line.width for line in break_lines(self.spans, self.style.size, 1e9)), default=0)

    def longest_word(self) -> float:
        """Return the width in points of the longest word."""
        words = (word for line in _paragraphs(self.spans) for word in _words(tuple(line)))
        return max((_width(word, self.style.size) for word in words), default=0)

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """Split between lines; an empty list if not even one line fits, or only a widow would."""
        self.wrap(available_width, available_height)
        fits = int((available_height + 0.01) / self.style.leading)
        if fits >= len(self.lines):
            return [self]
        if len(self.lines) - fits == 1 and fits > 2:
            fits -= 1
        return [self.part(0, fits), self.part(fits, len(self.lines))] if fits else []

    def part(self, start: int, end: int) -> KhmerText:
        """Return the lines from `start` to `end` as a text of its own, laid out as they are."""
        part = KhmerText("", self.style)
        part.lines, part._laid_for = self.lines[start:end], self._laid_for
        part.spans = [Span(line.text, self.style.bold) for line in part.lines]
        return part

    def draw(self) -> None:
        """Draw the lines on the canvas of the page."""
        self.draw_lines(self.canv, 0, self.height, self.width)

    def draw_lines(self, canvas: KhmerCanvas, x: float, top: float, width: float) -> None:
        """Draw the lines into a column of a width, from a height downwards; all in points."""
        style = self.style
        canvas.setFillColor(style.colour)
        y = top - style.first_baseline
        for line in self.lines:
            slack = width - line.width
            shift = {"left": 0.0, "right": slack, "centre": slack / 2}[style.align]
            if line.pieces:
                canvas.draw_pieces(x + shift, y, list(line.pieces), style.size)
            y -= style.leading

    def getSpaceBefore(self) -> float:  # noqa: N802 (ReportLab's name)
        """Return the space above, in points."""
        return self.style.before

    def getSpaceAfter(self) -> float:  # noqa: N802
        """Return the space below, in points."""
        return self.style.after


def parse(text: str, bold: bool = False) -> list[Span]:
    """Read `<b>`, `</b>` and `<br/>`; whatever else looks like a tag is text."""
    spans, now = [], bold
    for piece in TAGS.split(text):
        if piece == "<b>":
            now = True
        elif piece == "</b>":
            now = bold
        elif piece:
            spans.append(Span("\n" if TAGS.fullmatch(piece) else piece, now))
    return spans


def break_lines(spans: list[Span], size: float, width: float) -> list[Line]:
    """Break text into lines no wider than `width` points.

    Words go whole to the next line; a word wider than a line is broken between clusters, so nothing is cut
    off. Only a single cluster wider than the line can stand out. An empty text is one empty line.
    """
    return [line for paragraph in _paragraphs(spans) for line in _fill(paragraph, size, width)]


def clusters(text: str) -> list[str]:
    """Split text into what a reader sees as one letter: a base with its subscripts, vowels and signs."""
    found: list[str] = []
    for char in text:
        if found and (_leans_back(char) or found[-1].endswith(COENG)):
            found[-1] += char
        else:
            found.append(char)
    return found


def _leans_back(char: str) -> bool:
    return char in "\u17b4\u17b5\u200c\u200d" or unicodedata.category(char).startswith("M")


def _paragraphs(spans: list[Span]) -> Iterator[list[Span]]:
    paragraph: list[Span] = []
    for span in spans:
        first, *rest = re.split("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", span.text)
        paragraph.append(Span(first, span.bold))
        for text in rest:
            yield paragraph
            paragraph = [Span(text, span.bold)]
    yield paragraph


def _fill(paragraph: list[Span], size: float, width: float) -> Iterator[Line]:
    """Yield the lines of one paragraph, each as full as it can be."""
    line: list[Shaped] = []
    used = filled = 0.0  # filled counts spaces at the end, used does not
    for word in _words(tuple(paragraph)):
        for unit in [word] if _width(word, size) <= width else _broken(word, size, width):
            wide = _width(unit, size)
            blank = not "".join(piece.text for piece in unit).strip(" \u200b\t")
            if line and not blank and filled + wide > width + 1e-6:
                yield Line(tuple(line), used)
                line, used, filled = [], 0.0, 0.0
            line += unit
            filled += wide
            if not blank:
                used = filled
    yield Line(tuple(line), used)


def _width(word: Word, size: float) -> float:
    return sum(piece.width for piece in word) * size / 1000


def _broken(word: Word, size: float, width: float) -> Iterator[Word]:
    """Break a word that is wider than a line into pieces that fit, between clusters."""
    if not "".join(piece.text for piece in word).strip():
        yield word
        return
    for piece in word:
        bold = bool(piece.runs) and piece.runs[0].font.endswith("Bold")
        part = ""
        for cluster in clusters(piece.text):
            if part and shape(part + cluster, bold=bold).width * size / 1000 > width:
                yield (shape(part, bold=bold),)
                part = ""
            part += cluster
        if part:
            yield (shape(part, bold=bold),)


@lru_cache(maxsize=1 << 13)
def _words(paragraph: tuple[Span, ...]) -> tuple[Word, ...]:
    """Return the unbreakable words of a paragraph, spaces being words of their own."""
    weights = [span.bold for span in paragraph for _ in span.text]
    words, start = [], 0
    for word in unbreakable("".join(span.text for span in paragraph)):
        pieces, piece = [], 0
        for i in range(1, len(word) + 1):
            if i == len(word) or weights[start + i] != weights[start + i - 1]:
                pieces.append(shape(word[piece:i], bold=weights[start + i - 1]))
                piece = i
        words.append(tuple(pieces))
        start += len(word)
    return tuple(words)


def unbreakable(text: str) -> list[str]:
    """Split one line of text into the pieces a line break may stand between; joined they are the text.

    Khmer breaks between words, Latin at spaces and after / and -. Signs that close (។ ៕ ៗ) stay with the word
    before, signs that open with the word after, and no piece starts inside a cluster.
    """
    pieces: list[str] = []
    for part in re.split(r"([ \t\u200b]+)", text):
        if part.strip(" \t\u200b") and khmer.has_khmer(part):
            pieces += _faithful(part)
        elif part:
            pieces += LATIN_BREAKS.split(part) if part.strip() else [part]
    joined: list[str] = []
    for piece in pieces:
        if joined and _must_join(joined[-1], piece):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _faithful(text: str) -> list[str]:
    """Return the Khmer words of a text; the text whole should the segmenter lose a character."""
    words = [word for word in khmer.break_words(text) if word]
    return words if "".join(words) == text else [text]


def _must_join(before: str, after: str) -> bool:
    if before[-1] in " \t\u200b":
        return False
    return (
        before[-1] == COENG
        or before[-1] in OPENING
        or after[0] in CLOSING
        or after[0] == "\xa0"
        or before[-1] == "\xa0"
        or _leans_back(after[0])
        or (before[-1].isdigit() and after[0].isdigit())
    )
