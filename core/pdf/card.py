"""Print patient cards of credit-card size, alone or ten to an A4 sheet with marks to cut along."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus.flowables import Flowable

from core.pdf.blocks import Organisation, draw_stack
from core.pdf.qr import QR
from core.pdf.shaping import KhmerCanvas
from core.pdf.styles import ACCENT, DANGER, INK, LABEL, MM, MUTED, PAPER, TextStyle
from core.pdf.text import KhmerText

WIDTH, HEIGHT = 85.6 * MM, 54 * MM
BAND, PAD = 10.5 * MM, 3.5 * MM
MARK = 4 * MM  # the length of a mark to cut along
SMALLER = 0.95
SMALLEST = 0.3


class Card(Flowable):
    """A card of 85.6 × 54 mm: the centre's name, the bearer's names, some (label, value), a code as QR and large.

    `latin` is the name in the other script, `alert` is set in red (allergies). Whatever is too long for the card is
    set smaller until all of it stands there; nothing is left off.
    """

    def __init__(
        self, organisation: Organisation, name: str, lines: Sequence[tuple[str, str]], code: str, *,
        latin: str = "", alert: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        white = TextStyle(size=9.5, line_height=1.5, bold=True, colour=PAPER)
        self.head = [
            KhmerText(organisation.name_km, white),
            KhmerText(organisation.name_en, white.but(size=7, bold=False)),
        ]
        body = TextStyle(size=8.5, line_height=1.42, colour=INK)
        self.body = [KhmerText(name, body.but(size=12.5, line_height=1.45, bold=True))]
        if latin:
            self.body.append(KhmerText(latin, body.but(size=9.5)))
        self.body += [KhmerText(f"{label} {value}".strip(), body) for label, value in lines]
        if alert:
            self.body.append(KhmerText(alert, body.but(bold=True, colour=DANGER)))
        self.code = KhmerText(code, TextStyle(size=15, line_height=1.3, bold=True, colour=ACCENT))
        self.foot = KhmerText(organisation.phone, LABEL.but(size=8, align="centre", colour=MUTED))
        self.qr = QR(code, size=25, text="")
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
        inside = WIDTH - 2 * PAD
        head = fitted(self.head, inside, BAND - 1 * MM)
        draw_stack(canvas, head, x + PAD, y + HEIGHT - 0.7 * MM, inside)
        width = inside - PAD - self.qr.side
        code = fitted([self.code], width, 7 * MM)
        base = y + 2 * MM + code[0].height
        top = y + HEIGHT - BAND - 1.5 * MM
        draw_stack(canvas, fitted(self.body, width, top - base), x + PAD, top, width)
        draw_stack(canvas, code, x + PAD, base, width)
        corner = x + WIDTH - PAD - self.qr.side
        self.qr.draw_at(canvas, corner, y + HEIGHT - BAND - 2.5 * MM)
        draw_stack(canvas, fitted([self.foot], self.qr.side, 6 * MM), corner, y + 8.5 * MM, self.qr.side)


def fitted(texts: Sequence[KhmerText], width: float, height: float) -> list[KhmerText]:
    """Return the texts as they are, or all of them smaller by the same measure, so that they fit a space in points."""
    scale = 1.0
    while True:
        found = [_scaled(text, scale) for text in texts]
        if sum(text.wrap(width)[1] for text in found) <= height or scale < SMALLEST:
            return found
        scale *= SMALLER


def _scaled(text: KhmerText, scale: float) -> KhmerText:
    smaller = KhmerText("", text.style.but(size=text.style.size * scale))
    smaller.spans = text.spans
    return smaller


class CardSheet(Flowable):
    """Cards two by two down the sheet, with marks at its edges to cut along."""

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
        """Draw the cards edge to edge, so that one cut parts two of them, and the marks outside."""
        left = (self.width - self.across * WIDTH) / 2
        for i, card in enumerate(self.cards):
            row, column = divmod(i, self.across)
            card.draw_at(self.canv, left + column * WIDTH, self.height - (row + 1) * HEIGHT)
        self._mark(left)

    def _mark(self, left: float) -> None:
        canvas, rows = self.canv, -(-len(self.cards) // self.across)
        right = left + self.across * WIDTH
        canvas.setStrokeColor(MUTED)
        canvas.setLineWidth(0.4)
        for row in range(rows + 1):
            y = self.height - row * HEIGHT
            canvas.line(left - MARK - 1, y, left - 1, y)
            canvas.line(right + 1, y, right + MARK + 1, y)
        for column in range(self.across + 1):
            x = left + column * WIDTH
            canvas.line(x, self.height + 1, x, self.height + MARK + 1)
            canvas.line(x, -1, x, -MARK - 1)
