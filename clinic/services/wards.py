"""Set up the rooms: add and rename wards and beds, take a bed out of use and back. Nothing is deleted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max

from clinic.models import Admission, Bed, Ward
from clinic.selectors import catalogue
from clinic.services import admissions
from core.audit import journal
from core.db import save_checked
from core.errors import Conflict, RuleBroken
from core.khmer import normalise


@transaction.atomic
def add_ward(*, name_km: str, name_en: str, by: Any) -> Ward:
    """Add a room, the last in the order. Raises RuleBroken("clinic.ward_name_missing")."""
    last = Ward.objects.aggregate(last=Max("order"))["last"]
    return _save_ward(Ward(order=0 if last is None else last + 1), name_km, name_en, "clinic.ward.added", by=by)


@transaction.atomic
def rename_ward(*, ward: Ward, name_km: str, name_en: str, by: Any) -> Ward:
    """Give a room other names. Raises RuleBroken("clinic.ward_name_missing")."""
    return _save_ward(ward, name_km, name_en, "clinic.ward.renamed", by=by)


def _save_ward(ward: Ward, name_km: str, name_en: str, verb: str, *, by: Any) -> Ward:
    name_km, name_en = normalise(name_km), normalise(name_en)
    if not (name_km or name_en):
        raise RuleBroken("clinic.ward_name_missing", field="name_km")
    ward.name_km, ward.name_en = name_km or name_en, name_en or name_km
    save_checked(ward)
    journal.note(verb, ward, by=by, ward=ward.name_en)
    transaction.on_commit(catalogue.forget_beds)
    return ward


@transaction.atomic
def add_bed(*, ward: Ward, label: str, by: Any) -> Bed:
    """Add a bed to a room. Raises RuleBroken("clinic.bed_name_missing"); Conflict for a name the room has already."""
    return _save_bed(Bed(ward=ward), label, "clinic.bed.added", by=by)


@transaction.atomic
def rename_bed(*, bed: Bed, label: str, by: Any) -> Bed:
    """Give a bed another name; raises what `add_bed` raises."""
    return _save_bed(bed, label, "clinic.bed.renamed", by=by)


def _save_bed(bed: Bed, label: str, verb: str, *, by: Any) -> Bed:
    bed.label = normalise(label)
    if not bed.label:
        raise RuleBroken("clinic.bed_name_missing", field="label")
    try:
        save_checked(bed)
    except Conflict as conflict:
        raise Conflict(conflict.code, field="label") from conflict
    journal.note(verb, bed, by=by, bed=bed.label, ward=bed.ward.name_en)
    transaction.on_commit(catalogue.forget_beds)
    return bed


@transaction.atomic
def use_bed(*, bed: Bed, active: bool, by: Any) -> Bed:
    """Take a bed out of use, or back into it. Raises RuleBroken("clinic.bed_in_use") while somebody lies in it."""
    admissions.lock_bed(bed, in_use=False)
    lying = Admission.objects.open().filter(bed=bed).select_related("patient").first()
    if lying and not active:
        raise RuleBroken("clinic.bed_in_use", who=lying.patient.name)
    bed.active = active
    save_checked(bed)
    journal.note("clinic.bed.opened" if active else "clinic.bed.closed", bed, by=by, bed=bed.label)
    transaction.on_commit(catalogue.forget_beds)
    return bed
