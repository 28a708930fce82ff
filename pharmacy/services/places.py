"""Where medicine can lie: a kit is added, a place gets another name. No place goes away: its moves name it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.audit.journal import note
from core.db import save_checked
from core.editing import Edit, bring_together
from pharmacy import rules
from pharmacy.models import Place
from pharmacy.selectors.places import document


@transaction.atomic
def add_kit(*, code: str, name_km: str, name_en: str, by: Any) -> Place:
    """Add a kit. Raises RuleBroken("pharmacy.code_unreadable"); Conflict("constraint.same_id")."""
    place = Place(code=rules.a_code(code), kind=Place.Kind.KIT, name_km=name_km, name_en=name_en)
    save_checked(place)
    note("pharmacy.place.added", place, by=by, code=code, name=name_en)
    return place


@transaction.atomic
def rename(*, code: str, name_km: str, name_en: str, by: Any, edit: Edit | None = None) -> Place:
    """Give a place where medicine lies another name; with an `edit` what others changed meanwhile stands.

    Raises Place.DoesNotExist, `core.editing.Clashed`.
    """
    place = Place.objects.select_for_update().get(pk=code, kind__in=Place.SHELVES)
    before = document(place)
    after = bring_together(edit, now=before, mine={"name_km": name_km, "name_en": name_en})
    place.name_km, place.name_en = after["name_km"], after["name_en"]
    save_checked(place)
    note("pharmacy.place.renamed", place, by=by, code=code, before=before, after=after)
    return place
