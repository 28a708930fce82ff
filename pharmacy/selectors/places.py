"""The places where medicine lies, and what lies in each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, Subquery, Sum, When
from django.shortcuts import get_object_or_404

from pharmacy.models import Batch, Place
from pharmacy.selectors.stock import PAGE


def document(place: Place) -> dict[str, Any]:
    """Return what a place is called, in plain values, for an edit that others may make too."""
    return {"name_km": place.name_km, "name_en": place.name_en}


def found(code: str) -> Place:
    """Return one of the places where medicine lies; raises Http404 for any other."""
    return get_object_or_404(Place, pk=code, kind__in=Place.SHELVES)


def lying_in(place: Place, *, after: UUID | None = None) -> tuple[list[Any], UUID | None]:
    """Return one page of the batches in a place with how much lies there (`lying`), by medicine and expiry."""
    rows = Batch.objects.select_related("medicine")
    if after is not None:
        last = Batch.objects.filter(pk=after)
        name, day = (Subquery(last.values(path)) for path in ("medicine__name", "expires_on"))
        rows = rows.filter(
            Q(medicine__name__gt=name)
            | Q(medicine__name=name, expires_on__gt=day)
            | Q(medicine__name=name, expires_on=day, pk__gt=after)
        )
    net = Sum(Case(When(moves__target=place, then=F("moves__quantity")), default=-F("moves__quantity")))
    here = Q(moves__source=place) | Q(moves__target=place)
    lying = rows.filter(here).annotate(lying=net).filter(lying__gt=0)
    page = list(lying.order_by("medicine__name", "expires_on", "id")[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None
