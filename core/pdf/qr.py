"""Print a QR code with its text under it, so that a scratched code can still be typed."""

from __future__ import annotations

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.platypus.flowables import Flowable

from core.pdf.shaping import KhmerCanvas
from core.pdf.styles import INK, MM, SMALL, Align, TextStyle
from core.pdf.text import KhmerText

QUIET = 2  # modules of white around it; the page is white beyond


class QR(Flowable):
    """A QR code of `size` millimetres; `text` stands under it, by default the data itself.

    Put a code with a check digit in it, never a name. Raises ValueError if the data is empty or over 1,000
    characters (it would print too fine for a tablet's camera).
    """

    def __init__(
        self, data: str, *, size: float = 24, text: str | None = None, align: Align = "left"
    ) -> None:
        super().__init__()
        if not 0 < len(data) <= 1000:
            raise ValueError(f"a QR code holds 1 to 1000 characters, not {len(data)}")
        self.side = size * MM
        self.align = align
        caption = data if text is None else text
        style: TextStyle = SMALL.but(size=8, align="centre", colour=INK, line_height=1.5)
        self.caption = KhmerText(caption, style) if caption else None
        self.modules = modules(data)

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points; the width is that of the column when it is set right or
        centre."""
        self.width = self.side if self.align == "left" else available_width
        self.height = self.side + (self.caption.wrap(self.side)[1] if self.caption else 0)
        return self.width, self.height

    def draw(self) -> None:
        """Draw the code, then its text."""
        slack = self.width - self.side
        self.draw_at(self.canv, {"left": 0.0, "centre": slack / 2, "right": slack}[self.align], self.height)

    def draw_at(self, canvas: KhmerCanvas, x: float, top: float) -> None:
        """Draw the code with its top left corner at a point, in points."""
        step = self.side / (len(self.modules) + 2 * QUIET)
        canvas.setFillColor(INK)
        path = canvas.beginPath()
        for row, line in enumerate(self.modules):
            column = 0
            while column < len(line):
                run = next((i for i in range(column, len(line)) if not line[i]), len(line)) - column
                if run:
                    path.rect(x + (QUIET + column) * step, top - (QUIET + row + 1) * step, run * step, step)
                column += run or 1
        canvas.drawPath(path, stroke=0, fill=1)
        if self.caption:
            self.caption.wrap(self.side)
            self.caption.draw_lines(canvas, x, top - self.side, self.side)


def modules(data: str) -> list[list[bool]]:
    """Return the squares of a code, row by row, without the white around it; True is dark."""
    widget = QrCodeWidget(data, barLevel="M")
    widget.qr.make()
    size = widget.qr.getModuleCount()
    return [[bool(widget.qr.isDark(row, column)) for column in range(size)] for row in range(size)]
