"""Make the demonstration, step by step; cut off in the middle, it goes on where it stopped when it is made again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from django.db import transaction

from clinic.models import Patient
from clinic.services import pairs
from core.accounts.models import User
from core.accounts.roles import Role
from core.audit import journal
from core.audit.models import Entry
from core.errors import RuleBroken
from core.periods import Year, local_day
from core.syncing import Clock
from desk.demo import (
    bedside,
    colleagues,
    families,
    followed,
    helped,
    homes,
    journeys,
    lessons,
    mouths,
    rounds,
    shelves,
    till,
    van,
)
from desk.demo.cast import Cast
from desk.demo.people import Person, villagers
from desk.demo.register import as_csv
from desk.demo.year import Contact, published_year, year_after
from desk.register.work import Progress, load_register

BEGUN, DONE = "desk.demo.begun", "desk.demo.done"
COMPARED = 1_500  # people, those written last, who are compared with everybody at once; the others at night
THIS_YEAR = 1.02  # of last year's contacts, had the year run its course

Say = Callable[[str], None]
Step = Callable[[Cast], None]


def unfinished() -> bool:
    """Return whether a demonstration was begun here and cut off."""
    return Entry.objects.filter(verb=BEGUN).exists() and not Entry.objects.filter(verb=DONE).exists()


def build(
    *, now: dt.datetime, say: Say = lambda _: None, progress: Progress = lambda *_: None, and_then: Iterable[Step] = ()
) -> None:
    """Make the demonstration as of `now`: the last full year as published, this year until yesterday, today's work.

    `and_then` are the last steps, of rooms that this one does not know. Raises RuleBroken("desk.demo_not_empty") where
    people are registered, ("desk.demo_user_taken") where a user of ours would need a name somebody has.
    """
    today = local_day(now)
    _begin(today)
    say("Colleagues: one for each role …")
    staff = colleagues.engage()
    say("Villages, routes and sessions of the van …")
    last_year = Year.of(today).previous()
    years = [last_year, last_year.next()]
    places = rounds.mark_catchment()
    rounds.plan(years, today, places, by=staff[Role.MOBILE])
    say("Making up people and what they came for …")
    registers = contacts(today)
    for year, register in zip(years, registers, strict=True):
        say(f"Loading the register of {year}: {len(register):,} contacts …")
        _load(register, by=staff[Role.ADMIN], today=today, progress=progress)
    say("Families: guardians and equity cards …")
    people = list({contact.person: None for register in registers for contact in register})
    patients = families.tell(people, today, by=staff[Role.ADMIN])
    say("Today's open work: queue, beds, check-ups, medicine, donations, referrals …")
    cast = Cast(now=now, today=today, colleagues=staff, people=people, patients=patients, villages=places)
    _open_work(cast, people, last_year, and_then)


def contacts(today: dt.date) -> list[list[Contact]]:
    """Return the contacts of the last full year, and of this year until yesterday."""
    last_year = Year.of(today).previous()
    people = villagers(last_year)
    before = published_year(last_year, people)
    now = year_after(last_year.next(), people, before, THIS_YEAR)
    return [before, [contact for contact in now if max(contact.on, contact.discharged_on or contact.on) < today]]


def _begin(today: dt.date) -> None:
    if unfinished():
        return
    if Patient.objects.exists():
        raise RuleBroken("desk.demo_not_empty")
    if taken := colleagues.taken():
        raise RuleBroken("desk.demo_user_taken", names=", ".join(taken))
    with transaction.atomic():
        journal.note(BEGUN, by=None, today=today)


def _load(register: list[Contact], *, by: User, today: dt.date, progress: Progress) -> None:
    """Load a register through the same import as any other; every row of it is good."""
    summary = load_register(as_csv(register), by=by, today=today, progress=progress)
    if summary.rejects:
        row, reasons = summary.rejects[0]
        raise AssertionError(f"{len(summary.rejects)} rows were refused, line {row.line}: {reasons}")


@transaction.atomic
def _open_work(cast: Cast, people: list[Person], since: Year, and_then: Iterable[Step]) -> None:
    """Do today's work through the services, whole or not at all."""
    bedside.fill_queue(cast)
    bedside.fill_beds(cast)
    van.see_mouths(cast)
    shelves.receive_gifts(cast, since.first)
    shelves.stock_shelves(cast, since.first)
    till.keep(cast, since.first)
    journeys.travel(cast, people)
    followed.tell(cast)
    mouths.tell(cast)
    lessons.tell(cast)
    homes.tell(cast, people)  # last of those who write of people: the newest of them are compared
    helped.tell(cast)
    pairs.look(after=Clock.objects.get().seq - COMPARED, by=None)
    for step in and_then:
        step(cast)
    journal.note(DONE, by=None, today=cast.today)
