"""What the pages of this room share: whose papers they are, and keys from the address."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from core.pdf.blocks import Organisation


def organisation() -> Organisation:
    """Return whose paper it is that is printed."""
    centre = settings.CENTRE
    return Organisation(centre["name_km"], centre["name_en"], centre["address_km"], centre["phone"])


def uuid_from(request: HttpRequest, name: str) -> UUID | None:
    """Return the key that a page's address carries, or None when it is none."""
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def number_from(request: HttpRequest, name: str) -> int | None:
    """Return the number that a page's address carries, or None when it is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
