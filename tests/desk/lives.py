"""Lives with everything in them: what the record, the home pages and the log have to show."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from clinic.models import Diagnosis, Encounter, Treatment, Vitals
from clinic.services import admissions, encounters
from clinic.services.encounters import Care
from core.accounts.models import User
from core.accounts.roles import Role
from core.money import Currency, Money
from mobile_team.services import checkups, sessions
from pharmacy.services import (
    aid,
    aid_costs,
    boxes,
    cash,
    counts,
    dispensing,
    donations,
    exchanges,
    funds,
    purchases,
    recalls,
)
from referrals.models import Hospital, Vehicle
from referrals.services import referrals, trips
from referrals.services.trips import Leaving
from tests.builders import (
    TODAY,
    a_batch,
    a_bed,
    a_condition,
    a_medicine,
    a_patient,
    a_village,
    an_aid_case,
    noon,
    somebody,
)

VITALS = {"temperature": Decimal("38.4"), "heart_rate": 110, "weight": Decimal("12.50"), "muac": 131}


def days_ago(n: int) -> date:
    """Return the day n days before the tests' today."""
    return TODAY - timedelta(days=n)


def a_full_life(*, by: User | None = None, **given: Any) -> SimpleNamespace:
    """Return a child whom every team has seen: mobile team, visit, stay, referral by ambulance, medicine."""
    by = by or somebody()
    patient = a_patient(by=by, told=(4, "y", days_ago(60)), village=a_village(), phone="012 345 678", **given)
    session = sessions.add(village=a_village(), on=days_ago(40), by=by, place="school")
    checkup = checkups.record_checkup(
        session=session, patient=patient, observed_at=noon(days_ago(40)), by=by, today=TODAY,
        findings={51: "B", 85: "A"},
        pain=True, toothbrush=True, toothpaste=True, dental_education=True, advised_to_come=True,
    )  # fmt: skip
    care = Care(
        complaint="ក្តៅខ្លួន ក្អក", vitals=VITALS, diagnoses=[a_condition("pneumonia"), a_condition("diarrhoea")],
        treatments=[("Amoxicillin", "250 mg, 5 days")], advice="Drink much", result=Encounter.Result.TREATED,
    )  # fmt: skip
    visit = encounters.open_visit(
        patient=patient, on=days_ago(20), by=by, today=TODAY, at=noon(days_ago(20)), care=care, close=True
    )
    stay = admissions.admit(
        patient=patient, bed=a_bed(), on=days_ago(10), by=by, today=TODAY, at=noon(days_ago(10)), reason="Pneumonia"
    )
    batch = a_batch(on=days_ago(30))
    medicine = dispensing.dispense(
        patient=patient,
        medicine=a_medicine(),
        quantity=6,
        on=days_ago(9),
        by=by,
        today=TODAY,
        directions="1 three times",
    )
    referral = referrals.draft(
        patient=patient,
        hospital=Hospital.objects.all()[0],
        reason="Needs oxygen",
        at=noon(days_ago(8)),
        now=noon(),
        by=by,
    )
    leaving = Leaving(Vehicle.objects.all()[0].pk, "Chan", noon(days_ago(8)) + timedelta(minutes=5), 1000)
    trip = trips.dispatch(leaving=leaving, purpose="emergency", by=by, now=noon(), referral_id=referral.pk)
    return SimpleNamespace(
        patient=patient, session=session, checkup=checkup, visit=visit, stay=stay, batch=batch, medicine=medicine,
        referral=referral, trip=trip,
    )  # fmt: skip


def a_busy_till(*, by: User | None = None) -> SimpleNamespace:
    """Return a till at which everything happened once: a grant, a rate, a box, an exchange, a purchase, a count."""
    by = by or somebody()
    common = {"on": TODAY, "by": by, "today": TODAY}
    pair = {"counted_by": "Sok Chanthy", "witnessed_by": "Chea Sophal"}
    funds.add(code="flood-26", kind="grant", name_km="ជំនួយទឹកជំនន់", name_en="Flood grant", by=by)
    funds.set_rate(riel=4_100, **common)
    box = boxes.add(code="box-1", place_km="វត្ត", place_en="Pagoda", village=a_village(), by=by)
    opening = boxes.open_box(box=box, found={Currency.KHR: {50_000: 10}, Currency.USD: {500: 4}}, **pair, **common)
    gift = donations.receive(
        amount=Money(50_000, Currency.USD), fund="grant", source="grant", donor_name="A foundation", purpose="teeth",
        **common,
    )  # fmt: skip
    exchange = exchanges.record(
        fund="medicine", given=Money(82_000, Currency.KHR), taken=Money(20_00, Currency.USD), **common
    )
    line = purchases.Line(a_medicine(), 100, date(2028, 12, 31), Money(10_000, Currency.KHR))
    purchase = purchases.record(supplier="Takeo", lines=[line], sum=line.cost, **common)
    count = cash.count(
        fund="medicine", currency=Currency.USD, found={100: 39}, reason="not known", **pair, **common
    )  # fmt: skip
    help_with_costs(by)
    return SimpleNamespace(box=box, opening=opening, gift=gift, exchange=exchange, purchase=purchase, count=count)


def help_with_costs(by: User) -> None:
    """Let one illness cost something of each kind: asked for, approved, paid, refused, by the equity fund; and end."""
    common = {"on": TODAY, "by": by, "today": TODAY}
    nurse = User.objects.create_user(username="asks", name="Asks", role=Role.NURSE)
    donations.receive(amount=Money(500_000, Currency.KHR), fund="aid", **common)
    case, ended = an_aid_case(by=by), an_aid_case(by=by)
    sent: dict[str, Any] = common | {"case_id": case.pk, "kind": "food", "amount": Money(10_000, Currency.KHR)}
    asked = [aid_costs.ask(**sent | {"by": nurse}, fund="aid") for _ in range(4)]
    for cost in asked[1:]:
        aid_costs.approve(cost_id=cost.pk, by=by, today=TODAY)
    aid_costs.pay(cost_id=asked[2].pk, amount=asked[2].money, payee="Chan", receipt="1", **common)
    aid_costs.refuse(cost_id=asked[3].pk, reason="not needed", by=by)
    aid_costs.equity_fund_paid(**sent)
    aid.close(case_id=ended.pk, outcome="VIOU-0000V09", **common)


def busy_shelves(*, by: User | None = None) -> SimpleNamespace:
    """Return shelves where everything is under way: a place being counted, one counted again, a batch recalled."""
    by = by or somebody()
    common = {"on": TODAY, "by": by, "today": TODAY}
    batch = a_batch(40, number="CALLED", place="store", giver="UCC", value=Money(2_000, Currency.USD))
    dispensing.dispense(patient=a_patient(given_name="Rith"), medicine=batch.medicine, quantity=3, place="store",
                        despite="known", **common)  # fmt: skip
    recalls.recall(batch_id=batch.pk, why="letter 14", **common)
    being = counts.begin(place="dispensary", **common)
    again, sure = counts.begin(place="store", **common), counts.begin(place="kit-1", **common)
    stray = counts.add(count_id=sure.pk, batch_id=batch.pk, by=by)
    for count in (again, sure):
        found = {line.pk: 1 for line in count.lines.all()}
        counts.enter(count_id=count.pk, found=found, counted_by="Sok Chanthy", done=True, by=by)
    counts.recount(count_id=sure.pk, found={stray.pk: 1}, checked_by="Chea Sophal", by=by)
    return SimpleNamespace(batch=batch, being=being, again=again, sure=sure)


def many_visits(patient: Any, count: int, *, by: User | None = None) -> None:
    """Write a long history at once: a closed visit a day, each with vitals, two diagnoses and a treatment."""
    by = by or somebody()
    rows = [
        Encounter(
            patient=patient, kind="outpatient", on=days_ago(30 + n), status="closed", complaint=f"visit {n}",
            recorded_by=by,
        )
        for n in range(count)
    ]  # fmt: skip
    Encounter.objects.bulk_create(rows)
    two = [a_condition("diarrhoea"), a_condition("pneumonia")]
    Vitals.objects.bulk_create([Vitals(encounter=row, measured_at=noon(row.on), weight=Decimal(12)) for row in rows])
    Diagnosis.objects.bulk_create(
        [Diagnosis(encounter=row, condition=c, primary=c is two[0]) for row in rows for c in two]
    )
    Treatment.objects.bulk_create([Treatment(encounter=row, what="ORS", dose="2 sachets") for row in rows])
