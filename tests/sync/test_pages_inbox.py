"""What needs a person, decided at the desk: two values of a field, saves that were refused, saves that wait."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Patient
from clinic.services import patients
from core.audit.models import Read
from core.ids import uuid7
from mobile_team.models import DentalCheckup
from sync import sealing, selectors
from sync.models import Disagreement, PushedOp, Ticket
from sync.services import inbox as services
from tests.builders import TODAY, a_patient, a_session, a_village, noon
from tests.desk.merges import merge
from tests.people import client_of
from tests.sync.ops import Tablet, a_person, a_tablet, kept
from tests.sync.rows import a_device, a_disagreement, a_login, a_parked_op, a_ticket, an_op

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


@pytest.fixture
def desk(nurse: Any) -> Any:
    return client_of(nurse)


@pytest.fixture
def tablet() -> Tablet:
    return a_tablet()


def page(client: Any, name: str = "sync:inbox", *ids: Any, **query: Any) -> str:
    answer = client.get(reverse(name, args=ids), query)
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


def post(client: Any, name: str, *ids: Any, **form: Any) -> Any:
    return client.post(reverse(name, args=ids), form)


def two_values(tablet: Tablet) -> tuple[Patient, Disagreement]:
    """A phone that the desk changed after the tablet had taken the person along."""
    patient = a_patient(phone="012 345 678", village=a_village())
    patients.correct(patient=patient, by=tablet.user, today=TODAY, phone="012 999 999")
    op = tablet.op(
        "patient", "amend", {"set": {"phone": "098 765 432"}, "was": {"phone": "+85512345678"}}, id=patient.pk
    )
    assert tablet.statuses(op) == ["conflict"]
    return patient, Disagreement.objects.get()


def refused(tablet: Tablet, patient: Patient, **said: Any) -> Ticket:
    """A check-up with a tooth that nobody has."""
    doc = {
        "patient": str(patient.pk), "session": str(a_session().pk), "observed_at": noon().isoformat(),
        "teeth": {"99": "B", "55": "B"}, "pain": True, "toothbrush": True, "new_thing": {"of": ["later"]},
    }  # fmt: skip
    op = tablet.op("checkup", doc=doc | said)
    assert tablet.statuses(op) == ["quarantined"]
    return Ticket.objects.get(op=kept(op))


class TestTheList:
    def test_it_says_in_plain_words_what_stands_and_what_the_tablet_wants(self, desk: Any, tablet: Tablet) -> None:
        patient, row = two_values(tablet)
        text = page(desk)
        assert patient.name in text and "012 999 999" in text and "098 765 432" in text
        assert "Mobile team" in text and "T07" in text and "20 November 2026, 12:00" in text
        assert "Keep this" in text and "Take this" in text and reverse("sync:disagreement", args=[row.pk]) in text

    def test_it_says_why_a_save_could_not_be_taken_over(self, desk: Any, tablet: Tablet) -> None:
        ticket = refused(tablet, a_patient())
        text = page(desk)
        assert ticket.number in text and "There is no tooth 99." in text and "recorded a check-up" in text.lower()
        assert "{" not in re.sub(r"hx-headers='[^']*'|content='[^']*'", "", text), "no JSON for people"

    def test_a_save_that_waits_is_shown_after_a_day(self, desk: Any) -> None:
        one = a_device()
        a_parked_op(one, at=noon() - timedelta(hours=23))
        assert "Nothing needs a person." in page(desk)
        a_parked_op(one, at=noon() - timedelta(hours=25))
        a_parked_op(one, at=noon() - timedelta(hours=26), waits_type="op")
        text = page(desk)
        assert "It waits for a person that has not come yet" in text and "an earlier save of the same tablet" in text

    def test_the_newest_stands_first_whatever_its_kind(self, desk: Any) -> None:
        one, patient = a_device(), a_patient()
        a_disagreement(one, patient, at=noon() - timedelta(hours=2))
        ticket = a_ticket(one, patient=patient, at=noon() - timedelta(hours=1))
        a_parked_op(one)
        text = page(desk)
        assert text.index(ticket.number) < text.index("Keep this") < text.index("It waits for")

    def test_it_is_kept_to_one_tablet_or_one_colleague(self, desk: Any, mobile: Any, pharmacist: Any) -> None:
        one, other = a_device("T01"), a_device("T02")
        a_login(one, mobile)
        a_login(other, pharmacist)
        first = a_ticket(one, actor=mobile).number
        second = a_ticket(other, actor=pharmacist).number
        by_device, by_person = page(desk, device=one.pk), page(desk, person=pharmacist.pk)
        assert first in by_device and second not in by_device
        assert second in by_person and first not in by_person
        assert "Keo Dara" in by_device and "Chea Sophal" in by_device

    def test_pages_go_by_key_and_show_each_once(self, desk: Any) -> None:
        one = a_device()
        numbers = {a_ticket(one, at=noon() - timedelta(minutes=n // 4)).number for n in range(selectors.PAGE + 5)}
        first = page(desk)
        older = re.search(r'href="\?([^"]*before=[^"]+)"', first)
        assert older
        second = desk.get(f"{reverse('sync:inbox')}?{older[1].replace('&amp;', '&')}").content.decode()
        seen = [set(re.findall(r"Q-\d+", text)) for text in (first, second)]
        assert len(seen[0]) == selectors.PAGE and seen[0] | seen[1] == numbers and not seen[0] & seen[1]

    def test_two_fields_of_one_save_stand_together(self, desk: Any) -> None:
        one, patient = a_device(), a_patient()
        row = a_disagreement(one, patient)
        a_disagreement(one, patient, field="guardian", theirs="", mine="Chan Sophea", op=row.op)
        text = page(desk)
        assert text.count("<article") == 1 and text.count("Keep this") == 2

    def test_a_village_a_sex_and_a_birth_are_words(self, desk: Any) -> None:
        one, patient = a_device(), a_patient()
        row = a_disagreement(one, patient, field="village", theirs=a_village().pk, mine=a_village("09060401").pk)
        a_disagreement(one, patient, field="sex", theirs="F", mine="M", op=row.op)
        born = {"date": "2019-05-03", "precision": "day", "earliest": None, "latest": None}
        a_disagreement(one, patient, field="birth", theirs=born, mine="4y", op=row.op)
        text = page(desk)
        assert str(a_village("09060401")) in text and "Female" in text and "3 May 2019" in text and "4y" in text

    @pytest.mark.parametrize(("field", "value"), [
        ("sex", {"a": [1]}), ("village", "x"), ("village", 2**80), ("birth", 7), ("birth", {"date": "yesterday"}),
        ("phone", ["1"]), ("who knows", {"x": None}), ("no_allergy", 3), ("phone", "9" * 5000),
    ])  # fmt: skip
    def test_values_of_any_shape_break_nothing(self, desk: Any, field: str, value: Any) -> None:
        a_disagreement(a_device(), a_patient(), field=field, theirs=value, mine=None)
        page(desk)
        page(desk, "sync:disagreement", Disagreement.objects.get().pk)

    def test_a_full_list_takes_at_most_eight_statements(self, desk: Any, mobile: Any) -> None:
        one = a_device()
        a_login(one, mobile)
        for n in range(12):
            patient = a_patient(given_name=f"Sreymom{'abcdefghijkl'[n]}", village=a_village())
            a_disagreement(one, patient, field="village", theirs=a_village().pk, mine=a_village("09060401").pk)
            a_ticket(one, patient=patient)
            a_parked_op(one)
        with CaptureQueriesContext(connection) as asked:
            page(desk)
        assert len(asked) <= 8, [row["sql"][:120] for row in asked]

    def test_who_is_named_on_it_was_looked_at(self, desk: Any, nurse: Any) -> None:
        patient = a_patient()
        a_disagreement(a_device(), patient)
        page(desk)
        assert list(Read.objects.values_list("patient_id", "by_id", "what")) == [(patient.pk, nurse.pk, "inbox")]

    @pytest.mark.parametrize("query", [
        {"device": "x"}, {"person": "\x00"}, {"before": "9" * 300}, {"device": str(uuid7()), "person": "' OR 1=1"},
    ])  # fmt: skip
    def test_an_unreadable_question_shows_what_there_is(self, desk: Any, query: dict[str, str]) -> None:
        page(desk, **query)
        page(desk, "sync:decided", **query)


class TestTwoValues:
    def test_what_stood_is_kept(self, desk: Any, nurse: Any, tablet: Tablet) -> None:
        patient, row = two_values(tablet)
        assert post(desk, "sync:disagreement", row.pk, take="no").headers["Location"] == reverse("sync:inbox")
        row.refresh_from_db()
        patient.refresh_from_db()
        assert (row.state, row.decided_by) == ("kept", nurse) and patient.phone == "+85512999999"
        assert "Nothing needs a person." in page(desk)
        history = page(desk, "sync:decided")
        assert "What stood was kept" in history and "Sok Chanthy" in history and patient.name in history

    def test_the_tablets_is_taken(self, desk: Any, tablet: Tablet) -> None:
        patient, row = two_values(tablet)
        record = reverse("desk:record", args=[patient.pk])
        assert post(desk, "sync:disagreement", row.pk, take="yes", next=record).headers["Location"] == record
        patient.refresh_from_db()
        assert patient.phone == "+85598765432"
        assert "The other value was taken" in page(desk, "sync:disagreement", row.pk)

    def test_when_it_changed_meanwhile_the_person_is_told_and_sees_what_stands_now(
        self, desk: Any, tablet: Tablet
    ) -> None:
        patient, row = two_values(tablet)
        patients.correct(patient=patient, by=tablet.user, today=TODAY, phone="011 111 111")
        answer = desk.post(reverse("sync:disagreement", args=[row.pk]), {"take": "yes"}, follow=True)
        text = answer.content.decode()
        assert "Somebody else changed this record" in text and "011 111 111" in text

    def test_the_second_of_two_deciders_is_told(self, desk: Any, nurse: Any, tablet: Tablet) -> None:
        _patient, row = two_values(tablet)
        services.settle(id=row.pk, take=False, by=tablet.user, at=noon())
        answer = desk.post(reverse("sync:disagreement", args=[row.pk]), {"take": "yes"}, follow=True)
        assert "decided this already" in answer.content.decode()

    @pytest.mark.parametrize("form", [{}, {"take": "maybe"}, {"take": "\x00"}, {"take": "x" * 10_000}])
    def test_neither_is_taken_without_a_choice(self, desk: Any, tablet: Tablet, form: dict[str, str]) -> None:
        _patient, row = two_values(tablet)
        answer = desk.post(reverse("sync:disagreement", args=[row.pk]), form, follow=True)
        assert "Choose which" in answer.content.decode()
        row.refresh_from_db()
        assert row.state == "open"

    @pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\x00"])
    def test_nobody_is_sent_elsewhere(self, desk: Any, tablet: Tablet, to: str) -> None:
        _patient, row = two_values(tablet)
        assert post(desk, "sync:disagreement", row.pk, take="no", next=to).headers["Location"] == reverse("sync:inbox")

    def test_it_shows_allergies_and_is_looked_at_once(self, desk: Any, nurse: Any) -> None:
        patient = a_patient(no_allergy=True)
        row = a_disagreement(a_device(), patient)
        with CaptureQueriesContext(connection) as asked:
            assert "allerg" in page(desk, "sync:disagreement", row.pk).lower()
        assert len(asked) <= 8 and Read.objects.filter(patient_id=patient.pk, by=nurse).count() == 1

    def test_a_decision_takes_at_most_twelve_statements(self, desk: Any, tablet: Tablet) -> None:
        _patient, row = two_values(tablet)
        with CaptureQueriesContext(connection) as asked:
            post(desk, "sync:disagreement", row.pk, take="no")
        assert len(asked) <= 12, [row["sql"][:120] for row in asked]


class TestRefusedSaves:
    def test_it_is_shown_as_lines_not_as_a_document(self, desk: Any, tablet: Tablet) -> None:
        patient = a_patient(given_name="Tevy")
        text = page(desk, "sync:ticket", refused(tablet, patient).pk)
        assert patient.name in text and "There is no tooth 99." in text
        assert "<dt>Teeth and codes</dt><dd>55 B, 99 B</dd>" in text and "<dt>Pain now</dt><dd>yes</dd>" in text
        assert 'name="doc-teeth" value="55 B, 99 B"' in text

    def test_a_field_is_put_right_and_it_is_taken_over_the_rest_as_sent(
        self, desk: Any, nurse: Any, tablet: Tablet
    ) -> None:
        patient = a_patient()
        ticket = refused(tablet, patient)
        form = {"doc-teeth": "៧៥ B, 55 B", "doc-pain": "on", "doc-toothbrush": "on"}
        answer = desk.post(reverse("sync:ticket_correct", args=[ticket.pk]), form)
        assert answer.status_code == 302, re.findall(r"errorlist.*?</ul>", answer.content.decode(), re.S)
        found = DentalCheckup.objects.get(encounter__patient=patient)
        assert (
            {one.tooth: one.code for one in found.teeth.all()} == {75: "B", 55: "B"} and found.pain and found.toothbrush
        )
        ticket.refresh_from_db()
        assert ticket.state == "released" and ticket.decided_by == nurse
        assert ticket.amended["new_thing"] == {"of": ["later"]}, "what nobody knows is kept"
        assert json.loads(ticket.op.raw)["doc"]["teeth"] == {"99": "B", "55": "B"}, "what was sent stays"
        assert "Taken over later" in page(desk, "sync:decided")

    def test_what_is_still_wrong_is_said_beside_its_box_and_the_typing_kept(self, desk: Any, tablet: Tablet) -> None:
        ticket = refused(tablet, a_patient())
        form = {"doc-teeth": "98 B", "doc-pain": "on", "doc-toothbrush": "on"}
        answer = post(desk, "sync:ticket_correct", ticket.pk, **form)
        text = answer.content.decode()
        assert answer.status_code == 422 and "There is no tooth 98." in text and 'value="98 B"' in text
        ticket.refresh_from_db()
        assert ticket.state == "open" and ticket.amended is None and not DentalCheckup.objects.exists()

    @pytest.mark.parametrize("teeth", ["x", "55", "B 55", "55 BB", "55 B 16", "\x00\x01", "55 B;" * 3000])
    def test_teeth_that_cannot_be_read_are_answered(self, desk: Any, tablet: Tablet, teeth: str) -> None:
        ticket = refused(tablet, a_patient())
        answer = post(desk, "sync:ticket_correct", ticket.pk, **{"doc-teeth": teeth})
        assert answer.status_code in {302, 422}
        assert (
            "There is no tooth" in answer.content.decode()
            or "errorlist" in answer.content.decode()
            or teeth == "\x00\x01"
        )

    def test_it_is_tried_again_as_it_came(self, desk: Any, tablet: Tablet) -> None:
        patient = a_patient()
        op = tablet.op(
            "checkup", doc={"patient": str(patient.pk), "session": "not one", "observed_at": noon().isoformat()}
        )
        tablet.push(op)
        ticket = Ticket.objects.get()
        again = desk.post(reverse("sync:ticket_again", args=[ticket.pk]), follow=True)
        assert "taken over" not in again.content.decode().split("</header>")[1].split("<h2")[0].replace(
            "not be taken over", ""
        )
        assert Ticket.objects.get().state == "open"

    def test_it_is_set_aside_with_a_reason(self, desk: Any, tablet: Tablet) -> None:
        ticket = refused(tablet, a_patient())
        for nothing in ("", "   ", "\x00", "x" * 10_000):
            answer = post(desk, "sync:ticket_set_aside", ticket.pk, why=nothing)
            assert answer.status_code == 422 and "errorlist" in answer.content.decode()
        assert post(desk, "sync:ticket_set_aside", ticket.pk, why="A test").status_code == 302
        ticket.refresh_from_db()
        assert ticket.state == "rejected" and PushedOp.objects.get().status == "rejected"
        text = page(desk, "sync:ticket", ticket.pk)
        assert "A test" in text and "Set aside with a reason" in text and "doc-teeth" not in text

    def test_one_decided_already_is_told(self, desk: Any, tablet: Tablet) -> None:
        ticket = refused(tablet, a_patient())
        services.reject(id=ticket.pk, reason="A test", by=tablet.user, at=noon())
        for name, form in (("again", {}), ("correct", {"doc-teeth": "55 B"}), ("set_aside", {"why": "x"})):
            answer = desk.post(reverse(f"sync:ticket_{name}", args=[ticket.pk]), form, follow=True)
            assert "decided this already" in answer.content.decode(), name

    def test_a_sealed_save_is_opened_and_one_that_cannot_be_says_so(self, desk: Any, tablet: Tablet) -> None:
        patient, key = a_patient(), sealing.current_key()
        doc = {"patient": str(patient.pk), "session": str(a_session().pk), "teeth": {"99": "B"}}
        op = tablet.op("checkup", seal_kid=key.kid)
        op = {name: value for name, value in op.items() if name not in {"doc", "actor"}}
        op["sealed"] = sealing.seal(key.public, key.kid, op, {"doc": doc, "actor": str(tablet.user.pk)})
        broken = tablet.op("checkup", seal_kid=key.kid, sealed="AAAA")
        tablet.push(op, {name: value for name, value in broken.items() if name not in {"doc", "actor"}})
        text = page(desk, "sync:ticket", Ticket.objects.get(op=kept(op)).pk)
        assert "99 B" in text and patient.name in text and "Mobile team" in text, "whose it is, and who saved it"
        assert patient.name in page(desk) and "99" in page(desk, "sync:of_patient", patient.pk)
        closed = page(desk, "sync:ticket", Ticket.objects.get(op=kept(broken)).pk)
        assert "does not open" in closed and "Set aside" in closed and "Correct and take over" not in closed

    @pytest.mark.parametrize("raw", [
        "{}", '{"doc": []}', '{"doc": "x"}', '{"doc": {"teeth": [1], "weight": {}}}',
        '{"doc": {"audiences": {"villagers": 3, "pupils": {"women": "x"}}, "village": "x", "on": 7}}',
        '{"doc": {"urgency": {"a": 1}, "sex": [], "treatments": [1, {"x": 2}], "consent": "perhaps", "note": null}}',
        '{"doc": {"set": 3, "was": []}}', '{"sealed": 7, "seal_kid": []}',
    ])  # fmt: skip
    @pytest.mark.parametrize(("type", "kind"), [
        ("checkup", "create"), ("patient", "amend"), ("education", "create"), ("nobody knows", "burn"),
    ])  # fmt: skip
    def test_whatever_was_sent_is_shown_and_set_aside(self, desk: Any, raw: str, type: str, kind: str) -> None:
        row = a_ticket(
            a_device(), type=type, kind=kind, raw=raw, fields={"": {"code": "sync.op_unreadable", "params": {}}}
        )
        page(desk)
        page(desk, "sync:ticket", row.pk)
        assert post(desk, "sync:ticket_correct", row.pk, **{"doc-note": "x"}).status_code in {302, 422}
        row.refresh_from_db()
        if row.state == "open":
            assert post(desk, "sync:ticket_set_aside", row.pk, why="Nonsense").status_code in {302, 422}

    def test_a_talk_is_corrected_head_by_head(self, desk: Any, tablet: Tablet) -> None:
        doc = {
            "session": None, "village": a_village().pk, "on": str(TODAY), "topic": "teeth", "topic_text": "",
            "place": "", "teachers": "", "with_department": False, "brushes": 0, "pastes": 0, "note": "",
            "audiences": {"pupils": {"women": 0, "men": 0, "girls": 99_999, "boys": 4}},
        }  # fmt: skip
        op = tablet.op("education", doc=doc)
        assert tablet.statuses(op) == ["quarantined"]
        row = Ticket.objects.get()
        assert "School children: women 0, men 0, girls 99999, boys 4" in page(desk, "sync:ticket", row.pk)
        form = {
            "doc-village": a_village().pk, "doc-village_text": "", "doc-on": "20/11/2026", "doc-topic": "teeth",
            "doc-audiences-pupils-women": "0", "doc-audiences-pupils-men": "0", "doc-audiences-pupils-girls": "9",
            "doc-audiences-pupils-boys": "4", "doc-brushes": "0", "doc-pastes": "0",
        }  # fmt: skip
        answer = desk.post(reverse("sync:ticket_correct", args=[row.pk]), form)
        assert answer.status_code == 302, re.findall(
            r"errorlist.*?</ul>|notice--danger.*?</div>", answer.content.decode(), re.S
        )
        row.refresh_from_db()
        assert row.amended["audiences"]["pupils"] == {"women": 0, "men": 0, "girls": 9, "boys": 4}

    def test_a_correction_of_a_person_is_put_right_in_what_it_sets(self, desk: Any, tablet: Tablet) -> None:
        patient = a_patient(phone="012 345 678")
        op = tablet.op(
            "patient", "amend", {"set": {"phone": "not one"}, "was": {"phone": "+85512345678"}}, id=patient.pk
        )
        assert tablet.statuses(op) == ["quarantined"]
        row = Ticket.objects.get()
        assert post(desk, "sync:ticket_correct", row.pk, **{"doc-phone": "098 765 432"}).status_code == 302
        patient.refresh_from_db()
        assert patient.phone == "+85598765432"

    def test_a_page_takes_at_most_eight_statements_and_a_decision_few(self, desk: Any, tablet: Tablet) -> None:
        ticket = refused(tablet, a_patient(village=a_village()))
        with CaptureQueriesContext(connection) as asked:
            page(desk, "sync:ticket", ticket.pk)
        assert len(asked) <= 8, [row["sql"][:120] for row in asked]
        with CaptureQueriesContext(connection) as asked:
            assert post(desk, "sync:ticket_set_aside", ticket.pk, why="A test").status_code == 302
        assert len(asked) <= 14, [row["sql"][:120] for row in asked]

    def test_nobody_knows_one_that_is_not_there(self, desk: Any) -> None:
        for key in (7, 2**63, 10**30):
            for name in ("sync:ticket", "sync:disagreement"):
                assert desk.get(reverse(name, args=[key])).status_code == 404
            for name in ("sync:ticket_correct", "sync:ticket_again", "sync:ticket_set_aside", "sync:disagreement"):
                assert post(desk, name, key, take="yes", why="x").status_code == 404


class TestPartsOfOtherPages:
    def test_a_persons_page_shows_what_is_open_and_nothing_when_nothing_is(self, desk: Any, tablet: Tablet) -> None:
        patient, row = two_values(tablet)
        other = a_patient(given_name="Other")
        ticket = refused(tablet, patient)
        assert reverse("sync:of_patient", args=[patient.pk]) in page(desk, "desk:record", patient.pk)
        text = page(desk, "sync:of_patient", patient.pk)
        assert "012 999 999" in text and ticket.number in text and reverse("sync:disagreement", args=[row.pk]) in text
        assert desk.get(reverse("sync:of_patient", args=[other.pk])).status_code == 204
        assert desk.get(reverse("sync:of_patient", args=[uuid7()])).status_code == 204

    def test_what_is_open_about_a_record_merged_away_is_shown_with_the_survivor(self, desk: Any) -> None:
        kept_, gone = a_patient(), a_patient(given_name="Sreimom")
        a_disagreement(a_device(), gone)
        merge(kept_, gone)
        assert "098 765 432" in page(desk, "sync:of_patient", kept_.pk)
        assert kept_.name in page(desk)

    def test_who_may_not_decide_sees_it_without_buttons(self, mobile: Any, tablet: Tablet) -> None:
        patient, _row = two_values(tablet)
        text = page(client_of(mobile), "sync:of_patient", patient.pk)
        assert "098 765 432" in text and "<button" not in text and reverse("sync:inbox") not in text

    def test_the_start_page_counts_what_needs_a_person_and_which_tablets_are_behind(
        self, nurse: Any, administrator: Any, mobile: Any
    ) -> None:
        one = a_device("T01", pending=4)
        a_device("T02")
        assert page(client_of(nurse), "sync:tiles").strip() == ""
        a_ticket(one)
        text = page(client_of(nurse), "sync:tiles")
        assert "<strong>1</strong>" in text and "not yet synced" not in text
        client = client_of(administrator)
        with CaptureQueriesContext(connection) as asked:
            text = page(client, "sync:tiles")
        assert text.count("<strong>1</strong>") == 2 and "not yet synced" in text and len(asked) <= 4
        assert reverse("sync:tiles") in page(client_of(nurse), "desk:home")
        assert reverse("sync:tiles") in page(client_of(administrator), "desk:home")

    def test_a_tablet_that_went_out_and_was_not_heard_of_is_behind(self, administrator: Any) -> None:
        from tests.sync.rows import a_checkout

        one = a_device(seen_at=noon() - timedelta(hours=13))
        assert list(selectors.not_in_step(noon())) == []
        a_checkout(one, at=noon() - timedelta(hours=13))
        assert list(selectors.not_in_step(noon())) == [one]
        one.state, one.reason = "revoked", "lost"
        one.save()
        assert list(selectors.not_in_step(noon())) == []

    def test_a_registered_double_is_not_shown_twice(self, desk: Any, tablet: Tablet) -> None:
        op = tablet.op("patient", doc=a_person(village=a_village().pk))
        assert tablet.statuses(op, op) == ["applied", "duplicate"]
        an_op(tablet.device)
        assert "Nothing needs a person." in page(desk)
