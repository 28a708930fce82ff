"""A scan of an invoice out of whatever a camera or scanner gives: small, plain, and nothing but what is seen. Pure."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from core.errors import RuleBroken

SIDE = 2000  # pixels: an A4 invoice stays readable down to its small print
LARGEST_FILE = 12_000_000
LARGEST_PDF = 3_000_000
LARGEST_PICTURE = 50_000_000  # pixels; a bomb pretends to have more
FORMATS = ("JPEG", "PNG")
JPEG, PDF = "image/jpeg", "application/pdf"


def plain(data: bytes) -> tuple[bytes, str]:
    """Return what is kept of a scan and its kind: a fresh JPEG of a picture, a PDF as it is.

    Only pixels of a picture are carried over; place, time and camera are gone. A PDF is kept whole, because
    drawing it anew could lose what an auditor must read; it is only ever sent as a file to keep, never shown.
    Raises RuleBroken: pharmacy.scan_too_large, pharmacy.scan_unreadable.
    """
    if data[:5] == b"%PDF-":
        if len(data) > LARGEST_PDF:
            raise RuleBroken("pharmacy.scan_too_large", field="scan")
        if b"%%EOF" not in data[-2048:]:
            raise RuleBroken("pharmacy.scan_unreadable", field="scan")
        return data, PDF
    if len(data) > LARGEST_FILE:
        raise RuleBroken("pharmacy.scan_too_large", field="scan")
    picture = _upright(data)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    picture.save(out, "JPEG", quality=75, optimize=True)
    return out.getvalue(), JPEG


def _upright(data: bytes) -> Image.Image:
    """Read a picture, its size before its content, and lay it on white where it is see-through."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as found:
            if found.width * found.height > LARGEST_PICTURE:
                raise RuleBroken("pharmacy.scan_too_large", field="scan")
            found.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is read at a fraction of its size
            turned = ImageOps.exif_transpose(found).convert("RGBA")
    except RuleBroken:
        raise
    except Image.DecompressionBombError as error:
        raise RuleBroken("pharmacy.scan_too_large", field="scan") from error
    except Exception as error:
        raise RuleBroken("pharmacy.scan_unreadable", field="scan") from error
    fresh = Image.new("RGB", turned.size, "white")
    fresh.paste(turned, mask=turned.getchannel("A"))
    return fresh
