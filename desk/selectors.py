"""Questions across all rooms about one person; each is one statement, however long the history."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject, TruncDate

from clinic.models import Admission, Encounter, Identifier, Patient
from core.gather import gather
from core.periods import CLINIC_TZ, Month
from mobile_team import selectors as mobile_team
from mobile_team.models import DentalCheckup, Session, ToothFinding
from referrals import rules
from referrals import selectors as referrals
from referrals.models import Referral, Trip

Cursor = tuple[dt.date, UUID]

AT_THE_CENTRE = [Encounter.Kind.OUTPATIENT, Encounter.Kind.INPATIENT]


# --- Who, and what is open now ---------------------------------------------------------------------------------------


def person(id: UUID, today: dt.date) -> Any:
    """Return a patient with village, other numbers, and all that is open now, in one statement; None if unknown.

    `session_today` is the mobile team's session in the person's village today, where one is planned or held.
    """
    sessions = Session.objects.filter(village=OuterRef("village"), on=today).exclude(state=Session.State.CANCELLED)
    asked = Encounter.objects.exclude(follow_up_on=None)
    advised = Encounter.objects.filter(checkup__advised_to_come=True)
    return (
        Patient.objects.filter(pk=id)
        .select_related("village__commune__district__province")
        .annotate(
            numbers=gather(Identifier.objects.all(), "patient", kind="kind", value="value"),
            open_visits=gather(_open_visits(), "patient", id="id", on="on", complaint="complaint", urgency="urgency"),
            open_stays=gather(
                Admission.objects.open(), "patient", id="id", on="admitted_on", bed="bed__label", reason="reason",
                ward_km="bed__ward__name_km", ward_en="bed__ward__name_en",
            ),
            open_referrals=gather(
                Referral.objects.filter(state__in=rules.OPEN), "patient", id="id", on="on", state="state",
                hospital_km="hospital__name_km", hospital_en="hospital__name_en",
            ),
            session_today=Subquery(sessions.values("id")[:1]),
            open_trips=gather(Trip.objects.filter(returned_at=None), "patient", id="id", purpose="purpose"),
            asked_back=_newest(_not_seen_since(asked), on="on", back_on="follow_up_on"),
            advised=_newest(_not_seen_since(advised), on="on"),
        )
        .first()
    )  # fmt: skip


def _open_visits() -> QuerySet[Encounter]:
    return Encounter.objects.filter(status=Encounter.Status.OPEN, kind=Encounter.Kind.OUTPATIENT)


def _not_seen_since(contacts: QuerySet[Encounter]) -> QuerySet[Encounter]:
    """Leave the contacts after which the person has not been seen at the centre."""
    later = Encounter.objects.filter(
        Q(on__gt=OuterRef("on")) | Q(on=OuterRef("on"), recorded_at__gt=OuterRef("recorded_at")),
        patient=OuterRef("patient"), kind__in=AT_THE_CENTRE,
    ).exclude(status=Encounter.Status.VOID)  # fmt: skip
    return contacts.exclude(status=Encounter.Status.VOID).filter(~Exists(later))


def _newest(contacts: QuerySet[Encounter], **fields: str) -> Subquery:
    rows = contacts.filter(patient=OuterRef("pk")).order_by("-on", "-id")
    return Subquery(rows.values(said=JSONObject(**fields))[:1], output_field=JSONField())


# --- What happened, room by room -------------------------------------------------------------------------------------


def checkups(patient_id: UUID, encounter_ids: list[UUID]) -> dict[UUID, DentalCheckup]:
    """Return the check-ups done at these contacts, by contact, with their teeth in `seen_teeth`."""
    seen = gather(ToothFinding.objects.all(), "checkup", tooth="tooth", code="code")
    rows = mobile_team.of_patient(patient_id).filter(encounter__in=encounter_ids)
    return {row.encounter_id: row for row in rows.prefetch_related(None).annotate(seen_teeth=seen)}


def referrals_of(patient_id: UUID, *, before: Cursor | None, limit: int) -> list[Referral]:
    """Return one page of the person's referrals, newest first."""
    return _page(referrals.of_patient(patient_id).select_related("hospital", "recorded_by"), before, limit)


def trips_of(patient_id: UUID, *, before: Cursor | None, limit: int) -> list[Trip]:
    """Return one page of the journeys that carried the person, newest first, with the day they began in `on`."""
    rows = referrals.trips_of_patient(patient_id).annotate(on=TruncDate("departed_at", tzinfo=CLINIC_TZ))
    return _page(rows.select_related("vehicle", "recorded_by"), before, limit)


def _page(rows: QuerySet[Any], before: Cursor | None, limit: int) -> list[Any]:
    if before:
        on, key = before
        rows = rows.filter(Q(on__lt=on) | Q(on=on, id__lt=key))
    return list(rows.order_by("-on", "-id")[:limit])


# --- The day's work ---------------------------------------------------------------------------------------------------

ASKED_BACK = dt.timedelta(days=14)  # how long somebody who did not come stays on the list
LONGEST_WAIT = dt.timedelta(days=400)  # between a visit and the day for which it asks back


def due_back(today: dt.date, limit: int = 30) -> list[Encounter]:
    """Return the contacts that asked somebody back for today or the last days and were not followed by another."""
    rows = Encounter.objects.filter(
        on__gte=today - LONGEST_WAIT, follow_up_on__range=(today - ASKED_BACK, today), patient__deceased_on=None
    )
    return list(_not_seen_since(rows).select_related("patient__village").order_by("-follow_up_on", "id")[:limit])


def contacts_in(*months: Month) -> list[dict[str, int]]:
    """Return the contacts of each month by service, and their `total`; one statement."""
    spans = {f"m{n}": Q(on__range=(month.first, month.last)) for n, month in enumerate(months)}
    counts = {f"{name}_{kind}": Count("id", filter=span & Q(kind=kind)) for name, span in spans.items()
              for kind in Encounter.Kind.values}  # fmt: skip
    first, last = min(month.first for month in months), max(month.last for month in months)
    sums = Encounter.objects.contacts().filter(on__range=(first, last)).aggregate(**counts)
    found = [{kind: sums[f"{name}_{kind}"] for kind in Encounter.Kind.values} for name in spans]
    return [by_kind | {"total": sum(by_kind.values())} for by_kind in found]
