"""A small picture of a face out of whatever a camera gives: turned upright, shrunk, without any metadata."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from core.errors import RuleBroken

SIDE = 320  # pixels
MOST_BYTES = 30_000
LARGEST_FILE = 12_000_000
LARGEST_PICTURE = 50_000_000  # pixels; a telephone takes 12 to 50 million, a bomb pretends to have more
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITIES = (82, 70, 58, 46, 34)


def small_jpeg(data: bytes) -> bytes:
    """Return a JPEG of at most 320 pixels a side and about 30 KB.

    Only pixels are carried over: place, time and camera of the original are gone. Raises RuleBroken:
    clinic.photo_too_large, clinic.photo_unreadable.
    """
    if len(data) > LARGEST_FILE:
        raise RuleBroken("clinic.photo_too_large", field="photo")
    picture = _upright(data)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


def _upright(data: bytes) -> Image.Image:
    """Read a picture, its size before its content, and lay it on white where it is see-through."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as found:
            if found.width * found.height > LARGEST_PICTURE:
                raise RuleBroken("clinic.photo_too_large", field="photo")
            found.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is read at a fraction of its size
            turned = ImageOps.exif_transpose(found).convert("RGBA")
    except RuleBroken:
        raise
    except Image.DecompressionBombError as error:
        raise RuleBroken("clinic.photo_too_large", field="photo") from error
    except Exception as error:
        raise RuleBroken("clinic.photo_unreadable", field="photo") from error
    fresh = Image.new("RGB", turned.size, "white")
    fresh.paste(turned, mask=turned.getchannel("A"))
    return fresh
