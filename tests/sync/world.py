"""A centre with tablets, and the truth about what was saved on them: what a proof plays with, and what must hold.

What must hold of it is in tests/sync/holds.py."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.utils import timezone

from clinic.models import Patient
from core.accounts.models import User
from core.accounts.roles import Role
from core.editing import Clashed, Edit
from core.errors import RuleBroken
from core.ids import uuid7
from core.periods import CLINIC_TZ, local_day
from core.places.models import Village
from sync.models import Device, Disagreement, PushedOp
from sync.services import devices, durable, inbox
from sync.tasks import look_at_sleepers
from tests.builders import a_session
from tests.people import PASSWORD, a_user
from tests.sync.client import Doc, Refused, Tablet
from tests.sync.faults import FaultyLine, NoAnswer
from tests.sync.ground import Copies, Copy, Server
from tests.sync.holds import Holds, Saved, told


@dataclass
class Clock:
    """What a tablet believes the time to be; `skew` is how wrong it is."""

    skew: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        """Return the tablet's time."""
        return timezone.now().astimezone(CLINIC_TZ) + self.skew


@dataclass
class Base:
    """The first morning: the copy of the database, and the tablets as they were enrolled."""

    copy: Copy
    tablets: list[dict[str, Any]]
    villages: list[int]
    sessions: list[str]
    patients: list[str]


def first_morning(server: Server, copies: Copies, *, tablets: int = 3) -> Base:
    """Make the centre: people, villages, sessions of today, some patients, and tablets with their rosters."""
    from clinic.services import patients

    admin = a_user(Role.ADMIN)
    today = local_day(timezone.now())
    villages = list(Village.objects.order_by("id")[:3])
    Village.objects.filter(pk__in=[v.pk for v in villages]).update(catchment=True)
    sessions = [str(a_session(village=village, on=today).pk) for village in villages[:2]]
    known = [
        str(patients.register(by=admin, today=today, sex="F", family_name="Sok", given_name=f"Known{n}",
                              village=villages[n % 2], phone=f"01200010{n}").pk)
        for n in range(3)
    ]  # fmt: skip
    states = []
    for number in range(tablets):
        a_user(Role.MOBILE, f"mobile{number}", name=f"Keo Dara {number}")
        tablet = Tablet(FaultyLine(server.url), Clock())
        tablet.enrol(invitation(admin))
        tablet.log_in(f"mobile{number}", PASSWORD)
        tablet.check_out([v.pk for v in villages[:2]])
        tablet.sync()
        states.append({name: value for name, value in vars(tablet).items() if name not in {"line", "clock", "sleep"}})
    return Base(copies.take(), states, [v.pk for v in villages], sessions, known)


def invitation(by: User, device: Device | None = None) -> str:
    """Return the code that an administrator shows to a tablet."""
    return devices.invite(name="Tablet", by=by, now=timezone.now(), device=device)[1]


class World(Holds):
    """A centre on its first morning, at whatever moment the proof has brought it to."""

    def __init__(self, server: Server, copies: Copies, base: Base, *, sealing: bool = True) -> None:
        self.server, self.copies, self.base = server, copies, base
        copies.put_back(base.copy)
        self.tablets = [self._tablet(state, sealing) for state in base.tablets]
        self.saved: dict[str, Saved] = {}
        self.by_desk: set[str] = set()  # patients registered at the desk
        self.backup: Copy | None = None
        self.revoked: set[int] = set()
        self.settled: set[str] = set()
        self.read: set[tuple[str, str]] = set()  # who was given whose record
        self.ever: dict[str, set[str]] = {"checkup": set(), "allergy": set()}
        self.last_seq: dict[int, tuple[Any, int]] = {}
        self.admin = User.objects.get(username="admin")

    def _tablet(self, state: dict[str, Any], sealing: bool) -> Tablet:
        tablet = Tablet(FaultyLine(self.server.url, dying=self.server.dying), Clock())
        vars(tablet).update(copy.deepcopy(state))
        tablet.sealing = sealing
        tablet._take_over = self._watched(tablet, tablet._take_over)  # type: ignore[method-assign]
        return tablet

    @property
    def today(self) -> dt.date:
        """Return the server's day."""
        return local_day(timezone.now())

    # -- what happens in the field ------------------------------------------------------------------------------

    def remember(self, number: int, saw: Doc | None = None, *, poison: bool = False) -> None:
        """Write down what the tablet has just told its user is saved."""
        for op in self.tablets[number].outbox:
            if op["op_id"] not in self.saved:
                fields = op["doc"].get("set", {}) if op["kind"] == "amend" else {}
                before = {name: told(name, (saw or {}).get(name)) for name in fields}
                self.saved[op["op_id"]] = Saved(copy.deepcopy(op), number, before, poison)

    def register(self, number: int, **said: Any) -> str:
        """Register a person in a village."""
        usual = {"sex": "F", "family_name": "Chea", "given_name": "Sophea", "birth": "6y",
                 "village": self.base.villages[0]}  # fmt: skip
        made = self.tablets[number].register(**(usual | said))
        self.remember(number)
        return made

    def amend(self, number: int, id: str, **meant: Any) -> None:
        """Correct what is written of a person."""
        saw = self.tablets[number].shown("patient", id)
        self.tablets[number].amend("patient", id, **meant)
        self.remember(number, saw)

    def check_up(self, number: int, patient: str, **said: Any) -> str:
        """Look into a mouth."""
        tablet = self.tablets[number]
        made = str(uuid7())
        usual = {"patient": patient, "session": self.base.sessions[0], "observed_at": tablet.clock().isoformat(),
                 "teeth": {"55": "B"}, "pain": False, "urgency": 1, "note": ""}  # fmt: skip
        tablet.save("checkup", made, "create", usual | said, whole=patient)
        self.remember(number)
        return made

    def amend_checkup(self, number: int, id: str, patient: str, **meant: Any) -> None:
        """Correct a check-up."""
        saw = self.tablets[number].shown("checkup", id, patient)
        self.tablets[number].amend("checkup", id, whole=patient, why="wrong", **meant)
        self.remember(number, saw)

    def void(self, number: int, type: str, id: str, whole: str = "") -> None:
        """Say that a record was made in error."""
        self.tablets[number].void(type, id, "Entered for another person", whole=whole)
        self.remember(number)

    def allergy(self, number: int, patient: str, substance: str) -> str:
        """Note an allergy."""
        tablet = self.tablets[number]
        made = str(uuid7())
        doc = {"patient": patient, "substance": substance, "reaction": "rash", "severe": False}
        tablet.save("allergy", made, "create", doc, whole=patient)
        self.remember(number)
        return made

    def donate(self, number: int, minor: int) -> str:
        """Take a gift into the tablet's own receipt book."""
        tablet = self.tablets[number]
        made = str(uuid7())
        doc = {"number": tablet.next_receipt(), "on": self.today.isoformat(), "currency": "KHR", "minor": minor,
               "donor_name": "Om Sarun", "village": self.base.villages[0]}  # fmt: skip
        tablet.save("donation", made, "create", doc)
        self.remember(number)
        return made

    def poison(self, number: int, patient: str, kind: int) -> None:
        """Save something that the server cannot take over."""
        tablet = self.tablets[number]
        made = str(uuid7())
        session = self.base.sessions[0]
        if kind == 0:
            tablet.save("checkup", made, "create", {"patient": patient, "session": session, "teeth": {"99": "B"}},
                        whole=patient)  # fmt: skip
        elif kind == 1:
            tablet.save("spell", made, "create", {"words": "\u0000"})
        elif kind == 2:
            tablet.save("patient", made, "create", {"number": 7, "family_name": [], "sex": "dragon"})
        else:
            tablet.save("checkup", made, "create", {"patient": str(UUID(int=5)), "session": session, "teeth": {}})
        self.remember(number, poison=True)

    # -- what happens at the centre -----------------------------------------------------------------------------

    def desk_corrects(self, id: str, **meant: Any) -> None:
        """Let the desk correct a person as a page does, seeing what stands there now."""
        from clinic.selectors import registry
        from clinic.services import patients

        person = registry.get(UUID(id))
        if person is None:
            return
        now = registry.document(person)
        try:
            patients.correct(patient=person, by=self.admin, today=self.today, edit=Edit(was=now), **meant)
        except (Clashed, RuleBroken):
            return

    def desk_registers(self, **said: Any) -> str:
        """Register a person at the desk."""
        from clinic.services import patients

        usual = {"sex": "F", "family_name": "Nhem", "given_name": "Desk", "village": self.village(0)}
        made = str(patients.register(by=self.admin, today=self.today, **(usual | said)).pk)
        self.by_desk.add(made)
        return made

    def desk_merges(self, winner: str, loser: str) -> bool:
        """Let the desk find that two records are of one person."""
        from desk.merging.services import Choice, merge

        if winner == loser:
            return False
        try:
            merge(winner=UUID(winner), loser=UUID(loser), reason="One person", by=self.admin, at=timezone.now(),
                  today=self.today, choice=Choice(sure=True))  # fmt: skip
        except (RuleBroken, Patient.DoesNotExist):
            return False
        return True

    def desk_settles(self, *, take: bool) -> None:
        """Let a person decide the oldest disagreement."""
        if left := Disagreement.objects.filter(state="open").order_by("pk").first():
            self.settled.add(str(left.op_id))
            with suppress(RuleBroken):
                inbox.settle(id=left.pk, take=take, by=self.admin, at=timezone.now())

    def village(self, number: int) -> Village:
        """Return one of the three villages; the third is in nobody's roster."""
        return Village.objects.get(pk=self.base.villages[number])

    def back_up(self) -> None:
        """Copy the database, and tell the tablets what the copy holds, as a checked backup does."""
        if self.backup:
            self.copies.forget(self.backup)
        held = list(PushedOp.objects.values_list("pk", flat=True))
        self.backup = self.copies.take()
        durable.mark(held)

    def restore(self) -> bool:
        """Bring the server back from its last copy, as the how-to says."""
        if self.backup is None:
            return False
        self.copies.put_back(self.backup)
        call_command("epoch_rotate", why="restored", verbosity=0)
        self.last_seq.clear()
        self.read.clear()
        self.ever = {"checkup": set(), "allergy": set()}
        return True

    def revoke(self, number: int) -> None:
        """Stop a tablet that was lost."""
        device = Device.objects.filter(pk=self.tablets[number].device_id).first()
        if device:
            devices.revoke(device=device, reason="Lost on the road", by=self.admin, at=timezone.now())
            self.revoked.add(number)

    # -- the line -----------------------------------------------------------------------------------------------

    def try_(self, number: int, what: Any) -> None:
        """Let a tablet do one exchange, and do what its paper says when the server says no."""
        tablet = self.tablets[number]
        try:
            what()
        except NoAnswer:
            return
        except Refused as refused:
            self.recover(number, tablet, refused)

    def recover(self, number: int, tablet: Tablet, refused: Refused) -> None:
        """Do what a person and the table of errors do."""
        if tablet.gone:
            return
        if refused.code in {"device_revoked", "user_revoked"}:
            tablet.hand_in()
        elif refused.status == 401:
            self.log_in(number)
        elif refused.code == "db_id_conflict":  # let in after the copy that was put back: the server never met it
            assert not Device.objects.filter(pk=tablet.device_id).exists()
            tablet.enrol(invitation(self.admin))
            self.log_in(number)
        elif refused.status != 400:  # a fault of somebody's program: everything is kept, and nothing moves
            tablet._recover(refused)

    @contextmanager
    def browser_dies(self, tablet: Tablet) -> Iterator[None]:
        """Let the tablet's browser be killed just before the transaction of a page is committed."""

        def die() -> None:
            raise NoAnswer("killed")

        tablet.committing = die  # type: ignore[method-assign]
        try:
            yield
        finally:
            del tablet.committing

    def log_in(self, number: int) -> None:
        """Let the tablet's person log in; a server that does not know the tablet any more invites it again."""
        tablet = self.tablets[number]
        try:
            tablet.log_in(f"mobile{number}", PASSWORD)
        except NoAnswer:
            return
        except Refused as refused:
            self.recover(number, tablet, refused)
        else:
            if not Device.objects.filter(pk=tablet.device_id, checkout__isnull=False).exists():
                tablet.check_out(self.base.villages[:2])

    def _watched(self, tablet: Tablet, take_over: Any) -> Any:
        """Look at every page that a tablet is given: I7 nothing behind the cursor, I11 nobody out of scope."""

        def look(said: Doc) -> bool:
            number = self.tablets.index(tablet)
            assert number not in self.revoked, "I11 a revoked tablet was given records"
            lent = set(tablet.roster.villages)
            for change in said["changes"]:
                if change["state"] == "live" and change["type"] == "patient" and "merged_into" not in change["doc"]:
                    assert change["doc"]["village"] in lent, f"I11 a person of another village: {change['doc']}"
                    self.read.add((tablet.actor, change["id"]))
            scope = (said["server_epoch"], said["scope_version"])
            known, seqs = self.last_seq.get(number, (None, 0)), [change["seq"] for change in said["changes"]]
            last = known[1] if known[0] == scope and tablet.cursor else 0
            assert all(one < other for one, other in pairwise(seqs)), "I7 not in order"
            assert not seqs or seqs[0] > last, "I7 a row behind the cursor"
            moves = not any(tablet.pending((change["type"], change["id"])) for change in said["changes"])
            if seqs and moves:
                self.last_seq[number] = (scope, seqs[-1])
            return bool(take_over(said))

        return look

    def come_to_rest(self) -> None:
        """Let everything arrive: late letters, then two rounds without faults."""
        for tablet in self.tablets:
            while tablet.line.late:
                tablet.line.deliver_late()
            tablet.line.faults = lambda: "ok"
            tablet.line.script.script.clear()
        look_at_sleepers()  # as the clock does every night: a server may have died before it woke them
        for _ in range(2):  # what the second handed in, the first must hear of
            for number in range(len(self.tablets)):
                self.sync(number)

    def sync(self, number: int, *, tries: int = 6) -> None:
        """Let a tablet sync until it is through."""
        tablet = self.tablets[number]
        for _ in range(tries):
            if tablet.gone:
                return
            try:
                tablet.sync(tries=60)
            except Refused as refused:
                self.recover(number, tablet, refused)
            else:
                return
        raise AssertionError(f"tablet {number} does not come through")
