"""REST: find and register people, write out-patient visits; sending again under the same id is harmless."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.models import Encounter
from clinic.selectors import people, registry, search, timeline
from clinic.selectors.timeline import Contact
from clinic.serializers import CorrectionIn, PatientIn, VisitIn, contact_out, hit_out, person_out
from clinic.services import encounters, patients
from core.accounts.roles import Action
from core.audit import journal
from core.errors import Conflict, NotAllowed
from core.ids import uuid7
from core.periods import local_day

SAME = "constraint.same_id"


class Patients(APIView):
    """Search with `?q=`; or register, for those who may."""

    action = Action.SEARCH_PATIENTS

    def get(self, request: Request) -> Response:
        """Return at most twenty people, best match first."""
        hits = search.find(request.query_params.get("q", ""), today=local_day(timezone.now()))
        return Response({"results": [hit_out(hit) for hit in hits]})

    def post(self, request: Request) -> Response:
        """Register a person; 201, or 200 with the person already registered under this id."""
        if not request.user.may(Action.REGISTER_PATIENT):  # type: ignore[union-attr]
            raise NotAllowed(Action.REGISTER_PATIENT)
        today = local_day(timezone.now())
        sent = PatientIn(data=request.data, context={"today": today})
        sent.is_valid(raise_exception=True)
        given = sent.given()
        given["id"] = given.get("id") or uuid7()
        status = 201
        try:
            patients.register(by=request.user, today=today, **given)
        except Conflict as conflict:
            if conflict.code != SAME:
                raise
            status = 200
        return Response(person_out(registry.get(given["id"])), status=status)


class PatientDetail(APIView):
    """One person."""

    action = Action.READ_RECORD

    def get(self, request: Request, id: UUID) -> Response:
        """Return all that is written of a person, of the survivor for a merged record; the look is written down."""
        person = registry.get_or_404(id)
        journal.note_read(person.id, by=request.user, what="api")
        return Response(person_out(person))


class Encounters(APIView):
    """Out-patient visits."""

    action = Action.OUTPATIENT

    def post(self, request: Request) -> Response:
        """Write a visit; 201, or 200 with the visit already written under this id."""
        now = timezone.now()
        sent = VisitIn(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        made = said.get("id") or uuid7()
        status = 201
        try:
            encounters.open_visit(
                id=made, patient=people.get_or_404(said["patient"]), on=said.get("on", local_day(now)),
                told=said.get("told_age"), care=sent.care(), signs=said.get("signs", ()), close=said["close"],
                by=request.user,
                today=local_day(now), at=now,
            )  # fmt: skip
        except Conflict as conflict:
            if conflict.code != SAME:
                raise
            status = 200
        return Response(_visit(made), status=status)


class EncounterDetail(APIView):
    """One out-patient visit."""

    action = Action.OUTPATIENT

    def get(self, request: Request, id: UUID) -> Response:
        """Return a visit as it stands; the look is written down."""
        contact = _contact(id)
        journal.note_read(contact.encounter.patient_id, by=request.user, what="api")
        return Response(contact_out(contact))

    def put(self, request: Request, id: UUID) -> Response:
        """Write a visit anew; what is superseded stays readable as an earlier version."""
        now = timezone.now()
        sent = CorrectionIn(data=request.data)
        sent.is_valid(raise_exception=True)
        said, standing = sent.validated_data, _contact(id).encounter
        encounters.save_visit(
            id=id, care=sent.care(), close=said["close"], correcting=standing.status == Encounter.Status.CLOSED,
            why=said["why"], by=request.user, today=local_day(now), at=now,
        )  # fmt: skip
        return Response(contact_out(_contact(id)))


def _contact(id: UUID) -> Contact:
    contact = timeline.contact(id)
    if contact is None or contact.encounter.kind != Encounter.Kind.OUTPATIENT:
        raise Http404
    return contact


def _visit(id: UUID) -> Any:
    contact = timeline.contact(id)
    return contact and contact_out(contact)
