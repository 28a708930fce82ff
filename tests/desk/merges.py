"""Two people with something in every room, their merge and the way back, for the tests of merging."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers

from clinic.models import (
    Admission,
    Allergy,
    BedStay,
    CardPrint,
    Consent,
    ContactPoint,
    Identifier,
    Merge,
    NameKey,
    Patient,
    Photo,
    Pregnancy,
    PreventiveDose,
    Relation,
)
from clinic.services import keys
from core.ages import Birth
from core.errors import RuleBroken
from desk.merging import services
from desk.merging.columns import GROUPS
from desk.merging.services import Choice
from pharmacy.services import dispensing
from referrals.models import Trip
from tests.builders import (
    TODAY,
    a_batch,
    a_bed,
    a_checkup,
    a_patient,
    a_referral,
    a_session,
    a_stay,
    a_visit,
    an_aid_case,
    noon,
    somebody,
)

MERGED, LATER = noon() + timedelta(minutes=30), noon() + timedelta(hours=1)


def merge(winner: Patient, loser: Patient, **given: Any) -> Merge:
    chosen = Choice({name: given.pop(name) for name in list(given) if name in {g.name for g in GROUPS}}, sure=True)
    told: dict[str, Any] = {"reason": "both cards", "by": somebody(), "at": MERGED, "today": TODAY, "choice": chosen}
    made = services.merge(winner=winner.pk, loser=loser.pk, **(told | given))
    winner.refresh_from_db()
    loser.refresh_from_db()
    return made


def undo(act: Merge, **given: Any) -> services.Undone:
    told: dict[str, Any] = {"reason": "it was her sister", "by": somebody(), "at": LATER, "today": TODAY}
    return services.undo(id=act.pk, **(told | given))


def refused(code: str):
    return pytest.raises(RuleBroken, match=f"^{code}$")


def two(**other: Any) -> tuple[Patient, Patient]:
    born = Birth.on(date(2020, 3, 4))
    return a_patient(birth=born), a_patient(**({"family_name": "Sokh", "birth": born} | other))


def full(patient: Patient, mark: str, *, day: date = TODAY) -> Patient:
    """Give a person something in every room."""
    by = somebody()
    visit = a_visit(patient, on=day - timedelta(days=3), close=True)
    stay = a_stay(patient, on=day - timedelta(days=2), bed=a_bed(ord(mark) % 2))
    Admission.objects.filter(pk=stay.pk).update(
        discharged_on=day - timedelta(days=1), discharge_type="DITY-0000E08", outcome="VIOU-0000V09"
    )
    BedStay.objects.filter(admission=stay).update(until=day - timedelta(days=1))
    a_checkup(session=a_session(on=day), patient=patient) if mark == "a" else None
    batch = a_batch(10, on=day)
    dispensing.dispense(
        patient=patient, medicine=batch.medicine, quantity=1, on=day, by=by, today=TODAY, encounter=visit
    )
    referral = a_referral(patient=patient)
    an_aid_case(patient, encounter=visit, referral=referral.pk)
    vehicle = apps.get_model("referrals", "Vehicle").objects.all()[0]
    Trip.objects.create(
        vehicle=vehicle, purpose="emergency", referral=referral, patient=patient, driver="Rith", departed_at=noon(),
        odometer_out=1, returned_at=LATER, odometer_in=2, recorded_by=by,
    )  # fmt: skip
    Allergy.objects.create(patient=patient, substance="penicillin", told_on=day)
    Allergy.objects.create(patient=patient, substance=f"prawns {mark}", told_on=day)
    Consent.objects.create(patient=patient, purpose="photo", given=True, on=day)
    Identifier.objects.create(patient=patient, kind="paper", value=f"K-{mark}")
    Identifier.objects.create(patient=patient, kind="equity", value="E-1")
    ContactPoint.objects.create(patient=patient, phone="+85511111111")
    ContactPoint.objects.create(patient=patient, phone=f"+8551222222{len(mark)}{ord(mark) % 10}")
    CardPrint.objects.create(patient=patient, reason="first")
    Photo.objects.create(patient=patient, content=mark.encode(), sha256=mark * 64)
    guardian = a_patient(family_name="Mao", given_name=f"Mother {mark}", sex="F")
    Relation.objects.create(patient=patient, guardian=guardian, kind="mother")
    Relation.objects.create(patient=a_patient(family_name="Mao", given_name=f"Child {mark}"), guardian=patient,
                            kind="mother")  # fmt: skip
    Pregnancy.objects.create(
        patient=patient, edd=day + timedelta(days=30), reckoned="told",
        **({} if mark == "a" else {"ended_on": day, "outcome": "live"}),
    )  # fmt: skip
    for what in ("mebendazole", f"{'vitamin_a' if mark == 'a' else 'albendazole'}"):
        PreventiveDose.objects.create(patient=patient, what=what, on=day)
    keys.rewrite(patient)
    return patient


APART = {
    "audit.entry", "audit.read", "core.change", "core.clock", "clinic.merge", "accounts.user", "reports.touched",
}  # fmt: skip


def everything() -> dict[str, Any]:
    """Return every row of every table but the logs and the feed; keys of names without their running number."""
    rows = {}
    for model in apps.get_models():
        if model._meta.label_lower in APART or model._meta.app_label in {"places", "contenttypes", "axes", "auth"}:
            continue
        said = json.loads(serializers.serialize("json", model.objects.order_by("pk")))
        if model is NameKey:
            said = sorted([row["fields"] for row in said], key=str)
        rows[model._meta.label_lower] = said
    return rows
