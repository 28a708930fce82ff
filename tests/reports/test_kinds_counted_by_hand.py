"""Every kind of figure against plain loops over what was told: numbers, breakdowns and the lists behind them.

Days stand at the ends of months and around 29 February; ages just before and on a birthday.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from clinic.models import Admission, AntenatalContact, Identifier, Pregnancy, PreventiveDose
from clinic.models.person import Household
from core.ages import BAND_SETS, age_at
from core.periods import CLINIC_TZ, Month
from core.places.models import Village
from mobile_team import rules as teeth
from mobile_team.models import Attendance, Education, Route, Session, ToothFinding, ToothTreatment
from pharmacy.models import Account, AidCase, AidCost, Batch, Donation, Entry, Medicine, Move, Purchase
from pharmacy.selectors import supply
from referrals.models import Hospital, Referral, Trip, Vehicle
from reports.asking import Question, Span, ask, ask_together, behind
from reports.figures import FIGURES
from tests.builders import a_village, somebody
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

D = dt.date
DAYS = [
    D(2023, 12, 31), D(2024, 1, 1), D(2024, 1, 31), D(2024, 2, 1), D(2024, 2, 28), D(2024, 2, 29), D(2024, 3, 1),
    D(2024, 3, 31), D(2024, 4, 1), D(2024, 12, 31), D(2025, 1, 1),
]  # fmt: skip
FEBRUARY, LEAP_DAY = Span(D(2024, 2, 1), D(2024, 2, 29)), Span(D(2024, 2, 29), D(2024, 2, 29))
YEAR, ALL = Span(D(2024, 1, 1), D(2024, 12, 31)), Span(D(2023, 1, 1), D(2025, 12, 31))
SPANS = (FEBRUARY, LEAP_DAY, YEAR, ALL, Span(D(2024, 2, 29), D(2024, 3, 31)))

Told = list[tuple[dt.date, dict[str, str], int]]  # the day, the keys, what it adds


def agrees(figure: str, told: Told, *, by: Iterable[str], spans: Iterable[Span] = SPANS, **more: Any) -> None:
    """Make sure that a figure is what is told, in every span, by each dimension, and that each number opens.

    Asked together with all the others, each answer is the one it gives when it is asked alone.
    """
    apart, asked = FIGURES[figure].apart, []
    for span in spans:
        lines = [(on, {"month": f"{on:%Y-%m}", **keys}, n) for on, keys, n in told if span.first <= on <= span.last]
        if not apart:
            whole = sum(n for *_, n in lines)
            assert ask(figure, span, **more).total == whole, (figure, span)
            assert opened(figure, span, {}, **more) == whole, (figure, span)
        for dimension in by:
            told_apart = (dimension, apart) if apart and apart != dimension else (dimension,)
            expected: Counter[tuple[str, ...]] = Counter()
            for _on, keys, n in lines:
                expected[tuple(keys[name] for name in told_apart)] += n
            found = ask(figure, span, by=told_apart, **more)
            asked.append((Question(figure, span, by=told_apart), found))
            assert nonzero(found.cells) == nonzero(expected), (figure, span, dimension)
            for keys, n in expected.items():
                assert opened(figure, span, dict(zip(told_apart, keys, strict=True)), **more) == n, (figure, keys)
    for answer, (question, alone) in zip(ask_together([one for one, _ in asked], **more), asked, strict=True):
        assert (nonzero(answer.cells), answer.total) == (nonzero(alone.cells), alone.total), question


def nonzero(cells: Any) -> dict[Any, int]:
    return {key: n for key, n in cells.items() if n}


def opened(figure: str, span: Span, where: dict[str, str], **more: Any) -> int:
    """Add up the list behind a number, three rows a page; no row stands on two pages."""
    total, before, seen = 0, None, set()
    while rows := behind(figure, span, where=where, before=before, limit=3, **more):
        for row in rows:
            assert row.cursor not in seen and row.words
            seen.add(row.cursor)
        total, before = total + sum(row.amount for row in rows), rows[-1].cursor
    return total


def at(day: dt.date, hour: int = 0, minute: int = 30) -> dt.datetime:
    """Return an instant of a day at the clinic; half past midnight is still yesterday in London."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=CLINIC_TZ)


# --- Teeth ------------------------------------------------------------------------------------------------------------


def test_teeth_are_counted_as_the_rules_reckon_one_chart():
    rng, told = random.Random(20240229), {name: [] for name in FIGURES}
    births = [None, D(2018, 2, 28), D(2018, 3, 1), D(1994, 2, 28), D(1994, 3, 1), D(2020, 2, 29), D(1960, 7, 1)]
    bands = BAND_SETS["dental"]
    for n, day in enumerate(DAYS * 3):
        born = births[n % len(births)]
        person = a_person(born=born if born and born <= day else None, sex="FM"[n % 2])
        void = n % 7 == 3
        contact = a_contact(day, "mobile", patient=person, void=void)
        chart = {t: rng.choice("0123456789") for t in rng.sample(teeth.PERMANENT, 9)}
        chart |= {t: rng.choice("ABCDEFG") for t in rng.sample(teeth.PRIMARY, 9)} if n % 5 else {}
        chart = {} if n % 6 == 5 else chart
        pufa = {t: "P" for t in chart if chart[t] in "1B" and rng.random() < 0.3}
        done = rng.sample(ToothTreatment.What.values, rng.randint(0, 2))
        checkup = contact.checkup
        checkup.treatment, checkup.pain, checkup.decayed_primary = "rinsed" if n % 9 == 4 else "", n % 3 == 0, n % 2
        checkup.save()
        ToothFinding.objects.bulk_create(
            ToothFinding(checkup=checkup, tooth=t, code=c, pufa=pufa.get(t, "")) for t, c in chart.items()
        )
        ToothTreatment.objects.bulk_create(
            ToothTreatment(checkup=checkup, what=what, tooth=t) for what in done for t in (None, 16)
        )
        if void:
            continue
        age = age_at(person.birth_date, day) if person.birth_date else None
        keys = {"band": bands.band_of(age) if age else "unknown", "sex": person.sex}
        reckoned = teeth.indices(chart, {}, age.years if age else None)
        for name, index in (("dmft_primary", reckoned.primary), ("dmft_permanent", reckoned.permanent)):
            for part in ("decayed", "missing", "filled"):
                told[name].append((day, keys | {"part": part}, getattr(index, part)))
        told["mouths_charted"].append((day, keys, int(bool(chart))))
        told["pufa_teeth"].append((day, keys, len(pufa)))
        told["mouths_treated"].append((day, keys, int(bool(done or checkup.treatment))))
        told["mouths_in_pain"].append((day, keys, int(checkup.pain)))
        told["mouths_with_decay"].append((day, keys, n % 2))
        told["dental_treatments"] += [(day, keys | {"treatment": what}, 2) for what in done]
    for name in ("mouths_charted", "pufa_teeth", "mouths_treated", "mouths_in_pain", "mouths_with_decay"):
        agrees(name, told[name], by=("month", "band", "sex"), bands=bands)
    for name in ("dmft_primary", "dmft_permanent"):
        agrees(name, told[name], by=("month", "band", "part"), bands=bands)
    agrees("dental_treatments", told["dental_treatments"], by=("treatment", "sex"))


# --- Care -------------------------------------------------------------------------------------------------------------


def test_stays_days_in_bed_doses_and_antenatal_contacts():
    ended: Told = []
    beds: Counter[tuple[str, str]] = Counter()
    today = D(2024, 4, 10)
    stays = [(a, b) for a in DAYS[:9] for b in (None, *DAYS) if b is None or b >= a]
    for n, (began, left) in enumerate(stays):
        person = a_person(sex="FM"[n % 2], born=D(2019, 2, 28) if n % 3 else None)
        contact = a_contact(began, "inpatient", patient=person, void=n % 8 == 7)
        stay = Admission.objects.get(encounter=contact)
        stay.discharged_on, stay.discharge_type = left, "DITY-00000CA" if n % 5 == 0 and left else ""
        stay.save()
        if n % 8 == 7:
            continue
        if left:
            ended.append((left, {"sex": person.sex, "died": str(n % 5 == 0)}, 1))
        day = began
        while day <= today and (left is None or day < left or day == began):
            beds[f"{day:%Y-%m}", person.sex] += 1
            day += dt.timedelta(days=1)
    agrees("discharges", ended, by=("month", "sex"))
    agrees("deaths_in_care", [line for line in ended if line[1]["died"] == "True"], by=("month", "sex"))
    seen = Span(YEAR.first, YEAR.last, today)
    expected = {keys: n for keys, n in beds.items() if keys[0].startswith("2024")}
    answer = ask("bed_days", seen, by=("month", "sex"))
    assert nonzero(answer.cells) == expected
    assert opened("bed_days", seen, {"month": "2024-02"}) == answer.value(month="2024-02")
    february = ask("bed_days", Span(FEBRUARY.first, FEBRUARY.last, today)).total
    assert february == sum(n for keys, n in expected.items() if keys[0] == "2024-02")

    mother, doses, visits = a_person(name="Mother"), [], []
    pregnancy = Pregnancy.objects.create(patient=mother, edd=D(2024, 12, 1), reckoned="told")
    for n, day in enumerate(DAYS[:8]):
        PreventiveDose.objects.create(patient=a_person(), what="albendazole", on=day, void_reason="x" if n == 2 else "")
        doses += [(day, {"item": "albendazole"}, 1)] if n != 2 else []
        contact = a_contact(day, patient=mother, void=n == 1)
        AntenatalContact.objects.create(encounter=contact, pregnancy=pregnancy)
        visits += [(day, {"number": str(len(visits) + 1)}, 1)] if n != 1 else []
    agrees("preventive_doses", doses, by=("month", "item"))
    agrees("antenatal_contacts", visits, by=("month", "number"))


def test_equity_is_the_card_that_held_on_the_day_their_own_before_the_households():
    home = Household.objects.create()
    cards = [  # whose, level, from, until
        ("own", "1", D(2024, 2, 29), D(2024, 2, 29)), ("own", "", D(2024, 3, 1), None),
        ("mother", "2", None, D(2024, 2, 29)),
    ]  # fmt: skip
    child, mother, stranger = a_person(), a_person(), a_person()
    for person in (child, mother):
        person.household = home
        person.save()
    for n, (whose, level, since, until) in enumerate(cards):
        person = child if whose == "own" else mother
        Identifier.objects.create(
            patient=person, kind="equity", value=f"C{n}", level=level, issued_on=since, valid_until=until
        )
    told: Told = []
    for day in DAYS:
        level = "2" if day < D(2024, 2, 29) else "1" if day == D(2024, 2, 29) else "unsaid"
        for person, said in ((child, level), (stranger, "none")):
            a_contact(day, patient=person)
            told.append((day, {"equity": said, "visit": "known" if day != DAYS[0] else "new"}, 1))
    agrees("patients_assessed", told, by=("equity", "visit"))


# --- The rounds -------------------------------------------------------------------------------------------------------


def test_heads_talks_sessions_and_villages():
    here = a_village()
    there = Village.objects.exclude(pk=here.pk)[0]
    route = Route.objects.create(name_km="ក", name_en="North", weekday=1)
    heads, talks, brushes, sessions = [], [], [], []
    for n, day in enumerate(DAYS):
        for village in (here, there)[: 1 + n % 2]:
            state = ("held", "planned", "cancelled")[(n + village.pk) % 3]
            Session.objects.create(
                village=village,
                on=day,
                state=state,
                reason="flood" if state == "cancelled" else "",
                route=route if n % 2 else None,
            )
            where = {"village": str(village.pk), "route": str(route.pk) if n % 2 else "none", "state": state}
            sessions.append((day, where, 1))
        topic, void = ("teeth", "worms")[n % 2], n == 4
        talk = Education.objects.create(
            village=here, on=day, topic=topic, brushes=n, pastes=1, void_reason="twice" if void else ""
        )
        for audience, extra in (("villagers", 0), ("pupils", 7)):
            counts = {"women": n, "men": 2, "girls": extra, "boys": extra * n}
            Attendance.objects.create(education=talk, audience=audience, **counts)
            if not void:
                for who, many in counts.items():
                    sex, grown = (
                        "F" if who in ("women", "girls") else "M",
                        "adult" if who in ("women", "men") else "child",
                    )
                    keys = {"topic": topic, "audience": audience, "sex": sex, "grown": grown}
                    heads.append((day, keys, many))
        if not void:
            talks.append((day, {"topic": topic}, 1))
            brushes.append((day, {"topic": topic}, n))
    agrees("heads_taught", heads, by=("month", "topic", "audience", "sex", "grown"))
    agrees("talks_held", talks, by=("month", "topic"))
    agrees("group_toothbrushes", brushes, by=("topic",))
    agrees("sessions_planned", sessions, by=("month", "village", "route", "state"))
    agrees("sessions_held", [line for line in sessions if line[1]["state"] == "held"], by=("month", "route"))
    for span in SPANS:
        lines = [keys for on, keys, _ in sessions if span.first <= on <= span.last]
        held = {keys["village"] for keys in lines if keys["state"] == "held"}
        assert ask("villages_reached", span).total == opened("villages_reached", span, {}) == len(held)
        planned = {keys["village"] for keys in lines}
        assert nonzero(ask("villages_planned", span, by=["village"]).along("village")) == dict.fromkeys(planned, 1)


# --- The road ---------------------------------------------------------------------------------------------------------


def test_referrals_and_trips_the_journeys_home_of_the_deceased_too():
    vehicle = Vehicle.objects.create(name_km="ក", name_en="Van", plate="2A-1")
    hospitals = list(Hospital.objects.all()[:2])
    purposes, states = Trip.Purpose.values, ("drafted", "departed", "answered", "cancelled")
    trips, driven, written = [], [], []
    for n, day in enumerate(DAYS * 2):
        state, hospital, person = states[n % 4], hospitals[n % 2], a_person(sex="FM"[n % 2])
        Referral.objects.create(
            number=f"R{n}",
            patient=person,
            hospital=hospital,
            on=day,
            reason="x",
            state=state,
            answered_on=day if state == "answered" else None,
        )
        written.append((day, {"state": state, "hospital": str(hospital.pk), "sex": person.sex}, 1))
        purpose, void, out = purposes[n % 4], n % 6 == 5, n % 7 != 6
        ends = {"returned_at": at(day, 23, 59), "odometer_in": 100 + n} if out or void else {}
        ends = ends or {"returned_at": at(day, 23, 59), "odometer_in": 100}
        Trip.objects.create(
            vehicle=vehicle,
            purpose=purpose,
            person_name="Sok",
            driver="Dara",
            odometer_out=100,
            departed_at=at(day, *((0, 0) if n % 2 else (23, 59))),
            void_reason="never was" if void else "",
            **ends,
        )
        if not void:
            trips.append((day, {"purpose": purpose, "vehicle": str(vehicle.pk)}, 1))
            driven.append((day, {"purpose": purpose}, n if out else 0))
    agrees("trips", trips, by=("month", "purpose", "vehicle"))
    agrees("trip_kilometres", driven, by=("month", "purpose"))
    agrees("referrals", written, by=("month", "state", "hospital", "sex"))
    answered = [line for line in written if line[1]["state"] == "answered"]
    agrees("referrals_answered", answered, by=("month", "hospital"))
    for today, late in ((D(2024, 3, 30), D(2024, 2, 28)), (D(2024, 3, 31), D(2024, 2, 29)), (D(2024, 3, 29), None)):
        awaited = [
            on for on, keys, _ in written if keys["state"] == "departed" and FEBRUARY.first <= on <= FEBRUARY.last
        ]
        expected = sum(today - on > dt.timedelta(days=30) for on in awaited)
        assert ask("referrals_unanswered", Span(FEBRUARY.first, FEBRUARY.last, today)).total == expected, late


# --- Money ------------------------------------------------------------------------------------------------------------


def entry(debit: str, credit: str, currency: str, minor: int, on: dt.date, **more: Any) -> Entry:
    fund = "medicine"
    codes = {"debit_id": f"{debit}-{fund}-{currency.lower()}", "credit_id": f"{credit}-{fund}-{currency.lower()}"}
    return Entry.objects.create(**codes, currency=currency, minor=minor, on=on, memo="m", **more)


def test_money_is_what_the_books_have_and_what_was_taken_back_counts_below_zero():
    given, bought, receipts, purchases, held = [], [], [], [], []
    village = a_village()
    for n, day in enumerate(DAYS):
        currency = ("KHR", "USD")[n % 2]
        keys = {"currency": currency, "fund": "medicine"}
        income = entry("cash", "donations", currency, 1000 + n, day)
        back = n == 3
        source = ("person", "grant")[n % 2]
        Donation.objects.create(
            book_id="D",
            number=n + 1,
            on=day,
            entry=income,
            source=source,
            village=village if n % 3 else None,
            void_reason="twice" if back else "",
        )
        told = keys | {"source": source, "village": str(village.pk) if n % 3 else "none"}
        given.append((day, told, 1000 + n))
        held.append((day, keys, 1000 + n))
        if back:  # on another day than the gift
            entry("donations", "cash", currency, 1000 + n, D(2024, 3, 1), reverses=income)
            given.append((D(2024, 3, 1), told, -1000 - n))
            held.append((D(2024, 3, 1), keys, -1000 - n))
        else:
            receipts.append((day, told, 1))
        spent = entry("purchases", "cash", currency, 300, day)
        Purchase.objects.create(supplier="S", on=day, fund_id="medicine", entry=spent)
        bought.append((day, keys, 300))
        purchases.append((day, keys, 1))
        held.append((day, keys, -300))
    agrees("donations", given, by=("month", "source", "village", "fund", "currency"))
    agrees("medicine_bought", bought, by=("month", "fund"))
    agrees("receipts", receipts, by=("source", "village", "currency"))
    agrees("purchases", purchases, by=("month", "currency"))
    for span in SPANS:  # what is held at the end of the last day, whatever the first is
        until = Counter()
        for on, keys, n in held:
            until[(keys["currency"],)] += n if on <= span.last else 0
        assert nonzero(ask("fund_balance", span, by=["currency"]).cells) == nonzero(until)
        assert opened("fund_balance", span, {"currency": "KHR"}) == until[("KHR",)]


def test_help_counts_people_once_and_the_equity_fund_apart():
    Account.objects.get_or_create(
        code="aid-medicine-khr", defaults={"kind": "expense", "fund_id": "medicine", "currency": "KHR"}
    )
    paid, cases, equity, helped = [], [], [], []
    people = [a_person(sex=sex) for sex in "FMF"]
    for n, day in enumerate(DAYS):
        person = people[n % 3]
        case = AidCase.objects.create(
            number=f"AID-{n}",
            patient=person,
            on=day,
            illness="x",
            eligible="assessed",
            assessed_by="chief",
            cap=9,
            state="refused" if n == 5 else "open",
            closed_on=day if n == 5 else None,
        )
        cases += [(day, {"sex": person.sex}, 1)] if n != 5 else []
        kind, void = ("transport", "food")[n % 2], n == 6
        common = {"case": case, "kind": kind, "on": day, "currency": "KHR", "minor": 500, "asked": 500, "riel": 500}
        spent = entry("aid", "cash", "KHR", 500, day)
        AidCost.objects.create(
            **common,
            fund_id="medicine",
            entry=spent,
            state="void" if void else "paid",
            reason="x" if void else "",
            approved_by=somebody(),
        )
        keys = {"kind": kind, "currency": "KHR", "sex": person.sex}
        paid.append((day, keys, 500))
        if void:
            entry("cash", "aid", "KHR", 500, D(2024, 12, 31), reverses=spent)
            paid.append((D(2024, 12, 31), keys, -500))
        else:
            helped.append((day, person))
        AidCost.objects.create(**common, payer="hef", state="paid")
        equity.append((day, keys, 500))
    agrees("aid_paid", paid, by=("month", "kind", "sex"))
    agrees("aid_by_equity_fund", equity, by=("month", "kind"))
    agrees("aid_cases", cases, by=("month", "sex"))
    for span in SPANS:
        distinct = {person.pk for on, person in helped if span.first <= on <= span.last}
        assert ask("people_helped", span).total == opened("people_helped", span, {}) == len(distinct)


# --- Medicine ---------------------------------------------------------------------------------------------------------


def test_medicine_moves_lies_and_is_out_as_the_ministrys_stock_line_says():
    rng = random.Random(7)
    medicines = list(Medicine.objects.order_by("pk")[:3])
    for n, day in enumerate(DAYS[:8]):
        medicine = medicines[n % 3]
        batch = Batch.objects.create(medicine=medicine, expires_on=D(2024, 3, 15) if n % 2 else D(2026, 1, 1),
                                     source="gift", value=1001, value_currency="KHR")  # fmt: skip
        came = Move.objects.create(batch=batch, source_id="source", target_id="store", quantity=30, on=day)
        later = [d for d in DAYS if d >= day][:3]
        Move.objects.create(batch=batch, source_id="store", target_id="dispensary", quantity=20, on=later[0])
        Move.objects.create(
            batch=batch, source_id="dispensary", target_id="patients", quantity=rng.randint(1, 9), on=rng.choice(later)
        )
        Move.objects.create(
            batch=batch, source_id="store", target_id="waste", quantity=n + 1, on=later[-1], why="broken"
        )
        Move.objects.create(batch=batch, source_id="count", target_id="store", quantity=2, on=later[-1])
        if n == 4:
            Move.objects.create(
                batch=batch, source_id="store", target_id="source", quantity=1, on=later[-1], reverses=came
            )
    for text in ("2024-01", "2024-02", "2024-03", "2024-12"):
        month = Month(text)
        span, today = Span.of(month), D(2025, 6, 1)
        lines = {str(line.medicine.pk): line for line in supply.month_lines(month, today)}
        for figure, column in {
            "medicine_received": "received", "medicine_given": "given", "medicine_adjusted": "adjusted",
            "medicine_written_off": "written_off", "medicine_left": "closing",
        }.items():  # fmt: skip
            found = ask(figure, span, by=["medicine"])
            expected = {(key,): getattr(line, column) for key, line in lines.items()}
            assert nonzero(found.cells) == nonzero(expected), (text, figure)
            for key, line in lines.items():
                assert opened(figure, span, {"medicine": key}) == getattr(line, column)
        out = {(key,): line.days_out for key, line in lines.items()}
        assert nonzero(ask("days_out", span, by=["medicine"]).cells) == nonzero(out)
        assert ask("medicines_out", span).total == sum(n > 0 for n in out.values())
        assert opened("days_out", span, {}) == sum(out.values())
        worth = sum(
            round(1001 * n / 30) if n * 1001 % 30 != 15 else (1001 * n + 15) // 30 for n in lying(span.last) if n > 0
        )
        if text < "2024-03":  # until then nothing was taken back
            assert ask("stock_value", span, where={"currency": "KHR"}).total == worth
        there = [b for b, n in zip(Batch.objects.order_by("pk"), lying(span.last), strict=True) if n > 0]
        soon = [b for b in there if span.last <= b.expires_on <= span.last + dt.timedelta(days=90)]
        assert ask("batches_expiring", span).total == opened("batches_expiring", span, {}) == len(soon)
        assert ask("batches_expired", span).total == sum(b.expires_on < span.last for b in there)


def lying(on: dt.date) -> list[int]:
    """Return what lies of each batch at the end of a day, walking through the moves."""
    outside, found = {"source", "patients", "waste", "count"}, []
    for batch in Batch.objects.order_by("pk"):
        n = 0
        for move in Move.objects.filter(batch=batch):
            if move.on <= on:
                n += move.quantity * ((move.target_id not in outside) - (move.source_id not in outside))
        found.append(n)
    return found
