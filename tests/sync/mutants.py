"""Bugs that real systems had, planted in the real engine or in the tablet's rules, one at a time.

M1 to M11 are those of the design's model (sync.md, 1.10); N1 and on belong to what this engine does in its own way.
Each is planted with pytest's `monkeypatch`, and tests/sync/test_mutants.py shows that playing catches it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from core.ids import uuid7
from core.ops import Verdict
from tests.sync.client import Doc, Kept, Row, Tablet

Plant = Callable[[Any], None]
_never = dt.datetime.min.replace(tzinfo=dt.UTC)


def m1_last_write_wins(monkeypatch: Any, *, equal_wins: bool = True) -> None:
    """Decide by the tablet's clock who wrote last, for the whole record (Simple's Mergeable#merge)."""
    from clinic.sync import patients

    last: dict[Any, dt.datetime] = {}
    real = patients._amend

    def amend(op: Any) -> Verdict:
        known = patients.Patient.objects.filter(pk=op.record).first()
        if known is None:
            return real(op)
        said = dt.datetime.fromisoformat(op.doc.get("at", op.at.isoformat()))
        if said < last.get(op.record, _never) or (said == last.get(op.record) and not equal_wins):
            return Verdict("merged", patient=known.pk)
        last[op.record] = said
        now = patients.document(patients.registry.held(known))
        return real(_with(op, {**op.doc, "was": {**op.doc.get("was", {}), **now}}))

    monkeypatch.setattr(patients, "_amend", amend)


def m2_equal_times_are_the_same(monkeypatch: Any) -> None:
    """As M1, on a clock of whole days: what has the same time is taken for what is there."""
    from clinic.sync import patients

    seen: set[Any] = set()
    real = patients._amend

    def amend(op: Any) -> Verdict:
        if (op.record, op.day) in seen:
            return Verdict("merged", patient=op.record)
        seen.add((op.record, op.day))
        return real(op)

    monkeypatch.setattr(patients, "_amend", amend)


def m3_pending_is_done(monkeypatch: Any) -> None:
    """Mark everything as sent after a push, also what was saved meanwhile (SyncCoordinator.push)."""

    def settle(self: Tablet, said: Doc) -> bool:
        self.kept += [Kept(op, self.clock(), {}) for op in self.outbox]
        self.outbox = []
        return True

    monkeypatch.setattr(Tablet, "_settle", settle)


def m4_no_op_id_check(monkeypatch: Any) -> None:
    """Take whatever comes as new."""
    from sync import engine

    real = engine.read_op

    def read(*args: Any, **given: Any) -> Any:
        came = real(*args, **given)
        came.row.id = uuid7()
        return came

    monkeypatch.setattr(engine, "read_op", read)


def m5_cursor_before_page(monkeypatch: Any) -> None:
    """Write the cursor down before the page is."""
    real = Tablet._take_over

    def take_over(self: Tablet, said: Doc) -> bool:
        self.cursor = said["cursor"]
        return real(self, said)

    monkeypatch.setattr(Tablet, "_take_over", take_over)


def m6_restore_without_epoch(monkeypatch: Any) -> None:
    """Put a copy back and say nothing; nobody notices a cursor that is ahead."""
    from dataclasses import replace

    from sync import feed
    from sync.services import history
    from tests.sync import world

    real = feed.page

    def page(*, cursor: Any, at: Any, **given: Any) -> Any:
        return real(cursor=replace(cursor, seq=min(cursor.seq, at.seq)) if cursor else None, at=at, **given)

    monkeypatch.setattr(world, "call_command", lambda *args, **given: None)
    monkeypatch.setattr(history, "rotate", lambda **given: history.current())
    monkeypatch.setattr(feed, "page", page)


def m7_refuse_without_keeping(monkeypatch: Any) -> None:
    """Answer "quarantined" and keep nothing."""
    from sync import engine
    from sync.models import PushedOp, Ticket

    real = engine._write

    def write(*args: Any) -> Any:
        done = real(*args)
        gone = [one.row.pk for one in done if one.landing and one.row.status == "quarantined"]
        Ticket.objects.filter(op__in=gone).delete()
        PushedOp.objects.filter(pk__in=gone).delete()
        return done

    monkeypatch.setattr(engine, "_write", write)


def m8_pull_over_edits(monkeypatch: Any) -> None:
    """Let the server's record take the place of what was saved here and not sent yet."""

    def take_over(self: Tablet, said: Doc) -> bool:
        for change in said["changes"]:
            key = (change["type"], change["id"])
            self.outbox = [op for op in self.outbox if self.about.get(op["op_id"]) != key]
            self.records[key] = Row(change["doc"] or {}, change["seq"], change["version"])
        self.cursor = said["cursor"]
        return bool(said["has_more"])

    monkeypatch.setattr(Tablet, "_take_over", take_over)


def m9_edit_after_void_dropped(monkeypatch: Any) -> None:
    """Say "merged" to a correction of what is void by now, and forget it (Simple's ADR 6)."""
    from core.errors import RuleBroken
    from mobile_team.sync import checkups

    real = checkups._amend

    def amend(op: Any) -> Verdict:
        try:
            return real(op)
        except RuleBroken:
            return Verdict("merged")

    monkeypatch.setattr(checkups, "_amend", amend)


def m10_poison_blocks_the_batch(monkeypatch: Any) -> None:
    """Refuse a whole batch for one op that cannot be taken."""
    from core.errors import RuleBroken
    from sync import engine

    def opened_badly(unit: Any, *args: Any) -> Any:
        landings = real(unit, *args)
        if any(landing.status == "quarantined" for landing in landings):
            raise RuleBroken("sync.envelope_unreadable")
        return landings

    real = engine._land
    monkeypatch.setattr(engine, "_land", opened_badly)


def m11_rebased_base(monkeypatch: Any) -> None:
    """Let a pull move what the user saw to what is there now (the first draft of this protocol)."""
    real = Tablet._take_over

    def take_over(self: Tablet, said: Doc) -> bool:
        for change in said["changes"]:
            for op in self.outbox:
                if op["id"] == change["id"] and "was" in op.get("doc", {}) and change["doc"]:
                    op["doc"]["was"] = {name: change["doc"].get(name) for name in op["doc"]["was"]}
        return real(self, said)

    monkeypatch.setattr(Tablet, "_take_over", take_over)


def n1_seen_is_believed(monkeypatch: Any) -> None:
    """Take `seen` as leave to write over whatever is there."""
    from clinic.sync import patients

    real = patients._amend

    def amend(op: Any) -> Verdict:
        known = patients.Patient.objects.filter(pk=op.record).first()
        if known is None or "seen" not in op.doc:
            return real(op)
        return real(_with(op, {**op.doc, "was": patients.document(patients.registry.held(known))}))

    monkeypatch.setattr(patients, "_amend", amend)


def n2_nobody_wakes_them(monkeypatch: Any) -> None:
    """Park what comes before its parent, and never look again."""
    from sync import waking

    monkeypatch.setattr(waking, "rouse", lambda ids, *, now: set())


def n3_gaps_are_skipped(monkeypatch: Any) -> None:
    """Tell the highest number that came as if all before it had."""
    from django.db.models import Max

    from sync import engine, streams
    from sync.models import PushedOp

    def reached(device: Any, db_id: Any) -> tuple[int, int]:
        found = PushedOp.objects.filter(db_id=db_id).aggregate(top=Max("seq"))["top"] or 0
        return found + 1, 0

    monkeypatch.setattr(streams, "reached", reached)
    assert engine.streams is streams


def n4_durable_too_early(monkeypatch: Any) -> None:
    """Call durable what no copy holds yet."""
    from sync import engine, streams

    real = streams.reached

    def reached(device: Any, db_id: Any) -> tuple[int, int]:
        contiguous, _ = real(device, db_id)
        return contiguous, contiguous

    monkeypatch.setattr(streams, "reached", reached)
    assert engine.streams is streams


def n5_never_taken_back(monkeypatch: Any) -> None:
    """Never tell a tablet to forget somebody who moved away."""
    from sync import feed

    real = feed._changes

    def changes(*args: Any) -> Any:
        return [row for row in real(*args) if row.mine]

    monkeypatch.setattr(feed, "_changes", changes)


def n6_everybody_is_given(monkeypatch: Any) -> None:
    """Give out whoever was ever given, wherever they live now."""
    from dataclasses import replace

    from core.places.models import Village
    from sync import feed

    real = feed._docs

    def docs(rows: Any, scope: Any, **given: Any) -> Any:
        all_ = frozenset(Village.objects.values_list("pk", flat=True)[:50])
        return real([replace(row, mine=True) for row in rows], replace(scope, villages=all_), **given)

    monkeypatch.setattr(feed, "_docs", docs)


MUTANTS: dict[str, Plant] = {
    "M1 last write wins, by the tablet's clock": m1_last_write_wins,
    "M2 equal times are the same": m2_equal_times_are_the_same,
    "M3 pending is done": m3_pending_is_done,
    "M4 no op_id check": m4_no_op_id_check,
    "M5 cursor before page": m5_cursor_before_page,
    "M6 restore without epoch": m6_restore_without_epoch,
    "M7 refuse without keeping": m7_refuse_without_keeping,
    "M8 pull over edits": m8_pull_over_edits,
    "M9 edit after void dropped": m9_edit_after_void_dropped,
    "M10 poison blocks the batch": m10_poison_blocks_the_batch,
    "M11 rebased base": m11_rebased_base,
    "N1 seen is believed": n1_seen_is_believed,
    "N2 nobody wakes the parked": n2_nobody_wakes_them,
    "N3 gaps are skipped": n3_gaps_are_skipped,
    "N4 durable too early": n4_durable_too_early,
    "N5 never taken back": n5_never_taken_back,
    "N6 everybody is given": n6_everybody_is_given,
}


def _with(op: Any, doc: Doc) -> Any:
    from dataclasses import replace

    return replace(op, doc=doc)
