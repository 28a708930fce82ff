"""Shaped words are kept between tests; one that switches a cure off starts and ends without them."""

import pytest

from core.pdf import fonts, shaping, text


def forget() -> None:
    for cached in (shaping.shape, shaping._presentation, text._words, fonts.font_for):
        cached.cache_clear()


@pytest.fixture
def without(monkeypatch):
    """Switch a cure off for the rest of a test: shaping, wrapping, fallback, baseline or copying."""

    def switch(cure: str) -> None:
        forget()
        if cure == "shaping":
            monkeypatch.setattr(shaping, "_shape_run", unshaped)
        elif cure == "wrapping":
            monkeypatch.setattr(text, "unbreakable", lambda words: words.split(" "))
            monkeypatch.setattr(text, "_broken", lambda word, size, width: [word])
        elif cure == "fallback":
            monkeypatch.setattr(fonts, "font_for", OnlyTheFirst())
        elif cure == "baseline":
            monkeypatch.setattr(shaping.ShapedText, "_glyphs_code", sinking(shaping.ShapedText._glyphs_code))
        elif cure == "copying":
            monkeypatch.setattr(shaping.Run, "needs_actual_text", False)

    yield switch
    monkeypatch.undo()
    forget()


def unshaped(name: str, shown: str, source: str) -> shaping.Run:
    font = fonts.font(name)
    widths = font.face.charWidths
    glyphs = (shaping.Glyph(c, widths.get(ord(c), 500), 0, 0, widths.get(ord(c), 500)) for c in shown)
    return shaping.Run(name, source, tuple(glyphs))


class OnlyTheFirst:
    def __call__(self, char: str, bold: bool) -> str:
        return fonts.BOLD if bold else fonts.REGULAR

    def cache_clear(self) -> None:
        pass


def sinking(right):
    """Leave the rise where the last mark put it, as ReportLab 5.1 does."""

    def wrong(self, glyphs, letters, size, code):
        right(self, glyphs, letters, size, code)
        code[:] = [operator for operator in code if operator != "0.00 Ts"]

    return wrong
