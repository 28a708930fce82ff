"""Draw the signs our text fonts lack (✓ ✗ ☐ ☑ → ▲ ♀ …) and make a small font of them.

A font rather than lines on the page: signs then wrap, align, copy and search like any other letter.
"""

from __future__ import annotations

import math
from io import BytesIO

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.timeTools import epoch_diff
from fontTools.pens.ttGlyphPen import TTGlyphPen

Point = tuple[float, float]
Contour = list[Point]
EM, ADVANCE = 1000, 860
LEFT, RIGHT, BOTTOM, TOP = 80, 780, -20, 680
MIDDLE_X, MIDDLE_Y = (LEFT + RIGHT) / 2, (BOTTOM + TOP) / 2
CHECK: Contour = [(130, 330), (330, 90), (760, 610), (685, 670), (325, 235), (200, 390)]


def make_signs_font() -> bytes:
    """Return the bytes of a TrueType font of about thirty signs; the same bytes every time."""
    shapes = _shapes()
    names = {f"u{ord(sign):04X}": sign for sign in shapes}
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "space", *names])
    builder.setupCharacterMap({32: "space", **{ord(sign): name for name, sign in names.items()}})
    glyphs = {".notdef": TTGlyphPen(None).glyph(), "space": TTGlyphPen(None).glyph()}
    glyphs.update({name: _glyph(shapes[sign]) for name, sign in names.items()})
    builder.setupGlyf(glyphs)
    edges = {name: round(min(x for contour in shapes[sign] for x, _ in contour)) for name, sign in names.items()}
    builder.setupHorizontalMetrics(
        {
            ".notdef": (ADVANCE, 0),
            "space": (260, 0),
            **{name: (ADVANCE, edge) for name, edge in edges.items()},
        }
    )
    builder.setupHorizontalHeader(ascent=900, descent=-250)
    builder.setupNameTable({"familyName": "Clinic Signs", "styleName": "Regular", "psName": "ClinicSigns"})
    builder.setupOS2(sTypoAscender=900, sTypoDescender=-250, usWinAscent=900, usWinDescent=250)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = -epoch_diff  # 1970: no clock in the file
    builder.font.recalcTimestamp = False
    out = BytesIO()
    builder.save(out)
    return out.getvalue()


def _shapes() -> dict[str, list[Contour]]:
    cross = [_bar((150, 60), (710, 620), 90), _bar((150, 620), (710, 60), 90)]
    small_cross = [_bar((220, 130), (640, 550), 70), _bar((220, 550), (640, 130), 70)]
    box = _ring(_square(0), _square(60))
    up: Contour = [(MIDDLE_X, 660), (770, 40), (90, 40)]
    down: Contour = [(MIDDLE_X, 40), (90, 640), (770, 640)]
    right: Contour = [(730, MIDDLE_Y), (160, 0), (160, 660)]
    left: Contour = [(130, MIDDLE_Y), (700, 660), (700, 0)]
    diamond: Contour = [(MIDDLE_X, 720), (780, MIDDLE_Y), (MIDDLE_X, -60), (80, MIDDLE_Y)]
    star = [_turn(MIDDLE_X, MIDDLE_Y - 20, 390 if i % 2 == 0 else 155, 90 - 36 * i) for i in range(10)]
    shapes: dict[str, list[Contour]] = {
        "✓": [CHECK], "✗": cross, "☐": box, "☑": [*box, _shrunk(CHECK, 0.78)], "☒": [*box, *small_cross],
        "■": [_square(0)], "●": [_circle(330)], "○": _ring(_circle(330), _circle(265)),
        "◆": [diamond], "◇": _ring(diamond, _shrunk(diamond, 0.8)),
        "▲": [up], "△": _ring(up, _shrunk(up, 0.72, dy=-38)),
        "▼": [down], "▽": _ring(down, _shrunk(down, 0.72, dy=38)),
        "▶": [right], "◀": [left], "★": [star], "☆": _ring(star, _shrunk(star, 0.72)),
        "→": _arrow(0), "↑": _arrow(90), "←": _arrow(180), "↓": _arrow(270),
        "↗": _arrow(45), "↘": _arrow(315),
        "♀": [*_ring(_circle(200, 430, 440), _circle(135, 430, 440)), _bar((430, 260), (430, -80), 65),
              _bar((310, 90), (550, 90), 65)],
        "♂": [*_ring(_circle(210, 370, 230), _circle(145, 370, 230)), _bar((510, 370), (700, 560), 65),
              _bar((520, 590), (735, 590), 65), _bar((705, 620), (705, 400), 65)],
        "⚠": [*_ring(up, _shrunk(up, 0.78, dy=-30)), _bar((430, 440), (430, 250), 70),
              _bar((430, 200), (430, 130), 70)],
    }  # fmt: skip
    for sign, like in ("✔✓", "✘✗", "✕✗", "✖✗", "□☐", "⬜☐", "⚪○", "⚫●"):
        shapes[sign] = shapes[like]
    return shapes


def _glyph(contours: list[Contour]):
    pen = TTGlyphPen(None)
    for contour in contours:
        pen.moveTo(_whole(contour[0]))
        for point in contour[1:]:
            pen.lineTo(_whole(point))
        pen.closePath()
    return pen.glyph()


def _whole(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _area(contour: Contour) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(contour, [*contour[1:], contour[0]], strict=True))


def _ring(outer: Contour, inner: Contour) -> list[Contour]:
    """Return an outline: the inner contour turns the other way, so it is a hole."""
    same_way = (_area(outer) > 0) == (_area(inner) > 0)
    return [outer, inner[::-1] if same_way else inner]


def _square(inset: float) -> Contour:
    left, right, bottom, top = LEFT + inset, RIGHT - inset, BOTTOM + inset, TOP - inset
    return [(left, bottom), (left, top), (right, top), (right, bottom)]


def _turn(x: float, y: float, radius: float, degrees: float) -> Point:
    return x + radius * math.cos(math.radians(degrees)), y + radius * math.sin(math.radians(degrees))


def _circle(radius: float, x: float = MIDDLE_X, y: float = MIDDLE_Y) -> Contour:
    return [_turn(x, y, radius, -7.5 * i) for i in range(48)]


def _bar(start: Point, end: Point, thick: float) -> Contour:
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    dx, dy = (y2 - y1) / length * thick / 2, -(x2 - x1) / length * thick / 2
    bar = [(x1 - dx, y1 - dy), (x2 - dx, y2 - dy), (x2 + dx, y2 + dy), (x1 + dx, y1 + dy)]
    return bar if _area(bar) < 0 else bar[::-1]


def _shrunk(contour: Contour, by: float, dy: float = 0) -> Contour:
    return [(MIDDLE_X + (x - MIDDLE_X) * by, MIDDLE_Y + dy + (y - MIDDLE_Y) * by) for x, y in contour]


def _arrow(degrees: float) -> list[Contour]:
    shape = [(90, 295), (90, 365), (600, 365), (600, 500), (790, 330), (600, 160), (600, 295)]
    radians = math.radians(degrees)
    cos, sin = math.cos(radians), math.sin(radians)
    moved = [(x - MIDDLE_X, y - MIDDLE_Y) for x, y in shape]
    return [[(MIDDLE_X + x * cos - y * sin, MIDDLE_Y + x * sin + y * cos) for x, y in moved]]
