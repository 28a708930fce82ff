"""Draw a chart as SVG for a web page: classes instead of styles (strict CSP), a tooltip on every mark.

Classes: `chart`; fills `series-1` … `series-6`; lines `stroke-1` … `stroke-6`, `grid`, `axis`, `ref-0`, `ref-2`,
`ref-3`; texts `title`, `label`, `tick`, `value`, `on-1` … `on-6` (a text on a bar of that series). Sizes are
presentation attributes, colours the style sheet's. The page puts a table of the same figures behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from core.charts import Bar, Chart, Dot, Drawable, Mark, Stroke, Words, draw

SCALE = 1.5  # paper's small print is too small for a screen


def svg(
    chart: Chart | Drawable, *, width: float = 640, height: float = 280, language: str = "", id: str = "",
    name: str = "",
) -> str:  # fmt: skip
    """Return the chart as one `<svg>` element, safe to put into a page as it is.

    Shown `width` CSS pixels wide its labels are 13 pixels high; it scales to the width of its place, so
    give the width that place has. `language` sets `lang`; `id` lets a caption or a table refer to it; `name` is what
    a screen reader says of a chart that draws no title of its own.
    """
    picture = draw(chart, width / SCALE, height / SCALE)
    series = chart.series if isinstance(chart, Chart) else ()
    summary = name or chart.title or ", ".join(one.label for one in series)
    attributes = [
        f'class="chart chart-{chart.kind}"',
        f'viewBox="0 0 {_n(picture.width)} {_n(picture.height)}"',
    ]
    attributes.append(f'role="img" aria-label={quoteattr(summary)}')
    if language:
        attributes.append(f"lang={quoteattr(language)}")
    if id:
        attributes.append(f"id={quoteattr(id)}")
    body = "".join(part for mark in picture.marks for part in _mark(mark))
    said = f"<title>{escape(summary)}</title>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {" ".join(attributes)}>{said}{body}</svg>'


def qr(modules: Sequence[Sequence[bool]], *, name: str, quiet: int = 4) -> str:
    """Return a QR code (`core.pdf.qr.modules`) as one `<svg>`, dark on white whatever the page's colours are.

    `quiet` is the white around it, in squares; a camera wants four.
    """
    side = len(modules) + 2 * quiet
    path = "".join(
        f"M{quiet + column} {quiet + row}h1v1h-1z"
        for row, line in enumerate(modules) for column, dark in enumerate(line) if dark
    )  # fmt: skip
    attributes = f'class="qr" viewBox="0 0 {side} {side}" role="img" aria-label={quoteattr(name)}'
    ground = f'<rect width="{side}" height="{side}" fill="#fff"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {attributes} shape-rendering="crispEdges">{ground}'
        f'<path d="{path}" fill="#000"/></svg>'
    )


def _mark(mark: Mark) -> Iterator[str]:
    if isinstance(mark, Bar):
        yield _tag("rect", mark.role, mark.tip, x=mark.x, y=mark.y, width=mark.width, height=mark.height)
    elif isinstance(mark, Stroke):
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
        yield f'<polyline class="{mark.role}" points="{points}" fill="none"/>'
    elif isinstance(mark, Dot):
        yield _tag("circle", mark.role, mark.tip, cx=mark.x, cy=mark.y, r=3.5)
    elif isinstance(mark, Words):
        place = f'x="{_n(mark.x)}" y="{_n(mark.y)}" font-size="{_n(mark.size)}" text-anchor="{mark.anchor}"'
        yield f'<text class="{mark.role}" {place}>{escape(mark.text)}</text>'


def _tag(name: str, role: str, tip: str, **numbers: float) -> str:
    attributes = " ".join(f'{key}="{_n(value)}"' for key, value in numbers.items())
    title = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<{name} class="{role}" {attributes}>{title}</{name}>'


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
