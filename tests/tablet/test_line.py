"""Lines that lose, servers restored from a copy, tablets that are taken back: what was saved arrives, once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from clinic.models import Patient
from sync.models import Device, PushedOp, Ticket
from sync.services import devices, history
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

EVERY = "**/api/**"
MANY = """for (let n = 0; n < given[1]; n += 1) await store.save({ type: "patient", doc: { family_name: "Prak",
  given_name: "N" + n, family_name_km: "ប្រាក់", given_name_km: "សុភា", sex: "F", birth: "4y", village: given[0],
  phone: "", guardian: "", no_allergy: false, allergies: [], consent: null } });"""


def save(app: Any, many: int) -> None:
    """Save some people, while nothing reaches the server; `reach` it again."""
    app.run("await sync.now();")
    app.context.route(EVERY, no_network)
    app.run(MANY, [app.village, many])


def reach(app: Any) -> None:
    app.context.unroute(EVERY, no_network)


def no_network(route: Any) -> None:
    route.abort()


def ops_of(request: Any) -> list[Any]:
    body = request.post_data_buffer
    return json.loads(gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body)["ops"]


def test_a_server_that_is_down_beside_a_good_network_is_asked_ever_more_seldom(ready: Any) -> None:
    """Chromium wakes the page at once where there is a network: that must not undo the back-off (50 tries a second)."""
    ready.page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    ready.run("await sync.now();")
    asked: list[str] = []

    def busy(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": "1"}, body="busy")

    ready.context.route(EVERY, busy)
    ready.run(MANY, [ready.village, 2])
    ready.page.wait_for_timeout(7_000)
    assert 0 < len(asked) < 12, asked
    ready.context.unroute(EVERY, busy)


class Line:
    """What lies between the tablet and the server: `fate(n)` of the n-th call is "ok", "request" or "answer" lost."""

    def __init__(self, app: Any, fate: Callable[[int], str], calls: str = "push") -> None:
        self.app, self.fate, self.sent, self.calls = app, fate, 0, 0
        self.pattern = f"**/api/sync/v1/{calls}"
        app.context.route(self.pattern, self.pass_on)

    def pass_on(self, route: Any) -> None:
        self.sent += len(route.request.post_data_buffer or b"")
        fate = self.fate(self.calls)
        self.calls += 1
        if fate == "request":
            return route.abort()
        answer = route.fetch()
        return route.abort() if fate == "answer" else route.fulfill(response=answer)

    def off(self) -> None:
        self.app.context.unroute(self.pattern)


def sync_until_sent(app: Any, tries: int = 60) -> None:
    for _ in range(tries):
        if app.run("return sync.now();")["waiting"] == 0:
            return
    raise AssertionError(app.run("return sync.status();"))


def test_over_a_line_that_loses_a_third_each_way_all_arrives_once_for_half_as_many_bytes_again(ready: Any) -> None:
    """The mean over many lines is proved in tests/sync/test_slow_line.py; this is one of them, under the real app."""
    save(ready, 300)
    ideal = ready.run("return (await db.all('outbox')).reduce((sum, row) => sum + row.size, 0);")
    chance = Random(20261122)
    line = Line(ready, lambda n: chance.choices(["ok", "request", "answer"], [0.49, 0.3, 0.21])[0])
    reach(ready)
    sync_until_sent(ready)
    assert Patient.objects.filter(family_name="Prak").count() == PushedOp.objects.count() == 300
    assert set(PushedOp.objects.values_list("status", flat=True)) == {"applied"}
    assert line.sent <= 1.5 * ideal, f"{line.sent / ideal:.2f} times in {line.calls} calls"


def test_an_answer_that_was_lost_is_asked_for_and_nothing_is_sent_again(ready: Any) -> None:
    save(ready, 5)
    sizes: list[int] = []
    ready.page.on("request", lambda r: r.url.endswith("/push") and sizes.append(len(ops_of(r))))
    line = Line(ready, lambda n: "answer" if n == 0 else "ok")
    reach(ready)
    sync_until_sent(ready)
    line.off()
    assert sizes == [5, 0]
    assert ready.run("return store.counts();")["waiting"] == 0 and PushedOp.objects.count() == 5


def test_a_save_made_while_others_are_sent_goes_along_with_the_next(ready: Any) -> None:
    save(ready, 3)
    reach(ready)
    ready.page.evaluate(
        """() => { globalThis.sending = import("/static/tablet/sync.js").then((sync) => sync.now()); }"""
    )
    ready.run(MANY, [ready.village, 2])
    ready.page.evaluate("() => globalThis.sending")
    sync_until_sent(ready)
    assert PushedOp.objects.count() == 5


def test_after_the_server_was_restored_all_that_is_kept_is_sent_again(ready: Any, administrator: Any) -> None:
    save(ready, 4)
    reach(ready)
    sync_until_sent(ready)
    before = ready.run("return db.meta('epoch');")
    history.rotate(why="restored", by=administrator, at=timezone.now())
    sync_until_sent(ready)
    status = ready.run("return sync.now();")
    assert status["error"] == "" and ready.run("return db.meta('epoch');") != before
    assert set(PushedOp.objects.values_list("status", flat=True)) == {"applied"}
    assert ready.run("return (await db.all('kept')).map((row) => row.status);") == ["applied"] * 4


def test_a_revoked_tablet_hands_in_what_it_holds_and_then_forgets(ready: Any, administrator: Any) -> None:
    save(ready, 3)
    device = Device.objects.get()
    devices.revoke(device=device, reason="lost", by=administrator, at=timezone.now())
    reach(ready)
    ready.run("await sync.now();")
    assert ready.run("return [vault.state(), keys.open(), (await db.all('outbox')).length];") == ["new", False, 0]
    assert Ticket.objects.count() == 3
    assert ready.run("return [(await db.all('roster')).length, (await db.all('own')).length, db.meta('people')];") == [
        0,
        0,
        None,
    ]


def test_a_revoked_tablet_forgets_nothing_before_there_are_receipts(ready: Any, administrator: Any) -> None:
    save(ready, 3)
    devices.revoke(device=Device.objects.get(), reason="lost", by=administrator, at=timezone.now())
    line = Line(ready, lambda n: "answer", "escrow")
    reach(ready)
    ready.run("await sync.now();")
    assert ready.run("return [vault.state(), (await db.all('outbox')).length];") == ["open", 3]
    line.off()
    ready.run("await sync.now();")
    assert ready.run("return [vault.state(), (await db.all('outbox')).length];") == ["new", 0]
    assert Ticket.objects.count() == 3


def test_an_ended_log_in_asks_for_the_password_and_keeps_everything(ready: Any, mobile: Any) -> None:
    save(ready, 2)
    mobile.set_password("another-rice-field-8")
    mobile.save()
    reach(ready)
    ready.run("const session = await import('/static/tablet/session.js'); session.forget();")
    status = ready.run("return sync.now();")
    assert (status["needs"], status["waiting"]) == ("password", 2)
    ready.run("await vault.prove(given);", "another-rice-field-8")
    sync_until_sent(ready)
    ready.run("await vault.lock();")
    ready.context.set_offline(True)
    attempt = (
        "try { await vault.logIn('mobile', given); return store.people().length > 0; } catch (e) { return e.code; }"
    )
    assert ready.run(attempt, PASSWORD) == "wrong_password"
    assert ready.run(attempt, "another-rice-field-8") is True


def test_a_record_with_something_waiting_is_not_overwritten_by_what_comes(ready: Any, administrator: Any) -> None:
    from clinic.services import patients

    person = Patient.objects.get(family_name="Chan")
    ready.run("await sync.now();")
    cursor = ready.run("return db.meta('cursor');")
    line = Line(ready, lambda n: "request")
    ready.run(
        "return store.save({ type: 'patient', id: given, kind: 'amend', doc: { set: { phone: '099111222' } } });",
        str(person.pk),
    )
    patients.correct(patient=person, by=administrator, today=timezone.localdate(), phone="077555666")
    body = """const pull = await import("/static/tablet/pull.js");
      const session = await import("/static/tablet/session.js");
      await pull.pull(() => session.token({ pending: 1 }), () => {});
      return [store.person(given).phone, db.meta("cursor")];"""
    assert ready.run(body, str(person.pk)) == ["099111222", cursor]
    line.off()
    sync_until_sent(ready)
    ready.run("await sync.now();")
    found = ready.run("return [store.person(given).phone, store.stateOf(given)];", str(person.pk))
    assert found == ["+85577555666", "conflict"]
    assert [row["kind"] for row in ready.run("return store.inbox();")] == ["conflict"]


def test_a_log_in_asked_for_again_keeps_its_key_so_that_the_first_try_may_still_arrive_late(ready: Any) -> None:
    tries: list[tuple[bytes, dict[str, str]]] = []

    def lose_the_first(route: Any) -> None:
        tries.append((route.request.post_data_buffer, route.request.headers))
        route.abort() if len(tries) == 1 else route.continue_()

    forget = """const session = await import("/static/tablet/session.js"); session.forget();
      return await sync.now().then(() => "done", (e) => e.code);"""
    ready.context.route("**/api/sync/v1/session", lose_the_first)
    for _ in range(3):  # lost; asked again and answered; the next one, with the token that came
        ready.run(forget)
    ready.context.unroute("**/api/sync/v1/session")
    asked = [json.loads(body)["request_id"] for body, _ in tries]
    assert len(tries) >= 3, tries
    assert asked[0] == asked[1] != asked[2]
    late = ready.context.request.post(
        ready.address + "/api/sync/v1/session", data=tries[0][0], headers={"Content-Type": "application/json"}
    )
    assert late.status == 401
    assert Device.objects.get().state == Device.State.ACTIVE
