"""What must hold of a centre with tablets, by the numbers of the design's section 1.10.

`must_hold` asks what holds after every step, `must_hold_at_rest` what holds when everything has arrived.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from clinic.models import Allergy, Patient
from core.audit import journal
from core.audit.models import Entry, Read
from core.khmer import normalise
from core.phones import parse_phone
from mobile_team.models import DentalCheckup
from pharmacy.models import Donation
from sync.models import Disagreement, PushedOp, Ticket
from sync.sealing import open_sealed
from tests.sync.client import Doc, Tablet, canonical

LANDED = {"applied", "merged", "conflict"}
CORRECTED = ("clinic.patient.corrected", "mobile_team.checkup.corrected")


@dataclass
class Saved:
    """One save as its user made it: the op in the plain, and what they had on the screen in the fields they changed."""

    op: Doc
    tablet: int
    saw: Doc = field(default_factory=dict)
    poison: bool = False


def told(name: str, value: Any) -> Any:
    """Return a value as the server writes it down."""
    if name == "phone":
        return parse_phone(value) if value else ""
    return normalise(value) if isinstance(value, str) else value


class Holds:
    """The truth about what was saved, and the questions asked of tablets and server."""

    base: Any
    tablets: list[Tablet]
    saved: dict[str, Saved]
    by_desk: set[str]
    revoked: set[int]
    settled: set[str]
    read: set[tuple[str, str]]
    ever: dict[str, set[str]]
    last_seq: dict[int, tuple[Any, int]]

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
        for entry in Entry.objects.filter(verb__in=CORRECTED).order_by("seq"):
            op = (entry.detail.get("via") or {}).get("op", "")
            for name, (old, new) in entry.detail.get("changes", {}).items():
                ever.setdefault(name, set()).update((json.dumps(old), json.dumps(new)))
                if op in self.saved and op not in self.settled and name in self.saved[op].saw:
                    saw = self.saved[op].saw[name]
                    assert (old or "") == (saw or ""), f"I5 {name}: {old!r} was overwritten by who saw {saw!r}"
        left = {(str(op), name) for op, name in Disagreement.objects.values_list("op_id", "field")}
        for key, row in rows.items():
            if row.kind != "amend" or row.status not in LANDED or key not in self.saved:
                continue
            there = _fields(row)
            for name, value in self.saved[key].op["doc"]["set"].items():
                stands = there.get(name) == told(name, value) or json.dumps(told(name, value)) in ever.get(name, set())
                assert stands or (key, name) in left, f"I5 {name} = {value!r} vanished ({row.status})"

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
                assert self._waits_for_nobody(row, rows, poisoned), (
                    f"I9 {row.type} {row.kind} waits for {row.waits_type} {row.waits_id}",
                    self._story(rows, row),
                )
        assert journal.broken_at() is None, "I13 the chain is broken"
        looked = {(str(by), str(patient)) for by, patient in Read.objects.values_list("by_id", "patient_id")}
        assert self.read <= looked, "I13 records were given and nobody wrote down to whom"
        for number, tablet in enumerate(self.tablets):
            if number not in self.revoked and not tablet.gone:
                self._in_step(number, tablet)

    def _story(self, rows: dict[str, PushedOp], row: PushedOp) -> list[Any]:
        """Return what came for the record that an op waits for, and what its tablet saved for it."""
        ids = {str(row.waits_id), str(row.record_id), str(row.pk)}
        came = [(str(one.pk), one.seq, one.type, one.kind, one.status, one.code, one.waits_type, str(one.waits_id),
                 one.sent.get("after")) for key, one in rows.items()
                if key in ids or str(one.record_id) in ids]  # fmt: skip
        return sorted(came, key=lambda one: one[1])

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
        while tablet.pull_page(500 if number else 3):
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


def _fields(row: PushedOp) -> Doc:
    """Return how the record that an op corrects reads now."""
    if row.type == "checkup":
        return vars(DentalCheckup.objects.get(pk=row.record_id))
    person = Patient.objects.get(pk=row.record_id)
    while person.merged_into:
        person = person.merged_into
    return vars(person) | {"village": person.village_id}
