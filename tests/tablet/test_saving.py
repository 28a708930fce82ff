"""Saving on the tablet: whole or not at all, in order, by any number of tabs, with numbers that have no gaps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinic.models import Patient
from sync.models import Disagreement, PushedOp
from sync.sealing import open_sealed

pytestmark = pytest.mark.django_db(transaction=True)

CHILD = {
    "family_name": "Prak", "given_name": "Sophea", "family_name_km": "ប្រាក់", "given_name_km": "សុភា", "sex": "F",
    "birth": "4y", "phone": "", "guardian": "", "no_allergy": False, "allergies": [], "consent": None,
}  # fmt: skip
CHECK = """return await store.save({ type: "checkup", local: { toothbrush: true }, doc: { patient: given[0],
  session: given[1], observed_at: clock.stamp(), teeth: { 55: "B" }, pufa: {}, decayed_primary: null,
  decayed_permanent: null, missing: null, filled: null, pufa_count: null, pain: false, gums_bleed: false, urgency: 1,
  treatments: [], treatment: "", dental_education: true, toothbrush: true, toothpaste: true, deworming: "",
  deworming_despite: "", weight: "16.5", height: "104.0", advised_to_come: false, note: "",
  index: { dmft: 1, DMFT: 0 } } });"""
REGISTER = "return await store.save({ type: 'patient', doc: { ...given[0], village: given[1] } });"


def rows(app: Any, name: str, page: Any = None) -> list[dict[str, Any]]:
    return app.run("return (await db.all(given)).map((row) => ({ ...row, iv: 0, ct: 0 }));", name, page)


def test_a_save_is_whole_in_outbox_record_and_number(ready: Any) -> None:
    ready.context.set_offline(True)
    saved = ready.run(REGISTER, [CHILD, ready.village])
    (op,) = [row["op"] for row in rows(ready, "outbox")]
    assert (op["op_id"], op["id"], op["seq"], op["kind"]) == (saved["op_id"], saved["id"], 1, "create")
    assert saved["doc"]["number"].startswith("SA-") and "doc" not in op
    assert "Prak" not in json.dumps(op)
    plain = open_sealed(op)
    assert plain["doc"] == {**CHILD, "village": ready.village, "number": saved["doc"]["number"]}
    person = ready.run("return store.person(given);", saved["id"])
    assert (person["own"], person["state"], person["birth"]["precision"]) == (True, "saved", "stated")


def test_it_is_sent_once_and_a_second_sync_moves_nothing(ready: Any) -> None:
    saved = ready.run(REGISTER, [CHILD, ready.village])
    status = ready.run("return await sync.now();")
    assert (status["error"], status["waiting"]) == ("", 0)
    assert Patient.objects.get(pk=saved["id"]).number == saved["doc"]["number"]
    assert ready.run("return store.stateOf(given);", saved["id"]) == "sent"
    assert ready.run("return store.person(given).own;", saved["id"]) is False
    before = PushedOp.objects.count()
    asked: list[str] = []
    ready.page.on("request", lambda request: "/api/" in request.url and asked.append(request.url.rsplit("/", 1)[1]))
    ready.run("await sync.now();")
    assert PushedOp.objects.count() == before
    assert asked == ["pull"]


def test_two_tabs_save_without_a_gap_or_a_number_given_twice(ready: Any) -> None:
    other = ready.open()
    ready.run("await vault.logIn('mobile', given);", "rice-field-rain-7", other)
    many = """await Promise.all(Array.from({ length: 12 }, (_, n) => store.save({ type: "patient",
        doc: { ...given[0], village: given[1], given_name: "N" + n } })));
        await Promise.all(Array.from({ length: 5 }, () => store.save({ type: "donation",
        doc: { on: clock.today(), currency: "KHR", minor: 1000, donor_name: "", village: null } })));"""
    ready.context.set_offline(True)
    started = [
        page.evaluate_handle(f"""(given) => {{ globalThis.done = (async () => {{
            const store = await import("/static/tablet/store.js");
            const clock = await import("/static/tablet/clock.js");
            {many} }})(); }}""", [CHILD, ready.village])
        for page in (ready.page, other)
    ]  # fmt: skip
    assert len(started) == 2
    for page in (ready.page, other):
        page.evaluate("() => globalThis.done")
    outbox = rows(ready, "outbox")
    assert [row["seq"] for row in outbox] == list(range(1, 35))
    docs = [(row["op"]["type"], open_sealed(row["op"])["doc"]) for row in outbox]
    assert sorted(doc["number"] for kind, doc in docs if kind == "donation") == list(range(1, 11))
    assert len({doc["number"] for kind, doc in docs if kind == "patient"}) == 24
    ready.context.set_offline(False)
    assert ready.run("return sync.now();")["waiting"] == 0
    assert PushedOp.objects.filter(status="applied").count() == 34


def test_what_was_said_to_be_saved_is_there_after_the_battery_went_flat(ready: Any) -> None:
    ready.context.set_offline(True)
    saved = [ready.run(REGISTER, [CHILD | {"given_name": f"N{n}"}, ready.village]) for n in range(5)]
    ready.kill()
    ready.start()
    assert [row["op"]["op_id"] for row in rows(ready, "outbox")] == [one["op_id"] for one in saved]
    ready.run("await vault.logIn('mobile', given);", "rice-field-rain-7")
    assert ready.run("return store.person(given).given_name;", saved[4]["id"]) == "N4"
    assert ready.run("return sync.now();")["waiting"] == 0


def test_a_full_tablet_refuses_loudly_and_keeps_what_it_has(ready: Any) -> None:
    full = """const real = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (...all) {
        if (this.name === "own") throw new DOMException("full", "QuotaExceededError");
        return real.apply(this, all);
      };
      try { await store.save({ type: "patient", doc: { ...given[0], village: given[1] } }); return "saved"; }
      catch (error) { return error.code; }
      finally { IDBObjectStore.prototype.put = real; }"""
    before = ready.run("return numbers.nextPatientNumber();")
    assert ready.run(full, [CHILD, ready.village]) == "full"
    assert rows(ready, "outbox") == [] and ready.run("return db.read('meta', 'seq');") == 0
    assert ready.run("return numbers.nextPatientNumber();") == before
    assert ready.run(REGISTER, [CHILD, ready.village])["doc"]["number"] == before


def test_an_amendment_says_what_was_seen_or_after_sealing_the_op_that_wrote_it(ready: Any) -> None:
    ready.context.set_offline(True)
    there = ready.run("return store.people()[0].id;")
    amend = "return await store.save({ type: given[0], id: given[1], kind: 'amend', doc: { set: given[2] } });"
    ready.run(amend, ["patient", there, {"phone": "099111222"}])
    ready.run(amend, ["patient", there, {"phone": "099333444"}])
    stop = ready.run(
        "return store.save({ type: 'session', doc: { village: given, on: clock.today(), place: '', note: '' } });",
        ready.village,
    )
    checkup = ready.run(CHECK, [there, stop["id"]])
    assert ready.run("return store.person(given).checkups[0].teeth;", there) == {"55": "B"}
    ready.run("await store.closeDay();")
    assert ready.run("return [store.own('checkup')[0].doc, store.person(given).checkups[0].teeth ?? null];", there) == [
        None,
        None,
    ]
    ready.run(amend, ["checkup", checkup["id"], {"note": "rain"}])
    docs = [open_sealed(row["op"])["doc"] for row in rows(ready, "outbox")]
    assert docs[0]["was"] == {"phone": "+85512345678"} and docs[1]["was"] == {"phone": "099111222"}
    assert docs[4] == {"set": {"note": "rain"}, "seen": checkup["op_id"]}
    ready.context.set_offline(False)
    assert ready.run("return sync.now();")["waiting"] == 0
    assert set(PushedOp.objects.values_list("status", flat=True)) == {"applied", "merged"}
    assert ready.run("return store.person(given).phone;", there) == "+85599333444"
    assert ready.run("return store.person(given).checkups[0].note;", there) == "rain"


def test_who_somebody_is_stands_or_falls_as_one(ready: Any) -> None:
    """The desk made another person of them meanwhile: a given name alone must not be written onto that one."""
    ready.context.set_offline(True)
    there = ready.run("return store.people()[0].id;")
    amend = "await store.save({ type: 'patient', id: given[0], kind: 'amend', doc: { set: given[1] } });"
    ready.run(amend, [there, {"birth": "2018"}])
    ready.run(amend, [there, {"given_name": "Sophea", "phone": "099111222"}])
    was = [open_sealed(row["op"])["doc"]["was"] for row in rows(ready, "outbox")]
    assert set(was[0]) == {"family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth"}
    assert set(was[1]) == {*was[0], "phone"} - {"birth"}, "what was typed here reads otherwise there"
    Patient.objects.filter(pk=there).update(sex="M")
    ready.context.set_offline(False)
    assert ready.run("return sync.now();")["waiting"] == 0
    person = Patient.objects.get(pk=there)
    assert (person.given_name, person.phone) == ("Bopha", "+85599111222")
    assert set(Disagreement.objects.values_list("field", flat=True)) == {"birth", "given_name"}


def test_nothing_is_saved_while_the_clock_cannot_be_right(ready: Any) -> None:
    ready.page.clock.set_fixed_time("2020-01-01T08:00:00+07:00")
    attempt = """try { await store.save({ type: 'patient', doc: { ...given[0], village: given[1] } }); return 'saved'; }
      catch (error) { return error.code; }"""
    assert ready.run("return clock.state();") == "back"
    assert ready.run(attempt, [CHILD, ready.village]) == "clock"
    ready.run("await clock.confirm('2026-11-22');")
    assert ready.run("return clock.today();") == "2026-11-22"
    assert ready.run(attempt, [CHILD, ready.village]) == "saved"
    (row,) = rows(ready, "outbox")
    assert row["op"]["clock_suspect"] is True and row["op"]["at"].startswith("2026-11-22")
