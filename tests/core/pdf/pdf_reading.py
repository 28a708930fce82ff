"""Read printed pages the way a person does: their words, their fonts, their ink."""

from io import BytesIO

import pypdfium2
from PIL import Image

from core.pdf import fonts
from core.pdf.shaping import KhmerCanvas


def words(pdf: bytes) -> list[str]:
    """Return the text of each page, as copied."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def ink(pdf: bytes, page: int = 0, scale: float = 2) -> Image.Image:
    """Return a page as a grey picture."""
    return pypdfium2.PdfDocument(pdf)[page].render(scale=scale, grayscale=True).to_pil().convert("L")


def canvas(width: float = 400, height: float = 120) -> tuple[KhmerCanvas, BytesIO]:
    """Return a canvas without head and foot, and where its bytes go."""
    fonts.register()
    out = BytesIO()
    return KhmerCanvas(out, pagesize=(width, height), invariant=1, initialFontName=fonts.REGULAR), out


def line(text: str, *, size: float = 20, x: float = 20, bold: bool = False) -> bytes:
    """Return a page with one line of text, drawn as any plain string is."""
    page, out = canvas(max(400, len(text) * size))
    page.setFont(fonts.BOLD if bold else fonts.REGULAR, size)
    page.drawString(x, 60, text)
    page.save()
    return out.getvalue()


def flowed(*flowables, width: float = 300, height: float = 220) -> bytes:
    """Return a page with flowables under each other."""
    page, out = canvas(width + 20, height)
    top = height - 8
    for flowable in flowables:
        high = flowable.wrap(width, height)[1]
        top -= high
        flowable.drawOn(page, 10, top)
        top -= 4
    page.save()
    return out.getvalue()
