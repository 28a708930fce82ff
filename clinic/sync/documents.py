"""What a tablet carries along of a person: enough to know them again and to see what must not be overlooked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Max, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber

from clinic.models import Allergy, Encounter, Identifier, Patient, PreventiveDose, Vitals
from clinic.selectors import registry
from clinic.sync.patients import birth_document
from core.gather import gather

DOSES = 6  # the newest that are carried of a person


def patient_docs(ids: Collection[UUID], *, today: dt.date) -> dict[UUID, dict[str, Any]]:
    """Return people as tablets hold them, without their check-ups; a merged one says only into whom.

    Four statements at most, whatever the number of people. Who does not exist is left out.
    """
    cards = _cards(today)
    rows = list(_people(ids, cards))
    families = _families(rows, cards)
    standing = [row.pk for row in rows if row.merged_into_id is None]
    doses, weights = _doses(standing), _weights(standing)
    return {row.pk: _document(row, doses, weights, families) for row in rows}


def _cards(today: dt.date) -> Any:
    cards = Identifier.objects.filter(kind=Identifier.Kind.EQUITY)
    return cards.filter(Q(valid_until=None) | Q(valid_until__gte=today))


def _families(rows: Iterable[Any], cards: Any) -> set[Any]:
    """Return the households in which anybody has an equity card.

    Asked apart: most people have no household, so that SQLite, which counts them as one large one, would read every
    person for each row.
    """
    wanted = {row.household_id for row in rows if row.household_id}
    if not wanted:
        return set()
    theirs = cards.filter(patient__merged_into=None, patient__household__in=wanted)
    return set(theirs.values_list("patient__household", flat=True))


def _people(ids: Collection[UUID], cards: Any) -> Any:
    seen = Encounter.objects.exclude(status=Encounter.Status.VOID).exclude(kind=Encounter.Kind.OUTREACH)
    last = seen.filter(patient=OuterRef("pk")).order_by().values("patient").annotate(last=Max("on")).values("last")
    allergies = Allergy.objects.standing()
    return Patient.objects.filter(pk__in=list(ids)).annotate(
        alerts=gather(allergies, "patient", id="id", substance="substance", reaction="reaction", severe="severe"),
        own_card=Subquery(cards.filter(patient=OuterRef("pk")).values("pk")[:1]),
        came_on=Subquery(last),
    )


def _doses(people: list[UUID]) -> dict[UUID, list[dict[str, str]]]:
    rows = PreventiveDose.objects.filter(patient__in=people, void_reason="").annotate(
        place=Window(RowNumber(), partition_by=F("patient"), order_by=[F("on").desc(), F("id").desc()])
    )
    found: dict[UUID, list[dict[str, str]]] = {}
    for patient, what, on in rows.filter(place__lte=DOSES).order_by("-on", "-id").values_list("patient", "what", "on"):
        found.setdefault(patient, []).append({"what": what, "on": on.isoformat()})
    return found


def _weights(people: list[UUID]) -> dict[UUID, dict[str, str]]:
    rows = Vitals.objects.filter(encounter__patient__in=people, weight__isnull=False, void_reason="").exclude(
        encounter__status=Encounter.Status.VOID
    )
    newest = Window(
        RowNumber(), partition_by=F("encounter__patient"),
        order_by=[F("encounter__on").desc(), F("measured_at").desc(), F("id").desc()],
    )  # fmt: skip
    found = rows.annotate(place=newest).filter(place=1).values_list("encounter__patient", "weight", "encounter__on")
    return {patient: {"kg": f"{weight:f}", "on": on.isoformat()} for patient, weight, on in found}


def _document(
    person: Any, doses: dict[UUID, list[dict[str, str]]], weights: dict[UUID, dict[str, str]], families: set[Any]
) -> dict[str, Any]:
    if person.merged_into_id:
        return {"id": str(person.pk), "merged_into": str(person.merged_into_id)}
    return {
        "id": str(person.pk), "number": person.number, **{name: getattr(person, name) for name in registry.NAMES},
        "sex": person.sex, "birth": birth_document(person.birth), "village": person.village_id,
        "phone": person.phone, "guardian": person.guardian, "deceased_on": _iso(person.deceased_on),
        "no_allergy": person.no_allergy_on is not None,
        "allergies": sorted(
            ({**row, "id": str(UUID(row["id"])), "severe": bool(row["severe"])} for row in person.alerts or []),
            key=lambda row: (not row["severe"], row["substance"]),
        ),
        "equity": bool(person.own_card) or person.household_id in families, "doses": doses.get(person.pk, []),
        "weight": weights.get(person.pk), "came_on": _iso(person.came_on),
    }  # fmt: skip


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
