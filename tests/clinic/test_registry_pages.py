"""The pages about a person's data: registering in twelve actions, correcting with others, allergies, family."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import Allergy, Consent, ContactPoint, Identifier, Patient, Relation
from clinic.services import allergies, patients
from clinic.services.allergies import Said
from core.audit.models import Read
from core.ids import uuid7
from core.periods import local_day
from tests.builders import a_patient, a_stay, a_village
from tests.people import client_of

pytestmark = pytest.mark.django_db
READS, WRITES = 8, 12


@pytest.fixture
def today():
    return local_day(timezone.now())


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


def asked(browser, method, address, data=None, most=READS):
    with CaptureQueriesContext(connection) as queries:
        answer = getattr(browser, method)(address, data)
    statements = [query["sql"] for query in queries.captured_queries]
    assert len(statements) <= most, f"{len(statements)}:\n" + "\n".join(statements)
    return answer


def words(answer) -> str:
    return answer.content.decode()


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


class Stops(HTMLParser):
    """The boxes and buttons of one form that the Tab key stops at; a group of radio buttons is one."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.closed, self.found = form, False, 0, []

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.inside = said.get("id") == self.form
        if tag == "details" and "open" not in said:
            self.closed += 1
        shown = tag in {"input", "select", "button", "textarea"} and said.get("type") != "hidden"
        if self.inside and not self.closed and shown and "hidden" not in said:
            name = said.get("name", "")
            if said.get("type") != "radio" or name not in self.found:
                self.found.append(name)

    def handle_endtag(self, tag):
        if tag == "details" and self.closed:
            self.closed -= 1
        if tag == "form":
            self.inside = False


class TestRegister:
    address = "/clinic/register/"

    def sent(self, **more):
        return {"id": uuid7(), "family_name": "Sok", "sex": "F"} | more

    def test_a_new_patient_takes_at_most_twelve_actions(self, browser):
        """Each box is one action (two for the village: type, choose), and one key saves; the rest is behind "more"."""
        stops = Stops("register")
        stops.feed(words(browser.get(self.address)))
        # What is asked about an allergy is only shown once there is one.
        boxes = [name for name in dict.fromkeys(stops.found) if name not in {"then", "allergies_text"}]
        assert boxes == [
            "family_name_km", "given_name_km", "family_name", "given_name", "sex", "birth", "village_text", "phone",
            "allergy",
        ]  # fmt: skip
        assert len(boxes) + 1 + 1 <= 12

    def test_the_usual_registration_keeps_the_budget(self, browser):
        village = a_village()
        sent = self.sent(birth="7m", village=village.pk, phone="012345678", allergy="none", consent="yes")
        assert asked(browser, "post", self.address, sent, WRITES).status_code == 302
        person = Patient.objects.get()
        assert person.no_allergy_on and Consent.objects.get().given

    def test_everything_at_once_costs_one_statement_a_table_more(self, browser, today):
        mother = a_patient(given_name="Mum", told=(30, "y", today), today=today)
        sent = self.sent(
            village=a_village().pk, guardian=mother.name, guardian_id=mother.pk, guardian_kind="mother",
            lives_with="on", phones_number=["097 123 4567", ""], phones_whose=["chief", "own"], payer="PATY-0000N09",
            equity="E-12", equity_level="1", equity_issued="01/01/2024", equity_until="01/01/2027",
            national="១២៣៤៥៦៧៨៩",
            birth_certificate="12/2019", family_book="7/07", nssf="1234567890", ministry="kh-1234", paper="K-1",
            allergy="some", allergies=["latex"], allergies_text="Bactrim, red ants", consent="no", consent_by="Mum",
        )  # fmt: skip
        # Over twelve: numbers, telephones, allergies, the guardian twice (chosen, held), the relation, the new
        # household, the mother who moves into it.
        assert asked(browser, "post", self.address, sent, WRITES + 9).status_code == 302
        child = Patient.objects.get(pk=sent["id"])
        assert (child.guardian, child.payer) == (mother.name, "PATY-0000N09")
        assert child.household_id == Patient.objects.get(pk=mother.pk).household_id is not None
        assert ContactPoint.objects.get().whose == "chief"
        assert Identifier.objects.filter(patient=child).count() == 7
        assert set(Allergy.objects.values_list("substance", flat=True)) == {
            "Latex (rubber gloves)",
            "Bactrim",
            "red ants",
        }
        assert Relation.objects.get().kind == "mother"
        assert not Consent.objects.get().given

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"allergy": "none", "allergies_text": "latex"}, "Which is right?"),
            ({"allergy": "some"}, "Write what the person is allergic to"),
            ({"allergies": "nonsense"}, "Choose a substance"),
            ({"phones_number": "12", "phones_whose": "own"}, "“12” is not a phone number"),
            ({"national": "12345"}, "has nine digits"),
            ({"national": "IDKHM1234567890"}, "check digit"),
            ({"birth_certificate": "unknown"}, "should look like 123/2019"),
            ({"equity_level": "1"}, "Write the number of the card too"),
            ({"equity": "E1", "equity_issued": "31/12/2099"}, "in the future"),
            ({"equity": "E1", "equity_issued": "02/01/2024", "equity_until": "01/01/2024"}, "before it was issued"),
            ({"payer": "nobody"}, "Select a valid choice"),
            ({"guardian": "x", "guardian_id": str(uuid7())}, "Nobody registered here was chosen"),
            ({"guardian": "x", "guardian_id": "1"}, "Nobody registered here was chosen"),
            ({"guardian": "123"}, "with letters"),
            ({"guardian_kind": "pet"}, "Select a valid choice"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_stands_beside_its_box_and_is_seen(self, browser, typed, said):
        answer = browser.post(self.address, self.sent(**typed))
        page = words(answer)
        assert answer.status_code == 422 and said in page
        assert not Patient.objects.exists()
        behind = not typed.keys() & {"allergy", "allergies"}
        assert ("<details open>" in page) is behind

    def test_a_number_that_somebody_has_is_said_beside_that_number(self, browser):
        a_patient(identifiers=[("national", "123456789")])
        page = words(browser.post(self.address, self.sent(paper="K-1", national="123456789")))
        assert re.search(r'id="id_national_error">.{0,200}Another person already has this number', page, re.S)
        assert browser.post(self.address, self.sent(equity="E-1")).status_code == 302

    def test_a_guardian_who_cannot_be_is_refused_beside_the_box(self, browser):
        man = a_patient(sex="M")
        sent = self.sent(guardian="x", guardian_id=man.pk, guardian_kind="mother", lives_with="on")
        answer = browser.post(self.address, sent)
        assert answer.status_code == 422 and "written as Male" in words(answer)
        assert Patient.objects.get().household_id is None

    def test_the_guardian_chosen_shows_whom_they_live_with(self, browser, today):
        mother = a_patient(given_name="Mum", identifiers=[("equity", "E-12")])
        address = reverse("clinic:guardian_offer")
        page = words(asked(browser, "get", address, {"guardian_id": mother.pk}))
        assert "Mum" in page and "E-12" in page
        assert words(browser.get(address, {"guardian_id": "?"})) == ""

    def test_an_animal_year_offers_the_years_near_the_age_typed(self, browser):
        page = words(browser.get(reverse("clinic:zodiac"), {"animal": "rat", "birth": "17"}))
        assert re.findall(r'data-fill="(\d+)"', page)[0] == "2008"
        assert "data-fill" not in words(browser.get(reverse("clinic:zodiac"), {"animal": "cat"}))

    def test_people_and_substances_are_offered_while_typing(self, browser):
        known = a_patient(family_name="Chea", given_name="Vuthy")
        rows = asked(browser, "get", reverse("clinic:people"), {"q": "vuthy"}).json()["results"]
        assert [row["id"] for row in rows] == [str(known.id)]
        assert known.number in rows[0]["more"]
        for typed in ("peni", "ប៉េនី", "amoxi"):
            rows = browser.get(reverse("clinic:allergens"), {"q": typed}).json()["results"]
            assert rows[0]["id"] == "penicillins"


class TestEdit:
    def open(self, browser, person):
        return words(browser.get(reverse("clinic:patient_edit", args=[person.id])))

    def save(self, browser, person, was, most=WRITES, **changes):
        sent = {"family_name": "Sok", "given_name": "Sreymom", "sex": "F", "was": was} | changes
        return asked(browser, "post", reverse("clinic:patient_edit", args=[person.id]), sent, most)

    def test_every_field_is_shown_and_saving_untouched_changes_nothing(self, browser, today):
        person = a_patient(
            today=today, told=(4, "y", today), village=a_village(), phone="012345678", payer="PATY-0000N09",
            phones=[("0971234567", "chief")], identifiers=[("equity", "E-1", "2"), ("nssf", "1234567890")],
        )  # fmt: skip
        before = Patient.objects.values().get()
        page = self.open(browser, person)
        for text in ("097 123 4567", "E-1", "1234567890", "4y", 'value="PATY-0000N09" selected'):
            assert text in page
        was = hidden(page, "was")
        village = a_village()
        kept = {"birth": "4y", "village": village.pk, "village_text": "x", "phone": "012 345 678",
                "payer": "PATY-0000N09", "phones_number": "097 123 4567", "phones_whose": "chief", "equity": "E-1",
                "equity_level": "2",
                "nssf": "1234567890"}  # fmt: skip
        assert self.save(browser, person, was, **kept).status_code == 302
        assert Patient.objects.values().get() == before

    def test_everything_at_once_costs_a_few_statements_more(self, browser, today):
        person = a_patient(today=today, identifiers=[("paper", "K-1")])
        was = hidden(self.open(browser, person), "was")
        # A new village, other keys (two), telephones (two), one statement a number, and the ages of the contacts.
        done = self.save(browser, person, was, WRITES + 9, given_name="Bopha", birth="2010", village=a_village().pk,
                         phones_number="0971234567", phones_whose="own", paper="K-2", nssf="1234567890")  # fmt: skip
        assert done.status_code == 302

    def test_the_second_nurse_keeps_what_the_first_wrote(self, browser, administrator):
        person = a_patient()
        mine, hers = (hidden(self.open(one, person), "was") for one in (browser, client_of(administrator)))
        self.save(browser, person, mine, phone="012345678")
        self.save(client_of(administrator), person, hers, given_name="Bopha")
        person.refresh_from_db()
        assert (person.phone, person.given_name) == ("+85512345678", "Bopha")

    def test_where_both_changed_one_field_the_second_chooses(self, browser):
        person = a_patient(phone="012111111")
        was = hidden(self.open(browser, person), "was")
        self.save(browser, person, was, phone="012222222")
        answer = self.save(browser, person, was, phone="012333333", given_name="Bopha")
        page = words(answer)
        assert answer.status_code == 422
        assert "012 222 222" in page and "012 333 333" in page and 'name="keep_phone"' in page
        assert 'value="Bopha"' in page
        again = {"seen": hidden(page, "seen"), "keep_phone": "theirs", "phone": "012333333", "given_name": "Bopha"}
        assert self.save(browser, person, hidden(page, "was"), **again).status_code == 302
        person.refresh_from_db()
        assert (person.phone, person.given_name) == ("+85512222222", "Bopha")

    @pytest.mark.parametrize(
        ("first", "second", "shown"),
        [
            ({"birth": "2001"}, {"birth": "2002"}, ("2001", "2002")), ({"sex": "M"}, {"sex": "F", "x": "1"}, ()),
            ({"payer": "PATY-0000H08"}, {"payer": "PATY-00T001A"}, ("Pays less", "Pays in full")),
            ({"phones_number": "0971111111"}, {"phones_number": "0972222222"}, ("097 111 1111", "097 222 2222")),
            ({"equity": "E-1", "equity_level": "1"}, {"equity": "E-1", "equity_level": "2"}, ("E-1 · Very poor",)),
        ],
    )  # fmt: skip
    def test_a_clash_is_told_in_words(self, browser, first, second, shown):
        person = a_patient()
        was = hidden(self.open(browser, person), "was")
        assert self.save(browser, person, was, WRITES + 4, **first).status_code == 302
        answer = self.save(browser, person, was, WRITES + 4, **second)
        assert answer.status_code == (422 if shown else 302)
        assert all(text in words(answer) for text in shown)

    def test_a_merged_record_opens_the_survivor(self, browser):
        person, gone = a_patient(given_name="Stays"), a_patient()
        Patient.objects.filter(pk=gone.pk).update(merged_into=person)
        assert "Stays" in self.open(browser, gone)


class TestDeath:
    def test_somebody_in_a_bed_is_discharged_first_with_a_way_there(self, browser, today):
        person = a_patient(today=today)
        stay = a_stay(person, on=today, today=today)
        address = reverse("clinic:death", args=[person.id])
        answer = browser.post(address, {"on": f"{today:%d/%m/%Y}", "source": "Family"})
        assert answer.status_code == 422
        assert reverse("clinic:discharge", args=[stay.id]) in words(answer) and "lies in a bed here" in words(answer)

    def test_only_who_may_takes_a_death_back(self, browser, administrator, today):
        person = a_patient(today=today)
        patients.record_death(patient=person, on=today, source="Family", by=administrator, today=today)
        address = reverse("clinic:death_undone", args=[person.id])
        assert "Only an administrator" in words(browser.get(reverse("clinic:patient_edit", args=[person.id])))
        assert browser.post(address, {"reason": "Another person"}).status_code == 403
        boss = client_of(administrator)
        assert boss.post(address, {"reason": ""}).status_code == 422
        assert asked(boss, "post", address, {"reason": "Another person"}, WRITES).status_code == 302
        assert Patient.objects.get().deceased_on is None


class TestAllergies:
    def test_the_page_is_light_and_the_look_is_written_down(self, browser, nurse):
        person = a_patient(allergies=[Said("penicillins", "rash", True)])
        page = words(asked(browser, "get", reverse("clinic:allergies", args=[person.id])))
        assert "Penicillins" in page and "rash" in page
        assert Read.objects.filter(patient_id=person.id, what="allergies").count() == 1
        khmer = words(client_of(nurse, language="km").get(reverse("clinic:allergies", args=[person.id])))
        assert "ប៉េនីស៊ីលីន" in khmer

    def test_an_allergy_is_written_once_and_taken_back(self, browser, today):
        person = a_patient(no_allergy=True)
        address = reverse("clinic:allergy_add", args=[person.id])
        sent = {"id": uuid7(), "substance": "ប៉េនីស៊ីលីន", "substance_id": "penicillins", "severe": "on",
                "reaction": "rash", "told_on": f"{today:%d/%m/%Y}"}  # fmt: skip
        assert asked(browser, "post", address, sent, WRITES).status_code == 302
        assert browser.post(address, sent).status_code == 302
        row = Allergy.objects.get()
        assert (row.substance, row.atc, row.severe) == ("Penicillins", "J01C", True)
        answer = browser.post(address, sent | {"id": uuid7()})
        assert answer.status_code == 422 and "already written" in words(answer)
        void = reverse("clinic:allergy_void", args=[row.id])
        assert browser.post(void, {f"void-{row.id}-reason": ""}).status_code == 422
        assert asked(browser, "post", void, {f"void-{row.id}-reason": "No"}, WRITES).status_code == 302
        answer = browser.post(void, {f"void-{row.id}-reason": "No"})
        assert answer.status_code == 422 and "already taken back" in words(answer)
        none = reverse("clinic:allergy_none", args=[person.id])
        assert asked(browser, "post", none, {"on": f"{today:%d/%m/%Y}"}, WRITES).status_code == 302
        assert Patient.objects.get().no_allergy_on == today

    @pytest.mark.parametrize(
        ("typed", "said"),
        [({"substance": ""}, "required"), ({"substance": "a" * 200}, "at most 120"),
         ({"told_on": "31/12/2099"}, "future"),
         ({"kind": "x"}, "Select a valid choice"), ({"substance": " \u200b "}, "required")],
    )  # fmt: skip
    def test_what_is_wrong_is_said(self, browser, today, typed, said):
        address = reverse("clinic:allergy_add", args=[a_patient().id])
        answer = browser.post(address, {"substance": "latex", "told_on": f"{today:%d/%m/%Y}"} | typed)
        assert answer.status_code == 422 and said in words(answer)

    def test_none_known_is_refused_while_one_stands(self, browser, today, nurse):
        person = a_patient()
        allergies.add(patient=person, said=Said("latex"), told_on=today, by=nurse, today=today)
        answer = browser.post(reverse("clinic:allergy_none", args=[person.id]), {"on": f"{today:%d/%m/%Y}"})
        assert answer.status_code == 422 and "Take it back first" in words(answer)

    def test_a_pharmacist_reads_and_does_not_write(self, pharmacist):
        person = a_patient()
        browser = client_of(pharmacist)
        page = words(browser.get(reverse("clinic:allergies", args=[person.id])))
        assert "Write an allergy" not in page
        assert browser.post(reverse("clinic:allergy_add", args=[person.id]), {}).status_code == 403


class TestFamily:
    def test_people_join_relate_and_leave_within_the_budget(self, browser, today):
        mother = a_patient(given_name="Mum", told=(30, "y", today), today=today)
        child = a_patient(given_name="Kid", told=(3, "y", today), today=today)
        page = reverse("clinic:family", args=[child.id])
        join = reverse("clinic:household_join", args=[child.id])
        assert asked(browser, "post", join, {"member": mother.pk, "member_text": "Mum"}, WRITES + 4).status_code == 302
        relate = reverse("clinic:guardian_add", args=[child.id])
        sent = {"id": uuid7(), "guardian": mother.pk, "guardian_text": "Mum", "guardian_kind": "mother"}
        assert asked(browser, "post", relate, sent, WRITES).status_code == 302
        assert browser.post(relate, sent).status_code == 302
        answer = browser.post(relate, sent | {"id": uuid7()})
        assert answer.status_code == 422 and "already written" in words(answer)
        assert words(asked(browser, "get", page)).count("Mum") >= 2
        assert Read.objects.filter(patient_id=child.id, what="family").count() == 1
        leave = reverse("clinic:household_leave", args=[child.id])
        assert asked(browser, "post", leave, {"member": mother.pk}, WRITES).status_code == 302
        assert browser.post(leave, {"member": mother.pk}).status_code == 302
        assert Patient.objects.get(pk=mother.pk).household_id is None
        remove = reverse("clinic:guardian_remove", args=[Relation.objects.get().pk])
        assert asked(browser, "post", remove, {"back": child.pk}, WRITES).status_code == 302
        assert browser.post(remove, {"back": child.pk}).status_code == 302
        assert browser.post(remove, {"back": "nowhere"}).status_code == 404

    @pytest.mark.parametrize(
        ("typed", "said"),
        [({}, "required"), ({"member_text": "Mum"}, "Nobody registered here"), ({"member": "1"}, "Nobody registered"),
         ({"member": "00000000-0000-0000-0000-000000000000", "member_text": "x"}, "Nobody registered here")],
    )  # fmt: skip
    def test_somebody_who_was_not_chosen_is_not_taken(self, browser, typed, said):
        answer = browser.post(reverse("clinic:household_join", args=[a_patient().id]), typed)
        assert answer.status_code == 422 and said in words(answer)

    def test_nobody_lives_with_themselves(self, browser):
        person = a_patient()
        answer = browser.post(reverse("clinic:household_join", args=[person.id]), {"member": person.id})
        assert answer.status_code == 422 and "Choose another person" in words(answer)


def test_consent_is_written_once(browser, today):
    person = a_patient()
    address = reverse("clinic:consent", args=[person.id])
    sent = {"id": uuid7(), "purpose": "call", "given": "no", "said_by": "Mum", "on": f"{today:%d/%m/%Y}"}
    assert asked(browser, "post", address, sent, WRITES).status_code == 302
    assert browser.post(address, sent).status_code == 302
    assert Consent.objects.count() == 1
    page = words(asked(browser, "get", reverse("clinic:photo", args=[person.id])))
    assert "Refused" in page and "Mum" in page
    assert "future" in words(browser.post(address, sent | {"id": uuid7(), "on": "31/12/2099"}))


@pytest.mark.parametrize("name", ["allergies", "family", "photo", "patient_edit"])
def test_nobody_is_found_under_an_unknown_id(browser, name):
    assert browser.get(reverse(f"clinic:{name}", args=[uuid7()])).status_code == 404
