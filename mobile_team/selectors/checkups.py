"""Questions about check-ups: who was seen, one mouth over time, who was advised to come to the centre."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic.models import Encounter
from clinic.selectors import people
from core.places.models import Village
from mobile_team.models import CheckupVersion, DentalCheckup, Session, ToothFinding
from mobile_team.selectors import documents

PAGE = 40


def roster(session: Session, *, before: UUID | None = None) -> tuple[list[DentalCheckup], UUID | None]:
    """Return who was seen, newest first, and the key of the next page if there is one."""
    rows = DentalCheckup.objects.filter(session=session).select_related("encounter__patient__village").order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    page = list(rows[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None


def seen_in(session: Session, patient_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the check-up of each of these people in this session, by person."""
    rows = DentalCheckup.objects.standing().filter(session=session, encounter__patient__in=list(patient_ids))
    return dict(rows.values_list("encounter__patient_id", "id"))


def checkup(id: UUID) -> Any:
    """Return a check-up as `documents.whole` does, with its person, session and village; None when there is none.

    The person's allergies come along for the top of the page. One statement.
    """
    rows = DentalCheckup.objects.select_related("encounter__patient__village", "session__village", "recorded_by")
    found = documents.whole(rows).annotate(alerts=people.alerts(outer="encounter__patient_id")).filter(id=id).first()
    if found is not None:
        found.encounter.patient.alerts = found.alerts
    return found


def charted_before(checkup: DentalCheckup) -> Any:
    """Return the person's last standing check-up before this one in which teeth were charted, as a row of `whole`."""
    on, charts = checkup.encounter.on, ToothFinding.objects.filter(checkup=OuterRef("pk"))
    earlier = Q(encounter__on__lt=on) | Q(encounter__on=on, id__lt=checkup.pk)
    rows = DentalCheckup.objects.standing().filter(earlier, encounter__patient=checkup.patient_id)
    return documents.whole(rows.filter(Exists(charts))).order_by("-encounter__on", "-id").first()


def versions(checkup: DentalCheckup) -> list[CheckupVersion]:
    """Return how a check-up read before each change, the oldest first, with who changed it."""
    return list(CheckupVersion.objects.filter(checkup=checkup).select_related("recorded_by").order_by("number"))


def of_patient(patient_id: UUID) -> QuerySet[DentalCheckup]:
    """Return a person's check-ups, newest first, with contact and session; teeth in a second statement."""
    return (
        DentalCheckup.objects.filter(encounter__patient=patient_id)
        .select_related("encounter", "session__village")
        .prefetch_related("teeth")
        .order_by("-encounter__on", "-id")
    )


def awaited() -> QuerySet[DentalCheckup]:
    """Return the check-ups whose advice to come to the centre is open: the newest one of each person.

    It closes by itself when the person is seen at the centre on that day or later, whenever that is written down, and
    whoever's record took theirs up; a visit entered in error does not close it. Advice ended by hand, or of somebody
    who died, is not waited for.
    """
    on, whose = OuterRef("encounter__on"), OuterRef("encounter__patient")
    came = Encounter.objects.exclude(status=Encounter.Status.VOID).filter(
        patient=whose, on__gte=on, kind__in=[Encounter.Kind.OUTPATIENT, Encounter.Kind.INPATIENT]
    )
    told = DentalCheckup.objects.standing().filter(advised_to_come=True, encounter__kind=Encounter.Kind.OUTREACH)
    again = told.filter(Q(encounter__on__gt=on) | Q(encounter__on=on, id__gt=OuterRef("id")), encounter__patient=whose)
    waiting = told.filter(advice_ended="", encounter__patient__deceased_on=None)
    return waiting.exclude(Exists(came)).exclude(Exists(again))


def advised(
    *, since: date | None = None, village: Village | int | None = None, after: tuple[date, UUID] | None = None
) -> QuerySet[DentalCheckup]:
    """Return who is still awaited at the centre, who has waited longest first, with person and village.

    `since` leaves older advice out, `village` asks for those who live there, `after` goes on behind (day, id).
    """
    rows = awaited().select_related("encounter__patient__village")
    if since:
        rows = rows.filter(encounter__on__gte=since)
    if village:
        rows = rows.filter(encounter__patient__village=village)
    if after:
        on, key = after
        rows = rows.filter(Q(encounter__on__gt=on) | Q(encounter__on=on, id__gt=key))
    return rows.order_by("encounter__on", "id")
