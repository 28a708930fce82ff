"""Khmer on paper: shaped, copied back as written, broken between words, never a box."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from core.pdf import fonts
from core.pdf.shaping import MISSING, shape, text_width
from core.pdf.styles import BODY
from core.pdf.text import KhmerText, Span, break_lines, clusters, unbreakable
from tests.core.pdf.pdf_reading import flowed, ink, line, words

SENTENCES = [
    "ក្នុងស្រុក កម្ពុជា ព្រះរាជាណាចក្រ",
    "របាយការណ៍ប្រចាំខែ ឈ្មោះ ឆ្នាំ",
    "កុមារ៣០នាក់បានទទួលការពិនិត្យធ្មេញ។ ច្បាស់ៗ",
    "អ្នកជំងឺរលាកផ្លូវដង្ហើមលើស្រួចស្រាវ៕",
    "ខ្ញុំឈឺធ្មេញ ហើយត្រូវការព្យាបាលបន្ត",
    "ស៊ីវិល ប៉ុស្តិ៍ សង្គ្រាម ស្ត្រី កញ្ញា ញ៉ាំ",
    "ទូរស័ព្ទ 012 345 678, ថ្លៃ 12,500 ៛",
    "BP 120/80 នៅភូមិ Sre Ambel (ស្រែអំបិល)",
    "✓ ពិនិត្យរួច ☐ មិនទាន់ ½ គ្រាប់ → មន្ទីរពេទ្យ",
    "Jean-Pierre Müller, Genève – café",
    "ឱសថ Paracetamol 500mg × 3 ≤ 5 ថ្ងៃ",
    "ហេតុអ្វី? «បន្ទាប់» ៖ ១២/០៣/២០២៦",
]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("bold", [False, True])
def test_a_plain_string_is_copied_back_as_it_was_written(sentence, bold):
    assert words(line(sentence, bold=bold))[0].rstrip() == sentence


def test_without_actual_text_the_copy_is_garbage(without):
    without("copying")
    assert words(line(SENTENCES[0]))[0].rstrip() != SENTENCES[0]


def test_a_wrapped_paragraph_is_copied_back_as_it_was_written():
    story = " ".join(SENTENCES)
    copied = words(flowed(KhmerText(story, BODY), width=180, height=400))[0]
    assert "".join(copied.split()) == "".join(story.split())


def sunk(first: str, second: str) -> float:
    """Compare a word after another with the same word alone: how much of its ink lies elsewhere."""
    x = 20 + text_width(first, 20)
    after, alone = ink(line(first + second), scale=4), ink(line(second, x=x), scale=4)
    box = (round(4 * x) + 2, 0, after.width, after.height)
    difference = ImageChops.difference(after.crop(box), alone.crop(box))
    return sum(difference.histogram()[128:])


@pytest.mark.parametrize(("first", "second"), [("ក្នុង", "ស្រុក"), ("កម្ពុជា ", "ព្រះ"), ("ប៊ី", "ក្រុម")])
def test_a_mark_set_higher_or_lower_does_not_sink_the_next_word(first, second):
    assert sunk(first, second) < 40


def test_the_baseline_check_sees_a_line_that_sinks(without):
    without("baseline")
    assert any(sunk(first, "ស្រុក") > 200 for first in ("ក្នុង", "កម្ពុជា", "ប៊ី"))


def test_bold_is_a_font_of_its_own():
    pdf = flowed(KhmerText("ធម្មតា <b>ដិត</b>", markup=True))
    assert b"NotoSansKhmer-Regular" in pdf and b"NotoSansKhmer-Bold" in pdf
    assert text_width("ការពិនិត្យ", 10, bold=True) > text_width("ការពិនិត្យ", 10)


@pytest.mark.parametrize("sign", "✓✗☐☑☒½¼±≤≥→←↑↓■●○▲▼★♀♂⚠²µ√")
def test_every_sign_we_use_has_a_shape_of_its_own(sign):
    glyphs = [glyph for run in shape(sign).runs for glyph in run.glyphs]
    assert [glyph.char for glyph in glyphs] == [sign]
    assert ink(line(sign)).getextrema()[0] < 128


def test_a_letter_no_font_has_is_neither_a_box_nor_lost():
    drawn = [glyph.char for run in shape("Việt 中").runs for glyph in run.glyphs]
    assert "".join(drawn) == f"Viet {MISSING}"
    assert words(line("Việt 中"))[0].rstrip() == "Việt 中"


@pytest.mark.parametrize(
    "hostile", ["", "\n", "\x00", "\u200b", "្", "្្ា", "\u202e", "\ud800", "🦷", "a\tb", "\ufeff"]
)
def test_no_character_breaks_a_page(hostile):
    assert flowed(KhmerText(f"ក{hostile}ខ"), KhmerText(hostile)).startswith(b"%PDF")


def test_a_sign_that_closes_stays_with_the_word_before():
    for piece in unbreakable("កុមារគ្រប់ៗគ្នាបានមក។ ហើយៗ៕ (ភូមិ) ១២%"):
        assert piece[0] not in "។៕ៗ)%"
    assert "(" not in unbreakable("ទៅ (ភូមិ)")


def test_khmer_breaks_between_words_without_spaces():
    assert unbreakable("ក្រុមចល័តបានពិនិត្យ") == ["ក្រុម", "ចល័ត", "បាន", "ពិនិត្យ"]


def test_bold_and_line_break_are_the_only_markup():
    text = KhmerText("BP < 90 <i>x</i> <b>ក</b><br/>ខ & គ", markup=True)
    assert text.plain == "BP < 90 <i>x</i> ក\nខ & គ"
    assert KhmerText("<b>Sok</b>").plain == "<b>Sok</b>"


def test_a_long_latin_word_is_broken_and_never_cut_off():
    lines = break_lines([Span("x" * 300, False)], 10, 100)
    assert "".join(line.text for line in lines) == "x" * 300
    assert all(line.width <= 100 for line in lines) and len(lines) > 3


BASES = st.sampled_from("កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអឥឧឯ")
SYLLABLE = st.builds(
    "".join,
    st.tuples(
        BASES,
        st.sampled_from(["", "", "៉", "៊"]),
        st.one_of(st.just(""), BASES.map("្{}".format)),
        st.sampled_from(["", "ា", "ិ", "ី", "ុ", "ូ", "ើ", "ឿ", "េ", "ែ", "ៃ", "ោ", "ៅ"]),
        st.sampled_from(["", "", "ំ", "ះ", "់", "៍"]),
    ),
)
WORDS = st.lists(
    st.one_of(SYLLABLE, st.sampled_from(["។", "ៗ", "៣", "a", "Z", "-", "(", ")"])), min_size=1, max_size=40
)


@settings(max_examples=150, deadline=None)
@given(pieces=WORDS, width=st.floats(25, 200), bold=st.booleans())
def test_no_line_is_wider_than_its_column_and_no_cluster_is_split(pieces, width, bold):
    text = "".join(pieces)
    lines = break_lines([Span(text, bold)], 10, width)
    assert "".join(line.text for line in lines) == text
    for line_ in lines:
        assert line_.width <= width + 1e-6 or len(clusters(line_.text)) == 1
    # HarfBuzz as judge: cut inside a cluster, the halves would not draw what the whole draws
    whole = [(glyph.char, round(glyph.dx)) for run in shape(text, bold=bold).runs for glyph in run.glyphs]
    parts = [
        (g.char, round(g.dx))
        for one in lines
        for piece in one.pieces
        for run in piece.runs
        for g in run.glyphs
    ]
    assert parts == whole


def test_a_paragraph_splits_over_pages_between_lines():
    text = KhmerText("កុមារបានទទួលការពិនិត្យ " * 30)
    text.wrap(200)
    first, rest = text.split(200, text.style.leading * 4)
    assert len(first.lines) == 4 and first.plain + rest.plain == text.plain


def test_fonts_made_twice_are_the_same_bytes(tmp_path):
    one, two = fonts.make_fonts(tmp_path / "a"), fonts.make_fonts(tmp_path / "b")
    assert {n: p.read_bytes() for n, p in one.items()} == {n: p.read_bytes() for n, p in two.items()}
    assert not [path for path in (tmp_path / "a").iterdir() if path.name.startswith(".")]


def test_web_fonts_are_small(tmp_path):
    assert [path.stat().st_size < 30_000 for path in fonts.make_web_fonts(tmp_path)] == [True, True]
