"""Print patient cards of credit-card size, alone or ten to an A4 sheet with marks to cut along."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus.flowables import Flowable

from core.pdf.blocks import Organisation, draw_stack
from core.pdf.qr import QR
from core.pdf.shaping import KhmerCanvas
from core.pdf.styles import ACCENT, HAIRLINE, LABEL, MM, PAPER, SMALL, TextStyle
from core.pdf.text import KhmerText

WIDTH, HEIGHT = 85.6 * MM, 54 * MM
BAND, PAD = 11.5 * MM, 3.5 * MM


class Card(Flowable):
    """A card of 85.6 × 54 mm: the centre's name, the bearer's name, some (label, value), a code as QR and
    text.

    `lines` beyond what the card can hold are left off from the end; four of one line each always fit. Long
    names take two lines.
    """

    def __init__(
        self, organisation: Organisation, name: str, lines: Sequence[tuple[str, str]], code: str
    ) -> None:
        super().__init__()
        white = TextStyle(size=9, line_height=1.5, bold=True, colour=PAPER)
        self.head = [
            KhmerText(organisation.name_km, white),
            KhmerText(organisation.name_en, white.but(size=7, bold=False)),
        ]
        self.name = name
        self.lines = [
            (
                KhmerText(label, LABEL.but(size=6.5)),
                KhmerText(value, SMALL.but(size=8.5, colour=TextStyle().colour)),
            )
            for label, value in lines
        ]
        self.foot = KhmerText(organisation.phone, LABEL.but(size=7, align="right"))
        self.qr = QR(code, size=24)
        self.width, self.height = WIDTH, HEIGHT

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        return WIDTH, HEIGHT

    def draw(self) -> None:
        """Draw the card with its lower left corner at the origin."""
        self.draw_at(self.canv, 0, 0)

    def draw_at(self, canvas: KhmerCanvas, x: float, y: float) -> None:
        """Draw the card with its lower left corner at a point, in points."""
        canvas.setFillColor(ACCENT)
        canvas.rect(x, y + HEIGHT - BAND, WIDTH, BAND, stroke=0, fill=1)
        draw_stack(canvas, self.head, x + PAD, y + HEIGHT - 1.5 * MM, WIDTH - 2 * PAD)
        width = WIDTH - 3 * PAD - self.qr.side
        top = y + HEIGHT - BAND - 2 * MM
        top -= draw_stack(canvas, [self._fitting_name(width)], x + PAD, top, width) + 2
        for pair in self.lines:
            height = sum(text.wrap(width)[1] for text in pair)
            if top - height < y + 1 * MM:
                break
            top -= draw_stack(canvas, pair, x + PAD, top, width)
        self.qr.draw_at(canvas, x + WIDTH - PAD - self.qr.side, y + HEIGHT - BAND - 3 * MM)
        self.foot.wrap(self.qr.side)
        self.foot.draw_lines(canvas, x + WIDTH - PAD - self.qr.side, y + 6.5 * MM, self.qr.side)

    def _fitting_name(self, width: float) -> KhmerText:
        """Set the name as large as two lines allow."""
        for size in (12, 10.5, 9, 8, 7):
            text = KhmerText(self.name, TextStyle(size=size, line_height=1.45, bold=True))
            text.wrap(width)
            if len(text.lines) <= 2:
                break
        return text


class CardSheet(Flowable):
    """Cards two by two down the sheet, with hairlines to cut along."""

    across = 2

    def __init__(self, cards: Sequence[Card]) -> None:
        super().__init__()
        self.cards = list(cards)

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width = available_width
        self.across = max(int((available_width + 1) // WIDTH), 1)
        self.height = -(-len(self.cards) // self.across) * HEIGHT
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """Split between rows of cards."""
        self.wrap(available_width)
        fits = int(available_height // HEIGHT) * self.across
        if not 0 < fits < len(self.cards):
            return []
        return [CardSheet(self.cards[:fits]), CardSheet(self.cards[fits:])]

    def draw(self) -> None:
        """Draw the cards, and a line around each."""
        left = (self.width - self.across * WIDTH) / 2
        for i, card in enumerate(self.cards):
            row, column = divmod(i, self.across)
            x, y = left + column * WIDTH, self.height - (row + 1) * HEIGHT
            card.draw_at(self.canv, x, y)
            self.canv.setStrokeColor(HAIRLINE)
            self.canv.setLineWidth(0.4)
            self.canv.rect(x, y, WIDTH, HEIGHT, stroke=1, fill=0)
