"""Draw a chart on paper: the marks of `core.charts` as a ReportLab drawing, its words shaped."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Circle, Drawing, Polygon, PolyLine, Rect, Shape, String
from reportlab.lib.colors import Color, HexColor
from reportlab.platypus.flowables import Flowable

from core.charts import Bar, Chart, Dot, Drawable, Mark, Stroke, Words, draw
from core.pdf import fonts
from core.pdf.shaping import text_width
from core.pdf.styles import ACCENT, DANGER, HAIRLINE, INK, MM, MUTED, PAPER

SERIES = [ACCENT, *map(HexColor, ("#e0a33e", "#7fb8b3", "#a3513f", "#4a6fa5", "#9aa5a4"))]
DARK = {1, 4, 5}  # a text on these is white
REFERENCE = {"ref-0": (MUTED, None), "ref-2": (SERIES[1], (4, 2)), "ref-3": (DANGER, (2, 2))}
DASHES = [None, (5, 2), (2, 2), (7, 2, 2, 2), (1, 2), (9, 3)]


def drawing(chart: Chart | Drawable, width: float, height: float) -> Drawing:
    """Return the chart as a ReportLab drawing, `width` × `height` points."""
    fonts.register()
    picture = draw(chart, width, height, measure=text_width)
    made = Drawing(width, height)
    for mark in picture.marks:
        for shape in _shapes(mark, height):
            made.add(shape)
    return made


class ChartFlowable(Flowable):
    """A chart as wide as its column, `height` millimetres high."""

    def __init__(self, chart: Chart | Drawable, height: float = 60) -> None:
        super().__init__()
        self.chart, self.high = chart, height * MM

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width, self.height = available_width, self.high
        return self.width, self.height

    def draw(self) -> None:
        """Draw the chart."""
        renderPDF.draw(drawing(self.chart, self.width, self.height), self.canv, 0, 0)

    def getSpaceBefore(self) -> float:  # noqa: N802 (ReportLab's name)
        """Return the space above, in points."""
        return 4

    def getSpaceAfter(self) -> float:  # noqa: N802
        """Return the space below, in points."""
        return 8


def _shapes(mark: Mark, height: float) -> list[Shape]:
    """Turn a mark upside down (paper's y grows upwards) and give it its colour."""
    if isinstance(mark, Bar):
        rect = Rect(mark.x, height - mark.y - mark.height, mark.width, mark.height, strokeColor=None)
        rect.fillColor = _fill(mark.role)
        return [rect]
    if isinstance(mark, Stroke):
        flat = [value for x, y in mark.points for value in (x, height - y)]
        if mark.role in ("grid", "axis"):
            return [PolyLine(flat, strokeColor=HAIRLINE if mark.role == "grid" else MUTED, strokeWidth=0.5)]
        if mark.role in REFERENCE:
            colour, dashes = REFERENCE[mark.role]
            return [PolyLine(flat, strokeColor=colour, strokeWidth=0.7, strokeDashArray=dashes)]
        number = _number(mark.role)
        return [PolyLine(flat, strokeColor=SERIES[number], strokeWidth=1.6, strokeDashArray=DASHES[number])]
    if isinstance(mark, Dot):
        return [_dot(mark.x, height - mark.y, _number(mark.role))]
    return [_string(mark, height)]


def _string(mark: Words, height: float) -> String:
    bold = mark.role in ("title", "value")
    string = String(mark.x, height - mark.y, mark.text, fontSize=mark.size, textAnchor=mark.anchor)
    string.fontName = fonts.BOLD if bold else fonts.REGULAR
    string.fillColor = _ink(mark.role)
    return string


def _ink(role: str) -> Color:
    if role.startswith("on-"):
        return PAPER if _number(role) + 1 in DARK else INK
    return {"title": ACCENT, "tick": MUTED}.get(role, INK)


def _fill(role: str) -> Color:
    return SERIES[_number(role)]


def _number(role: str) -> int:
    return (int(role.rsplit("-", 1)[1]) - 1) % len(SERIES)


def _dot(x: float, y: float, number: int) -> Shape:
    colour, r = SERIES[number], 2.4
    corners: list[Callable[[], Shape]] = [
        partial(Circle, x, y, r),
        partial(Rect, x - r, y - r, 2 * r, 2 * r),
        partial(Polygon, [x, y + r * 1.3, x + r * 1.2, y - r, x - r * 1.2, y - r]),
        partial(Polygon, [x, y + r * 1.4, x + r * 1.4, y, x, y - r * 1.4, x - r * 1.4, y]),
    ]
    shape = corners[number % len(corners)]()
    shape.fillColor, shape.strokeColor, shape.strokeWidth = colour, PAPER, 0.5
    return shape
