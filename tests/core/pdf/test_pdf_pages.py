"""Whole papers: tables over pages, head and foot, the same bytes every time, charts and codes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from xml.dom import minidom

import pypdfium2
import pytest

from core.charts import Chart, Series, nice_ticks
from core.pdf.blocks import Field, Organisation
from core.pdf.card import Card
from core.pdf.page import Document
from core.pdf.qr import QR
from core.pdf.table import Column, Table, cell_text
from core.svg import svg
from tests.core.pdf.pdf_reading import ink, words

CENTRE = Organisation("មណ្ឌលសុខភាពស្រែអំបិល", "Sre Ambel Health Care Center", "ស្រុកស្រែអំបិល", "012 345 678")
MONTHS = ["មករា", "កុម្ភៈ", "មីនា"]
GIRLS, BOYS = Series("ស្រី", [12, 30, None]), Series("ប្រុស", [9, 22, 14])
KINDS = ["bar", "stacked", "line", "rows", "pyramid"]


def long_table(rows: int) -> Document:
    paper = Document(
        "បញ្ជីឈ្មោះ",
        "km",
        organisation=CENTRE,
        footer="បោះពុម្ព 21-11-2026",
        created=datetime(2026, 11, 21, tzinfo=UTC),
    )
    columns = [Column("ល.រ"), Column("ឈ្មោះ"), Column("ភូមិ"), Column("រោគវិនិច្ឆ័យ"), Column("ចំនួន"), Column("តម្លៃ")]
    body = [
        [i, f"សុខ ចាន់ដារ៉ា {i}", f"ភូមិត្រពាំងទី{i % 40}", "រលាកផ្លូវដង្ហើមលើស្រួចស្រាវ", i % 7, i * 1000]
        for i in range(1, rows + 1)
    ]
    paper.table(columns, body, total_row=[None, "សរុប", None, None, None, 125_250_000])
    return paper


def test_five_hundred_rows_print_five_hundred_rows_with_heading_and_page_number_on_each_page():
    pdf = long_table(500).bytes()
    pages = words(pdf)
    printed = [int(n) for page in pages for n in re.findall(r"សុខ ចាន់ដារ៉ា (\d+)", page)]
    assert printed == list(range(1, 501))
    for number, page in enumerate(pages, start=1):
        assert "រោគវិនិច្ឆ័យ" in page
        assert f"ទំព័រ {number} / {len(pages)}" in page
    assert "125,250,000" in pages[-1]


def test_the_same_paper_is_the_same_bytes():
    assert long_table(40).bytes() == long_table(40).bytes()


def test_another_paper_printed_before_does_not_change_the_bytes():
    expected = long_table(3).bytes()
    Document("ព្រះ ☑ ខ្មែរ ឆ្នាំ ណ្ឌ ឍ្យ", "en").bytes()
    assert long_table(3).bytes() == expected


def test_title_language_and_date_are_in_the_file():
    pdf = long_table(1).bytes()
    about = pypdfium2.PdfDocument(pdf).get_metadata_dict()
    assert about["Title"] == "បញ្ជីឈ្មោះ" and about["Author"] == CENTRE.name_en
    assert about["CreationDate"].startswith("D:20261121")
    assert b"/Lang (km)" in pdf and b"Helvetica" not in pdf


def test_a_cell_taller_than_a_page_goes_on_on_the_next():
    paper = Document("ករណី", "km", size="A5")
    story = " ".join(f"ពាក្យ{i}" for i in range(900))
    paper.table([Column("ល.រ", 12), Column("កំណត់ត្រា")], [[1, story]])
    paper.fields([Field("កំណត់ត្រា", story, wide=True)])
    paper.box(story, title="ចំណាំ")
    copied = "".join("".join(words(paper.bytes())).split())
    assert all(copied.count(f"ពាក្យ{i}ពាក្យ") >= 2 for i in range(0, 899, 50))


def test_numbers_stand_right_with_thousands_set_apart():
    assert [cell_text(v) for v in (1234567, Decimal("1250.50"), None, True, "ក")] == [
        "1,234,567",
        "1,250.50",
        "",
        "✓",
        "ក",
    ]
    table = Table([Column("ក"), Column("ខ")], [["x", 1], ["y", None]])
    assert [cell.style.align for cell in table.rows[0].cells] == ["left", "right"]


def test_a_row_with_a_cell_too_few_is_refused():
    with pytest.raises(ValueError, match="a row of 1 cells"):
        Table([Column("ក"), Column("ខ")], [["x"]])


@pytest.mark.parametrize("count", [1, 3, 12, 20])
def test_columns_always_fill_the_page_and_no_more(count):
    table = Table(
        [Column(f"ជួរឈរ {i}") for i in range(count)], [["រលាកផ្លូវដង្ហើម" * (1 + i % 3) for i in range(count)]]
    )
    table.wrap(400)
    assert sum(table.widths) == pytest.approx(400)
    for cell, width in zip(table.rows[0].cells, table.widths, strict=True):
        assert all(line.width <= width for line in cell.lines) or width < 25


def test_a_receipt_says_all_it_was_told():
    paper = Document(
        "បង្កាន់ដៃ", "en", organisation=CENTRE, ministry=True, size="A5", subtitle="Receipt", footer="x" * 300
    )
    paper.fields([("Donor", "Müller"), Field("Purpose", "ជួយអ្នកជំងឺ", wide=True)], qr=QR("R-2026-1"))
    paper.heading("Terms")
    paper.note("<b>Note</b> one")
    paper.small("small print")
    paper.tiles([("អ្នកជំងឺ", "1,204")])
    paper.signatures([("Received by", "សុខ ដារ៉ា"), "Donor"])
    page = words(paper.bytes())[0]
    for said in ("មណ្ឌលសុខភាពស្រែអំបិល", "ព្រះរាជាណាចក្រកម្ពុជា", "Receipt", "Müller", "ជួយអ្នកជំងឺ", "R-2026-1", "Terms",
                 "Note one", "small print", "1,204", "Received by", "សុខ ដារ៉ា", "Page 1 of 1"):  # fmt: skip
        assert said in page


def test_cards_stand_ten_to_a_sheet_or_one_to_a_card():
    cards = [Card(CENTRE, "សុខ ចាន់ដារ៉ា", [("ភូមិ", "ត្រពាំង")], f"SA-{i}") for i in range(12)]
    sheet, single = Document("ប័ណ្ណ", size="card sheet"), Document("ប័ណ្ណ", size="card")
    sheet.cards(cards)
    single.cards(cards)
    assert [page.count("SA-") for page in words(sheet.bytes())] == [10, 2]
    assert [page.count("SA-") for page in words(single.bytes())] == [1] * 12


def test_an_empty_paper_is_still_a_page():
    assert len(words(Document("ទទេ", "km").bytes())) == 1
    assert len(words(Document("ទទេ", "km", size="card").bytes())) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_prints_its_names_its_legend_and_its_values(kind):
    paper = Document("ក្រាហ្វិក", "km")
    paper.chart(Chart(kind, "អ្នកជំងឺ", MONTHS, [GIRLS, BOYS]))
    page = words(paper.bytes())[0]
    for said in ("អ្នកជំងឺ", *MONTHS, "ស្រី", "ប្រុស", "30", "22"):
        assert said in page


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [[], [0, 0, 0], [None, None, None], [1e9, 0.5, 3]])
def test_a_chart_of_nothing_or_of_anything_can_be_drawn(kind, values):
    series = [Series("ក", values), Series("ខ", values)]
    chart = Chart(kind, "", [*MONTHS[: len(values)]], series)
    paper = Document("ក", "km")
    paper.chart(chart)
    assert ink(paper.bytes()).getextrema()[0] < 255
    minidom.parseString(svg(chart))


def test_a_chart_with_a_value_missing_or_below_zero_is_refused():
    with pytest.raises(ValueError, match="1 values for 3 categories"):
        Chart("bar", "", MONTHS, [Series("ក", [1])])
    with pytest.raises(ValueError, match="below zero"):
        Chart("bar", "", ["ក"], [Series("ក", [-1])])


def test_the_screen_shows_the_same_chart_without_styles_and_with_tooltips():
    drawn = svg(Chart("bar", 'ក <b> & "គ"', MONTHS, [GIRLS, BOYS], unit="នាក់"), language="km")
    root = minidom.parseString(drawn).documentElement
    assert root.getAttribute("role") == "img" and root.getAttribute("lang") == "km"
    assert "style=" not in drawn and "<script" not in drawn and 'fill="#' not in drawn
    assert "<title>មករា · ស្រី: 12 នាក់</title>" in drawn
    assert drawn.count("<rect") == 2 + 5  # the legend, and no bar for what is not known


def test_ticks_are_round_and_reach_the_largest_value():
    assert nice_ticks(133) == [0, 50, 100, 150]
    assert nice_ticks(3) == [0, 1, 2, 3]
    assert nice_ticks(0) == [0, 1]
    for largest in (1, 7, 99, 100, 1234, 0.3):
        assert nice_ticks(largest)[-1] >= largest


@pytest.mark.parametrize("data", ["", "x" * 1001])
def test_a_code_nobody_could_scan_is_refused(data):
    with pytest.raises(ValueError, match="1 to 1000"):
        QR(data)
