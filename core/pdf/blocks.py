"""The parts a paper is made of: letterhead, fields, panels, key figures, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reportlab.lib.colors import Color
from reportlab.platypus.flowables import Flowable

from core.pdf.qr import QR
from core.pdf.shaping import KhmerCanvas
from core.pdf.styles import (
    ACCENT,
    BODY,
    HAIRLINE,
    INK,
    LABEL,
    MM,
    MUTED,
    SMALL,
    TINT,
    VALUE,
    Align,
    TextStyle,
)
from core.pdf.text import KhmerText

KINGDOM = ("ព្រះរាជាណាចក្រកម្ពុជា", "ជាតិ សាសនា ព្រះមហាក្សត្រ")


@dataclass(frozen=True)
class Organisation:
    """Whose paper it is, for the letterhead."""

    name_km: str
    name_en: str
    address: str = ""
    phone: str = ""

    @property
    def contact(self) -> str:
        """Return address and telephone number on one line."""
        return " · ".join(part for part in (self.address, self.phone) if part)


class Field(NamedTuple):
    """A label and its value; a `wide` one takes a row of its own."""

    label: str
    value: str
    wide: bool = False


class Block(Flowable):
    """A flowable with space around it; a subclass sets `before` and `after` in points."""

    before = 2.0
    after = 6.0

    def getSpaceBefore(self) -> float:  # noqa: N802 (ReportLab's name)
        """Return the space above, in points."""
        return self.before

    def getSpaceAfter(self) -> float:  # noqa: N802
        """Return the space below, in points."""
        return self.after


def draw_stack(canvas: KhmerCanvas, texts: Sequence[KhmerText], x: float, top: float, width: float) -> float:
    """Draw texts under each other in a column; return the height used, in points."""
    used = 0.0
    for text in texts:
        height = text.wrap(width)[1]
        text.draw_lines(canvas, x, top - used, width)
        used += height
    return used


class Letterhead(Block):
    """The centre's name in Khmer and English, and the kingdom's heading on the right if asked for."""

    after = 5.0

    def __init__(self, organisation: Organisation, *, ministry: bool = False) -> None:
        super().__init__()
        name = TextStyle(size=12.5, line_height=1.55, bold=True, colour=ACCENT)
        self.left = [KhmerText(organisation.name_km, name)] if organisation.name_km else []
        if organisation.name_en:
            self.left.append(KhmerText(organisation.name_en, SMALL.but(size=9.5, colour=INK, line_height=1.45)))
        if organisation.contact:
            self.left.append(KhmerText(organisation.contact, SMALL.but(size=8)))
        style = TextStyle(size=10.5, bold=True, align="centre")
        self.right = [KhmerText(KINGDOM[0], style), KhmerText(KINGDOM[1], style.but(size=9.5))] if ministry else []

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width = available_width
        self.share = available_width * (0.6 if self.right else 1)
        left = sum(text.wrap(self.share)[1] for text in self.left)
        right = sum(text.wrap(available_width - self.share)[1] for text in self.right)
        self.height = max(left, right + (10 if right else 0)) + 5
        return self.width, self.height

    def draw(self) -> None:
        """Draw both columns and the line below."""
        draw_stack(self.canv, self.left, 0, self.height, self.share)
        if self.right:
            used = draw_stack(self.canv, self.right, self.share, self.height, self.width - self.share)
            middle, y = self.share + (self.width - self.share) / 2, self.height - used - 4
            self.canv.setStrokeColor(ACCENT)
            self.canv.setLineWidth(0.8)
            self.canv.line(middle - 26, y, middle + 26, y)
        self.canv.setStrokeColor(ACCENT)
        self.canv.setLineWidth(1.2)
        self.canv.line(0, 0, self.width, 0)


class Fields(Block):
    """Labels over values in columns, for slips and receipts; with a QR code at the right if given."""

    gap = 14.0

    def __init__(self, pairs: Sequence[Field | tuple[str, str]], *, columns: int = 2, qr: QR | None = None) -> None:
        super().__init__()
        self.columns, self.qr = columns, qr
        self.rows: list[list[tuple[KhmerText, KhmerText]]] = []
        self.wide: list[bool] = []
        room = 0
        for field in (Field(*pair) for pair in pairs):
            texts = KhmerText(field.label, LABEL), KhmerText(str(field.value), VALUE)
            if field.wide or room == 0:
                self.rows.append([texts])
                self.wide.append(field.wide)
                room = 0 if field.wide else columns - 1
            else:
                self.rows[-1].append(texts)
                room -= 1

    def _lay(self, available_width: float) -> None:
        self.width = available_width
        inner = available_width - (self.qr.side + self.gap if self.qr else 0)
        self.inner, self.step = inner, (inner + self.gap) / self.columns
        self.heights = []
        for row, wide in zip(self.rows, self.wide, strict=True):
            width = inner if wide else self.step - self.gap
            self.heights.append(max(label.wrap(width)[1] + value.wrap(width)[1] for label, value in row) + 5)

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self._lay(available_width)
        code = self.qr.wrap(self.qr.side)[1] if self.qr else 0
        self.height = max(sum(self.heights), code)
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """Split between rows, or inside a value longer than the page."""
        self.wrap(available_width)
        fits, room = 0, available_height
        while fits < len(self.rows) and self.heights[fits] <= room:
            room -= self.heights[fits]
            fits += 1
        if fits == len(self.rows):
            return []
        if fits:
            return [
                self._part(self.rows[:fits], self.wide[:fits], self.qr),
                self._part(self.rows[fits:], self.wide[fits:]),
            ]
        return self._split_row(available_height)

    def _split_row(self, available_height: float) -> list[Flowable]:
        heads, tails = [], []
        for label, value in self.rows[0]:
            fits = int((available_height - label.height - 5) / value.style.leading)
            if fits < 2 or available_height < 150:
                return []
            heads.append((label, value.part(0, fits)))
            tails.append((KhmerText(label.plain.removesuffix(" …") + " …", LABEL), value.part(fits, len(value.lines))))
        wide = self.wide[:1]
        return [self._part([heads], wide, self.qr), self._part([tails, *self.rows[1:]], wide + self.wide[1:])]

    def _part(self, rows, wide: list[bool], qr: QR | None = None) -> Fields:
        part = Fields([], columns=self.columns, qr=qr)
        part.rows, part.wide = rows, wide
        return part

    def draw(self) -> None:
        """Draw the rows with a hairline under each, and the code."""
        canvas, top = self.canv, self.height
        for row, wide, height in zip(self.rows, self.wide, self.heights, strict=True):
            for i, pair in enumerate(row):
                width = self.inner if wide else self.step - self.gap
                draw_stack(canvas, pair, i * self.step, top, width)
                canvas.setStrokeColor(HAIRLINE)
                canvas.setLineWidth(0.5)
                canvas.line(i * self.step, top - height + 2, i * self.step + width, top - height + 2)
            top -= height
        if self.qr:
            self.qr.draw_at(canvas, self.width - self.qr.side, self.height)


class Panel(Block):
    """A text set off from the rest: a tinted note with a bar at its left, or a framed box."""

    pad = 8.0

    def __init__(self, text: KhmerText, *, framed: bool = False, line: Color = HAIRLINE) -> None:
        super().__init__()
        self.text, self.framed, self.line = text, framed, line

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width = available_width
        self.height = self.text.wrap(available_width - 2 * self.pad)[1] + self.pad
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """Split where the text does."""
        parts = self.text.split(available_width - 2 * self.pad, available_height - self.pad)
        return [Panel(part, framed=self.framed, line=self.line) for part in parts if isinstance(part, KhmerText)]

    def draw(self) -> None:
        """Draw the ground, then the text."""
        self.canv.setLineWidth(0.7)
        self.canv.setStrokeColor(self.line)
        self.canv.setFillColor(TINT)
        self.canv.rect(0, 0, self.width, self.height, stroke=int(self.framed), fill=int(not self.framed))
        if not self.framed:
            self.canv.setFillColor(ACCENT)
            self.canv.rect(0, 0, 2.5, self.height, stroke=0, fill=1)
        self.text.draw_lines(self.canv, self.pad, self.height - self.pad / 2, self.width - 2 * self.pad)


class Tiles(Block):
    """Key figures side by side: a large value, its label under it."""

    gap = 8.0

    def __init__(self, figures: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        value = TextStyle(size=17, line_height=1.45, bold=True, colour=ACCENT, align="centre")
        label = LABEL.but(size=8.5, align="centre", colour=MUTED)
        self.tiles = [[KhmerText(value_text, value), KhmerText(text, label)] for text, value_text in figures]

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width = available_width
        self.step = (available_width + self.gap) / len(self.tiles)
        inside = self.step - self.gap - 8
        self.height = max(sum(text.wrap(inside)[1] for text in tile) for tile in self.tiles) + 10
        return self.width, self.height

    def draw(self) -> None:
        """Draw a tinted tile for each figure."""
        for i, tile in enumerate(self.tiles):
            self.canv.setFillColor(TINT)
            self.canv.roundRect(i * self.step, 0, self.step - self.gap, self.height, 4, stroke=0, fill=1)
            draw_stack(self.canv, tile, i * self.step + 4, self.height - 5, self.step - self.gap - 8)


class Signatures(Block):
    """Places to sign, side by side: who signs, room for it, a dotted line, the name below if known."""

    before, room = 10.0, 15 * MM

    def __init__(self, signers: Sequence[str | tuple[str, str]]) -> None:
        super().__init__()
        pairs = [(signer, "") if isinstance(signer, str) else signer for signer in signers]
        style = BODY.but(size=9.5, align="centre")
        self.signers = [(KhmerText(role, style), KhmerText(name, style.but(size=9))) for role, name in pairs]

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width, self.step = available_width, available_width / len(self.signers)
        inside = self.step - 16
        self.role_height = max(role.wrap(inside)[1] for role, _ in self.signers)
        self.height = self.role_height + self.room + max(name.wrap(inside)[1] for _, name in self.signers)
        return self.width, self.height

    def draw(self) -> None:
        """Draw role, line and name of each signer."""
        for i, (role, name) in enumerate(self.signers):
            x, inside = i * self.step + 8, self.step - 16
            role.draw_lines(self.canv, x, self.height, inside)
            y = self.height - self.role_height - self.room
            self.canv.setStrokeColor(MUTED)
            self.canv.setLineWidth(0.7)
            self.canv.setDash(1, 2)
            self.canv.line(x + inside * 0.1, y, x + inside * 0.9, y)
            self.canv.setDash()
            name.draw_lines(self.canv, x, y, inside)


class Beside(Block):
    """Flowables side by side in columns of equal width; all of them on one page."""

    gap = 14.0

    def __init__(self, flowables: Sequence[Flowable]) -> None:
        super().__init__()
        self.flowables = list(flowables)

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width, self.step = available_width, (available_width + self.gap) / len(self.flowables)
        self.heights = [flowable.wrap(self.step - self.gap, available_height)[1] for flowable in self.flowables]
        self.height = max(self.heights)
        return self.width, self.height

    def draw(self) -> None:
        """Draw each with its top at the top."""
        for i, (flowable, height) in enumerate(zip(self.flowables, self.heights, strict=True)):
            flowable.drawOn(self.canv, i * self.step, self.height - height)


class Rule(Block):
    """A hairline across the page."""

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width, self.height = available_width, 1.0
        return self.width, self.height

    def draw(self) -> None:
        """Draw the line."""
        self.canv.setStrokeColor(HAIRLINE)
        self.canv.setLineWidth(0.7)
        self.canv.line(0, 0.5, self.width, 0.5)


def aligned(style: TextStyle, align: Align | None) -> TextStyle:
    """Return the style, set to a side if one is named."""
    return style.but(align=align) if align else style
