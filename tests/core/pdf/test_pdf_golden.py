"""Pictures of printed text kept in `golden/`: what shaping, wrapping or fallback change is seen.

Run with REMAKE_GOLDEN=1 to draw the pictures anew, then look at each before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

from core.charts import Chart, Series
from core.pdf.chart import ChartFlowable
from core.pdf.styles import BODY
from core.pdf.table import Column, Table
from core.pdf.text import KhmerText
from tests.core.pdf.pdf_reading import flowed, ink, line

GOLDEN = Path(__file__).parent / "golden"
STORY = "ក្នុងស្រុកកម្ពុជាក្រុមចល័តបានពិនិត្យធ្មេញកុមារគ្រប់ៗគ្នា។ <b>ឆ្នាំនេះ</b> ឈ្មោះ Sok ✓ ½ ☐ ខ្មែរ"


def paragraph() -> bytes:
    return flowed(KhmerText(STORY, BODY, markup=True), width=150, height=110)


def table() -> bytes:
    rows = [["សុខ ចាន់ដារ៉ា", "រលាកផ្លូវដង្ហើមលើស្រួចស្រាវ ✓", 12500], ["Chea Sophal", "ពុកធ្មេញ", 7]]
    columns = [Column("ឈ្មោះ"), Column("រោគវិនិច្ឆ័យ", 25), Column("តម្លៃ ☐")]
    return flowed(Table(columns, rows, total_row=["សរុប", "", 12507]), width=200, height=130)


def chart() -> bytes:
    series = [Series("ប្រុស ✓", [3, 5]), Series("ស្រី", [4, 2])]
    return flowed(
        ChartFlowable(Chart("bar", "អ្នកជំងឺក្នុងស្រុក", ["កុម្ភៈ", "ភូមិត្រពាំងក្រោមជើងភ្នំ"], series), 38),
        width=170,
        height=120,
    )


def plain() -> bytes:
    return line("ព្រះរាជាណាចក្រ ✓ ½ ឆ្នាំ", size=14)


PICTURES = {"paragraph": paragraph, "table": table, "chart": chart, "plain": plain}


def differs(name: str) -> float:
    """Return the share of pixels (per thousand) that differ from the golden picture, beyond soft edges."""
    drawn, path = ink(PICTURES[name](), scale=1.5), GOLDEN / f"{name}.png"
    if os.environ.get("REMAKE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        drawn.save(path, optimize=True)
    kept = Image.open(path).convert("L")
    if kept.size != drawn.size:
        return 1000.0
    soft = [picture.filter(ImageFilter.GaussianBlur(0.8)) for picture in (drawn, kept)]
    return 1000 * sum(ImageChops.difference(*soft).histogram()[48:]) / (drawn.width * drawn.height)


TOLERANCE = 0.5


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_looks_as_it_did(name):
    assert differs(name) <= TOLERANCE


SEEN = [
    *[("shaping", name) for name in PICTURES],
    *[("fallback", name) for name in PICTURES],
    *[("wrapping", name) for name in ("paragraph", "table")],
    ("baseline", "paragraph"),
]


@pytest.mark.skipif("REMAKE_GOLDEN" in os.environ, reason="the pictures are being drawn")
@pytest.mark.parametrize(("cure", "name"), SEEN)
def test_the_picture_shows_when_a_cure_is_off(cure, name, without):
    without(cure)
    assert differs(name) > 2 * TOLERANCE
