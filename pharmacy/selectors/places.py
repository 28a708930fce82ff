"""The places where medicine lies, and what lies in each."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404

from pharmacy.models import Place


def document(place: Place) -> dict[str, Any]:
    """Return what a place is called, in plain values, for an edit that others may make too."""
    return {"name_km": place.name_km, "name_en": place.name_en}


def found(code: str) -> Place:
    """Return one of the places where medicine lies; raises Http404 for any other."""
    return get_object_or_404(Place, pk=code, kind__in=Place.SHELVES)
