"""A centre with tablets, and the truth about what was saved on them: what a proof plays with, and what must hold.

The invariants are those of the design's section 1.10, by their numbers; `must_hold` asks those that hold after every
step, `must_hold_at_rest` those that hold when everything has arrived.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.utils import timezone

from clinic.models import Allergy, Patient
from core.accounts.models import User
from core.accounts.roles import Role
from core.audit import journal
from core.audit.models import Entry
from core.editing import Clashed, Edit
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.periods import CLINIC_TZ, local_day
from core.phones import parse_phone
from core.places.models import Village
from mobile_team.models import DentalCheckup
from pharmacy.models import Donation
from sync.models import Device, Disagreement, PushedOp, Ticket
from sync.sealing import open_sealed
from sync.services import devices, durable, inbox
from tests.builders import a_session
from tests.people import PASSWORD, a_user
from tests.sync.client import Doc, Refused, Tablet, canonical
from tests.sync.faults import FaultyLine, NoAnswer
from tests.sync.ground import Copies, Copy, Server

LANDED = {"applied", "merged", "conflict"}
CONTACT, IDENTITY = ("phone", "guardian", "village"), ("family_name", "given_name")


@dataclass
class Clock:
    """What a tablet believes the time to be; `skew` is how wrong it is."""

    skew: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        """Return the tablet's time."""
        return timezone.now().astimezone(CLINIC_TZ) + self.skew


@dataclass
class Saved:
    """One save as its user made it: the op in the plain, and what they had on the screen in the fields they changed."""

    op: Doc
    tablet: int
    saw: Doc = field(default_factory=dict)
    poison: bool = False


@dataclass
class Base:
    """The first morning: the copy of the database, and the tablets as they were enrolled."""

    copy: Copy
    tablets: list[dict[str, Any]]
    villages: list[int]
    sessions: list[str]
    patients: list[str]


def told(name: str, value: Any) -> Any:
    """Return a value as the server writes it down."""
    if name == "phone":
        return parse_phone(value) if value else ""
    return normalise(value) if isinstance(value, str) else value


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


class World:
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
        else:
            tablet._recover(refused)

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
        """Let everything arrive: late letters, then three rounds without faults."""
        for tablet in self.tablets:
            while tablet.line.late:
                tablet.line.deliver_late()
            tablet.line.faults = lambda: "ok"
            tablet.line.script.script.clear()
        for _ in range(3):
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

    # -- what must hold -----------------------------------------------------------------------------------------

    def must_hold(self) -> None:
        """Ask what holds after every step: I1, I2, I3, I5, I6."""
        rows = {str(row.pk): row for row in PushedOp.objects.all()}
        self._custody(rows)
        self._same_bytes(rows)
        self._once(rows)
        self._no_silent_overwrite(rows)
        self._nothing_shrinks()

    def _custody(self, rows: dict[str, PushedOp]) -> None:
        held = set(rows)
        for tablet in self.tablets:
            held |= {op["op_id"] for op in tablet.outbox} | {one.op["op_id"] for one in tablet.kept}
        lost = self.saved.keys() - held
        assert not lost, f"I1 lost {[self.saved[one].op for one in lost]}"

    def _same_bytes(self, rows: dict[str, PushedOp]) -> None:
        for key, row in rows.items():
            assert key in self.saved, f"I2 an op nobody saved: {row.raw}"
            sent, saved = json.loads(row.raw), self.saved[key].op
            assert canonical(sent) == row.raw, "I2 not canonical"
            plain = open_sealed(sent) if "sealed" in sent else {name: sent[name] for name in ("doc", "actor")}
            envelope = {name: value for name, value in sent.items() if name not in {"sealed", "seal_kid"}}
            assert envelope | plain == saved, f"I2 other bytes: {envelope | plain} for {saved}"

    def _once(self, rows: dict[str, PushedOp]) -> None:
        landed = {key for key, row in rows.items() if row.status in LANDED and row.kind == "create"}

        def made(type: str) -> set[str]:
            return {str(rows[key].record_id) for key in landed if rows[key].type == type}

        known = set(self.base.patients) | self.by_desk
        there = {str(pk) for pk in Patient.objects.values_list("pk", flat=True)}
        assert there <= known | made("patient"), "I3 a person from nowhere"
        assert there >= made("patient"), "I3 a person said to be there is not"
        assert {str(pk) for pk in DentalCheckup.objects.values_list("pk", flat=True)} == made("checkup"), "I3 check-ups"
        assert {str(pk) for pk in Donation.objects.values_list("pk", flat=True)} == made("donation"), "I3 gifts"
        effects = Counter(
            via["op"] for via in Entry.objects.values_list("detail__via", flat=True) if via and "op" in via
        )
        once = {key: count for key, count in effects.items() if count > self._most_notes(rows.get(key))}
        assert not once, f"I3/I13 an op had its effect twice: {once}"
        for key in landed:
            assert effects[key] >= 1, f"I13 no note of {rows[key].type} {key}"

    def _most_notes(self, row: PushedOp | None) -> int:
        return 1 if row is None or row.type != "checkup" else 3  # a check-up may open and close follow-ups

    def _no_silent_overwrite(self, rows: dict[str, PushedOp]) -> None:
        """I5: who wrote over a value had it on the screen; a value told to be taken is there, was, or waits."""
        ever: dict[str, set[Any]] = {}
        for entry in Entry.objects.filter(verb__in=["clinic.patient.corrected"]).order_by("seq"):
            op = (entry.detail.get("via") or {}).get("op", "")
            for name, (old, new) in entry.detail.get("changes", {}).items():
                ever.setdefault(name, set()).update((json.dumps(old), json.dumps(new)))
                if op in self.saved and op not in self.settled and name in self.saved[op].saw:
                    saw = self.saved[op].saw[name]
                    assert (old or "") == (saw or ""), f"I5 {name}: {old!r} was overwritten by who saw {saw!r}"
        people = {str(one.pk): one for one in Patient.objects.all()}
        left = {(str(op), name) for op, name in Disagreement.objects.values_list("op_id", "field")}
        for key, row in rows.items():
            if row.type != "patient" or row.kind != "amend" or row.status not in LANDED or key not in self.saved:
                continue
            person = people[str(row.record_id)]
            while person.merged_into_id:
                person = people[str(person.merged_into_id)]
            for name, value in self.saved[key].op["doc"]["set"].items():
                value, column = told(name, value), "village_id" if name == "village" else name
                there = getattr(person, column) == value or getattr(people[str(row.record_id)], column) == value
                kept = json.dumps(value) in ever.get(name, set())
                assert there or kept or (key, name) in left, f"I5 {name} = {value!r} vanished ({row.status})"

    def _nothing_shrinks(self) -> None:
        for name, model in (("checkup", DentalCheckup), ("allergy", Allergy)):
            there = {str(pk) for pk in model.objects.values_list("pk", flat=True)}
            assert self.ever[name] <= there, f"I6 a {name} has gone"
            self.ever[name] = there

    def must_hold_at_rest(self) -> None:
        """Ask what holds when everything has arrived: I1–I6, I8, I9, I10, I4/I7, I13, I14, and custody of escrow."""
        self.must_hold()
        rows = {str(row.pk): row for row in PushedOp.objects.all()}
        assert self.saved.keys() <= rows.keys(), f"I10 not on the server: {self.saved.keys() - rows.keys()}"
        tickets = {str(op) for op in Ticket.objects.values_list("op_id", flat=True)}
        poisoned = {one.op["id"] for one in self.saved.values() if one.poison}
        for key, row in rows.items():
            if row.status == "quarantined":
                assert key in tickets, "custody: put aside without a ticket"
            elif key in self.saved and self.saved[key].poison:
                assert row.status == "parked", f"I8 poison was {row.status}"
            if row.status == "parked":
                assert self._waits_for_nobody(row, rows, poisoned), f"I9 {row.type} waits for {row.waits_id}"
        assert journal.broken_at() is None, "I13 the chain is broken"
        for number, tablet in enumerate(self.tablets):
            if number not in self.revoked and not tablet.gone:
                self._in_step(number, tablet)

    def _waits_for_nobody(self, row: PushedOp, rows: dict[str, PushedOp], poisoned: set[str]) -> bool:
        """Return whether an op rightly waits: its parent was never made, or waits itself for a person."""
        if row.waits_type == "op":
            return row.waits_id is not None and rows[str(row.waits_id)].status in {"quarantined", "parked"}
        makers = [one for one in rows.values() if one.record_id == row.waits_id and one.kind == "create"]
        return all(one.status in {"quarantined", "parked"} for one in makers)

    def _in_step(self, number: int, tablet: Tablet) -> None:
        assert not tablet.outbox, f"I8 stuck: {tablet.outbox}"
        before = copy.deepcopy(tablet.records)
        requests = tablet.line.requests
        tablet.sync()
        assert tablet.records == before and tablet.line.requests - requests <= 2, "I14 a second sync moved something"
        heard = json.loads(json.dumps([row.doc for row in before.values()]))
        cursor, tablet.cursor, tablet.records = tablet.cursor, None, {}
        self.last_seq.pop(number, None)
        while tablet.pull_page(3):
            pass
        again = {key: row.doc for key, row in tablet.records.items()}
        assert again == {key: row.doc for key, row in before.items() if key in again}, "I7 pages do not make the whole"
        live = {key for key, row in before.items() if "merged_into" not in row.doc}
        assert live <= again.keys(), "I4 held what the server does not give"
        tablet.cursor, tablet.records = cursor, before
        self._as_on_the_server(tablet, heard)

    def _as_on_the_server(self, tablet: Tablet, heard: list[Doc]) -> None:
        """I4: the tablet shows exactly the people of its villages, as they are written."""
        lent = Patient.objects.filter(village_id__in=tablet.roster.villages, merged_into=None)
        shown = {key[1]: row.doc for key, row in tablet.records.items() if key[0] == "patient"}
        here = {key for key, doc in shown.items() if "merged_into" not in doc}
        assert here == {str(one.pk) for one in lent}, "I4 other people than in the villages"
        for one in lent:
            doc = shown[str(one.pk)]
            for name in ("number", "family_name", "given_name", "sex", "phone", "guardian"):
                assert doc[name] == getattr(one, name), f"I4 {name}: {doc[name]!r}"
            assert doc["village"] == one.village_id, "I4 village"
            there = {str(pk) for pk in Allergy.objects.standing().filter(patient=one).values_list("pk", flat=True)}
            assert {row["id"] for row in doc["allergies"]} == there, "I4 allergies"
            seen = DentalCheckup.objects.filter(encounter__patient=one)
            assert {row["id"] for row in doc["checkups"]} <= {str(pk) for pk in seen.values_list("pk", flat=True)}
            assert len(doc["checkups"]) == min(5, seen.count()), "I4 check-ups"
