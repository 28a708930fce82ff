"""Help with costs: cases with what was asked, approved and paid; what a household was helped with; what waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import ExtractYear

from clinic.models import Encounter, Identifier, Patient
from clinic.selectors import people
from clinic.selectors.households import with_family
from core.accounts.roles import Action
from core.gather import gather
from core.money import Currency, Money
from core.periods import Month
from pharmacy import aid_rules
from pharmacy.models import AidCase, AidCost, AidRule, Entry
from pharmacy.selectors.money import page_of

FUND, HEF = AidCost.Payer.FUND, AidCost.Payer.HEF
ASKED, APPROVED, PAID = AidCost.State.ASKED, AidCost.State.APPROVED, AidCost.State.PAID
WAITING_SHOWN = 200  # cases; nobody lets so many wait


def riel(minor: int) -> Money:
    """Return so many riel."""
    return Money(minor, Currency.KHR)


def rules() -> list[AidRule]:
    """Return every rule, the newest first."""
    return list(AidRule.objects.order_by("-from_on"))


# --- Who may be helped ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """An equity card that holds for a person: their own, or one of their household."""

    value: str
    level: str
    issued_on: date | None
    valid_until: date | None

    def holds(self, on: date) -> bool:
        """Return whether the card holds on a day, as far as its dates are known."""
        return (self.valid_until is None or self.valid_until >= on) and (self.issued_on is None or self.issued_on <= on)


def bare(number: str) -> str:
    """Return a card's number without what is written between its figures, in capitals."""
    return "".join(char for char in number.upper() if char.isalnum())


def cards_of(person: Any) -> list[Card]:
    """Return the equity cards that hold for a person, the one written last first.

    No statement for somebody brought by `clinic.selectors.households`.
    """
    if not hasattr(person, "own_cards"):
        family = Q(patient=person.pk)
        if person.household_id:
            family |= Q(patient__household=person.household_id, patient__merged_into=None)
        rows = Identifier.objects.filter(family, kind=Identifier.Kind.EQUITY).order_by("-id")
        return [Card(row.value, row.level, row.issued_on, row.valid_until) for row in rows]
    said = {row["id"]: row for row in [*(person.own_cards or []), *(person.household_cards or [])]}
    return [
        Card(row["value"], row["level"], _day(row["issued_on"]), _day(row["valid_until"]))
        for _, row in sorted(said.items(), reverse=True)
    ]


def asking_for(id: UUID, visit: UUID | None) -> Any:
    """Return a person with village, alerts, cards, open cases (`helped`) and the visit if it is theirs (`visit`).

    One statement; None when nobody has this id.
    """
    rows = with_family(people.with_alerts(people.standing(id).select_related("village")))
    contacts = Encounter.objects.exclude(status=Encounter.Status.VOID).filter(pk__in=[visit] if visit else [])
    return rows.annotate(
        visit=gather(contacts, "patient", id="id", complaint="complaint"),
        helped=gather(AidCase.objects.filter(state=AidCase.State.OPEN), "patient", id="id", number="number",
                      illness="illness", on="on"),
    ).first()  # fmt: skip


# --- One case ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How a case stands, in riel at the rate of each day."""

    asked: Money
    approved: Money
    paid: Money
    hef: Money
    left: Money


def standing(case: AidCase, costs: Iterable[AidCost]) -> Standing:
    """Return what was asked for, approved and paid, what the Health Equity Fund paid, and what is left of the cap."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    costs = list(costs)
    for cost in costs:
        sums[cost.payer, cost.state] += cost.riel
    left = case.cap - aid_rules.counted(costs)
    return Standing(
        riel(sums[FUND, ASKED]), riel(sums[FUND, APPROVED]), riel(sums[FUND, PAID]), riel(sums[HEF, PAID]), riel(left)
    )


def case(id: UUID) -> AidCase | None:
    """Return a case with its patient (`patient.alerts`), visit and who opened it: one statement; None if unknown."""
    joined = ("patient__village", "encounter", "recorded_by", "household")
    found = AidCase.objects.select_related(*joined).annotate(alerts=people.alerts(outer="patient_id")).filter(pk=id)
    row: Any = found.first()
    if row is not None:
        row.patient.alerts = row.alerts
    return row


def costs_of(case_id: UUID) -> list[AidCost]:
    """Return the costs of a case in the order in which they were asked for, with fund, people and reversal."""
    joined = ("fund", "recorded_by", "approved_by", "approved_also_by", "entry__reversed_by", "entry__recorded_by")
    return list(AidCost.objects.filter(case=case_id).select_related(*joined).order_by("id"))


@dataclass(frozen=True)
class Year:
    """What a household was helped with in one year, in riel at the rate of each day."""

    year: int
    cases: int
    paid: Money
    hef: Money


@dataclass
class Helped:
    """One case of a household: whose, for what, what our funds paid and what the Health Equity Fund did."""

    id: UUID
    number: str
    patient: Patient
    illness: str
    state: str
    paid: Money = field(default_factory=lambda: riel(0))
    hef: Money = field(default_factory=lambda: riel(0))


@dataclass(frozen=True)
class HouseholdHelp:
    """All help for a household: by year the newest first, and case by case."""

    years: list[Year]
    cases: list[Helped]

    @property
    def paid(self) -> Money:
        """Return what our funds paid in all years."""
        return riel(sum(year.paid.minor for year in self.years))

    @property
    def hef(self) -> Money:
        """Return what the Health Equity Fund paid in all years."""
        return riel(sum(year.hef.minor for year in self.years))


_OF_PATIENT = ("id", "family_name", "given_name", "family_name_km", "given_name_km", "number")


def household(case: AidCase) -> HouseholdHelp:
    """Return what was paid for everybody of a case's household, by year: one statement.

    The household is who lived together when a case was opened, and who lives together now; somebody who lives with
    nobody written here is a household of their own. What was taken back is not counted.
    """
    whose = Q(case__patient=case.patient_id)
    for home in {case.household_id, case.patient.household_id} - {None}:
        whose |= Q(case__household=home) | Q(case__patient__household=home)
    names = ("case", "case__number", "case__illness", "case__state", *(f"case__patient__{n}" for n in _OF_PATIENT))
    rows = AidCost.objects.filter(whose, state=PAID).order_by().annotate(year=ExtractYear("on"))
    cases: dict[UUID, Helped] = {}
    years: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    in_year: dict[int, set[UUID]] = defaultdict(set)
    for row in rows.values(*names, "year", "payer").annotate(n=Sum("riel")):
        person = Patient(**{name: row[f"case__patient__{name}"] for name in _OF_PATIENT})
        one = cases.setdefault(
            row["case"],
            Helped(row["case"], row["case__number"], person, row["case__illness"], row["case__state"]),
        )
        if row["payer"] == FUND:
            one.paid += riel(row["n"])
        else:
            one.hef += riel(row["n"])
        years[row["year"]][row["payer"]] += row["n"]
        in_year[row["year"]].add(row["case"])
    by_year = [
        Year(year, len(in_year[year]), riel(sums[FUND]), riel(sums[HEF]))
        for year, sums in sorted(years.items(), reverse=True)
    ]
    return HouseholdHelp(by_year, sorted(cases.values(), key=lambda one: one.number, reverse=True))


# --- Lists ------------------------------------------------------------------------------------------------------------

OPEN, ENDED = "open", "ended"


def _listed() -> QuerySet[AidCase]:
    costs = gather(AidCost.objects.all(), "case", state="state", payer="payer", riel="riel", approved="approved_by_id")
    return AidCase.objects.select_related("patient__village").annotate(said=costs)


def _with_sums(rows: Iterable[Any]) -> list[Any]:
    """Let each case say what counts against its cap, what it may still cost, and what waits for whom."""
    found = []
    for row in rows:
        costs = [said for said in row.said or [] if said["payer"] == FUND]
        row.counted = riel(sum(said["riel"] for said in costs if said["state"] in (APPROVED, PAID)))
        row.left = riel(row.cap) - row.counted
        row.waiting = sum(said["state"] == ASKED for said in costs)
        row.to_pay = sum(said["state"] == APPROVED for said in costs)
        found.append(row)
    return found


def waiting() -> list[AidCase]:
    """Return the open cases in which something waits for approval, the one that waits longest first: one statement."""
    asked = AidCost.objects.filter(case=OuterRef("pk"), payer=FUND, state=ASKED)
    rows = _listed().filter(Exists(asked), state=AidCase.State.OPEN)
    return _with_sums(rows.order_by("on", "id")[:WAITING_SHOWN])


def page(which: str, *, before: UUID | None = None) -> tuple[list[AidCase], UUID | None]:
    """Return one page of the open cases in which nothing waits for approval, or of those that ended, newest first."""
    if which == ENDED:
        rows = _listed().exclude(state=AidCase.State.OPEN)
    else:
        asked = AidCost.objects.filter(case=OuterRef("pk"), payer=FUND, state=ASKED)
        rows = _listed().filter(~Exists(asked), state=AidCase.State.OPEN)
    found, more = page_of(rows, before)
    return _with_sums(found), more


def of_visit(encounter_id: UUID) -> list[AidCase]:
    """Return the cases that were opened in a visit, the newest first."""
    return list(AidCase.objects.filter(encounter=encounter_id).order_by("-on", "-id"))


def open_rows() -> QuerySet[AidCase]:
    """Return the open cases, as a query for the record of a person."""
    return AidCase.objects.filter(state=AidCase.State.OPEN)


@dataclass(frozen=True)
class Todo:
    """How many costs wait for this colleague's approval, and how many approved ones for being paid."""

    approve: int
    pay: int


def todo(user: Any) -> Todo:
    """Return what waits for a colleague: one statement, none for those who neither approve nor pay."""
    mine = Q(pk__in=[])
    if user.may(Action.DECIDE_AID):
        mine |= Q(approved_by=None)
    if user.may(Action.SECOND_AID):
        mine |= Q(approved_by__isnull=False) & ~Q(approved_by=user.pk)
    pays = user.may(Action.PAY_AID)
    if not pays and not user.may(Action.SECOND_AID):
        return Todo(0, 0)
    rows = AidCost.objects.filter(payer=FUND, state__in=(ASKED, APPROVED), case__state=AidCase.State.OPEN)
    found = rows.aggregate(approve=Count("pk", filter=mine & Q(state=ASKED)), pay=Count("pk", filter=Q(state=APPROVED)))
    return Todo(found["approve"], found["pay"] if pays else 0)


# --- A month ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One payment of a month, or one taken back (`back`): an entry with the cost it paid."""

    entry: Entry
    cost: AidCost
    back: bool

    @property
    def money(self) -> Money:
        """Return the amount, below nothing when it came back."""
        return -self.entry.money if self.back else self.entry.money


@dataclass(frozen=True)
class Summed:
    """What one fund paid for one kind of cost in a month, in both currencies."""

    fund: Any
    kind: str
    riel: Money
    dollars: Money


@dataclass(frozen=True)
class MonthOfHelp:
    """What was paid in a month, line by line and summed up, and what the Health Equity Fund paid beside."""

    lines: list[Line]
    sums: list[Summed]
    hef: list[AidCost]

    @property
    def total(self) -> tuple[Money, Money]:
        """Return what all funds paid, in riel and in dollars."""
        zero = riel(0), Money.zero(Currency.USD)
        return sum((s.riel for s in self.sums), zero[0]), sum((s.dollars for s in self.sums), zero[1])

    @property
    def hef_total(self) -> tuple[Money, Money]:
        """Return what the Health Equity Fund paid, in riel and in dollars."""
        of = {currency: Money.zero(currency) for currency in Currency}
        for cost in self.hef:
            of[Currency(cost.currency)] += cost.money
        return of[Currency.KHR], of[Currency.USD]

    @property
    def cases(self) -> int:
        """Return in how many cases something was paid or came back."""
        return len({line.cost.case_id for line in self.lines})


def month(of: Month) -> MonthOfHelp:
    """Return the help of a month as the books have it: payments on their day, reversals on theirs; two statements."""
    in_month = {"on__range": (of.first, of.last)}
    paths = ("aid_cost", "reverses__aid_cost")
    joined = [f"{path}{more}" for path in paths for more in ("__fund", "__case__patient")]
    rows = Entry.objects.filter(
        Q(aid_cost__isnull=False) | Q(reverses__aid_cost__isnull=False), **in_month
    ).select_related(*joined)  # fmt: skip
    lines = [_line(entry) for entry in rows.order_by("on", "id")]
    hef = AidCost.objects.filter(payer=HEF, state=PAID, **in_month).select_related("case__patient")
    return MonthOfHelp(lines, _summed(lines), list(hef.order_by("on", "id")))


def _line(entry: Entry) -> Line:
    if entry.reverses:
        return Line(entry, entry.reverses.aid_cost, True)  # type: ignore[attr-defined]
    return Line(entry, entry.aid_cost, False)  # type: ignore[attr-defined]


def _summed(lines: Iterable[Line]) -> list[Summed]:
    sums: dict[tuple[str, str], dict[Currency, Money]] = {}
    funds: dict[str, Any] = {}
    for line in lines:
        key = line.cost.fund_id or "", line.cost.kind
        funds[key[0]] = line.cost.fund
        both = sums.setdefault(key, {currency: Money.zero(currency) for currency in Currency})
        both[line.money.currency] += line.money
    return [
        Summed(funds[fund], str(AidCost.Kind(kind).label), both[Currency.KHR], both[Currency.USD])
        for (fund, kind), both in sorted(sums.items())
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
