"""Print labels of 60 × 40 mm for what a person takes home: alone, one to a page, or many to an A4 sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportlab.platypus.flowables import Flowable

from core.pdf.blocks import draw_stack
from core.pdf.card import fitted
from core.pdf.shaping import KhmerCanvas
from core.pdf.styles import ACCENT, DANGER, HAIRLINE, INK, MM, MUTED, TextStyle
from core.pdf.text import KhmerText

WIDTH, HEIGHT = 60 * MM, 40 * MM
PAD = 2 * MM
FOOT = 5 * MM
TIMES_HEIGHT = 11.5 * MM
PLAIN = TextStyle(size=7.5, line_height=1.4, colour=INK)


class Label(Flowable):
    """A label: who, what medicine, how much at which time of the day (pictures and words), how long, what to mind.

    `times` are four (word, amount), amount "" for none; when all are empty the `directions` take their room. Whatever
    is too long is set smaller until all of it stands there; nothing is left off.
    """

    def __init__(
        self, *, who: str, medicine: str, times: Sequence[tuple[str, str]], directions: str, minding: Sequence[str],
        foot: str,
    ) -> None:  # fmt: skip
        super().__init__()
        self.who = [KhmerText(who, PLAIN.but(bold=True))]
        self.what = [KhmerText(medicine, PLAIN.but(size=9.5, bold=True, colour=ACCENT))]
        self.times, self.directions = list(times), directions
        self.minding = [KhmerText(said, PLAIN.but(size=7, bold=True, colour=DANGER)) for said in minding]
        self.foot = [KhmerText(foot, PLAIN.but(size=5.5, colour=MUTED))]
        self.width, self.height = WIDTH, HEIGHT

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        return WIDTH, HEIGHT

    def draw(self) -> None:
        """Draw the label with its lower left corner at the origin."""
        self.draw_at(self.canv, 0, 0)

    def draw_at(self, canvas: KhmerCanvas, x: float, y: float) -> None:
        """Draw the label with its lower left corner at a point, in points."""
        left, inside = x + PAD, WIDTH - 2 * PAD
        top = y + HEIGHT - 1 * MM
        top -= draw_stack(canvas, fitted(self.who, inside, 5.5 * MM), left, top, inside)
        top -= draw_stack(canvas, fitted(self.what, inside, 8.5 * MM), left, top, inside)
        bottom = y + FOOT
        canvas.setStrokeColor(HAIRLINE)
        canvas.setLineWidth(0.5)
        canvas.line(left, bottom, left + inside, bottom)
        draw_stack(canvas, fitted(self.foot, inside, FOOT - 1 * MM), left, bottom - 0.3 * MM, inside)
        said = [KhmerText(self.directions, PLAIN.but(bold=True))] if self.directions else []
        if any(amount for _, amount in self.times):
            self._draw_times(canvas, left, top, inside)
            top -= TIMES_HEIGHT
            said = [KhmerText(text.plain, text.style.but(size=7.5)) for text in said]
        else:
            said = [KhmerText(text.plain, text.style.but(size=10)) for text in said]
        draw_stack(canvas, fitted([*said, *self.minding], inside, top - bottom - 0.5 * MM), left, top, inside)

    def _draw_times(self, canvas: KhmerCanvas, left: float, top: float, inside: float) -> None:
        """Draw four boxes, each a picture of the hour, its word, and how much to take then."""
        step = inside / len(self.times)
        for n, (word, amount) in enumerate(self.times):
            x, y = left + n * step, top - TIMES_HEIGHT + 0.7 * MM
            canvas.setStrokeColor(ACCENT if amount else HAIRLINE)
            canvas.setLineWidth(0.9 if amount else 0.5)
            canvas.roundRect(x + 0.4 * MM, y, step - 0.8 * MM, TIMES_HEIGHT - 1 * MM, 3, stroke=1, fill=0)
            colour = INK if amount else HAIRLINE
            draw_hour(canvas, n, x + 3.4 * MM, y + 7.6 * MM, 1.7 * MM, colour)
            name = [KhmerText(word, PLAIN.but(size=6, colour=colour, align="centre"))]
            draw_stack(canvas, fitted(name, step - 1.2 * MM, 3.4 * MM), x + 0.6 * MM, y + 4 * MM, step - 1.2 * MM)
            much = [KhmerText(amount or "–", PLAIN.but(size=12, bold=True, colour=colour, align="centre"))]
            room = step - 6 * MM
            draw_stack(canvas, fitted(much, room, 6.5 * MM), x + 5.4 * MM, y + 10.3 * MM, room)


def draw_hour(canvas: KhmerCanvas, hour: int, x: float, y: float, radius: float, colour: object) -> None:
    """Draw a rising sun (0), a high sun (1), a setting sun (2) or a moon (3) around a point."""
    canvas.setStrokeColor(colour)
    canvas.setFillColor(colour)
    canvas.setLineWidth(0.8)
    if hour == 3:
        path = canvas.beginPath()
        path.arc(x - radius, y - radius, x + radius, y + radius, 60, 240)
        path.arcTo(x - radius * 0.35, y - radius * 0.8, x + radius * 1.15, y + radius, 260, -190)
        path.close()
        canvas.drawPath(path, stroke=0, fill=1)
        return
    low = hour != 1
    base = y - radius * 0.7 if low else y
    reach = range(0, 181, 45) if low else range(0, 360, 45)
    path = canvas.beginPath()
    path.arc(x - radius * 0.6, base - radius * 0.6, x + radius * 0.6, base + radius * 0.6, 0, 180 if low else 359.9)
    path.close()
    canvas.drawPath(path, stroke=0, fill=int(hour < 2))
    if hour == 2:
        canvas.drawPath(path, stroke=1, fill=0)
    for degrees in reach:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        canvas.line(
            x + cos * radius * 0.8, base + sin * radius * 0.8, x + cos * radius * 1.15, base + sin * radius * 1.15
        )
    if low:
        canvas.line(x - radius * 1.3, base, x + radius * 1.3, base)


class LabelSheet(Flowable):
    """Labels side by side down the sheet, each in a hairline to cut along."""

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__()
        self.labels = list(labels)

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width = available_width
        self.across = max(int((available_width + 1) // WIDTH), 1)
        self.height = -(-len(self.labels) // self.across) * HEIGHT
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """Split between rows of labels."""
        self.wrap(available_width)
        fits = int((available_height + 0.01) // HEIGHT) * self.across
        if not 0 < fits < len(self.labels):
            return []
        return [LabelSheet(self.labels[:fits]), LabelSheet(self.labels[fits:])]

    def draw(self) -> None:
        """Draw the labels edge to edge with hairlines between them."""
        left = (self.width - self.across * WIDTH) / 2
        for i, label in enumerate(self.labels):
            row, column = divmod(i, self.across)
            x, y = left + column * WIDTH, self.height - (row + 1) * HEIGHT
            self.canv.setStrokeColor(HAIRLINE)
            self.canv.setLineWidth(0.3)
            self.canv.rect(x, y, WIDTH, HEIGHT, stroke=1, fill=0)
            label.draw_at(self.canv, x, y)
