"""What is on the tablet is read by nobody who has not the password; what was collected by nobody but the server."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from core.errors import RuleBroken
from sync import sealing
from tests.people import PASSWORD

HOUR = 3_600_000  # ms
OP = {"op_id": "01900000-0000-7000-8000-000000000001", "type": "patient", "id": "x", "kind": "create", "seq": 7}
PLAIN = {"doc": {"family_name_km": "ចាន់", "n": 3, "deep": [1, {"a": None}]}, "actor": "u1"}


# -- sealing, in both languages --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_server_opens_what_the_tablet_sealed(modules: Any) -> None:
    key = sealing.current_key()
    sealed = modules.run(
        "seal", body="return seal.seal(given.pub, given.kid, given.op, given.plain);",
        given={"pub": key.public, "kid": key.kid, "op": OP, "plain": PLAIN},
    )  # fmt: skip
    op = OP | {"seal_kid": key.kid, "sealed": sealed}
    assert sealing.open_sealed(op) == PLAIN
    with pytest.raises(RuleBroken, match=r"sync\.seal_broken"):
        sealing.open_sealed(op | {"seq": 8})


@pytest.mark.django_db
def test_the_tablets_code_opens_what_the_server_sealed(modules: Any) -> None:
    key = sealing.current_key()
    op = OP | {"seal_kid": key.kid, "sealed": sealing.seal(key.public, key.kid, OP, PLAIN)}
    body = "return seal.openSealed(given.pkcs8, given.op);"
    assert modules.run("seal", body=body, given={"pkcs8": key.private, "op": op}) == PLAIN


# -- the keys of the people who work here ----------------------------------------------------------------------------


def test_a_row_opens_only_in_its_place_and_only_with_its_key(modules: Any) -> None:
    body = """
      await keys.makeWork();
      const row = await keys.close("own", "a", { name: "ចាន់" });
      const moved = await keys.reveal("own", { ...row, id: "b" }).then(() => "opened", () => "refused");
      const other = await keys.reveal("drafts", row).then(() => "opened", () => "refused");
      const same = await keys.reveal("own", row);
      await keys.makeWork();
      return [moved, other, same, await keys.reveal("own", row)];"""
    assert modules.run("keys", body=body) == ["refused", "refused", {"name": "ចាន់"}, None]


def test_the_work_key_comes_out_of_its_wrap_by_the_password_and_this_tablets_secret_alone(modules: Any) -> None:
    body = """
      const [secret, other] = [ids.toBase64(ids.random(32)), ids.toBase64(ids.random(32))];
      await keys.makeWork();
      const row = await keys.close("own", "a", 1);
      const wrap = await keys.wrapFor("rice field", secret);
      keys.drop();
      const wrong = [await keys.unwrap(wrap, "rice fielt", secret), await keys.unwrap(wrap, "rice field", other)];
      const right = await keys.unwrap(wrap, "rice field", secret);
      return { wrong, right, value: await keys.reveal("own", row), rounds: wrap.rounds };"""
    found = modules.run("keys", "ids", body=body)
    assert found == {"wrong": [False, False], "right": True, "value": 1, "rounds": 600_000}


# -- the whole app ---------------------------------------------------------------------------------------------------


def found_in(folder: Any, *words: str) -> list[str]:
    """Return which of the words `grep -a` finds in the browser's profile, as UTF-8 or as UTF-16."""
    hits = []
    for word in words:
        for coding in ("utf-8", "utf-16-le"):
            pattern = "".join(f"\\x{byte:02x}" for byte in word.encode(coding))
            if (
                subprocess.run(["grep", "-raqP", pattern, str(folder)], check=False, env={"LC_ALL": "C"}).returncode
                == 0
            ):
                hits.append(f"{word} ({coding})")
    return hits


@pytest.mark.django_db(transaction=True)
def test_after_the_lock_no_name_is_in_memory_or_in_the_browsers_profile(ready: Any) -> None:
    saved = ready.run(
        """return store.save({ type: "patient", doc: { family_name: "Zuvanna", given_name: "Khemararith",
        family_name_km: "ហ្សុវណ្ណា", given_name_km: "ខេមររិទ្ធិ", sex: "F", birth: "4y", village: given, phone: "0979797979",
        guardian: "Yayzuvanna", no_allergy: true, allergies: [], consent: null } });""",
        ready.village,
    )  # fmt: skip
    assert [hit["person"]["id"] for hit in ready.run("return search.find('zuvana');")] == [saved["id"]]
    ready.page.goto(f"{ready.address}/tablet/#/person/{saved['id']}")
    ready.page.get_by_text("Khemararith").first.wait_for()
    ready.page.goto(f"{ready.address}/tablet/#/find")
    ready.page.locator("input[type=search]").first.fill("Khemararith")
    ready.page.wait_for_timeout(600)
    ready.page.locator("input[type=search]").first.fill("Onlysought Khemararith")
    ready.page.locator("a[href*=register]").click()
    ready.page.locator("input[name=family_name]").wait_for()
    assert ready.page.locator("input[name=family_name]").input_value() == "Onlysought"
    ready.page.locator("input[name=family_name]").first.fill("Typedbutnotsaved")
    ready.page.wait_for_timeout(800)
    ready.run("await vault.lock();")
    assert ready.run(
        "return [vault.state(), store.people().length, memory.memory.roster.size, memory.memory.own.size];"
    ) == ["locked", 0, 0, 0]
    assert ready.run("return search.find('zuvana').length;") == 0
    assert "Khemararith" not in ready.page.content()
    ready.stop()
    assert found_in(ready.folder, "clinic-tablet", "seal_pub", "mobile")  # so that the search itself is known to find
    names = (
        "Zuvanna",
        "Khemararith",
        "ហ្សុវណ្ណា",
        "ខេមររិទ្ធិ",
        "Yayzuvanna",
        "0979797979",
        "Typedbutnotsaved",
        "Onlysought",
        "Bopha",
        "បុប្ផា",
    )
    assert found_in(ready.folder, *names) == []


@pytest.mark.django_db(transaction=True)
def test_who_was_here_before_logs_in_without_a_network_and_a_wrong_password_opens_nothing(ready: Any) -> None:
    ready.run("await vault.lock();")
    ready.context.set_offline(True)
    attempt = "try { await vault.logIn(...given); return vault.state(); } catch (error) { return error.code; }"
    assert ready.run(attempt, ["mobile", "another-password-1"]) == "wrong_password"
    assert ready.run(attempt, ["nurse", PASSWORD]) == "not_known_here"
    assert ready.run(attempt, ["Mobile ", PASSWORD]) == "open"
    assert ready.run("return store.people().length;") == 1


@pytest.mark.django_db(transaction=True)
def test_a_pin_opens_a_resting_screen_and_ten_wrong_ones_ask_for_the_password(ready: Any) -> None:
    ready.run("await vault.setPin('135790'); await vault.rest();")
    assert ready.run("return [vault.state(), memory.memory.roster.size];") == ["resting", 0]
    assert ready.run("return [await vault.unlock('000000'), await vault.unlock('135790'), store.people().length];") == [
        False,
        True,
        1,
    ]
    ready.run("await vault.rest(); for (let n = 0; n < 10; n += 1) await vault.unlock('111111').catch(() => {});")
    assert ready.run("return [vault.state(), keys.open()];") == ["locked", False]


@pytest.mark.django_db(transaction=True)
def test_a_second_person_shares_what_is_on_the_tablet_while_the_first_is_there(ready: Any, nurse: Any) -> None:
    ready.run("await vault.setPin('135790'); await vault.rest(); await vault.logIn('nurse', given);", PASSWORD)
    assert ready.run("return [vault.who().username, store.people().length];") == ["nurse", 1]
    ready.run("await vault.lock();")
    ready.context.set_offline(True)
    for name in ("mobile", "nurse"):
        assert ready.run("await vault.logIn(...given); return store.people().length;", [name, PASSWORD]) == 1
        ready.run("await vault.lock();")


@pytest.mark.django_db(transaction=True)
def test_the_roster_dies_when_the_checkout_ends_and_a_clock_set_back_does_not_revive_it(ready: Any) -> None:
    ready.run(
        "return store.save({ type: 'patient', doc: { family_name: 'A', given_name: 'B', sex: 'F', village: given } });",
        ready.village,
    )
    ready.page.clock.install()
    ready.page.clock.fast_forward(71 * HOUR)
    ready.run("await roster.check();")
    assert ready.run("return [store.roster().dead, store.people().length];") == ["", 2]
    ready.page.clock.fast_forward(2 * HOUR)
    ready.run("await roster.check();")
    assert ready.run("return [store.roster().dead, store.people().length, keys.hasRoster()];") == ["expired", 0, False]
    assert ready.run(
        "return [(await db.all('roster')).length, db.meta('rosterkey'), (await db.all('outbox')).length];"
    ) == [0, None, 1]
    ready.page.clock.set_system_time("2020-01-01T00:00:00Z")
    ready.run("await roster.check();")
    assert ready.run("return store.roster().dead;") == "expired"
    assert ready.run("return store.catchment().length > 0 || store.villages().length;")


@pytest.mark.django_db(transaction=True)
def test_a_clock_set_back_before_the_end_does_not_lengthen_the_checkout(ready: Any) -> None:
    ready.page.clock.install()
    ready.page.clock.fast_forward(70 * HOUR)
    ready.run("await roster.check();")
    ready.page.wait_for_timeout(100)
    high = ready.run("return clock.highest();")
    ready.page.clock.fast_forward(HOUR // 30)  # the minute's tick writes down how late it was
    ready.page.wait_for_timeout(300)
    ready.page.clock.set_system_time("2020-01-01T00:00:00Z")
    assert ready.run("return clock.highest();") >= high
    assert ready.run("return clock.state();") == "back"
