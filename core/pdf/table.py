"""Print tables of any length: cells wrap, rows split over pages, the heading repeats, nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reportlab.platypus.flowables import Flowable

from core.pdf.styles import ACCENT, CELL, HAIRLINE, MM, PAPER, TINT, Align, TextStyle
from core.pdf.text import KhmerText

Cell = str | int | float | Decimal | KhmerText | None
PAD_X, PAD_Y = 4.5, 2.2
SMALLEST = 6.0  # points; below it Khmer subscripts run together in print


@dataclass(frozen=True)
class Column:
    """A column: its heading; its width in millimetres, or None to share what is left by content.

    Without `align`, a column whose cells are all numbers stands right, any other left.
    """

    title: str
    width: float | None = None
    align: Align | None = None


class Row:
    """One row laid out: a text per cell, and how many lines the tallest one has."""

    def __init__(self, cells: list[KhmerText], total: bool = False, shaded: bool = False) -> None:
        self.cells, self.total, self.shaded = cells, total, shaded
        self.height = 0.0

    def lay(self, widths: Sequence[float], pad: float) -> None:
        """Wrap every cell into its column (points)."""
        heights = [cell.wrap(width - 2 * pad)[1] for cell, width in zip(self.cells, widths, strict=True)]
        self.height = max(heights) + 2 * PAD_Y

    def split(self, height: float) -> tuple[Row, Row] | None:
        """Cut a row between its lines at a height in points; None if not one line of each cell fits."""
        heads, tails = [], []
        for cell in self.cells:
            fits = int((height - 2 * PAD_Y) / cell.style.leading)
            if fits < 1:
                return None
            heads.append(cell.part(0, fits))
            tails.append(cell.part(fits, len(cell.lines)))
        parts = Row(heads, self.total, self.shaded), Row(tails, self.total, self.shaded)
        for part in parts:
            part.height = max(len(cell.lines) * cell.style.leading for cell in part.cells) + 2 * PAD_Y
        return parts


class Table(Flowable):
    """A table with a heading repeated on every page.

    `rows` hold one cell per column: text, a whole number (1,234), a Decimal, a `KhmerText` of its own
    style, or None for an empty cell. `total_row` is printed bold at the end. `zebra` shades every other
    row. Raises ValueError if a row has too many or too few cells.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        *,
        total_row: Sequence[Cell] | None = None,
        zebra: bool = True,
        style: TextStyle = CELL,
        grid: bool = False,
    ) -> None:
        super().__init__()
        self.columns, self.style, self.grid = list(columns), style, grid
        given = [list(row) for row in rows]
        for row in [*given, *([list(total_row)] if total_row is not None else [])]:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.columns)} columns: {row!r}")
        aligns = [column.align or _natural_align(row[i] for row in given) for i, column in enumerate(self.columns)]
        head = style.but(bold=True, colour=PAPER)
        self.heading = Row([KhmerText(c.title, head.but(align=a)) for c, a in zip(self.columns, aligns, strict=True)])
        self.rows = [Row(self._cells(row, aligns, style), shaded=zebra and i % 2 == 1) for i, row in enumerate(given)]
        if total_row is not None:
            self.rows.append(Row(self._cells(total_row, aligns, style.but(bold=True)), total=True))
        self.widths: list[float] = []
        self.pad = PAD_X
        self.beginning = 0.0  # points of heading and first row: what must follow a headline on its page
        self._laid_for: float | None = None

    @staticmethod
    def _cells(row: Sequence[Cell], aligns: Sequence[Align], style: TextStyle) -> list[KhmerText]:
        return [
            cell if isinstance(cell, KhmerText) else KhmerText(cell_text(cell), style.but(align=align))
            for cell, align in zip(row, aligns, strict=True)
        ]

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Lay the table out for a width in points; return (width, height)."""
        if self._laid_for != available_width:
            self._laid_for = available_width
            self._shrink(available_width)
            self.widths = self._share(available_width)
            for row in (self.heading, *self.rows):
                row.lay(self.widths, self.pad)
        self.width = available_width
        self.height = self.heading.height + sum(row.height for row in self.rows)
        self.beginning = self.heading.height + (self.rows[0].height if self.rows else 0)
        return self.width, self.height

    def _shrink(self, available: float) -> None:
        """Set a table of many columns smaller, down to 6 points, before words must be broken."""
        fixed = sum(column.width or 0 for column in self.columns) * MM
        while True:
            least = sum(self._widest(i, KhmerText.longest_word) for i in self._free())
            smaller = max(self.style.size - 0.75, SMALLEST)
            if fixed + least <= available or smaller == self.style.size:
                return
            for cell in (cell for row in (self.heading, *self.rows) for cell in row.cells):
                cell.style = cell.style.but(size=cell.style.size * smaller / self.style.size)
            self.style = self.style.but(size=smaller)
            self.pad = max(self.pad - 0.6, 2.0)

    def _free(self) -> list[int]:
        return [i for i, column in enumerate(self.columns) if column.width is None]

    def _widest(self, column: int, measure: Callable[[KhmerText], float]) -> float:
        cells = (row.cells[column] for row in (self.heading, *self.rows))
        return max(measure(cell) for cell in cells) + 2 * self.pad + 0.1

    def _share(self, available: float) -> list[float]:
        """Give every column its width: the fixed ones theirs, the others by what stands in them."""
        fixed = {i: column.width * MM for i, column in enumerate(self.columns) if column.width is not None}
        free = self._free()
        left = available - sum(fixed.values())
        if not free or left <= 0:
            return _scaled([fixed.get(i, 30.0) for i in range(len(self.columns))], available)
        least = {i: self._widest(i, KhmerText.longest_word) for i in free}
        wish = {i: self._widest(i, KhmerText.natural_width) for i in free}
        if sum(least.values()) >= left:  # words will be broken: the wide columns give way first
            cap = left / len(free)
            spare = left - sum(min(width, cap) for width in least.values())
            over = sum(max(width - cap, 0) for width in least.values()) or 1
            shared = {i: min(least[i], cap) + spare * max(least[i] - cap, 0) / over for i in free}
        else:
            spare, hunger = left - sum(least.values()), sum(wish.values()) - sum(least.values())
            shared = {
                i: least[i] + (spare * (wish[i] - least[i]) / hunger if hunger > 1 else spare / len(free)) for i in free
            }
        return _scaled([fixed.get(i) or shared[i] for i in range(len(self.columns))], available)

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """Split between rows, or inside a row taller than a page; an empty list if not one row fits."""
        self.wrap(available_width, available_height)
        room, fits = available_height - self.heading.height + 0.01, 0
        while fits < len(self.rows) and self.rows[fits].height <= room:
            room -= self.rows[fits].height
            fits += 1
        if fits == len(self.rows):
            return [self]
        if fits and len(self.rows) - fits == 1 and self.rows[-1].total and fits > 1:
            fits -= 1  # a total never stands alone on a page
        if fits:
            return [self._part(self.rows[:fits]), self._part(self.rows[fits:])]
        halves = self.rows[0].split(room)
        if halves is None or available_height < 120:
            return []
        return [self._part([halves[0]]), self._part([halves[1], *self.rows[1:]])]

    def _part(self, rows: list[Row]) -> Table:
        part = Table(self.columns, [], style=self.style, grid=self.grid)
        part.heading, part.rows, part.widths = self.heading, rows, self.widths
        part._laid_for, part.pad = self._laid_for, self.pad
        return part

    def draw(self) -> None:
        """Draw heading and rows from the top down."""
        canvas, top = self.canv, self.height
        canvas.setLineWidth(0.5)
        for row in (self.heading, *self.rows):
            bottom = top - row.height
            if row is self.heading:
                self._fill(ACCENT, bottom, row.height)
            elif row.total or row.shaded:
                self._fill(TINT, bottom, row.height)
            canvas.setStrokeColor(ACCENT if row.total else HAIRLINE)
            canvas.line(0, top if row.total else bottom, self.width, top if row.total else bottom)
            x = 0.0
            for cell, width in zip(row.cells, self.widths, strict=True):
                cell.draw_lines(canvas, x + self.pad, top - PAD_Y, width - 2 * self.pad)
                x += width
            top = bottom
        if self.grid:
            self._draw_grid()
        canvas.setStrokeColor(ACCENT)
        canvas.line(0, 0, self.width, 0)

    def _draw_grid(self) -> None:
        self.canv.setStrokeColor(HAIRLINE)
        edges = [sum(self.widths[:i]) for i in range(len(self.widths) + 1)]
        for x in edges:
            self.canv.line(x, 0, x, self.height - self.heading.height)

    def _fill(self, colour, bottom: float, height: float) -> None:
        self.canv.setFillColor(colour)
        self.canv.rect(0, bottom, self.width, height, stroke=0, fill=1)

    def getSpaceBefore(self) -> float:  # noqa: N802 (ReportLab's name)
        """Return the space above, in points."""
        return 3

    def getSpaceAfter(self) -> float:  # noqa: N802
        """Return the space below, in points."""
        return 8


def cell_text(value: str | int | float | Decimal | None) -> str:
    """Write a cell: 1234567 as 1,234,567, Decimal("1250.50") as 1,250.50, None as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, int | float | Decimal):
        return f"{value:,}"
    return value


def _natural_align(cells: Iterable[Cell]) -> Align:
    filled = [cell for cell in cells if cell is not None and cell != ""]
    numbers = [isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) for cell in filled]
    return "right" if numbers and all(numbers) else "left"


def _scaled(widths: list[float], available: float) -> list[float]:
    """Scale widths so that they fill what is available, to the last thousandth."""
    factor = available / sum(widths)
    scaled = [width * factor for width in widths]
    scaled[-1] += available - sum(scaled)
    return scaled
