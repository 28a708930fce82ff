"""A tablet in Python: the rules of docs/sync/protocol.md over HTTP, so that proofs can hold the server to them.

What a browser keeps in IndexedDB is kept here in plain attributes. `line` carries requests (tests/sync/faults.py),
`clock` says what the tablet believes the time to be; a test bends both. Rules are named as in section 7 of the paper.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from core.ids import patient_number, uuid7
from sync.sealing import seal
from tests.sync.faults import Answer, Line, NoAnswer

API = "/api/sync/v1/"
MOST_OPS, MOST_BYTES, FEWEST = 50, 256 * 1024, 10  # of one batch; the fewest a bad line brings it down to
KEPT_FOR = dt.timedelta(days=7)
TERMINAL = frozenset({"applied", "merged", "duplicate", "conflict", "quarantined", "parked"})
IDENTITY = ("family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth")
WHOLE = {"checkup": "patient", "allergy": "patient", "kit": "session"}  # a part of which record in the feed

Key = tuple[str, str]
Doc = dict[str, Any]


class Refused(Exception):
    """An answer of the server that is not 200: what the paper's table of errors is about."""

    def __init__(self, status: int, body: Mapping[str, Any], wait: float = 0) -> None:
        super().__init__(f"{status} {body.get('code')}")
        self.status, self.code, self.body, self.wait = status, body.get("code", ""), body, wait


class NotHere(Exception):
    """The tablet itself says no: saves that would be lost (C9), numbers used up, nobody logged in."""


@dataclass
class Kept:
    """A save that the server holds, until a verified backup does too (C3)."""

    op: Doc
    at: dt.datetime
    result: Doc


@dataclass
class Row:
    """A record as the server gave it, with its number in the feed."""

    doc: Doc
    seq: int
    version: int = 0


@dataclass
class Roster:
    """What the last checkout allows to carry, and the numbers to draw from."""

    until: str = ""
    villages: list[int] = field(default_factory=list)
    numbers: list[dict[str, int]] = field(default_factory=list)
    prefix: str = ""


class Tablet:
    """One store of saves and one person who uses it."""

    def __init__(
        self, line: Line, clock: Callable[[], dt.datetime], *, sealing: bool = True, chance: Random | None = None,
        sleep: Callable[[float], None] = lambda seconds: None,
    ) -> None:  # fmt: skip
        self.line, self.clock, self.sealing, self.sleep = line, clock, sealing, sleep
        self.chance = chance or Random(1)
        self.db_id = str(uuid7())
        self.device_id = self.token = self.access = self.renewal = self.epoch = self.actor = ""
        self.seal_kid = self.seal_pub = ""
        self.cursor: str | None = None
        self.seq = self.skew_ms = self.contiguous = self.durable = self.receipt = self.number = 0
        self.outbox: list[Doc] = []  # in order of seq
        self.kept: list[Kept] = []
        self.records: dict[Key, Row] = {}  # the roster
        self.own: dict[Key, Doc] = {}  # records made here, as they were saved
        self.mine: dict[Key, dict[str, str]] = {}  # which op of ours last wrote a field that is on the screen
        self.about: dict[str, Key] = {}  # op → the record of the feed that it changes
        self.inbox: list[Doc] = []
        self.roster = Roster()
        self.batch, self.unanswered, self.not_arrived = MOST_OPS, False, 0
        self.asked: dict[str, str] = {}  # a request for a log-in that was not answered is asked again as it was
        self.gone = False

    # -- letting in ---------------------------------------------------------------------------------------------

    def enrol(self, code: str) -> None:
        """Become a tablet of the centre; what the outbox holds stays (a tablet enrolled again)."""
        sent = {"code": code, "db_id": self.db_id, "device_pub": "", "model": "Proof", "app_version": "proof"}
        said = self._ask("enrol", sent, anybody=True)
        self.device_id, self.token = said["device_id"], said["device_token"]
        self._hear(said)

    def log_in(self, username: str, password: str) -> None:
        """Ask for a log-in with the person's own password."""
        self._session({"username": username, "password": password})

    def renew(self) -> None:
        """Ask for a new quarter of an hour without a password."""
        self._session({"renewal": self.renewal})

    def _session(self, who: Doc) -> None:
        which = json.dumps(who, sort_keys=True)
        sent = {
            "device_id": self.device_id, "device_token": self.token, "db_id": self.db_id, "app_version": "proof",
            "request_id": self.asked.setdefault(which + self.token, str(uuid7())), "pending": len(self.outbox),
            "oldest_at": self.outbox[0]["at"] if self.outbox else None, "free_bytes": 10**9,
        }  # fmt: skip
        said = self._ask("session", sent | who, anybody=True)
        self.asked.clear()
        self.token, self.access, self.renewal = said["device_token"], said["access"], said["renewal"]
        self.actor = str(said["user"]["id"])
        self._hear(said)

    def check_out(self, villages: Iterable[int] | None = None, *, hours: int = 48) -> None:
        """Ask for the records of some villages, and hear which numbers may be drawn."""
        wanted = None if villages is None else list(villages)
        said = self._call("checkout", {"villages": wanted, "hours": hours})
        self.roster = Roster(
            until=said["until"], villages=[village["id"] for village in said["villages"]],
            numbers=said["numbers"], prefix=said["receipts"]["prefix"],
        )  # fmt: skip
        self.receipt = max(self.receipt, said["receipts"]["last"])

    def next_number(self) -> str:
        """Draw the next patient number of the tablet's block; never one that it or the server used."""
        for block in self.roster.numbers:
            free = max(block["first"], block["next"], self.number + 1)
            if free <= block["last"]:
                self.number = free
                return patient_number(free)
        raise NotHere("numbers")

    def next_receipt(self) -> int:
        """Draw the next receipt of the tablet's own book."""
        self.receipt += 1
        return self.receipt

    # -- saving -------------------------------------------------------------------------------------------------

    def save(
        self, type: str, id: str, kind: str, doc: Doc, *, after: Iterable[str] = (), group: str | None = None,
        whole: str = "",
    ) -> str:  # fmt: skip
        """Keep one save (C1: record, outbox and seq in one go) and return its op_id.

        `whole` is the record of the feed that it is a part of, when it is not one itself.
        """
        key = (WHOLE.get(type, type), whole or id)
        before = [
            op["op_id"] for op in self.outbox if op["id"] == id or (op["id"] == key[1] and op["kind"] == "create")
        ]
        row = self.records.get(key)
        op = {
            "op_id": str(uuid7()), "seq": self.seq + 1, "type": type, "id": id, "kind": kind,
            "base": row.version if row else 0, "after": [*dict.fromkeys([*before, *after])], "schema": 1,
            "at": self.clock().isoformat(timespec="milliseconds"), "skew_ms": self.skew_ms, "clock_suspect": False,
            "doc": deepcopy(doc), "actor": self.actor,
        }  # fmt: skip
        if group:
            op["group"] = group
        self.seq, self.outbox = op["seq"], [*self.outbox, op]
        self.about[op["op_id"]] = key
        fields = doc if kind == "create" else doc.get("set", {}) if kind == "amend" else {}
        self.own.setdefault((type, id), {}).update(fields)
        self.mine.setdefault((type, id), {}).update(dict.fromkeys(fields, op["op_id"]))
        return str(op["op_id"])

    def register(self, **said: Any) -> str:
        """Register a person; return the record's id."""
        made = str(uuid7())
        self.save("patient", made, "create", {"number": self.next_number(), "allergies": []} | said)
        return made

    def amend(self, type: str, id: str, *, whole: str = "", why: str = "", **meant: Any) -> list[str]:
        """Correct fields; return the ops. What the user had on the screen goes along: `was`, or which op of ours.

        A field that we ourselves wrote and that has not come back yet may read otherwise on the server (a telephone
        number is written one way there); for those the op is named. Fields of two kinds make two ops.
        """
        shown, ours = self.shown(type, id, whole), self.mine.get((type, id), {})
        by_source: dict[str, Doc] = {}
        for name, value in meant.items():
            by_source.setdefault(ours.get(name, ""), {})[name] = value
        ops = []
        for seen, fields in by_source.items():
            doc: Doc = {"set": fields} | ({"why": why} if why else {})
            if seen:
                doc["seen"] = seen
            else:
                whole_name = IDENTITY if type == "patient" and fields.keys() & set(IDENTITY) else ()
                named = [*fields, *(name for name in whole_name if name not in ours and name not in fields)]
                doc["was"] = {name: shown.get(name) for name in named}
            ops.append(self.save(type, id, "amend", doc, whole=whole))
        return ops

    def void(self, type: str, id: str, reason: str, *, whole: str = "") -> str:
        """Say that a record was made in error."""
        return self.save(type, id, "void", {"reason": reason}, whole=whole)

    def shown(self, type: str, id: str, whole: str = "") -> Doc:
        """Return a record as it stands on the screen: the server's, and what was changed here laid over it."""
        row = self.records.get((WHOLE.get(type, type), whole or id))
        there = row.doc if row else {}
        if type == "checkup":
            there = next((one for one in there.get("checkups", []) if one["id"] == id), {})
        return {**there, **self.own.get((type, id), {})}

    def pending(self, key: Key) -> bool:
        """Return whether a record of the feed has saves of ours that the server may not hold yet."""
        return any(self.about.get(op["op_id"]) == key for op in self.outbox)

    # -- pushing ------------------------------------------------------------------------------------------------

    def push_once(self, most: int = MOST_OPS) -> bool:
        """Send one batch, or ask what arrived when the last one stayed without an answer; return whether more waits.

        Raises NoAnswer, and Refused for what the person or a pause must settle.
        """
        asking, batch = self.unanswered, []
        if not asking:
            self._seal_all()
            batch = self._batch(most)
        try:
            said = self._call("push", self._envelope(batch))
        except NoAnswer:
            self.unanswered = True
            raise
        except Refused as refused:
            if refused.status != 413:
                raise
            self.batch = max(1, len(batch) // 2)
            return True
        self.unanswered = False
        arrived = self._settle(said)
        if asking or batch:
            self._adapt(arrived or not asking)
        return bool(self.outbox)

    def _envelope(self, batch: list[Doc]) -> Doc:
        return {
            "device_id": self.device_id, "db_id": self.db_id, "server_epoch": self.epoch, "schema": 1,
            "batch_id": str(uuid7()), "sent_at": self.clock().isoformat(timespec="milliseconds"),
            "pending": len(self.outbox), "oldest_at": self.outbox[0]["at"] if self.outbox else None, "ops": batch,
        }  # fmt: skip

    def _seal_all(self) -> None:
        """Seal what is not sealed yet, once and before it is sent for the first time; its bytes never change again."""
        if self.sealing:
            self.outbox = [op if "sealed" in op else self._sealed(op) for op in self.outbox]

    def _sealed(self, op: Doc) -> Doc:
        plain = {"doc": op["doc"], "actor": op["actor"]}
        rest = {name: value for name, value in op.items() if name not in plain}
        return {**rest, "seal_kid": self.seal_kid, "sealed": seal(self.seal_pub, self.seal_kid, op, plain)}

    def _batch(self, most: int) -> list[Doc]:
        batch, size = [], 1024
        for op in self.outbox[: min(most, self.batch)]:
            size += len(json.dumps(op, ensure_ascii=False).encode()) + 2
            if batch and size > MOST_BYTES:
                break
            batch.append(op)
        return self._whole_groups(batch)

    def _whole_groups(self, batch: list[Doc]) -> list[Doc]:
        """Leave for the next batch what would cut a group in two, unless the group is all there is."""
        cut = {op.get("group") for op in self.outbox[len(batch) :]} - {None}
        whole = [op for op in batch if op.get("group") not in cut]
        return whole or batch

    def _settle(self, said: Doc) -> bool:
        """Move to `kept` what the server holds (C2); return whether that was anything."""
        done = {result["op_id"]: result for result in said["results"] if result["status"] in TERMINAL}
        self._hear_ack(said["ack"])
        for op in self.outbox:
            if op["op_id"] not in done and op["seq"] <= self.contiguous:
                done[op["op_id"]] = {"op_id": op["op_id"], "status": "held"}
        now = self.clock()
        self.kept += [Kept(op, now, done[op["op_id"]]) for op in self.outbox if op["op_id"] in done]
        self.outbox = [op for op in self.outbox if op["op_id"] not in done]
        return bool(done)

    def _hear_ack(self, ack: Mapping[str, Any]) -> None:
        if ack["db_id"] == self.db_id:
            self.contiguous, self.durable = ack["contiguous_seq"], ack["durable_seq"]
        long_ago = self.clock() - KEPT_FOR
        self.kept = [one for one in self.kept if one.op["seq"] > self.durable or one.at > long_ago]

    def _adapt(self, arrived: bool) -> None:
        """Halve the batch when two in a row did not arrive, double it when one did."""
        self.not_arrived = 0 if arrived else self.not_arrived + 1
        if arrived:
            self.batch = min(MOST_OPS, self.batch * 2)
        elif self.not_arrived >= 2:
            self.batch = max(FEWEST, self.batch // 2)

    # -- pulling ------------------------------------------------------------------------------------------------

    def pull_page(self, limit: int = 500) -> bool:
        """Fetch and take over one page; return whether to ask for another now."""
        said = self._call("pull", {"cursor": self.cursor, "limit": limit, "schema": 1})
        if said["server_epoch"] != self.epoch:
            self.new_epoch(said["server_epoch"])
            return True
        return self._take_over(said)

    def _take_over(self, said: Doc) -> bool:
        """Lay a page over the roster, with the cursor in one go; rows with saves of ours wait (C4)."""
        skipped = False
        self.committing()
        for change in said["changes"]:
            key = (change["type"], change["id"])
            if self.pending(key):
                skipped = True
            elif change["state"] == "purge":
                self.records.pop(key, None)
                self._forget_own(key)
            else:
                self._forget_own(key)
                self.records[key] = Row(change["doc"], change["seq"], change["version"])
        self.inbox = self.inbox if said["inbox"] is None else said["inbox"]  # only the last page brings it
        self._hear_ack(said["ack"])
        if skipped:
            return False
        self.cursor = said["cursor"]
        return bool(said["has_more"])

    def committing(self) -> None:
        """Stand where the transaction of a page is committed: a proof lets the browser die here."""

    def _forget_own(self, key: Key) -> None:
        """Let go of what was laid over a record: the server's own reading of it is here now."""
        for op_id in [op_id for op_id, about in self.about.items() if about == key]:
            del self.about[op_id]
        parts = {part for part in self.own if self._part_of(part, key)}
        for part in parts:
            self.own.pop(part, None)
            self.mine.pop(part, None)

    def _part_of(self, part: Key, key: Key) -> bool:
        if part == key:
            return True
        return WHOLE.get(part[0]) == key[0] and self.own[part].get(key[0]) == key[1]

    # -- both ---------------------------------------------------------------------------------------------------

    def sync(self, *, tries: int = 200, limit: int = 500) -> int:
        """Hand in everything, then fetch what changed (C6: the caller runs one at a time); return the requests made.

        Goes on after what a pause or a renewed log-in settles; raises Refused for the rest, NoAnswer when `tries` are
        used up.
        """
        before, pause = self.line.requests, 1.0
        pushed = False
        for _ in range(tries):
            try:
                if not pushed:
                    pushed = not (self.outbox or self.unanswered) or not self.push_once()
                elif not self.pull_page(limit):
                    return self.line.requests - before
                else:
                    pushed = not self.outbox
                pause = 1.0
            except NoAnswer:
                self.sleep(self.chance.uniform(0, pause))
                pause = min(60.0, pause * 2)
            except Refused as refused:
                pushed = self._recover(refused) and pushed
        raise NoAnswer("tries used up")

    def _recover(self, refused: Refused) -> bool:
        """Do what the paper's table says; return whether what was pushed stays pushed. Raises what it cannot settle."""
        if refused.status == 409 and refused.code == "epoch_changed":
            self.new_epoch(refused.body["server_epoch"])
            return False
        if refused.status == 410 or refused.code == "cursor_unreadable":
            self.cursor = None
            return False
        if refused.status in {429, 503}:
            self.sleep(refused.wait or 1)
            return True
        if refused.status == 401 and refused.code == "log_in_again" and self.access and self.renewal:
            self.access = ""
            self.renew()
            return True
        if refused.status >= 500:
            self.sleep(1)
            return True
        raise refused

    def new_epoch(self, epoch: str) -> None:
        """Hand in again all that was kept, and fetch all anew: the server came back from an older copy (C5)."""
        self.epoch = epoch
        self.outbox = sorted([one.op for one in self.kept] + self.outbox, key=lambda op: op["seq"])
        self.kept, self.cursor, self.contiguous, self.unanswered = [], None, 0, False

    def hand_in(self) -> Doc:
        """Give the sealed saves of a revoked tablet or person to the escrow, then forget the roster and the keys."""
        receipts: Doc = {"results": [], "received": 0}
        self._seal_all()
        while self.outbox:
            batch = self._batch(MOST_OPS)
            sent = self._envelope(batch) | {"device_token": self.token}
            said = self._ask("escrow", sent, anybody=True)
            held = {result["op_id"]: result for result in said["results"] if result["status"] in TERMINAL}
            if not held:
                break
            self.kept += [Kept(op, self.clock(), held[op["op_id"]]) for op in self.outbox if op["op_id"] in held]
            self.outbox = [op for op in self.outbox if op["op_id"] not in held]
            receipts["results"] += said["results"]
            receipts["received"] += said["received"]
        self.records, self.own, self.mine, self.access, self.renewal = {}, {}, {}, "", ""
        self.gone = True
        return receipts

    def outbox_file(self) -> str:
        """Return the sealed outbox as a file, the last resort."""
        self._seal_all()
        return json.dumps(
            {"format": "sre-ambel-outbox", "schema": 1, "device_id": self.device_id, "db_id": self.db_id,
             "server_epoch": self.epoch, "made_at": self.clock().isoformat(), "ops": self.outbox}
        )  # fmt: skip

    def clear(self) -> None:
        """Log out and forget; refused while the outbox holds something (C9)."""
        if self.outbox:
            raise NotHere("outbox")
        self.records, self.own, self.access, self.renewal = {}, {}, "", ""

    # -- the line -----------------------------------------------------------------------------------------------

    def _call(self, path: str, sent: Doc) -> Doc:
        if not self.access:
            raise Refused(401, {"code": "log_in_again"})
        return self._ask(path, sent)

    def _ask(self, path: str, sent: Doc, *, anybody: bool = False) -> Doc:
        body = json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Language": "en"}
        if not anybody:
            headers["Authorization"] = f"Bearer {self.access}"
        answer: Answer = self.line.send("POST", API + path, headers, body)
        said = answer.json()
        if answer.status == 200 and not said:
            raise NoAnswer("cut off")  # an answer without an end is none
        if answer.status not in {200, 201}:
            raise Refused(answer.status, said, float(answer.headers.get("retry-after", 0) or 0))
        if "server_time" in said:
            self._set_right(said["server_time"])
        return said

    def _hear(self, said: Doc) -> None:
        """Take over what enrolment and log-in tell of the server."""
        self.seal_kid, self.seal_pub = said["seal_kid"], said["seal_pub"]
        if not self.epoch:
            self.epoch = said["server_epoch"]
        elif self.epoch != said["server_epoch"]:
            self.new_epoch(said["server_epoch"])

    def _set_right(self, server_time: str) -> None:
        """Note how far the tablet's clock is from the server's."""
        there = dt.datetime.fromisoformat(server_time)
        self.skew_ms = round((there - self.clock()).total_seconds() * 1000)


def canonical(op: Mapping[str, Any]) -> str:
    """Return an op as the server keeps it: keys sorted, no blanks."""
    return json.dumps(op, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def as_uuid(text: str) -> UUID:
    """Return an id as the database holds it."""
    return UUID(text)
