"""One look for every printed page: colours, sizes and the styles of text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from reportlab.lib.colors import Color, HexColor

from core.pdf import fonts
from core.pdf.shaping import text_width

Align = Literal["left", "right", "centre"]

MM = 72 / 25.4
ACCENT, INK, MUTED = HexColor("#0b5d5e"), HexColor("#1b2727"), HexColor("#586868")
DANGER = HexColor("#a3201c")  # only for what can harm
HAIRLINE, TINT, PAPER = HexColor("#c5d3d2"), HexColor("#eef5f4"), HexColor("#ffffff")
ASCENT, DESCENT = 1.02, 0.42  # of the size: room for a Khmer vowel above and a subscript below


@dataclass(frozen=True)
class TextStyle:
    """How a piece of text looks; sizes and spaces in points, `line_height` as a multiple of the size."""

    size: float = 10
    line_height: float = 1.6
    bold: bool = False
    colour: Color = INK
    align: Align = "left"
    before: float = 0
    after: float = 4
    keep_with_next: bool = False

    @property
    def leading(self) -> float:
        """Return the distance between two baselines, in points."""
        return self.size * self.line_height

    @property
    def first_baseline(self) -> float:
        """Return how far the baseline lies below the top of a line, in points."""
        return (self.leading - (ASCENT + DESCENT) * self.size) / 2 + ASCENT * self.size

    @property
    def font(self) -> str:
        """Return the name of the font."""
        return fonts.BOLD if self.bold else fonts.REGULAR

    def but(self, **changes) -> TextStyle:
        """Return the same style with a few things changed."""
        return replace(self, **changes)

    def width(self, text: str) -> float:
        """Return the width of a line of text in points."""
        return text_width(text, self.size, bold=self.bold)


BODY = TextStyle()
SMALL = TextStyle(size=8.5, colour=MUTED, after=3)
TITLE = TextStyle(
    size=17, line_height=1.5, bold=True, colour=ACCENT, align="centre", before=9, after=1, keep_with_next=True
)
SUBTITLE = TextStyle(size=11, colour=MUTED, align="centre", after=6, keep_with_next=True)
HEADING = TextStyle(size=12.5, bold=True, colour=ACCENT, before=9, after=4, keep_with_next=True)
SUBHEADING = TextStyle(size=10.5, bold=True, before=6, after=2, keep_with_next=True)
LABEL = TextStyle(size=8, line_height=1.5, colour=MUTED, after=0)
VALUE = TextStyle(size=10.5, line_height=1.55, after=0)
CELL = TextStyle(size=9, line_height=1.55, after=0)
