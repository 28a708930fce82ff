"""Who waits, who comes, who is with whom; triage in seconds."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Encounter, Finding
from clinic.rules import imci, sayings, visits
from clinic.selectors import queue, timeline
from clinic.services import encounters
from clinic.services.encounters import Care
from core.accounts.roles import Role
from core.audit.models import Read
from core.ids import uuid7
from core.periods import local_day
from tests.builders import a_condition, a_patient, a_visit, somebody
from tests.clinic.test_pages import WRITES, asked, words
from tests.people import a_user, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return local_day(timezone.now())


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


def waiting(today, minutes=0, *, signs=(), name="Sok", **care):
    return encounters.open_visit(
        patient=a_patient(family_name=name, given_name="", today=today), on=today, by=somebody(), today=today,
        at=timezone.now() - dt.timedelta(minutes=minutes), care=Care(**care), signs=signs,
    )  # fmt: skip


class TestTheQueue:
    address = "/clinic/visits/"

    def test_only_an_urgent_one_waits_too_long(self, browser, today):
        waiting(today, 300, name="Routine")
        assert "too long" not in words(browser.get(self.address))
        waiting(today, 40, name="Urgent", urgency=2)
        page = words(browser.get(self.address))
        assert page.count("too long") == 1 and "waits 40 minutes" in page and "waits 300 minutes" in page

    def test_a_danger_sign_is_marked(self, browser, today):
        waiting(today, urgency=1, signs=["convulsions"])
        assert "Danger sign" in words(browser.get(self.address))

    def test_a_sign_that_was_not_there_is_no_mark(self, browser, today):
        visit = waiting(today)
        Finding.objects.create(encounter=visit, sign="convulsions", present=False)
        assert "Danger sign" not in words(browser.get(self.address))

    def test_taking_in_is_one_action_and_says_who_is_with_whom(self, browser, today, nurse):
        visit = waiting(today)
        answer = asked(browser, "post", reverse("clinic:take_in", args=[visit.id]), {}, WRITES)
        assert answer.url == reverse("clinic:visit", args=[visit.id])
        assert "Being seen" in words(browser.get(self.address)) and "you" in words(browser.get(self.address))
        other = client_of(a_user(Role.NURSE, "second", name="Keo Bopha"))
        assert nurse.name in words(other.get(self.address))
        answer = other.post(reverse("clinic:take_in", args=[visit.id]), follow=True)
        assert f"{nurse.name} is already with this person" in words(answer)
        other.post(reverse("clinic:take_in", args=[visit.id]), {"instead_of": str(nurse.pk)})
        visit.refresh_from_db()
        assert visit.seen_by.name == "Keo Bopha"

    def test_who_left_twice_is_told_in_words(self, browser, today):
        visit = waiting(today)
        assert browser.post(reverse("clinic:left", args=[visit.id])).status_code == 302
        assert "closed" in words(browser.post(reverse("clinic:left", args=[visit.id]), follow=True))

    def test_done_today_is_paged_by_key(self, browser, today):
        made = [a_visit(a_patient(today=today), on=today, today=today, close=True, care=Care(result="treated"))
                for _ in range(queue.PAGE + 2)]  # fmt: skip
        first, key = queue.done(today)
        rest, end = queue.done(today, before=key)
        assert [row.pk for row in first + rest] == [row.pk for row in reversed(made)]
        assert end is None
        page = words(asked(browser, "get", self.address))
        assert f"?before={key}#done" in page
        assert words(browser.get(self.address, {"before": str(key)})).count("waiting--done") == 1

    @pytest.mark.parametrize("before", ["x", "\x00", "0" * 5000, "None"])
    def test_a_key_that_nobody_gave_shows_the_beginning(self, browser, before):
        assert browser.get(self.address, {"before": before}).status_code == 200

    def test_every_part_that_can_hold_the_focus_has_a_name_to_find_it_by(self, browser, today):
        visit = waiting(today)
        page = words(browser.get(self.address))
        for part in ("see", "take", "left"):
            assert f'id="{part}-{visit.id}"' in page

    def test_the_queue_is_light_however_many_wait(self, browser, today):
        for n in range(12):
            waiting(today, n, signs=["convulsions"] if n % 2 else ())
        assert asked(browser, "get", self.address).status_code == 200


class TestArriving:
    def address(self, person):
        return reverse("clinic:arrive", args=[person.id])

    def test_the_page_is_light_and_the_look_is_written_down(self, browser, today):
        person = a_patient(today=today)
        page = words(asked(browser, "get", self.address(person)))
        assert "Fever" in page and "Convulsions" in page
        assert Read.objects.filter(patient_id=person.id).count() == 1

    def test_everything_at_once_is_within_the_budget(self, browser, today):
        person, made = a_patient(told=(30, "y", today), today=today), uuid7()
        sent = {"id": made, "urgency": "1", "complaint": "Fever, Cough", "signs": ["convulsions", "lethargic"],
                "temperature": "៣៩,៥", "weight": "50"}  # fmt: skip
        assert asked(browser, "post", self.address(person), sent, WRITES).url == reverse("clinic:queue")
        found = timeline.contact(made)
        assert {sign.sign for sign in found.signs} == {"convulsions", "lethargic"}
        assert (found.encounter.urgency, found.encounter.complaint) == (1, "Fever, Cough")
        assert found.encounter.seen_by is None and str(found.newest_vitals.temperature) == "39.5"

    def test_a_second_click_puts_nobody_twice_into_the_queue(self, browser, today):
        person, sent = a_patient(today=today), {"id": uuid7(), "urgency": "3"}
        for _ in range(2):
            assert browser.post(self.address(person), sent).url == reverse("clinic:queue")
        assert Encounter.objects.count() == 1

    def test_a_visit_already_open_today_is_offered(self, browser, today):
        visit = waiting(today)
        address = self.address(visit.patient)
        assert reverse("clinic:visit", args=[visit.id]) in words(browser.get(address))
        answer = browser.post(address, {"id": uuid7(), "urgency": "3"})
        assert answer.status_code == 422
        assert "already open" in words(answer) and reverse("clinic:visit", args=[visit.id]) in words(answer)
        assert browser.post(address, {"id": uuid7(), "urgency": "3", "another": "on"}).status_code == 302
        assert Encounter.objects.count() == 2

    def test_a_new_visit_offers_the_open_one_too_and_a_late_sheet_passes(self, browser, today):
        visit = waiting(today)
        address = reverse("clinic:visit_new", args=[visit.patient_id])
        sent = {"id": uuid7(), "urgency": "3", "new_case": "new", "on": f"{today:%d/%m/%Y}", "do": "keep"}
        assert browser.post(address, sent).status_code == 422
        yesterday = today - dt.timedelta(days=1)
        assert browser.post(address, sent | {"on": f"{yesterday:%d/%m/%Y}"}).status_code == 302

    def test_signs_are_asked_by_age(self, browser, today):
        child, woman = a_patient(told=(1, "y", today), today=today), a_patient(told=(30, "y", today), today=today)
        assert "Vomits everything" in words(browser.get(self.address(child)))
        assert "Vomits everything" not in words(browser.get(self.address(woman)))

    @pytest.mark.parametrize(
        ("box", "typed", "said"),
        [("urgency", "9", ""), ("temperature", "91", "between 30 and 43"), ("signs", ["plague"], ""),
         ("complaint", "a" * 401, "400"), ("weight", "heavy", "Write a number")],
    )  # fmt: skip
    def test_what_is_wrong_stands_beside_its_box_and_what_was_typed_stays(self, browser, today, box, typed, said):
        person = a_patient(told=(30, "y", today), today=today)
        sent = {"id": uuid7(), "urgency": "2", "complaint": "Cough", "heart_rate": "88"} | {box: typed}
        answer = browser.post(self.address(person), sent)
        assert answer.status_code == 422 and said in words(answer)
        assert 'value="88"' in words(answer) and not Encounter.objects.exists()

    def test_the_dead_and_strangers_do_not_arrive(self, browser, today):
        person = a_patient(told=(30, "y", today), today=today)
        person.deceased_on = today - dt.timedelta(days=1)
        person.save()
        answer = browser.post(self.address(person), {"id": uuid7(), "urgency": "3"})
        assert answer.status_code == 422 and "died" in words(answer)
        assert browser.get(reverse("clinic:arrive", args=[uuid7()])).status_code == 404


class TestFollowUp:
    def known(self, today, **care):
        person = a_patient(told=(30, "y", today), today=today)
        on = today - dt.timedelta(days=6)
        found = {"diagnoses": [a_condition("gastritis"), a_condition("headache")], "result": "treated",
                 "treatments": [("Omeprazole", "1x1x7", "A02BC01")]}  # fmt: skip
        a_visit(person, on=on, today=today, close=True, care=Care(**(found | care)))
        return person

    def test_a_follow_up_begins_with_what_was_found_and_offers_the_last_treatment(self, browser, today):
        person = self.known(today)
        page = words(asked(browser, "get", reverse("clinic:follow_up", args=[person.id])))
        assert page.index('value="gastritis" checked') < page.index('value="headache" checked')
        assert re.search('value="again"[^>]* checked', page)
        assert 'data-what="Omeprazole"' in page and "data-repeat" in page

    def test_it_goes_into_the_visit_that_is_open_today(self, browser, today):
        person = self.known(today)
        visit = a_visit(person, on=today, today=today)
        answer = browser.get(reverse("clinic:follow_up", args=[person.id]))
        assert answer.url == reverse("clinic:visit", args=[visit.id]) + "?again"
        assert 'value="gastritis" checked' in words(browser.get(answer.url))

    def test_nobody_known_gets_an_empty_form(self, browser, today):
        assert browser.get(reverse("clinic:follow_up", args=[a_patient(today=today).id])).status_code == 200

    def test_the_same_condition_lately_is_proposed_as_follow_up(self):
        on = dt.date(2026, 11, 20)

        def ago(days: int) -> dt.date:
            return on - dt.timedelta(days=days)

        seen = [("cold", ago(28)), ("fever", ago(29)), ("asthma", ago(300)), ("cold", ago(40)), ("worms", on)]
        assert visits.continuing(seen, on) == {"cold": ago(28), "asthma": ago(300), "worms": on}


class TestTheLists:
    def test_every_list_can_be_read_and_says_each_thing_once(self):
        for rows in (sayings.complaints(), sayings.advice(), imci.danger_signs(None)):
            assert len(rows) > 5
            assert len({row.key for row in rows}) == len(rows) == len({row.said.khmer for row in rows})

    def test_every_condition_with_its_own_days_is_in_the_catalogue(self):
        for key in visits.episode_days().keys() - {visits.ANY}:
            assert a_condition(key)

    def test_an_unknown_wait_is_not_too_long(self):
        assert not visits.waits_too_long(1, None)
        assert visits.waits_too_long(1, 5) and not visits.waits_too_long(3, 10_000)
