"""Pages of help with costs: what they show to whom, what they refuse, and what they ask of the database."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from clinic.models import Identifier
from clinic.services import households
from core.accounts.models import User
from core.audit.models import Read
from core.ids import uuid7
from core.money import Currency, Money
from pharmacy.models import AidCase, AidCost, AidRule, Entry
from pharmacy.services import aid, aid_costs, books, funds
from tests.builders import TODAY, a_donation, a_patient, a_referral, a_visit, an_aid_case, an_aid_rule, somebody
from tests.people import client_of
from tests.pharmacy.test_pages import ask, riel

pytestmark = pytest.mark.django_db
LONG, NUL = "ក" * 10_000, "a\x00b"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20T09:00:00+07:00", tick=False):
        yield


def dollars(amount: int) -> Money:
    return Money(amount * 100, Currency.USD)


def opened(**given: Any) -> dict[str, Any]:
    """Return what the page sends that opens a case by assessment."""
    sent = {"id": str(uuid7()), "illness": "រលាកសួត", "on": "20/11/2026", "eligible": "assessed", "card": "",
            "assessed_by": "Mao Sarun", "eats": "no", "earns": "unknown", "assessment": ""}  # fmt: skip
    return sent | given


def a_cost(**given: Any) -> dict[str, Any]:
    """Return what the page sends that asks for 50,000 riel of transport."""
    sent = {"id": str(uuid7()), "kind": "transport", "currency": "KHR", "amount": "៥០,០០០", "fund": "aid",
            "payee": "", "remark": "", "on": "20/11/2026"}  # fmt: skip
    return sent | given


def paid(**given: Any) -> dict[str, Any]:
    return {"currency": "KHR", "amount": "50,000", "payee": "Chan", "receipt": "V-1", "on": "20/11/2026"} | given


def asked(case: AidCase, by: User, **given: Any) -> AidCost:
    """Return a cost that was asked for by its service."""
    told: dict[str, Any] = {"kind": "transport", "fund": "aid", "amount": riel(50_000), "on": TODAY, "today": TODAY}
    return aid_costs.ask(case_id=case.pk, by=by, **(told | given))


class TestTheWayOfACase:
    def test_a_nurse_asks_the_administrator_approves_the_pharmacist_pays(
        self, nurse: User, administrator: User, pharmacist: User
    ) -> None:
        an_aid_rule()
        a_donation(riel(100_000), fund="aid")
        visit = a_visit(patient := a_patient(), close=True)
        desk, office, till = client_of(nurse), client_of(administrator), client_of(pharmacist)
        query = f"?visit={visit.pk}&referral={uuid4()}"
        page = ask(desk, "aid_new", patient.pk, most=8, query=query).content.decode()
        assert "No card is written" in page
        sent = opened()
        for _ in range(2):
            answer = ask(desk, "aid_new", patient.pk, most=12, query=query, data=sent, status=302)
        case = AidCase.objects.get()
        assert answer["Location"] == reverse("pharmacy:aid_case", args=[case.pk])
        assert (case.number, case.encounter, case.answers) == (
            "AID-2026-0001",
            visit,
            {"eats": "no", "earns": "unknown"},
        )
        cost = a_cost()
        ask(desk, "aid_ask", case.pk, most=8)
        for _ in range(2):
            ask(desk, "aid_ask", case.pk, most=12, data=cost, status=302)
        assert AidCost.objects.get().money == riel(50_000)
        assert ask(desk, "aid_approve", cost["id"], most=12, data={}, status=302)
        assert AidCost.objects.get().state == "asked"  # the nurse seconds; she does not decide
        page = ask(office, "aid_case", case.pk, most=8).content.decode()
        assert "Approve" in page and "All help for this household" in page
        for _ in range(2):
            ask(office, "aid_approve", cost["id"], most=13, data={}, status=302)
        ask(till, "aid_pay", cost["id"], most=8)
        for _ in range(2):
            # One more than other deeds: the case is held before its costs are read, so that none of them is old.
            ask(till, "aid_pay", cost["id"], most=13, data=paid(), status=302)
        assert Entry.objects.filter(debit="aid-aid-khr").get().minor == 50_000
        page = ask(desk, "aid_case", case.pk, most=8).content.decode()
        assert "V-1" in page and "350,000" in page
        assert ask(desk, "aid_sheet", case.pk, most=8).content.startswith(b"%PDF")
        ask(desk, "aid_close", case.pk, most=8)
        ended = {"outcome": "VIOU-0000V09", "text": "back at school", "on": "20/11/2026"}
        ask(desk, "aid_close", case.pk, most=12, data=ended, status=302)
        assert AidCase.objects.get().state == "closed"
        assert books.first_broken() is None

    def test_a_card_that_is_written_is_proposed_and_one_of_the_household_holds(self, nurse: User) -> None:
        an_aid_rule()
        mother, child = a_patient(), a_patient(given_name="Dara")
        households.join(patient=child, other=mother, by=nurse)
        Identifier.objects.create(patient=mother, kind="equity", value="IDP 12-345", level="1",
                                  valid_until=date(2026, 12, 31))  # fmt: skip
        page = ask(client_of(nurse), "aid_new", child.pk, most=8).content.decode()
        assert 'value="IDP 12-345"' in page and "valid today" in page
        sent = opened(eligible="card", card="idp12345", assessed_by="")
        ask(client_of(nurse), "aid_new", child.pk, most=12, data=sent, status=302)
        case = AidCase.objects.get()
        assert (case.card, case.level, case.assessed_by) == ("IDP 12-345", "1", "")
        page = ask(client_of(nurse), "aid_new", child.pk, most=8).content.decode()
        assert "open case already" in page and reverse("pharmacy:aid_case", args=[case.pk]) in page

    def test_only_those_who_decide_see_what_the_household_was_helped_with(
        self, nurse: User, referral_desk: User, administrator: User
    ) -> None:
        case = an_aid_case()
        words = "All help for this household"
        assert words not in ask(client_of(referral_desk), "aid_case", case.pk, most=8).content.decode()
        for user in (nurse, administrator):
            assert words in ask(client_of(user), "aid_case", case.pk, most=8).content.decode()

    def test_who_may_not_is_sent_away(self, mobile: User, pharmacist: User, auditor: User, donor: User) -> None:
        case = an_aid_case()
        cost = asked(case, somebody())
        for user in (auditor, donor):
            for name, key in (("aid", ()), ("aid_case", (case.pk,)), ("aid_sheet", (case.pk,))):
                ask(client_of(user), name, *key, most=4, status=403)
        ask(client_of(pharmacist), "aid_ask", case.pk, most=4, data={}, status=403)
        ask(client_of(mobile), "aid_approve", cost.pk, most=4, data={}, status=403)
        ask(client_of(mobile), "aid_pay", cost.pk, most=4, data={}, status=403)
        for name in ("aid_rules", "aid_month"):
            ask(client_of(mobile), name, most=4, status=403)
        for name in ("aid_cap", "aid_refuse", "aid_reopen"):
            ask(client_of(mobile), name, case.pk, most=4, data={}, status=403)
        for name in ("aid_void",):
            ask(client_of(pharmacist), name, cost.pk, most=4, data={}, status=403)
        # Who did not ask for it withdraws nothing.
        ask(client_of(mobile), "aid_cost_refuse", cost.pk, most=12, data={"reason": "x"}, status=403)

    def test_who_asked_may_withdraw(self, nurse: User) -> None:
        cost = asked(an_aid_case(), nurse)
        ask(client_of(nurse), "aid_cost_refuse", cost.pk, most=8)
        ask(client_of(nurse), "aid_cost_refuse", cost.pk, most=12, data={"reason": "typed twice"}, status=302)
        assert AidCost.objects.get().state == "refused"

    def test_what_the_administrator_does_to_a_case(self, administrator: User) -> None:
        case, client = an_aid_case(), client_of(administrator)
        for name, data in (
            ("aid_cap", {"cap": "៣០០,០០០", "reason": "less is enough"}),
            ("aid_refuse", {"reason": "rich"}),
            ("aid_reopen", {"reason": "a mistake"}),
        ):
            ask(client, name, case.pk, most=8)
            ask(client, name, case.pk, most=12, data=data, status=302)
        case.refresh_from_db()
        assert (case.state, case.cap, case.reopened) == ("open", 300_000, "a mistake")
        for name in ("aid_cap", "aid_refuse"):
            ask(client, name, case.pk, most=12, data={"reason": "", "cap": "1"}, status=422)
        ask(client, "aid_reopen", case.pk, most=12, data={"reason": "x"}, status=422)

    def test_a_payment_is_taken_back_once(self, administrator: User, nurse: User) -> None:
        a_donation(riel(50_000), fund="aid")
        cost = asked(an_aid_case(), nurse)
        aid_costs.approve(cost_id=cost.pk, by=administrator, today=TODAY)
        client = client_of(administrator)
        ask(client, "aid_pay", cost.pk, most=13, data=paid(), status=302)
        ask(client, "aid_void", cost.pk, most=8)
        for _ in range(2):
            ask(client, "aid_void", cost.pk, most=12, data={"reason": "not his"}, status=302)
        assert [e.reverses_id is None for e in Entry.objects.filter(memo__contains="AID").order_by("id")] == [
            True,
            False,
        ]
        assert "Taken back" in ask(client, "aid_case", cost.case_id, most=8).content.decode()


class TestLists:
    def test_what_waits_for_approval_comes_first(self, administrator: User) -> None:
        a_patient()
        calm, urgent = an_aid_case(illness="Calm"), an_aid_case(illness="Urgent")
        asked(urgent, somebody())
        page = ask(client_of(administrator), "aid", most=8).content.decode()
        assert page.index("Urgent") < page.index("Other open cases") < page.index("Calm")
        aid.close(case_id=calm.pk, on=TODAY, outcome="VIOU-0000V09", by=somebody(), today=TODAY)
        page = ask(client_of(administrator), "aid", most=8, query="?show=ended").content.decode()
        assert "Calm" in page and "Urgent" not in page
        assert Read.objects.filter(what="aid cases").count() == 3

    def test_cases_are_read_by_key(self, nurse: User) -> None:
        patient = a_patient()
        for _ in range(120):
            an_aid_case(patient)
        client, query, seen = client_of(nurse), "?show=open", []
        while query:
            answer = ask(client, "aid", most=8, query=query)
            seen += [row.pk for row in answer.context["rows"]]
            query = answer.context["older"]
        assert len(seen) == len(set(seen)) == 120
        for odd in ("?before=x", f"?before={uuid4()}", "?show=%00"):
            ask(client, "aid", most=8, query=odd)

    def test_the_home_page_says_what_waits_for_whom(
        self, nurse: User, administrator: User, pharmacist: User, mobile: User
    ) -> None:
        cost = asked(an_aid_case(), mobile, amount=riel(250_000))

        def told(user: User) -> str:
            return ask(client_of(user), "aid_todo", most=4).content.decode()

        assert "1 cost waits for your approval" in told(administrator)
        assert not told(nurse).strip()
        aid_costs.approve(cost_id=cost.pk, by=administrator, today=TODAY)
        assert "1 cost waits for your approval" in told(nurse)
        assert not told(administrator).strip()
        aid_costs.approve(cost_id=cost.pk, by=nurse, today=TODAY)
        assert "1 approved cost is to be paid" in told(pharmacist)
        assert not told(mobile).strip()
        assert "aid/todo" in client_of(nurse).get("/").content.decode()

    def test_a_month_says_what_was_paid_and_what_came_back(self, administrator: User, nurse: User) -> None:
        a_donation(riel(200_000), fund="aid", on=date(2026, 10, 1))
        case = an_aid_case(on=date(2026, 10, 2))
        cost = asked(case, nurse, on=date(2026, 10, 3))
        aid_costs.approve(cost_id=cost.pk, by=administrator, today=TODAY)
        aid_costs.pay(cost_id=cost.pk, amount=riel(48_000), on=date(2026, 10, 5), payee="Chan", receipt="7",
                      by=administrator, today=TODAY)  # fmt: skip
        aid_costs.equity_fund_paid(case_id=case.pk, kind="food", amount=riel(20_000), on=date(2026, 10, 6), by=nurse,
                                   today=TODAY)  # fmt: skip
        aid_costs.void(cost_id=cost.pk, on=TODAY, reason="wrong", by=administrator, today=TODAY)
        client = client_of(administrator)
        october = ask(client, "aid_month", most=8, query="?month=2026-10").content.decode()
        assert "48,000 ៛" in october and "20,000 ៛" in october
        november = ask(client, "aid_month", most=8).content.decode()
        assert "-48,000 ៛" in november and "taken back" in november
        for odd in ("?month=x", "?month=2031-01", "?month=%00"):
            ask(client, "aid_month", most=8, query=odd)

    def test_the_rule_is_set_from_a_day_on(self, administrator: User) -> None:
        client = client_of(administrator)
        assert "No rule yet" in ask(client, "aid_rules", most=8).content.decode()
        assert "so no case can be opened" in ask(client, "aid", most=8).content.decode()
        for cap in ("៤០០,០០០", "500,000"):
            sent = {"from_on": "01/01/2026", "two_from": "200,000", "cap": cap}
            ask(client, "aid_rules", most=12, data=sent, status=302)
        assert AidRule.objects.get().cap == 500_000
        for wrong in ({"cap": "0"}, {"two_from": "-1"}, {"from_on": "x"}, {"cap": LONG}, {"cap": "9" * 15}):
            sent = {"from_on": "01/02/2026", "two_from": "0", "cap": "1000"} | wrong
            assert client.post(reverse("pharmacy:aid_rules"), sent).status_code in (302, 422)


class TestWrongInput:
    def test_a_case_is_refused_in_words_beside_the_box(self, nurse: User) -> None:
        an_aid_rule()
        patient, client = a_patient(), client_of(nurse)
        Identifier.objects.create(patient=patient, kind="equity", value="OLD", valid_until=date(2026, 11, 19))
        for wrong, words in (
            ({"illness": ""}, "required"),
            ({"illness": LONG}, "200"),
            ({"on": "21/11/2026"}, "has not come"),
            ({"eligible": "card"}, "Write the number of the card"),
            ({"eligible": "card", "card": "X"}, "not written for this person"),
            ({"eligible": "card", "card": "old"}, "valid until 19/11/2026"),
            ({"eligible": "rich"}, "errorlist"),
            ({"assessed_by": ""}, "Say who assessed"),
            ({"eats": "maybe"}, "errorlist"),
        ):
            page = ask(client, "aid_new", patient.pk, most=12, data=opened(**wrong), status=422).content.decode()
            assert words in page, wrong
        assert not AidCase.objects.exists()
        ask(client, "aid_new", uuid4(), most=8, data=opened(), status=404)
        other = a_visit(a_patient(given_name="Other"))
        ask(client, "aid_new", patient.pk, most=13, query=f"?visit={other.pk}&referral=x", data=opened(), status=302)
        assert AidCase.objects.get().encounter is None  # somebody else's visit is no visit of theirs

    def test_a_cost_is_refused_in_words_beside_the_box(self, administrator: User) -> None:
        case, client = an_aid_case(), client_of(administrator)
        for wrong, words in (
            ({"amount": "0"}, "above zero"),
            ({"amount": "150"}, "multiple of 100"),
            ({"amount": "400,100"}, "at most 400,000"),
            ({"amount": "$5"}, "errorlist"),
            ({"currency": "USD", "amount": "5"}, "rate of their day"),
            ({"currency": "EUR"}, "errorlist"),
            ({"fund": "medicine"}, "pays only for medicine"),
            ({"fund": "moon"}, "errorlist"),
            ({"fund": NUL}, "errorlist"),
            ({"kind": ""}, "required"),
            ({"on": "19/11/2026"}, "before the case"),
            ({"on": "21/11/2026"}, "has not come"),
            ({"payee": LONG}, "120"),
        ):
            page = ask(client, "aid_ask", case.pk, most=12, data=a_cost(**wrong), status=422).content.decode()
            assert words in page, wrong
        assert not AidCost.objects.exists()
        ask(client, "aid_ask", uuid4(), most=12, data=a_cost(), status=404)
        ask(client, "aid_equity_fund", case.pk, most=8)
        ask(client, "aid_equity_fund", case.pk, most=12, data=a_cost(receipt="7"), status=302)
        ask(client, "aid_equity_fund", case.pk, most=12, data=a_cost(amount="x"), status=422)
        for name in ("aid_approve", "aid_pay", "aid_void", "aid_cost_refuse"):
            ask(client, name, uuid4(), most=12, data={}, status=404)

    def test_a_payment_is_refused_in_words_beside_the_box(self, administrator: User, nurse: User) -> None:
        cost = asked(an_aid_case(), nurse)
        client = client_of(administrator)
        page = ask(client, "aid_pay", cost.pk, most=14, data=paid(), status=422).content.decode()
        assert "has not been approved" in page
        aid_costs.approve(cost_id=cost.pk, by=administrator, today=TODAY)
        a_donation(riel(40_000), fund="aid")
        for wrong, words in (
            ({}, "at most 40,000"),
            ({"amount": "50,100"}, "At most 50,000"),
            ({"currency": "USD", "amount": "1"}, "cannot be added"),
            ({"receipt": ""}, "required"),
            ({"on": "19/11/2026"}, "before the case"),
        ):
            page = ask(client, "aid_pay", cost.pk, most=20, data=paid(**wrong), status=422).content.decode()
            assert words in page, wrong
        ask(client, "aid_void", cost.pk, most=14, data={"reason": "x"}, status=422)
        assert Entry.objects.count() == 1

    def test_a_case_of_a_referral_shows_where_it_came_from(self, referral_desk: User) -> None:
        an_aid_rule()
        referral = a_referral()
        client, query = client_of(referral_desk), f"?referral={referral.pk}"
        ask(client, "aid_new", referral.patient_id, most=12, query=query, data=opened(), status=302)
        case = AidCase.objects.get()
        assert case.referral == referral.pk
        link = reverse("referrals:referral", args=[referral.pk])
        assert link in ask(client, "aid_case", case.pk, most=8).content.decode()
        page = client.get(link).content.decode()
        assert reverse("pharmacy:aid_new", args=[referral.patient_id]) in page

    def test_a_visit_shows_the_cases_opened_in_it(self, nurse: User) -> None:
        visit = a_visit()
        case = an_aid_case(visit.patient, encounter=visit)
        assert case.number in ask(client_of(nurse), "aid_of_visit", visit.pk, most=4).content.decode()
        page = client_of(nurse).get(reverse("clinic:visit", args=[visit.pk])).content.decode()
        assert reverse("pharmacy:aid_of_visit", args=[visit.pk]) in page
        assert f"?visit={visit.pk}" in page


def test_dollars_are_paid_in_dollars_and_count_in_riel(administrator: User, nurse: User) -> None:
    a_donation(dollars(100), fund="aid")
    funds.set_rate(on=TODAY, riel=4_100, by=somebody(), today=TODAY)
    case = an_aid_case()
    client = client_of(administrator)
    cost = a_cost(currency="USD", amount="១២.៥០", kind="hospital")
    ask(client_of(nurse), "aid_ask", case.pk, most=13, data=cost, status=302)  # the rate of the day is one more
    ask(client, "aid_approve", cost["id"], most=13, data={}, status=302)
    ask(client, "aid_pay", cost["id"], most=14, data=paid(currency="USD", amount="12.50"), status=302)
    assert AidCost.objects.get().riel == 51_250
    assert ask(client, "aid_sheet", case.pk, most=8).content.startswith(b"%PDF")
