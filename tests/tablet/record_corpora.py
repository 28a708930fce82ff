"""Record what the app of today sends, one file a kind of day, to be replayed for ever by tests/sync/test_corpora.py.

Run by name, into the folder of a schema or a release that is not there yet:
`CORPORA=tests/sync/corpora/2 pytest tests/tablet/record_corpora.py -n 0`. What is there already is not written over.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clinic.services import patients
from core import assets
from core.ids import uuid7
from core.periods import local_day
from core.places.models import Village
from mobile_team.services import sessions
from tests.sync import corpus
from tests.tablet.conftest import Tablet
from tests.tablet.village import mobile_team
from tests.tablet.village import people as villagers

WHERE = os.environ.get("CORPORA", "")
MOUTH = """{ patient: given.patient, session: given.session, observed_at: clock.stamp(), teeth: {}, pufa: {},
  decayed_primary: null, decayed_permanent: null, missing: null, filled: null, pufa_count: null, pain: false,
  gums_bleed: false, urgency: 0, treatments: [], treatment: "", dental_education: true, toothbrush: true,
  toothpaste: true, deworming: "", deworming_despite: "", weight: null, height: null, advised_to_come: false, note: "",
  index: { dmft: 0, DMFT: 0 }, ...given.doc }"""
PERSON = {
    "family_name": "Prak", "given_name": "Sophea", "family_name_km": "ប្រាក់", "given_name_km": "សុភា", "sex": "F",
    "birth": "4y", "phone": "", "guardian": "", "no_allergy": False, "allergies": [], "consent": None,
}  # fmt: skip


@pytest.fixture
def world(transactional_db: None) -> dict[str, Any]:
    """Return a village with people and stops, made without anything that a corpus does not carry."""
    assets.build()
    today, by = local_day(timezone.now()), mobile_team()
    villages = list(Village.objects.order_by("-catchment", "id")[:2])
    stops = [sessions.add(village=villages[n], on=today + timedelta(days=n), by=by, place="Wat") for n in range(2)]
    return {"user": by, "villages": villages, "people": villagers(villages, by, today), "stops": stops}


class Recorder:
    """Writes down what tablets push and what they are answered; the world as it was when the first of it left."""

    def __init__(self) -> None:
        self.world: dict[str, Any] = {}
        self.pushes: list[dict[str, Any]] = []
        self.results: list[Any] = []

    def listen(self, tablet: Tablet) -> None:
        """Stand between a tablet and the server from now on."""
        tablet.context.route("**/api/sync/v1/push", self.pass_on)

    def pass_on(self, route: Any) -> None:
        """Let a push through and keep both sides of it."""
        sent = route.request.post_data_buffer or b""
        packed = route.request.headers.get("content-encoding") == "gzip"
        body = json.loads(gzip.decompress(sent) if packed else sent)
        answer = route.fetch()
        if body["ops"]:
            self.pushes.append(body)
            self.results.append([corpus.result_of(one) for one in answer.json()["results"]])
        route.fulfill(response=answer)

    def home(self, *tablets: Tablet) -> None:
        """Bring tablets into reach and let them send, one after the other."""
        self.world = self.world or corpus.world()
        for tablet in tablets:
            tablet.offline(False)
            assert run(tablet, "return sync.now();")["waiting"] == 0

    def write(self, name: str) -> None:
        """Write the corpus, unless one of that name was released."""
        told = {
            "world": self.world, "pushes": self.pushes, "results": self.results,
            "after": corpus.after(self.pushes),
        }  # fmt: skip
        path = Path(WHERE) / f"{name}.json"
        assert not path.exists(), f"{path} is there; a released corpus is never changed"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Return a recorder; without a folder to write to nothing is recorded."""
    if not WHERE:
        pytest.skip("CORPORA names no folder")
    yield Recorder()


def run(tablet: Tablet, body: str, **given: Any) -> Any:
    """Run the body of an async function in the page; it sees `store`, `clock` and `sync`."""
    names = ("store", "clock", "sync")
    imports = "".join(f'const {name} = await import("/static/tablet/{name}.js");\n' for name in names)
    return tablet.page.evaluate(f"async (given) => {{ {imports} {body} }}", given)


def save(tablet: Tablet, type: str, doc: dict[str, Any], kind: str = "create", id: str | None = None) -> str:
    """Save one thing by the app's own hand; return the id of its record."""
    what = {"type": type, "doc": doc, "kind": kind} | ({"id": id} if id else {})
    return str(run(tablet, "return (await store.save(given.what)).id;", what=what))


def look(tablet: Tablet, patient: Any, session: Any, **doc: Any) -> str:
    """Save a check-up."""
    given = {"patient": str(patient), "session": str(session), "doc": doc}
    body = f"return (await store.save({{ type: 'checkup', doc: {MOUTH} }})).id;"
    return str(run(tablet, body, **given))


def test_registrations_and_checkups(tablets: Callable[..., Tablet], world: Any, recorder: Recorder) -> None:
    """A morning: people who are new, in all ways a birth is told; mouths charted, counted, sound; medicine, advice."""
    tablet, (here, there) = tablets(), world["stops"]
    recorder.listen(tablet)
    tablet.offline()
    tablet.register_a_child("Zoltan Prak", "៦")
    tablet.tap("main a.button--primary")
    tablet.choose("pain", "yes")
    tablet.tap(".tooth[data-tooth='54']")
    tablet.tap(".tooth[data-tooth='65']")
    tablet.choose("gums", "yes")
    tablet.choose("urgency", "3")
    tablet.tap("button:has-text('All three')")
    tablet.tap(".save-foot .button--primary")
    tablet.page.wait_for_url("**/#/home/next")
    village = world["villages"][0].pk
    allergy = {"id": str(uuid7()), "substance": "Peanut", "reaction": "rash", "severe": True}
    born = ["7m", "2019", "2019-05", "2019-05-03", ""]
    made = [save(tablet, "patient", PERSON | {"birth": one, "village": village, "given_name": f"Sophea{n}"})
            for n, one in enumerate(born)]  # fmt: skip
    made.append(save(tablet, "patient", PERSON | {
        "village": village, "allergies": [allergy], "phone": "០១២ ៣៣៣ ៤៤៤", "guardian": "យាយ សុខ", "consent": True,
        "family_name": "", "given_name": "",
    }))  # fmt: skip
    index = {"dmft": 1, "DMFT": 0}
    look(tablet, made[0], here.pk, teeth={"51": "A", "61": "B"}, pufa={"61": "A"}, urgency=3, index=index)
    counts = {"decayed_permanent": 0, "missing": 0, "filled": 0, "pufa_count": 0}
    look(tablet, made[1], here.pk, **counts | {"pufa_count": 1}, decayed_primary=2, urgency=2)
    varnish, sdf = {"what": "varnish", "tooth": None}, {"what": "sdf", "tooth": 55}
    look(
        tablet, made[2], here.pk, **counts, decayed_primary=0, treatments=[varnish], weight="16.5", height="104.0",
        deworming="mebendazole",
    )  # fmt: skip
    look(
        tablet, world["people"][0].pk, here.pk, teeth={"16": "1", "55": "B"}, treatments=[sdf], note="ភ្លៀង",
        deworming="albendazole", advised_to_come=True, treatment="ស្អាតធ្មេញ", index={"dmft": 1, "DMFT": 1},
    )  # fmt: skip
    look(tablet, world["people"][1].pk, there.pk, teeth={"36": "6", "46": "4"}, index={"dmft": 0, "DMFT": 2})
    recorder.home(tablet)
    recorder.write("registrations_and_checkups")


def test_amendments_and_voids(tablets: Callable[..., Tablet], world: Any, recorder: Recorder) -> None:
    """What was written is corrected by what was seen, before and after it was sealed and sent; or made void."""
    tablet, here = tablets(), world["stops"][0]
    recorder.listen(tablet)
    tablet.offline()
    person, other = (str(one.pk) for one in world["people"][:2])
    new = save(tablet, "patient", PERSON | {"village": world["villages"][0].pk})
    save(tablet, "patient", {"set": {"phone": "097 555 1212"}}, "amend", new)
    save(tablet, "patient", {"set": {"phone": "097 555 1212", "guardian": "Ta Sok"}}, "amend", person)
    save(tablet, "patient", {"set": {"family_name": "Sokh", "birth": "2018"}}, "amend", other)
    seen = [look(tablet, one, here.pk, teeth={"55": "B"}, index={"dmft": 1, "DMFT": 0}) for one in (person, other, new)]
    save(tablet, "checkup", {"set": {"pain": True}, "why": "typed wrongly"}, "amend", seen[0])
    run(tablet, "await store.closeDay();")
    save(tablet, "checkup", {"set": {"note": "rain"}}, "amend", seen[0])
    save(tablet, "checkup", {"reason": "another child"}, "void", seen[1])
    allergies = [save(tablet, "allergy", {"patient": one, "substance": "Bee", "reaction": "", "severe": False})
                 for one in (new, other)]  # fmt: skip
    save(tablet, "allergy", {"reason": "said wrongly"}, "void", allergies[1])
    recorder.home(tablet)
    tablet.offline()
    save(tablet, "checkup", {"set": {"teeth": {"55": "B", "54": "C"}, "pufa": {"55": "P"}}}, "amend", seen[0])
    save(tablet, "patient", {"set": {"village": world["villages"][1].pk}}, "amend", new)
    save(tablet, "checkup", {"reason": "twice"}, "void", seen[2])
    save(tablet, "checkup", {"reason": "twice"}, "void", seen[2])
    recorder.home(tablet)
    recorder.write("amendments_and_voids")


def test_donations_education_and_kit(tablets: Callable[..., Tablet], world: Any, recorder: Recorder) -> None:
    """What else a day holds: gifts with receipts, talks, what was packed, stops added, held and cancelled."""
    tablet, (here, later) = tablets(), world["stops"]
    recorder.listen(tablet)
    tablet.offline()
    tablet.go("donation")
    tablet.tap("button:has-text('2,000')")
    tablet.tap(".save-foot .button--primary")
    tablet.page.wait_for_selector(".ticket__number")
    tablet.go(f"talk/{here.pk}")
    tablet.page.fill("[name=villagers_girls]", "12")
    tablet.page.fill("[name=villagers_boys]", "9")
    tablet.tap(".save-foot .button--primary")
    tablet.page.wait_for_selector(".lines .badge")
    village, day = world["villages"][0].pk, str(here.on)
    gift = {"on": day, "currency": "USD", "minor": 500, "donor_name": "អ៊ំ សារុន", "village": village}
    save(tablet, "donation", {"reason": "written twice"}, "void", save(tablet, "donation", gift))
    talk = {"session": None, "village": village, "on": day, "topic": "other", "topic_text": "Snakes", "place": "Sala",
            "teachers": "Keo Dara", "with_department": True, "brushes": 3, "pastes": 3, "note": "",
            "audiences": {"leaders": {"women": 2, "men": 5, "girls": 0, "boys": 0}}}  # fmt: skip
    told = [save(tablet, "education", talk | {"place": place}) for place in ("Sala", "Wat")]
    heads = {"leaders": {"women": 3, "men": 5, "girls": 0, "boys": 0}}
    save(tablet, "education", {"set": {"audiences": heads, "note": "late"}}, "amend", told[0])
    save(tablet, "education", {"reason": "not held"}, "void", told[1])
    kit = {"item": "brush", "packed": 60, "given": None, "returned": None, "lost": None, "note": ""}
    line = save(tablet, "kit", kit | {"session": str(here.pk)})
    save(tablet, "kit", {"set": {"returned": 55, "lost": 2}}, "amend", line)
    stop = {"village": world["villages"][1].pk, "on": day, "place": "Phsar", "note": "asked for"}
    added = save(tablet, "session", stop)
    save(tablet, "session", stop | {"village": village})  # where one is already: it becomes that one
    save(tablet, "kit", kit | {"session": added, "item": "gloves"})
    save(tablet, "session", {"set": {"state": "held"}}, "amend", str(here.pk))
    save(tablet, "session", {"set": {"state": "cancelled", "reason": "flood"}}, "amend", str(later.pk))
    recorder.home(tablet)
    recorder.write("donations_education_and_kit")


def test_conflicts(tablets: Callable[..., Tablet], world: Any, recorder: Recorder) -> None:
    """Two tablets and the desk write the same: nothing is overwritten, both children stand, a person is asked."""
    first, second = tablets(), tablets()
    for tablet in (first, second):
        recorder.listen(tablet)
        tablet.offline()
    child, other = world["people"][:2]
    for n, tablet in enumerate((first, second)):
        save(tablet, "patient", {"set": {"phone": f"09755512{n}0"}}, "amend", str(child.pk))
        save(tablet, "patient", {"set": {"given_name": f"Srey{n}"}}, "amend", str(other.pk))
        twin = save(tablet, "patient", PERSON | {"village": world["villages"][0].pk})
        seen = look(tablet, twin, world["stops"][0].pk, urgency=n + 1)
        look(tablet, child.pk, world["stops"][0].pk, pain=bool(n))
        save(tablet, "checkup", {"reason": "wrong"}, "void", seen)
        save(tablet, "checkup", {"set": {"note": "after all"}}, "amend", seen)
    today = local_day(timezone.now())
    patients.correct(patient=child, by=world["user"], today=today, phone="010111222")
    patients.correct(patient=other, by=world["user"], today=today, sex="M")
    recorder.home(first, second)
    recorder.write("conflicts")
