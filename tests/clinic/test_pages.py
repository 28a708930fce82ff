"""The pages of the centre's own care: what they do, what they refuse, how often they ask the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import Encounter, Identifier, Patient
from clinic.selectors import timeline
from core.audit.models import Read
from core.ids import uuid7
from core.periods import local_day
from tests.builders import a_patient, a_stay, a_village, a_visit
from tests.people import client_of

pytestmark = pytest.mark.django_db
READS, WRITES = 8, 12


@pytest.fixture
def today():
    return local_day(timezone.now())


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


def asked(browser, method: str, address: str, data: object = None, most: int = READS):
    """Ask for a page twice; the second time, with what is kept warm, it asks the database at most `most` times."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = getattr(browser, method)(address, data)
    statements = [query["sql"] for query in queries.captured_queries]
    assert len(statements) <= most, "\n".join(statements)
    assert not any("COUNT(" in sql for sql in statements)
    return answer


def words(answer) -> str:
    return answer.content.decode()


PERSON = {"family_name": "Sok", "given_name": "Dara", "sex": "M", "birth": "៤", "phone": "០១២ ៣៤៥ ៦៧៨"}


class TestRegister:
    address = "/clinic/register/"

    def test_the_page_is_light(self, browser):
        assert asked(browser, "get", self.address).status_code == 200

    def test_what_was_searched_is_filled_in(self, browser):
        page = words(browser.get(self.address, {"q": "Sok Dara Rith"}))
        assert 'value="Sok"' in page and 'value="Dara Rith"' in page
        page = words(browser.get(self.address, {"q": "សុខ ដារ៉ា 012345678"}))
        assert 'value="សុខ"' in page and "012" in page

    def test_a_person_is_registered_within_the_budget(self, browser):
        village = a_village()
        made = uuid7()
        sent = PERSON | {"id": made, "village": village.pk, "village_text": village.full_name, "equity": "E-12"}
        answer = asked(browser, "post", self.address, sent, WRITES)
        assert answer.url == reverse("desk:record", args=[made])
        person = Patient.objects.get(pk=made)
        assert (person.village_id, person.told_age, person.phone) == (village.pk, 4, "+85512345678")
        assert Identifier.objects.get(patient=person).value == "E-12"

    def test_registering_may_lead_to_a_visit_at_once(self, browser):
        made = uuid7()
        answer = browser.post(self.address, PERSON | {"id": made, "then": "visit"})
        assert answer.url == reverse("clinic:visit_new", args=[made])

    def test_a_second_click_makes_nobody_new(self, browser):
        sent = PERSON | {"id": uuid7()}
        assert browser.post(self.address, sent).url == browser.post(self.address, sent).url
        assert Patient.objects.count() == 1

    @pytest.mark.parametrize(
        ("box", "typed", "said"),
        [
            ("family_name", "", "Write at least one name"),
            ("sex", "", "required"),
            ("birth", "soon", "Write an age"),
            ("birth", "31/12/2999", "future"),
            ("birth", "200", "130"),
            ("phone", "12", "not a phone number"),
            ("village_text", "Nowhere at all", "No village has this name"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_stands_beside_its_box_and_what_was_typed_stays(self, browser, box, typed, said):
        sent = PERSON | {"given_name": "", "given_name_km": "" if box == "family_name" else "ដារ៉ា", box: typed}
        answer = browser.post(self.address, sent)
        assert answer.status_code == 422
        assert said in words(answer)
        assert typed in words(answer)
        assert not Patient.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "precision", "days"), [("0", "stated", None), ("0d", "stated", 0), ("about 3 months", "stated", None),
                                         ("29/02/2020", "day", None), ("៣ ខែ", "stated", None), ("2019", "year", None)],
    )  # fmt: skip
    def test_ages_and_birth_dates_are_read_from_one_box(self, browser, today, typed, precision, days):
        made = uuid7()
        browser.post(self.address, PERSON | {"id": made, "birth": typed})
        person = Patient.objects.get(pk=made)
        assert person.birth_precision == precision
        assert days is None or person.age_on(today).days == days

    def test_likely_duplicates_stand_beside_the_form_with_reasons(self, browser, today):
        known = a_patient(family_name="Sok", given_name="Dara", sex="M", told=(4, "y", today), today=today)
        answer = asked(browser, "post", "/clinic/register/likely/", PERSON)
        assert reverse("desk:record", args=[known.id]) in words(answer)
        assert "The names are the same" in words(answer) and "The ages agree" in words(answer)

    def test_nobody_alike_is_said_too(self, browser):
        assert "Nobody like this" in words(browser.post("/clinic/register/likely/", {"birth": "rubbish"}))


class TestEdit:
    def address(self, person):
        return reverse("clinic:patient_edit", args=[person.id])

    def sent(self, **changes):
        return {"family_name": "Sok", "given_name": "Sreymom", "sex": "F"} | changes

    def test_the_page_is_light_and_the_look_is_written_down(self, browser):
        person = a_patient()
        assert asked(browser, "get", self.address(person)).status_code == 200
        assert Read.objects.filter(patient_id=person.id, what="edit").count() == 1

    def test_a_name_is_corrected_within_the_budget(self, browser):
        person = a_patient()
        asked(browser, "post", self.address(person), self.sent(given_name="Bopha", phone="012345678"), WRITES)
        assert Patient.objects.get().given_name == "Bopha"

    def test_a_birth_is_corrected_within_the_budget(self, browser, today):
        person = a_patient(today=today)
        visit = a_visit(person, on=today, today=today)
        asked(browser, "post", self.address(person), self.sent(birth="5"), WRITES)
        visit.refresh_from_db()
        assert visit.age_slot == 90

    def test_an_age_told_last_year_is_not_told_again_by_saving(self, browser, today):
        then = today - timedelta(days=400)
        person = a_patient(told=(4, "y", then), today=today)
        browser.post(self.address(person), self.sent(birth="4y", phone="012345678"))
        person.refresh_from_db()
        assert (person.told_on, person.phone) == (then, "+85512345678")

    def test_an_emptied_box_makes_the_birth_unknown(self, browser, today):
        person = a_patient(told=(4, "y", today), today=today)
        browser.post(self.address(person), self.sent(birth=""))
        person.refresh_from_db()
        assert person.birth is None

    def test_a_death_before_birth_is_refused_beside_its_box(self, browser, today):
        person = a_patient(told=(4, "y", today), today=today)
        address = reverse("clinic:death", args=[person.id])
        answer = browser.post(address, {"on": "01/01/2000", "source": "Family"})
        assert answer.status_code == 422 and "cannot be before the birth" in words(answer)
        assert "01/01/2000" in words(answer)
        assert browser.post(address, {"on": f"{today:%d/%m/%Y}", "source": "Family"}).status_code == 302
        assert Patient.objects.get().deceased_on == today


VISIT = {
    "urgency": "2", "complaint": "Fever", "temperature": "៣៨,៥", "heart_rate": "120", "weight": "12.5",
    "diagnoses": ["fever", "cold"], "new_case": "new", "treatments_what": ["Paracetamol", "", ""],
    "treatments_dose": ["1 × 3", "", ""], "advice": "Drink", "result": "treated",
}  # fmt: skip


class TestVisit:
    def new(self, person):
        return reverse("clinic:visit_new", args=[person.id])

    def sent(self, today, **changes):
        return VISIT | {"id": uuid7(), "on": f"{today:%d/%m/%Y}"} | changes

    def test_the_page_is_light_and_the_look_is_written_down(self, browser):
        person = a_patient()
        assert asked(browser, "get", self.new(person)).status_code == 200
        assert Read.objects.filter(patient_id=person.id).count() == 1

    def test_a_whole_visit_is_written_within_the_budget(self, browser, today):
        sent = self.sent(today, do="close")
        browser.get("/clinic/conditions/")
        asked(browser, "post", self.new(a_patient(today=today)), sent, WRITES)
        found = timeline.contact(sent["id"])
        assert (found.encounter.status, found.encounter.urgency) == ("closed", 2)
        assert [row.key for row in found.conditions] == ["fever", "cold"]
        assert str(found.newest_vitals.temperature) == "38.5"
        assert [row.what for row in found.treatments] == ["Paracetamol"]

    def test_an_age_is_asked_only_of_those_without_a_birth_date(self, browser, today):
        unknown, known = a_patient(today=today), a_patient(told=(4, "y", today), today=today)
        assert "told" in words(browser.get(self.new(unknown)))
        assert 'name="told"' not in words(browser.get(self.new(known)))
        sent = self.sent(today, told="about 3 months")
        browser.post(self.new(unknown), sent)
        assert Encounter.objects.get(pk=sent["id"]).age_slot == 33

    def test_a_second_click_makes_one_visit(self, browser, today):
        person, sent = a_patient(today=today), self.sent(today)
        assert browser.post(self.new(person), sent).url == browser.post(self.new(person), sent).url
        assert Encounter.objects.count() == 1

    @pytest.mark.parametrize(
        ("box", "typed", "said"),
        [
            ("temperature", "91", "between 30 and 43"), ("temperature", "hot", "Write a number"),
            ("heart_rate", "1.5", "whole number"), ("weight", "12.555", "after the point"),
            ("on", "31/02/2026", "Write a date"), ("on", "01/01/2999", ""),
            ("follow_up_on", "01/01/2020", "after the visit"),
            ("diagnoses", ["plague"], "no such condition"), ("treatments_dose", ["x", "lost dose", ""], "lost dose"),
            ("urgency", "9", ""),
        ],
    )  # fmt: skip
    def test_what_is_wrong_stands_beside_its_box_and_what_was_typed_stays(self, browser, today, box, typed, said):
        answer = browser.post(self.new(a_patient(today=today)), self.sent(today, **{box: typed}))
        assert answer.status_code == 422
        assert said in words(answer)
        assert "Paracetamol" in words(answer) and "errorlist" in words(answer)
        assert not Encounter.objects.exists()

    def test_an_unusual_value_only_warns(self, browser, today):
        sent = self.sent(today)
        browser.post(self.new(a_patient(told=(30, "y", today), today=today)), sent)
        page = words(asked(browser, "get", reverse("clinic:visit", args=[sent["id"]])))
        assert "Unusual for this age" in page and "38.5" in page

    def test_an_open_visit_is_completed_within_the_budget(self, browser, today):
        visit = a_visit(a_patient(today=today), on=today, today=today)
        browser.get("/clinic/conditions/")
        lock = connection.vendor == "postgresql"  # there the lock of a contact is a statement of its own
        asked(browser, "post", reverse("clinic:visit", args=[visit.id]), VISIT | {"do": "close"}, WRITES + lock)
        visit.refresh_from_db()
        assert visit.status == "closed"

    def test_closing_asks_how_it_ended(self, browser, today):
        visit = a_visit(a_patient(today=today), on=today, today=today)
        answer = browser.post(reverse("clinic:visit", args=[visit.id]), VISIT | {"do": "close", "result": ""})
        assert answer.status_code == 422 and "how it ended" in words(answer)

    def test_a_closed_visit_is_read_and_corrected(self, browser, today):
        visit = a_visit(a_patient(today=today), on=today, today=today, close=True)
        address = reverse("clinic:visit", args=[visit.id])
        assert "<textarea" not in words(asked(browser, "get", address))
        assert "<textarea" in words(browser.get(f"{address}?correct"))
        assert browser.post(address, VISIT).status_code == 422
        assert browser.post(f"{address}?correct", VISIT | {"why": "Wrong card"}).status_code == 302
        assert timeline.contact(visit.id).encounter.complaint == "Fever"

    def test_an_error_is_marked_with_its_reason(self, browser, today):
        visit = a_visit(a_patient(today=today), on=today, today=today)
        assert browser.post(reverse("clinic:void", args=[visit.id]), {"reason": " "}).status_code == 422
        assert browser.post(reverse("clinic:void", args=[visit.id]), {"reason": "Other person"}).status_code == 302
        assert "Other person" in words(browser.get(reverse("clinic:visit", args=[visit.id])))

    def test_the_queue_shows_the_most_urgent_first(self, browser, today):
        for name, urgency in [("Late", 3), ("First", 1), ("Second", 2)]:
            person = a_patient(family_name=name, given_name="", today=today)
            a_visit(person, on=today, today=today, care=_care(urgency=urgency))
        page = words(asked(browser, "get", reverse("clinic:queue")))
        assert page.index("First") < page.index("Second") < page.index("Late")

    def test_somebody_who_left_is_taken_off_the_queue(self, browser, today):
        visit = a_visit(a_patient(today=today), on=today, today=today)
        browser.post(reverse("clinic:left", args=[visit.id]))
        assert "Nobody is waiting" in words(browser.get(reverse("clinic:queue")))

    def test_there_is_no_visit_that_is_not_there(self, browser):
        assert browser.get(reverse("clinic:visit", args=[uuid7()])).status_code == 404
        assert browser.post(reverse("clinic:visit", args=[uuid7()]), VISIT).status_code == 404

    def test_conditions_are_offered_while_typing(self, browser):
        browser.get("/clinic/conditions/")
        answer = asked(browser, "get", "/clinic/conditions/", {"q": "រាក"}, 1)
        assert answer.json()["results"][0]["id"] == "diarrhoea"


def _care(**given):
    from clinic.services.encounters import Care

    return Care(**given)


@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_opens_in_both_languages(nurse, language, today):
    browser = client_of(nurse, language=language)
    stay = a_stay(a_patient(today=today), on=today, today=today)
    visit = a_visit(stay.patient, on=today, today=today)
    addresses = [
        "/clinic/register/", reverse("clinic:queue"), reverse("clinic:wards"),
        reverse("clinic:patient_edit", args=[stay.patient_id]), reverse("clinic:visit_new", args=[stay.patient_id]),
        reverse("clinic:visit", args=[visit.id]), reverse("clinic:admit", args=[stay.patient_id]),
        reverse("clinic:admission", args=[stay.id]), reverse("clinic:transfer", args=[stay.id]),
        reverse("clinic:discharge", args=[stay.id]), reverse("clinic:measurements"),
    ]  # fmt: skip
    for address in addresses:
        assert browser.get(address).status_code == 200, address


def test_those_who_may_not_write_are_told_so(donor, referral_desk):
    person = a_patient()
    assert client_of(donor).get("/clinic/register/").status_code == 403
    assert client_of(referral_desk).get(reverse("clinic:visit_new", args=[person.id])).status_code == 403
    assert client_of(referral_desk).get(reverse("clinic:wards")).status_code == 200
