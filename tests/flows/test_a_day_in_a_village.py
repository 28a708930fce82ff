"""A day in a village with the real app: let in, out of reach all day, killed, updated, and sent home whole and once.

The system runs as it does at the centre (`manage.py start`); it is stopped while the team is away, and comes back as
another version. By thumb is done one of each kind; the rest of the thirty children go through the app's own `save`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.carried import Carried
from tests.flows.centre import Centre
from tests.flows.conftest import Person
from tests.flows.village_day import CHILDREN
from tests.tablet.test_keys import found_in
from tests.tablet.test_screens import MOST_SECONDS, MOST_TAPS
from tests.tablet.village import PASSWORD

NEW = "99.1.0"
FAMILY = "Zabramot"  # of everybody in the village: no word of Chromium's own is like it
REGISTER = """return await store.save({ type: "patient", doc: { family_name: given[0], given_name: given[1],
  family_name_km: "", given_name_km: "", sex: "F", birth: "6y", village: given[2], phone: "", guardian: "",
  no_allergy: true, allergies: [], consent: null } });"""
CHECK_UP = """const made = [];
  for (const [patient, session, teeth] of given) made.push((await store.save({ type: "checkup", doc: { patient, session,
    observed_at: clock.stamp(), teeth, pufa: {}, decayed_primary: null, decayed_permanent: null, missing: null,
    filled: null, pufa_count: null, pain: false, gums_bleed: false, urgency: 1, treatments: [], treatment: "",
    dental_education: true, toothbrush: true, toothpaste: true, deworming: "", deworming_despite: "", weight: "16.5",
    height: "104.0", advised_to_come: false, note: "", index: { dmft: Object.keys(teeth).length, DMFT: 0 } } })).id);
  return made;"""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre of its own, empty but for a village and its people; `morning` says who and where."""
    made = Centre(tmp_path_factory.mktemp("village"), "--empty")
    try:
        made.start()
        made.morning = made.ask("from tests.flows.village_day import morning; morning()")  # type: ignore[attr-defined]
        yield made
    finally:
        made.stop()
        made.drop()


@pytest.fixture
def tablets(browser: Any, centre: Centre, tmp_path: Path) -> Iterator[Any]:
    """Return how to take a new tablet in the hand; afterwards none may have had trouble."""
    there: list[Carried] = []

    def take() -> Carried:
        there.append(Carried(browser.browser_type, centre.address, tmp_path / f"profile-{len(there)}"))
        return there[-1]

    yield take
    for tablet in there:
        tablet.stop()
    assert [tablet.troubles for tablet in there if tablet.troubles] == []


def let_in(tablet: Carried, browser: Any, name: str) -> None:
    """Read the code from an administrator's page, log in on the tablet, take the villages along."""
    boss = Person(browser, tablet.address, "boss", "en", password=PASSWORD)
    boss.go("/tablets/enrol/")
    boss.page.fill("[name=name]", name)
    boss.send()
    tablet.enter("".join(boss.page.locator(".code span").all_inner_texts()))
    boss.page.get_by_text("The tablet is in.").wait_for()
    boss.context.close()
    tablet.carry()
    tablet.page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    tablet.run("await sync.now();")


def test_a_day_in_a_village(tablets: Any, browser: Any, centre: Centre, tmp_path: Path) -> None:
    """Five are registered, thirty looked at, everything happens that can happen to a tablet; all arrives, once."""
    begun, tablet, day = time.monotonic(), tablets(), Day(centre.morning)  # type: ignore[attr-defined]
    before = centre.ask("from tests.flows.village_day import evening; evening()")
    let_in(tablet, browser, "Green cover")
    old = tablet.page.get_attribute("html", "data-version")
    tablet.offline()
    centre.stop()
    day.by_thumb(tablet)
    day.the_tab_is_closed(tablet)
    day.register(tablet, 1)
    day.check_up(tablet, 14)
    day.the_battery_goes_flat(tablet)
    day.check_up(tablet, 14)
    day.register(tablet, 2)
    centre.bring_up_to(NEW, tmp_path / "release", "static/tablet/shell.js", "static/tablet/store.js")
    centre.start()
    day.a_new_version_waits(tablet, old)
    saved = tablet.ops()
    tablet.context.unroute("**/api/**")
    tablet.send()
    evening = centre.ask("from tests.flows.village_day import evening; evening()")
    day.is_held(saved, before, evening)
    day.the_new_version_comes(tablet, saved)
    day.a_second_sync_moves_nothing(tablet)
    assert centre.ask("from tests.flows.village_day import evening; evening()")["ops"] == evening["ops"]
    day.nobody_is_found(tablet)
    print(f"\na day in a village: {len(saved)} saves in {time.monotonic() - begun:.0f} s by machine")


class Day:
    """What was done in the village, so that the evening can be compared with it."""

    def __init__(self, morning: dict[str, Any]) -> None:
        self.village, self.stop, self.later = morning["village"], morning["stop"], morning["later"]
        self.people, self.looked_at = morning["people"], morning["looked_at"]
        self.children = [f"{FAMILY} {name}" for name in CHILDREN]
        self.registered: list[str] = []  # ids
        self.seen: dict[str, tuple[str, dict[str, str]]] = {}  # check-up → of whom, which teeth

    # -- by thumb ---------------------------------------------------------------------------------------------------

    def by_thumb(self, tablet: Carried) -> None:
        """One of each kind: registered, looked at, corrected, taken back, taught, packed, given, cancelled."""
        self.somebody_new(tablet)
        self.the_child_in_ten_taps(tablet)
        self.corrections(tablet)
        self.what_else_a_stop_needs(tablet)

    def somebody_new(self, tablet: Carried) -> None:
        """Nobody is found: the name typed is the name registered, an allergy is asked, and the check-up follows."""
        tablet.seek(f"Zukhana {FAMILY}")
        tablet.tap("a.button--primary")
        tablet.page.wait_for_selector("[name=family_name]")
        tablet.choose("sex", "F")
        tablet.page.fill("[name=birth]", "5")
        tablet.choose("allergy", "some")
        tablet.page.fill("[name=substance]", "Zupeanut")
        tablet.choose("severe", "no")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_selector(".ticket__number")
        tablet.tap("main a.button--primary")
        self.mouth(tablet, "55")
        self.registered.append(self.newest(tablet, "patient"))
        self.seen[self.newest(tablet, "checkup")] = (self.registered[-1], {"55": "B"})

    def the_child_in_ten_taps(self, tablet: Carried) -> None:
        """Found by two letters of a name; two decayed teeth; counted and timed."""
        name = self.children.pop(0)
        begun = time.monotonic()
        tablet.seek(name)
        tablet.taps = 0
        tablet.tap("a.big[data-person]")
        self.mouth(tablet, "54", "65")
        took = time.monotonic() - begun
        print(f"\na child with two decayed teeth: {tablet.taps} taps, {took:.1f} s by machine")
        assert tablet.taps <= MOST_TAPS and took < MOST_SECONDS
        self.seen[self.newest(tablet, "checkup")] = (self.people[name], {"54": "B", "65": "B"})

    def mouth(self, tablet: Carried, *teeth: str) -> None:
        """Look into a mouth and save."""
        tablet.choose("pain", "no")
        for tooth in teeth:
            tablet.tap(f".tooth[data-tooth='{tooth}']")
        tablet.choose("gums", "no")
        tablet.choose("urgency", "2")
        tablet.tap("button:has-text('All three')")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_url("**/#/home/next")
        tablet.page.wait_for_selector(".seek input")

    def corrections(self, tablet: Carried) -> None:
        """A phone number of somebody carried along, a tooth of today, and a check-up of another child taken back."""
        self.phone_of = self.people[f"{FAMILY} {CHILDREN[0]}"]
        tablet.go(f"edit/{self.phone_of}")
        tablet.page.fill("[name=phone]", "០៩៧ ៥៥៥ ១២១២")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_selector(".timeline")
        tablet.tap(".timeline a.button:has-text('Correct')")
        tablet.page.wait_for_selector(".tooth")
        tablet.choose("pain", "yes")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_selector(".timeline")
        tablet.go(f"person/{self.looked_at}")
        tablet.tap(".timeline summary")
        tablet.page.fill(".timeline [name=reason]", "another child")
        tablet.tap(".timeline form button")
        tablet.page.wait_for_selector(".timeline .badge--warn")

    def what_else_a_stop_needs(self, tablet: Carried) -> None:
        """A talk, a kit, a gift, and a stop of another day that cannot be reached."""
        tablet.go(f"talk/{self.stop}")
        tablet.page.fill("[name=villagers_girls]", "12")
        tablet.page.fill("[name=villagers_boys]", "9")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_selector(".lines .badge")
        tablet.go(f"kit/{self.stop}")
        tablet.page.fill("[name=brush_packed]", "60")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_selector("[name=brush_returned]")
        tablet.go("donation")
        tablet.tap("button:has-text('2,000')")
        tablet.tap(".save-foot .button--primary")
        tablet.page.wait_for_selector(".ticket__number")
        tablet.go(f"session/{self.later}")
        tablet.tap("summary:has-text('cancelled')")
        tablet.choose("reason", "flood")
        tablet.tap("button:has-text('Cancel this session')")
        tablet.page.wait_for_selector(".badge--warn")

    # -- by the app's own save --------------------------------------------------------------------------------------

    def register(self, tablet: Carried, many: int) -> None:
        """Register so many more."""
        for _ in range(many):
            given = [FAMILY, f"Zunewone{len(self.registered)}", self.village]
            self.registered.append(tablet.run(REGISTER, given)["id"])

    def check_up(self, tablet: Carried, many: int) -> None:
        """Look into so many mouths more, each with teeth of its own."""
        rows = [
            (self.people[self.children.pop(0)], self.stop, {str(51 + n % 5): "B", str(71 + n // 5): "B"})
            for n in range(many)
        ]
        for checkup, (patient, _, teeth) in zip(tablet.run(CHECK_UP, rows), rows, strict=True):
            self.seen[checkup] = (patient, teeth)

    def newest(self, tablet: Carried, type: str) -> str:
        """Return the id of the record of a kind that was saved last."""
        return str([op["id"] for op in tablet.ops() if op["type"] == type and op["kind"] == "create"][-1])

    # -- what happens to a tablet -----------------------------------------------------------------------------------

    def the_tab_is_closed(self, tablet: Carried) -> None:
        """Out of reach the app opens from what it keeps, and shows what was saved."""
        before = len(tablet.ops())
        tablet.reopen()
        tablet.log_in()
        assert f"Saved here: {before} Waiting to be sent: {before}" in tablet.state()
        tablet.seek(f"Zukhana {FAMILY}")
        assert tablet.page.locator("a.big[data-person]").count() == 1

    def the_battery_goes_flat(self, tablet: Carried) -> None:
        """Killed while a form is open and right after a save: what was said to be saved is there."""
        tablet.go(f"checkup/{self.people[self.children[-1]]}/{self.stop}", ".tooth")
        tablet.tap(".tooth[data-tooth='16']")
        self.register(tablet, 1)
        before = [op["op_id"] for op in tablet.ops()]
        tablet.kill()
        tablet.start()
        tablet.open()
        tablet.log_in()
        assert [op["op_id"] for op in tablet.ops()] == before
        assert tablet.run("return store.person(given).family_name;", self.registered[-1]) == FAMILY

    def a_new_version_waits(self, tablet: Carried, old: str | None) -> None:
        """The worker of the new version is there; while something waits to be sent the old one goes on."""
        tablet.context.route("**/api/**", lambda route: route.abort())
        tablet.offline(False)
        tablet.page.evaluate("() => navigator.serviceWorker.getRegistration().then((one) => one.update())")
        tablet.go("more")
        tablet.page.get_by_text("A new version of the app is there.").wait_for(timeout=180_000)
        tablet.says("It is used when nothing waits to be sent and no form is open.")
        tablet.page.reload()
        tablet.page.locator("html[data-ready=yes]").wait_for()
        assert tablet.page.get_attribute("html", "data-version") == old
        tablet.log_in()
        assert tablet.run("return [update.waiting(), update.may()];") == [True, False]

    def the_new_version_comes(self, tablet: Carried, saved: list[dict[str, Any]]) -> None:
        """Everything is sent: one tap takes the new version, which reads all that the old one wrote."""
        tablet.go("more")
        with tablet.page.expect_navigation():
            tablet.tap("button:has-text('Use the new version')")
        tablet.page.locator(f"html[data-version='{NEW}'][data-ready=yes]").wait_for()
        tablet.log_in()
        assert [op["op_id"] for op in tablet.ops()] == [op["op_id"] for op in saved]
        assert tablet.run("return store.person(given).family_name;", self.registered[0])

    # -- the evening --------------------------------------------------------------------------------------------------

    def is_held(self, saved: list[dict[str, Any]], before: dict[str, Any], evening: dict[str, Any]) -> None:
        """The centre holds exactly what the tablet saved, each once, with the teeth that were tapped."""
        assert [op["seq"] for op in saved] == list(range(1, len(saved) + 1))
        kinds = Counter((op["type"], op["kind"]) for op in saved)
        assert kinds["patient", "create"] == len(self.registered) == 5
        assert kinds["checkup", "create"] == len(self.seen) == 30
        held = {op_id: row[:3] for op_id, row in evening["ops"].items()}
        assert held == {op["op_id"]: [op["type"], op["id"], op["kind"]] for op in saved}
        assert {status for *_, status in evening["ops"].values()} <= {"applied", "merged"}
        assert evening["tickets"] == evening["open"] == 0 and evening["chain"] is None
        assert evening["people"].keys() - before["people"].keys() == set(self.registered)
        numbers = [number for number, _ in evening["people"].values()]
        assert len(set(numbers)) == len(numbers)
        assert evening["people"][self.phone_of][1] == "+855975551212"
        (taken_back,) = before["checkups"]
        assert evening["checkups"].pop(taken_back)[2] == "another child"
        assert evening["checkups"] == {key: [*seen, ""] for key, seen in self.seen.items()}
        assert all(evening["notes"][op["op_id"]] == 1 for op in saved if op["type"] != "checkup")
        assert (evening["donations"], evening["heads"], evening["kit"]) == ([1], [21], [["brush", 60]])
        assert evening["sessions"][self.later] == "cancelled"

    def a_second_sync_moves_nothing(self, tablet: Carried) -> None:
        """One question, and nothing new in the answer."""
        tablet.run("await sync.now();")
        tablet.asked.clear()
        with tablet.page.expect_response("**/pull") as pulled:
            tablet.run("await sync.now();")
        assert tablet.asked == ["pull"]
        assert (pulled.value.json()["changes"], pulled.value.json()["has_more"]) == ([], False)

    def nobody_is_found(self, tablet: Carried) -> None:
        """Locked and closed, the profile on the disk names nobody."""
        tablet.run("await vault.lock();")
        tablet.stop()
        assert found_in(tablet.folder, "clinic-tablet", "dara")  # so that the search itself is known to find
        assert found_in(tablet.folder, FAMILY, CHILDREN[0], CHILDREN[-1], "Zukhana", "Zunewone1", "Zupeanut", "Vuthy",
                        "ស្រីមុំ", "975551212") == []  # fmt: skip
