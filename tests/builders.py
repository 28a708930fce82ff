"""Plain functions that make what a test needs, with defaults a reader can guess; nothing random."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from clinic.models import Admission, Bed, Condition, Encounter, Patient
from core.accounts.models import User
from core.accounts.roles import Role
from core.periods import CLINIC_TZ
from core.places.models import Village

TODAY = date(2026, 11, 20)  # a Friday; tests that need another day say so


def a_village(code: str = "") -> Village:
    """Return a village of the gazetteer, by its code or the first one."""
    villages = Village.objects.filter(code=code) if code else Village.objects.all()
    return villages.order_by("id")[0]


def a_condition(key: str = "diarrhoea") -> Condition:
    """Return a condition of the catalogue."""
    return Condition.objects.get(key=key)


def somebody() -> User:
    """Return the colleague who records what no test cares about."""
    return User.objects.filter(username="somebody").first() or User.objects.create_user(
        username="somebody", name="Som Body", role=Role.ADMIN, language="en"
    )


def a_patient(*, by: User | None = None, today: date = TODAY, **given: Any) -> Patient:
    """Return a registered patient, made by the same service as at the desk."""
    from clinic.services import patients

    defaults: dict[str, Any] = {"sex": "F", "family_name": "Sok", "given_name": "Sreymom"}
    return patients.register(by=by or somebody(), today=today, **(defaults | given))


def a_medicine(name: str = "Paracetamol", strength: str = "500 mg") -> Any:
    """Return a medicine of the formulary."""
    from pharmacy.models import Medicine

    return Medicine.objects.filter(name=name, strength=strength)[0]


def a_batch(quantity: int = 100, *, today: date = TODAY, **given: Any) -> Any:
    """Return a batch that came as a gift in kind, into the dispensary unless told."""
    from pharmacy.services import stock

    defaults: dict[str, Any] = {
        "expires_on": date(2027, 12, 31), "source": "gift", "on": today, "place": "dispensary",
        "by": given.pop("by", None) or somebody(), "medicine": given.pop("medicine", None) or a_medicine(),
    }  # fmt: skip
    return stock.receive(quantity=quantity, today=today, **(defaults | given))


def a_donation(amount: Any, *, today: date = TODAY, **given: Any) -> Any:
    """Return a gift into the medicine fund."""
    from pharmacy.services import donations

    defaults: dict[str, Any] = {"on": today, "by": given.pop("by", None) or somebody()}
    return donations.receive(amount=amount, today=today, **(defaults | given))


def noon(day: date = TODAY) -> datetime:
    """Return twelve o'clock at the clinic."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=CLINIC_TZ)


def a_visit(patient: Patient | None = None, *, on: date = TODAY, today: date = TODAY, **given: Any) -> Encounter:
    """Return an open out-patient visit."""
    from clinic.services import encounters

    return encounters.open_visit(
        patient=patient or a_patient(), on=on, today=today, at=noon(on), **({"by": somebody()} | given)
    )


def a_bed(number: int = 0) -> Bed:
    """Return a bed of the centre, by its place."""
    return Bed.objects.order_by("id")[number]


def a_stay(patient: Patient | None = None, *, on: date = TODAY, today: date = TODAY, **given: Any) -> Admission:
    """Return an open stay, in the first bed unless another is given."""
    from clinic.services import admissions

    given = {"by": somebody(), "bed": given.pop("bed", None) or a_bed()} | given
    return admissions.admit(patient=patient or a_patient(), on=on, today=today, at=noon(on), **given)


def an_ending(on: date = TODAY, **given: Any) -> Any:
    """Return how a stay ended: with permission, improved."""
    from clinic.models import DischargeType, Outcome
    from clinic.services.discharges import Ending

    return Ending(on=on, **({"type": DischargeType.AUTHORIZED, "outcome": Outcome.IMPROVED} | given))


def a_discharge(stay: Admission, *, on: date = TODAY, today: date = TODAY, by: User | None = None, **given: Any) -> Any:
    """Return a stay that has ended."""
    from clinic.services import discharges

    return discharges.write(id=stay.pk, ending=an_ending(on, **given), by=by or somebody(), today=today, at=noon(on))


def a_session(*, village: Village | None = None, on: date = TODAY, **given: Any) -> Any:
    """Return a planned session of the mobile team, made by its service."""
    from mobile_team.services import sessions

    return sessions.add(village=village or a_village(), on=on, by=somebody(), **given)


def a_checkup(*, session: Any = None, patient: Patient | None = None, today: date = TODAY, **seen: Any) -> Any:
    """Return a recorded check-up: education, brush and paste given unless the test says otherwise."""
    from mobile_team.services import checkups

    given = {"dental_education": True, "toothbrush": True, "toothpaste": True}
    return checkups.record_checkup(
        session=session or a_session(), patient=patient or a_patient(), observed_at=noon(today), by=somebody(),
        today=today, **(given | seen),
    )  # fmt: skip


def a_referral(*, patient: Patient | None = None, at: datetime | None = None, **given: Any) -> Any:
    """Return a drafted referral to the usual hospital."""
    from referrals.models import Hospital
    from referrals.services import referrals

    at = at or noon(TODAY)
    defaults: dict[str, Any] = {"reason": "Severe pneumonia", "by": somebody(), "now": at}
    return referrals.draft(
        patient=patient or a_patient(), hospital=Hospital.objects.all()[0], at=at, **(defaults | given)
    )


def an_aid_rule(*, two_from: int = 200_000, cap: int = 400_000, from_on: date = date(2026, 1, 1)) -> Any:
    """Return the rule of help with costs: two people approve from 200,000 riel on, a case costs at most 400,000."""
    from core.money import Currency, Money
    from pharmacy.services import aid

    return aid.set_rule(
        from_on=from_on, two_from=Money(two_from, Currency.KHR), cap=Money(cap, Currency.KHR), by=somebody()
    )


def an_aid_case(patient: Patient | None = None, *, on: date = TODAY, today: date = TODAY, **given: Any) -> Any:
    """Return an open case of help with costs, assessed by the village chief unless the test says otherwise."""
    from pharmacy.models import AidRule
    from pharmacy.services import aid

    if not AidRule.objects.exists():
        an_aid_rule()
    defaults: dict[str, Any] = {
        "illness": "Severe pneumonia", "because": aid.Because(assessed_by="Mao Sarun, village chief"),
        "by": somebody(),
    }  # fmt: skip
    return aid.open_case(patient=patient or a_patient(), on=on, today=today, **(defaults | given))
