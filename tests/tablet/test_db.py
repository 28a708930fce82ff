"""The store on the tablet: a database that does not open is left for somebody who can read it, never emptied."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.test import Client


def test_a_new_tablet_begins_one_database_and_finds_it_again(modules: Any) -> None:
    body = "const name = await db.open(); return [name, db.meta('db').db_id, db.meta('seq')];"
    name, db_id, seq = modules.run("db", body=body)
    assert (name, seq) == (f"clinic-{db_id}", 0)
    other = modules.open()
    assert modules.run("db", body=body, page=other)[0] == name
    forgotten = "localStorage.clear(); return db.open();"
    assert modules.run("db", body=forgotten, page=modules.open()) == name


def test_a_database_that_does_not_open_is_left_and_another_begun(modules: Any) -> None:
    name = modules.run("db", body="return db.open();")
    page = modules.open()
    broken = """const real = IDBFactory.prototype.open;
      IDBFactory.prototype.open = function (name, ...rest) {
        if (name !== given) return real.call(this, name, ...rest);
        const asked = { error: new DOMException("gone bad", "UnknownError") };
        setTimeout(() => asked.onerror());
        return asked;
      };
      const another = await db.open();
      const names = (list) => list.map((one) => one.name).sort();
      return [another, names(db.leftBehind()), names(await indexedDB.databases())];"""
    another, left, there = modules.run("db", body=broken, given=name, page=page)
    assert another != name and left == [name] and there == sorted([name, another])


def test_a_database_of_a_newer_app_is_not_left(modules: Any) -> None:
    name = modules.run("db", body="return db.open();")
    newer = """const asked = indexedDB.open(given, 99);
      await new Promise((done) => { asked.onsuccess = () => { asked.result.close(); done(); }; });
      try { await db.open(); return "opened"; } catch (error) { return [error.code, db.leftBehind()]; }"""
    assert modules.run("db", body=newer, given=name, page=modules.open()) == ["old_page", []]


def test_every_writing_transaction_is_strict_and_one_that_fails_leaves_nothing(modules: Any) -> None:
    body = """const kinds = [];
      const real = IDBDatabase.prototype.transaction;
      IDBDatabase.prototype.transaction = function (stores, mode, how) {
        if (mode === "readwrite") kinds.push(how?.durability);
        return real.call(this, stores, mode, how);
      };
      await db.open();
      await db.write(["meta"], (tx) => tx.put("meta", 1, "a"));
      const failed = await db.write(["meta", "outbox"], async (tx) => {
        tx.put("meta", 2, "a"); tx.put("outbox", { seq: 1 }); await tx.get("meta", "a"); throw new Error("no");
      }).then(() => "done", (error) => error.message);
      const there = [await db.read("meta", "a"), (await db.all("outbox")).length];
      return [[...new Set(kinds)], failed, db.meta("a"), ...there];"""
    assert modules.run("db", body=body) == [["strict"], "no", 1, 1, 0]


@pytest.mark.django_db
def test_a_packed_body_is_read_and_a_bomb_is_refused() -> None:
    def send(body: bytes) -> int:
        headers = {"content-encoding": "gzip"}
        return Client().post("/api/sync/v1/enrol", body, content_type="application/json", headers=headers).status_code

    wrong_code = json.dumps(
        {"code": "x", "db_id": "01900000-0000-7000-8000-000000000001", "device_pub": "", "model": ""}
    )
    assert send(gzip.compress(wrong_code.encode())) == 422
    assert send(gzip.compress(b" " * 50_000_000)) == 413
    assert send(b"\x1f\x8bnot packed") == 400
    assert send(wrong_code.encode()) == 400
