"""Help with costs: three households, from a request that waits for the second approval to a case that has ended."""

from __future__ import annotations

from clinic.models import Outcome, Patient
from core.money import Currency, Money
from core.periods import Year
from desk.demo.cast import Cast
from pharmacy.models import AidCase, AidCost, Fund
from pharmacy.selectors.aid import cards_of
from pharmacy.services import aid, aid_costs, donations
from pharmacy.services.aid import Because
from referrals.models import Referral

FUND = "aid"
GIVEN, TWO_FROM, CAP = (Money(minor, Currency.KHR) for minor in (1_500_000, 200_000, 800_000))
CHIEF = "មេភូមិ ម៉ៅ សារុន"


def tell(cast: Cast) -> None:
    """Begin the fund's year and help three people; all money moves today, so that receipts follow the calendar."""
    aid.set_rule(from_on=Year.of(cast.today).first, two_from=TWO_FROM, cap=CAP, by=cast.admin)
    donations.receive(
        amount=GIVEN, fund=FUND, donor_name="Friends of Sre Ambel", purpose="ជួយគ្រួសារក្រីក្រ", on=cast.today,
        by=cast.admin, today=cast.today,
    )  # fmt: skip
    sent = Referral.objects.select_related("patient").order_by("on", "id")
    last, first = sent.reverse()[0], sent[0]
    _in_hospital(cast, last)
    _ended(cast, first)
    _asked(cast, cast.someone("F", 20, 45))


def _in_hospital(cast: Cast, referral: Referral) -> None:
    """Transport is paid; the hospital's bill reaches the limit and waits for a second person."""
    case = _open(cast, referral.patient, "រលាកសួតធ្ងន់ធ្ងរ", referral=referral)
    _pay(cast, _ask(cast, case, AidCost.Kind.TRANSPORT, 60_000), "ហេង បូរ៉ា", "V-014")
    bill = _ask(cast, case, AidCost.Kind.HOSPITAL, 240_000)
    aid_costs.approve(cost_id=bill.pk, by=cast.admin, today=cast.today)


def _ended(cast: Cast, referral: Referral) -> None:
    """Let the Health Equity Fund pay the hospital, us the way and the food, and the patient come home."""
    case = _open(cast, referral.patient, "បាក់ជើង", referral=referral)
    aid_costs.equity_fund_paid(
        case_id=case.pk, kind=AidCost.Kind.HOSPITAL, amount=Money(180_000, Currency.KHR), on=cast.today,
        by=cast.nurse, today=cast.today,
    )  # fmt: skip
    _pay(cast, _ask(cast, case, AidCost.Kind.TRANSPORT, 50_000), "ហេង បូរ៉ា", "V-011")
    _pay(cast, _ask(cast, case, AidCost.Kind.FOOD, 35_000), str(referral.patient), "V-012")
    aid.close(
        case_id=case.pk, on=cast.today, outcome=Outcome.IMPROVED, text="ត្រឡប់មកផ្ទះវិញ", by=cast.nurse,
        today=cast.today,
    )  # fmt: skip


def _asked(cast: Cast, patient: Patient) -> None:
    """Medicine that we do not have is to be bought elsewhere; the administrator has not looked yet."""
    case = _open(cast, patient, "ជំងឺទឹកនោមផ្អែម")
    _ask(cast, case, AidCost.Kind.MEDICINE, 45_000, fund=Fund.MEDICINE)


def _open(cast: Cast, patient: Patient, illness: str, *, referral: Referral | None = None) -> AidCase:
    """Open a case by the equity card that holds, else by what the village chief says."""
    patient = Patient.objects.get(pk=patient.pk)  # the household was written since
    on = referral.on if referral else cast.today
    card = next((card.value for card in cards_of(patient) if card.holds(on)), "")
    why = Because(card=card) if card else Because(
        assessed_by=CHIEF, answers={"eats": "no", "earns": "no", "sells": "unknown", "owes": "yes", "alone": "yes"}
    )  # fmt: skip
    return aid.open_case(
        patient=patient, illness=illness, on=on, because=why, referral=referral.pk if referral else None, by=cast.nurse,
        today=cast.today,
    )  # fmt: skip


def _ask(cast: Cast, case: AidCase, kind: str, riel: int, *, fund: str = FUND) -> AidCost:
    amount = Money(riel, Currency.KHR)
    return aid_costs.ask(
        case_id=case.pk, kind=kind, fund=fund, amount=amount, on=cast.today, by=cast.nurse, today=cast.today
    )


def _pay(cast: Cast, cost: AidCost, payee: str, receipt: str) -> None:
    aid_costs.approve(cost_id=cost.pk, by=cast.admin, today=cast.today)
    aid_costs.pay(
        cost_id=cost.pk, amount=cost.money, on=cast.today, payee=payee, receipt=receipt, by=cast.pharmacist,
        today=cast.today,
    )  # fmt: skip
