"""Tallies are what counting the records gives, whatever happened, in whatever order and at every moment."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clinic.models import Admission, Diagnosis, Encounter, Patient
from core.ages import BAND_SETS, BandSet, band_set
from core.periods import Month, Year
from core.places.models import Village
from mobile_team.models import DentalCheckup, Route, Session
from reports import tallied
from reports.asked import Asked
from reports.asking import Span, ask
from reports.counted import counting
from reports.figures import FIGURES
from reports.models import Touched
from reports.models.tally import ALL_AGES, UNKNOWN_AGE
from reports.tallies import keeping, reading
from reports.tallies.counting import DIMENSIONS, MEASURES
from reports.tallies.touched import Log
from tests.builders import a_condition
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

FIRST, LAST = dt.date(2023, 1, 1), dt.date(2026, 12, 31)
DAYS = [dt.date(2024, 2, 29), *(dt.date(2024, 12, 30) + dt.timedelta(days=n) for n in (0, 1, 2, 3, 33, 61, 62, 93))]
CONDITIONS = ("diarrhoea", "worms")
SLOTS = (None, 0, 28, 29, 30, 31, 89, 90, 91, 235)
BANDS = [None, *BAND_SETS.values(), band_set("ours", {"baby": "0d", "two_months": "2m", "seven": "7y"})]


# --- An independent count: plain loops over all rows -----------------------------------------------------------------


def by_hand(first: dt.date, last: dt.date, dimension: str = "", bands: BandSet | None = None) -> Counter:
    """Count every measure by (month, key, service, sex, slot), or by band for slot."""
    sums: Counter = Counter()
    seen: set[tuple] = set()
    stays = sorted(
        (
            stay
            for stay in Admission.objects.select_related("encounter")
            if not stay.void and stay.encounter.status != "void"
        ),
        key=lambda stay: (stay.admitted_on, stay.id),
    )
    first_stays = {stay.patient_id: stay.encounter_id for stay in reversed(stays)}
    rows = Encounter.objects.select_related("patient", "checkup__session").prefetch_related("diagnoses__condition")
    for row in sorted(rows, key=lambda row: (row.on, row.id)):
        if row.status == "void" or row.admitted_as_id:
            continue
        who, on = row.patient_id, row.on
        checkup = getattr(row, "checkup", None)
        yes = {
            "contacts": True,
            "new_cases": row.new_case,
            "first_in_month": (who, on.year, on.month) not in seen,
            "first_in_year": (who, on.year) not in seen,
            "first_ever": who not in seen,
            "first_admissions": first_stays.get(who) == row.id,
            "dental_education": bool(checkup and checkup.dental_education),
            "toothbrushes": bool(checkup and checkup.toothbrush),
            "toothpaste": bool(checkup and checkup.toothpaste),
        }
        seen |= {who, (who, on.year), (who, on.year, on.month)}
        if not first <= on <= last:
            continue
        session = checkup.session if checkup else None
        keys = {
            "": [""],
            "slot": [""],
            "condition": [d.condition.key for d in row.diagnoses.all()],
            "route": [str(session.route_id) if session and session.route_id else "none"],
            "village": [str(row.village_id or "none")],
        }[dimension]
        slot = UNKNOWN_AGE if row.age_slot is None else row.age_slot
        slot = ALL_AGES if dimension == "village" else banded(slot, bands)
        for key in keys:
            for measure in MEASURES:
                sums[on.replace(day=1), key, row.kind, row.patient.sex, slot, measure] += yes[measure]
    return +sums


def banded(slot: int, bands: BandSet | None) -> object:
    return slot if bands is None or slot < 0 else bands.band_of_slot(slot)


def as_read(
    first: dt.date, last: dt.date, dimension: str = "", bands: BandSet | None = None, log: Log | None = None
) -> Counter:
    sums: Counter = Counter()
    for (*cell,) in reading.read(first, last, dimension=dimension, by=reading.BY, bands=bands, log=log):
        key, numbers = (*cell[:4], banded(cell[4], bands)), cell[5:]
        sums.update({(*key, measure): number for measure, number in zip(MEASURES, numbers, strict=True)})
    return +sums


# --- Histories --------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """A few people, their contacts, and everything that may happen to them."""

    chance: random.Random
    people: list[Patient] = field(default_factory=list)
    contacts: list[Encounter] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def begin(self) -> None:
        self.people = [a_person(sex=sex, born=dt.date(2020, 1, 1)) for sex in "FMF"]
        routes = [Route.objects.create(name_km=n, name_en=n, weekday=0) for n in "AB"]
        villages = Village.objects.order_by("id")[:2]
        self.villages, self.routes = [*villages, None], [*routes, None]
        self.sessions = [
            Session.objects.create(route=route, village=village, on=DAYS[n])
            for n, (route, village) in enumerate(zip(routes, villages, strict=True))
        ]

    def one(self) -> Encounter:
        return self.chance.choice(self.contacts) if self.contacts else self.a_new_contact()

    def a_new_contact(self) -> Encounter:
        choice = self.chance.choice
        kind = choice(["outpatient", "inpatient", "mobile"])
        contact = a_contact(
            choice(DAYS), kind, patient=choice(self.people), conditions=choice([(), CONDITIONS, CONDITIONS[:1]]),
            void=choice([False, False, True]), gave=choice(["", "education brush", "paste"]), age_slot=choice(SLOTS),
            village=choice(self.villages),
        )  # fmt: skip
        self.contacts.append(contact)
        return contact

    def void_or_not(self) -> None:
        one = Encounter.objects.get(pk=self.one().pk)
        one.status, one.void_reason = ("closed", "") if one.status == "void" else ("void", "by mistake")
        one.save()

    def another_day(self) -> None:
        Encounter.objects.filter(pk=self.one().pk).update(on=self.chance.choice(DAYS))

    def merge(self) -> None:
        one, other = self.chance.sample(self.people, 2)
        Encounter.objects.filter(patient=one).update(patient=other)
        Admission.objects.filter(patient=one).update(patient=other)

    def apart_again(self) -> None:
        whose = self.chance.choice(self.people)
        one = self.one()
        Encounter.objects.filter(pk=one.pk).update(patient=whose)
        Admission.objects.filter(encounter=one.pk).update(patient=whose)

    def another_birth_date(self) -> None:
        whose = Encounter.objects.filter(patient=self.chance.choice(self.people))
        for one in whose:
            one.age_slot = self.chance.choice(SLOTS)
        Encounter.objects.bulk_update(whose, ["age_slot"])

    def another_sex(self) -> None:
        Patient.objects.filter(pk=self.chance.choice(self.people).pk).update(sex=self.chance.choice("FM"))

    def another_village_or_case(self) -> None:
        one = Encounter.objects.filter(pk=self.one().pk)
        one.update(village=self.chance.choice(self.villages), new_case=self.chance.choice([True, False]))

    def other_diagnoses(self) -> None:
        one = self.one()
        if not Diagnosis.objects.filter(encounter=one).delete()[0]:
            Diagnosis.objects.create(encounter=one, condition=a_condition(self.chance.choice(CONDITIONS)))

    def admit(self) -> None:
        visits = Encounter.objects.filter(kind="outpatient", admitted_as=None)
        stays = Encounter.objects.filter(kind="inpatient", came_from=None)
        if visits and stays:
            visits.filter(pk=visits[0].pk).update(admitted_as=stays[0])

    def not_admitted(self) -> None:
        Encounter.objects.filter(kind="outpatient").update(admitted_as=None)

    def another_stay(self) -> None:
        stays = Admission.objects.filter(encounter=self.one())
        day = self.chance.choice(DAYS)
        stays.update(admitted_on=day, discharged_on=day, void=self.chance.choice([True, False]))

    def another_checkup(self) -> None:
        choice = self.chance.choice
        DentalCheckup.objects.filter(encounter=self.one()).update(
            toothbrush=choice([True, False]), toothpaste=choice([True, False]), session=choice([*self.sessions, None])
        )

    def another_route(self) -> None:
        Session.objects.filter(pk=self.chance.choice(self.sessions).pk).update(route=self.chance.choice(self.routes))

    def away(self) -> None:
        one = self.one()
        if one.kind == "outpatient" and not Diagnosis.objects.filter(encounter=one).exists():
            Encounter.objects.filter(pk=one.pk).delete()
            self.contacts.remove(one)

    def a_month_is_kept_up(self) -> None:
        if waiting := Touched.objects.order_by("?").first():
            keeping.bring_up(Month.of(waiting.on))

    def all_is_kept_up(self) -> None:
        keeping.keep_up()

    def all_is_counted_again(self) -> None:
        keeping.count_all()
        assert not Touched.objects.exists()


ACTS: list[Callable[[World], object]] = [
    World.a_new_contact, World.a_new_contact, World.void_or_not, World.another_day, World.merge, World.apart_again,
    World.another_birth_date, World.another_sex, World.another_village_or_case, World.other_diagnoses, World.admit,
    World.not_admitted, World.another_stay, World.another_checkup, World.another_route, World.away,
    World.a_month_is_kept_up, World.all_is_kept_up, World.all_is_kept_up, World.all_is_counted_again,
]  # fmt: skip


@settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chance=st.randoms(use_true_random=False), acts=st.lists(st.sampled_from(ACTS), min_size=6, max_size=30))
def test_tallies_are_a_recount_after_any_history(chance, acts):
    with transaction.atomic():
        world = World(chance)
        world.begin()
        for act in acts:
            act(world)
            dimension = chance.choice([*DIMENSIONS])
            first, last = sorted(chance.choices([*DAYS, FIRST, LAST, dt.date(2025, 1, 1), dt.date(2025, 2, 28)], k=2))
            bands = chance.choice(BANDS)
            assert as_read(first, last, dimension, bands) == by_hand(first, last, dimension, bands), act.__name__
        keeping.keep_up()
        assert not Touched.objects.exists()
        for dimension in DIMENSIONS:
            bands = chance.choice(BANDS)
            assert as_read(FIRST, LAST, dimension, bands) == by_hand(FIRST, LAST, dimension, bands)
            assert as_read(FIRST, LAST, dimension, bands, Log(None)) == by_hand(FIRST, LAST, dimension, bands)
        transaction.set_rollback(True)


# --- Figures out of tallies -------------------------------------------------------------------------------------------


def test_figures_asked_for_are_the_same_out_of_tallies_and_out_of_the_records():
    world = World(random.Random(6))
    world.begin()
    for act in [*[World.a_new_contact] * 40, World.merge, World.void_or_not, World.admit]:
        act(world)
    keeping.keep_up()
    spans = [Span.of(Month("2025-03")), Span.of(Year("2025")), Span(dt.date(2024, 2, 10), dt.date(2025, 3, 4))]
    told = {"service", "sex", "month", "village", "route", "condition"}
    known = 0
    for figure, span in product([*tallied.MEASURES, "people_reached", "contacts_by_condition"], spans):
        bands, dimensions = world.chance.choice(BANDS[1:]), sorted(told.intersection(FIGURES[figure].dimensions))
        whole = [((), {}), *((("sex",), {"band": key}) for key in bands.lines)]
        keys = {name: Asked.checked(figure, span, (name,), {}, bands) for name in dimensions if name != "month"}
        whole += [(("sex",), {name: key}) for name, asked in keys.items() for (key,) in counting(asked).cells()]
        for by, where in [*whole, *(((name, "band"), {}) for name in dimensions)]:
            asked = Asked.checked(figure, span, by, where, bands)
            records, (kept,) = counting(asked).cells(), tallied.cells([asked])
            assert kept is None or +Counter(kept) == +Counter(records), (figure, span, by, where)
            assert ask(figure, span, by=by, where=where, bands=bands).cells == records
            known += kept is not None
    assert known > 200
