"""One person, ready for the top of a page: village, what they must not be given, the survivor of a merge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from clinic.models import Allergy, Patient
from core.gather import gather


def alerts(*, outer: str = "pk") -> Subquery:
    """Return, for an annotation, the standing allergies of the person whose key is the outer row's `outer`."""
    return gather(
        Allergy.objects.standing(), "patient", outer=outer, id="id", kind="kind", substance="substance", atc="atc",
        reaction="reaction", severe="severe",
    )  # fmt: skip


def with_alerts(people: QuerySet[Patient]) -> QuerySet[Patient]:
    """Add `alerts`, the standing allergies of each person, for `{% allergies %}`; no statement more."""
    return people.annotate(alerts=alerts())


def standing(id: UUID) -> QuerySet[Patient]:
    """Return, as a query, the person with this id, or the one whose record took theirs up."""
    kept = Patient.objects.filter(pk=id).values("merged_into")[:1]
    return Patient.objects.filter(pk=Coalesce(Subquery(kept), Value(id, Patient._meta.pk)))


def get(id: UUID) -> Patient | None:
    """Return a person with village and allergies, in one statement; the survivor for a record merged away."""
    return with_alerts(standing(id).select_related("village")).first()


def get_or_404(id: UUID) -> Patient:
    """Return what `get` returns; raises Http404 when nobody has this id."""
    person = get(id)
    if person is None:
        raise Http404
    return person


def family(id: UUID) -> QuerySet[Patient]:
    """Return, as a query, every record of the person with this id: the one that stands and those it took up."""
    kept = standing(id).values("pk")
    return Patient.objects.filter(Q(pk__in=kept) | Q(merged_into__in=kept))


def alerts_of(patient: Patient) -> list[dict[str, Any]]:
    """Return a person's standing allergies, the severe ones first; asks only when they were not brought along."""
    if not hasattr(patient, "alerts"):
        patient = with_alerts(Patient.objects.filter(pk=patient.pk)).get()
    return sorted(patient.alerts or [], key=lambda row: (not row["severe"], row["substance"]))  # type: ignore[attr-defined]


def survivor(patient: Patient) -> Patient:
    """Return the person whose record stands: late entries for a record merged away land there."""
    return patient if patient.merged_into_id is None else Patient.objects.get(pk=patient.merged_into_id)
