"""The pages of beds and stays: what they do, what they refuse, how often they ask the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.models import (
    Admission,
    Allergy,
    Bed,
    DischargeType,
    MedicineGiven,
    Outcome,
    Patient,
    StayNote,
    Vitals,
    Ward,
)
from clinic.selectors import catalogue, stays
from clinic.services import bedside, encounters
from clinic.services.care import Line
from core.audit.models import Read
from core.ids import uuid7
from core.periods import local_day
from tests.builders import a_bed, a_condition, a_discharge, a_patient, a_stay, a_visit, noon, somebody
from tests.clinic.test_pages import WRITES, asked, words
from tests.people import client_of

pytestmark = pytest.mark.django_db
LOCKS = 3 if connection.vendor == "postgresql" else 0  # PostgreSQL locks person, stay and bed, each in one statement
DAY = timedelta(days=1)


@pytest.fixture
def today():
    return local_day(timezone.now())


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


@pytest.fixture
def stay(today):
    return a_stay(a_patient(family_name="Keo", given_name="Bopha", today=today), on=today, today=today)


def here(stay: Admission, name: str = "admission") -> str:
    return reverse(f"clinic:{name}", args=[stay.pk])


def typed(moment) -> str:
    return f"{timezone.localtime(moment):%d/%m/%Y %H:%M}"


def day(date) -> str:
    return f"{date:%d/%m/%Y}"


LEFT = {"type": DischargeType.AUTHORIZED, "outcome": Outcome.IMPROVED}


class TestBoard:
    def test_a_bed_says_who_lies_in_it_and_what_to_look_out_for(self, browser, stay):
        Allergy.objects.create(patient=stay.patient, substance="Penicillin", told_on=stay.admitted_on)
        now = timezone.now()
        bedside.measure(stay_id=stay.pk, values={"oxygen": 88}, at=now, now=now, by=somebody())
        page = words(asked(browser, "get", reverse("clinic:wards")))
        for said in ("Keo Bopha", "Penicillin", "88", "low", "came today", "11", "beds free"):
            assert said in page

    def test_many_beds_ask_no_more(self, browser, today):
        for n in range(8):
            a_stay(a_patient(today=today), bed=a_bed(n), on=today, today=today)
        asked(browser, "get", reverse("clinic:wards"))

    def test_a_free_bed_leads_to_whom_to_admit(self, browser, today):
        person, bed = a_patient(family_name="Chea", given_name="Dara", today=today), a_bed(3)
        address = f"{reverse('desk:search')}?for=admit&bed={bed.pk}"
        assert address.replace("&", "&amp;") in words(browser.get(reverse("clinic:wards")))
        found = words(browser.get(f"{address}&q=Chea+Dara"))
        assert f"{reverse('clinic:admit', args=[person.id])}?bed={bed.pk}" in found
        page = words(browser.get(reverse("clinic:admit", args=[person.id]), {"bed": bed.pk}))
        assert f'value="{bed.pk}" checked' in page

    def test_the_bed_days_of_another_month_are_one_click_away(self, browser, today):
        a_stay(a_patient(today=today), on=today - 40 * DAY, today=today)
        assert browser.get(reverse("clinic:wards"), {"month": f"{today - 40 * DAY:%Y-%m}"}).status_code == 200
        for wrong in ("2999-01", "x", "2026-13"):
            assert browser.get(reverse("clinic:wards"), {"month": wrong}).status_code == 404


class TestAdmission:
    def test_a_visit_ends_in_a_bed_within_the_budget(self, browser, today):
        person = a_patient(today=today)
        care = encounters.Care(diagnoses=[a_condition("fever")], urgency=1)
        visit = a_visit(person, on=today, today=today, care=care)
        address = reverse("clinic:admit", args=[person.id]) + f"?visit={visit.id}"
        assert asked(browser, "get", address).status_code == 200
        sent = {"id": uuid7(), "on": day(today), "bed": a_bed().pk, "reason": "Fever"}
        # One more than others: contact, stay, bed, diagnoses and the visit that led here are five tables.
        answer = asked(browser, "post", address, sent, WRITES + 3 + LOCKS)
        assert answer.url == reverse("clinic:admission", args=[sent["id"]])
        assert browser.post(address, sent).url == answer.url
        assert Admission.objects.get().encounter.urgency == 1
        assert "Fever, cause unknown" in words(asked(browser, "get", answer.url))

    def test_who_lies_here_is_shown_where(self, browser, stay):
        address = reverse("clinic:admit", args=[stay.patient_id])
        page = words(asked(browser, "get", address))
        assert here(stay) in page and 'name="reason"' not in page
        sent = {"id": uuid7(), "on": day(stay.admitted_on), "bed": a_bed(1).pk}
        answer = browser.post(address, sent)
        assert answer.status_code == 422 and here(stay) in words(answer)

    def test_a_taken_bed_is_said_with_the_name(self, browser, stay, today):
        address = reverse("clinic:admit", args=[a_patient(today=today).id])
        sent = {"id": uuid7(), "on": day(today), "bed": a_bed().pk, "reason": "Kept"}
        answer = browser.post(address, sent)
        assert answer.status_code == 422
        assert f"Keo Bopha has been lying in this bed since {today}" in words(answer)
        assert 'value="Kept"' in words(answer)
        assert browser.post(address, sent | {"bed": "x"}).status_code == 422

    def test_a_record_merged_away_leads_to_the_one_that_stands(self, browser, today):
        kept, gone = a_patient(given_name="Kept", today=today), a_patient(today=today)
        Patient.objects.filter(pk=gone.pk).update(merged_into=kept)
        address = reverse("clinic:admit", args=[gone.pk])
        assert "Kept" in words(browser.get(address))
        browser.post(address, {"id": uuid7(), "on": day(today), "bed": a_bed().pk})
        assert Admission.objects.get().patient_id == kept.pk

    def test_a_visit_of_somebody_else_admits_nobody(self, browser, today):
        visit = a_visit(a_patient(today=today), on=today, today=today)
        address = reverse("clinic:admit", args=[a_patient(today=today).id])
        assert browser.get(f"{address}?visit={visit.id}").status_code == 404
        assert browser.get(f"{address}?visit=rubbish").status_code == 404

    def test_a_stay_from_paper_is_written_whole(self, browser, stay, today):
        person = a_patient(today=today)
        address = reverse("clinic:admit_late", args=[person.id])
        assert asked(browser, "get", address).status_code == 200
        sent = {"id": uuid7(), "on": day(today - 5 * DAY), "left_on": day(today - 2 * DAY), "bed": a_bed().pk,
                "diagnoses": "fever", "treatments_what": "ORS", **LEFT}  # fmt: skip
        assert browser.post(address, sent).url == reverse("clinic:admission", args=[sent["id"]])
        assert browser.post(address, sent).status_code == 302
        found = stays.whole(sent["id"])
        assert found.admission.discharged_on == today - 2 * DAY
        assert (len(found.take_home), len(found.conditions), Admission.objects.count()) == (1, 1, 2)
        answer = browser.post(address, sent | {"id": uuid7(), "left_on": day(today - 9 * DAY)})
        assert answer.status_code == 422 and "cannot be before the admission" in words(answer)


class TestTheStay:
    def test_the_page_is_light_however_much_was_written(self, browser, stay, today):
        now, by = timezone.now(), somebody()
        bedside.order(stay_id=stay.pk, lines=[Line("ORS"), Line("Zinc")], by=by, now=now)
        for _ in range(4):
            bedside.measure(stay_id=stay.pk, values={"temperature": 38, "heart_rate": 90}, at=now, now=now, by=by)
            browser.post(here(stay, "stay_note"), {"kind": "progress", "text": "Sleeps", "at": typed(now)})
        page = words(asked(browser, "get", here(stay)))
        assert page.count("<svg xmlns") == 2 and page.count("Sleeps") == 4
        assert Read.objects.filter(patient_id=stay.patient_id, what="admission").exists()

    def test_of_a_long_stay_the_last_days_come_first(self, browser, today):
        stay = a_stay(a_patient(today=today), on=today - 30 * DAY, today=today)
        then = noon(today - 25 * DAY)
        browser.post(here(stay, "stay_note"), {"kind": "progress", "text": "Long ago", "at": typed(then)})
        assert "Long ago" not in words(browser.get(here(stay)))
        assert "Long ago" in words(browser.get(here(stay), {"all": ""}))

    def test_a_note_is_written_once_within_the_budget(self, browser, stay):
        sent = {"id": uuid7(), "kind": "nursing", "text": "Washed", "at": typed(timezone.now())}
        answer = asked(browser, "post", here(stay, "stay_note"), sent, WRITES)
        assert answer.url == f"{here(stay)}#notes"
        assert browser.post(here(stay, "stay_note"), sent).status_code == 302
        assert StayNote.objects.count() == 1
        refused = browser.post(
            here(stay, "stay_note"), sent | {"id": uuid7(), "at": "31/02/2026 10:00", "text": "Kept"}
        )
        assert refused.status_code == 422 and "Kept" in words(refused)

    def test_a_better_note_stands_over_the_earlier_one(self, browser, stay):
        browser.post(here(stay, "stay_note"), {"kind": "progress", "text": "One", "at": typed(timezone.now())})
        address = reverse("clinic:stay_note_better", args=[StayNote.objects.get().pk])
        assert "One" in words(asked(browser, "get", address))
        sent = {"id": uuid7(), "kind": "progress", "text": "Two", "at": typed(timezone.now()), "why": "Heard wrong"}
        assert asked(browser, "post", address, sent, WRITES).status_code == 302
        assert browser.post(address, sent).status_code == 302
        page = words(browser.get(here(stay)))
        assert "1 earlier reading" in page and "Heard wrong" in page
        refused = browser.post(address, sent | {"id": uuid7()})
        assert refused.status_code == 422 and "already written a better note" in words(refused)

    def test_measurements_are_written_and_taken_back(self, browser, stay):
        address = here(stay, "stay_vitals")
        assert asked(browser, "get", address).status_code == 200
        sent = {"id": uuid7(), "at": typed(timezone.now()), "temperature": "៣៨,៥", "heart_rate": "120"}
        assert asked(browser, "post", address, sent, WRITES).url == f"{here(stay)}#measured"
        assert browser.post(address, sent).status_code == 302
        row = Vitals.objects.get()
        assert str(row.temperature) == "38.5"
        for wrong in (
            {"temperature": "99"},
            {"temperature": "", "heart_rate": ""},
            {"systolic": "80", "diastolic": "90"},
        ):
            assert browser.post(address, sent | {"id": uuid7()} | wrong).status_code == 422
        back = reverse("clinic:stay_vitals_void", args=[row.pk])
        assert browser.post(back, {"reason": ""}).status_code == 422
        assert asked(browser, "post", back, {"reason": "Other patient"}, WRITES).status_code == 302
        assert "Other patient" in words(browser.get(here(stay)))

    def test_one_tap_gives_what_is_ordered(self, browser, stay):
        sent = {"id": uuid7(), "treatments_what": "Paracetamol", "treatments_dose": "1x3"}
        assert asked(browser, "post", here(stay, "stay_order"), sent, WRITES).status_code == 302
        assert browser.post(here(stay, "stay_order"), sent).status_code == 302
        order = stays.whole(stay.pk).orders[0]
        give, tap = reverse("clinic:stay_give", args=[order.pk]), {"id": uuid7(), "now": "1"}
        assert asked(browser, "post", give, tap, WRITES + LOCKS).url == f"{here(stay)}#given"
        assert browser.post(give, tap).status_code == 302
        assert MedicineGiven.objects.count() == 1
        again = browser.post(give, {"id": uuid7(), "now": "1"})
        assert again.status_code == 422 and "If it is given again, say why" in words(again)
        dose = MedicineGiven.objects.get()
        wrong = reverse("clinic:stay_give_void", args=[dose.pk])
        assert asked(browser, "post", wrong, {"reason": "Neighbour"}, WRITES).status_code == 302
        stop = reverse("clinic:stay_stop", args=[order.pk])
        assert asked(browser, "post", stop, {}, WRITES).status_code == 302
        assert browser.post(stop).status_code == 302

    def test_an_allergy_asks_in_the_row_of_the_medicine(self, browser, stay):
        Allergy.objects.create(patient=stay.patient, substance="Penicillin", atc="J01C", told_on=stay.admitted_on)
        sent = {"id": uuid7(), "treatments_what": "Ampicillin", "treatments_atc": "J01CA01", "treatments_dose": "1 g"}
        answer = browser.post(here(stay, "stay_order"), sent)
        assert answer.status_code == 422 and "is allergic to Penicillin" in words(answer)
        assert browser.post(here(stay, "stay_order"), sent | {"treatments_despite": "Nothing else"}).status_code == 302

    def test_something_not_ordered_is_given_with_its_reason(self, browser, stay):
        address = here(stay, "stay_give_other")
        assert asked(browser, "get", address).status_code == 200
        sent = {"id": uuid7(), "what": "Oxygen", "at": typed(timezone.now()), "state": "missing"}
        assert browser.post(address, sent).status_code == 422
        assert browser.post(address, sent | {"reason": "The bottle is empty"}).status_code == 302

    def test_what_is_not_there_is_not_found(self, browser, stay):
        visit = a_visit(stay.patient, on=stay.admitted_on, today=stay.admitted_on)
        for name in ("admission", "transfer", "discharge", "stay_vitals", "stay_give_other"):
            assert browser.get(reverse(f"clinic:{name}", args=[visit.pk])).status_code == 404, name
        for name in ("stay_note", "stay_order", "stay_give", "stay_stop", "stay_vitals_void", "stay_give_void",
                     "discharge_undone", "admission_void"):  # fmt: skip
            sent = {"kind": "progress", "text": "x", "at": typed(timezone.now()), "treatments_what": "x", "reason": "x"}
            assert browser.post(reverse(f"clinic:{name}", args=[visit.pk]), sent).status_code == 404, name


class TestMoveAndLeave:
    def test_a_patient_is_moved_and_discharged_within_the_budget(self, browser, stay, today):
        move, leave = here(stay, "transfer"), here(stay, "discharge")
        assert asked(browser, "get", move).status_code == 200
        assert asked(browser, "post", move, {"bed": a_bed(2).pk, "on": day(today)}, WRITES + LOCKS).status_code == 302
        assert asked(browser, "get", leave).status_code == 200
        sent = {"on": day(today), "type": DischargeType.DECEASED, "outcome": Outcome.DECEASED, "summary": "Peacefully"}
        assert browser.post(leave, sent | {"outcome": Outcome.RECOVERED}).status_code == 422
        # A death is one more question and one more row.
        assert asked(browser, "post", leave, sent, WRITES + 2 + LOCKS).status_code == 302
        assert Patient.objects.get().deceased_on == today
        assert browser.post(leave, sent).url == here(stay)  # a second click
        assert browser.post(leave, sent | {"summary": "Other"}).status_code == 422

    def test_the_summary_begins_with_what_was_written(self, browser, stay):
        browser.post(here(stay, "stay_note"), {"kind": "progress", "text": "Drinks again", "at": typed(timezone.now())})
        assert "Drinks again" in words(browser.get(here(stay, "discharge")))

    def test_who_is_referred_out_goes_on_to_the_referral(self, browser, stay, today):
        sent = {"on": day(today), "type": DischargeType.REFERRED, "outcome": Outcome.UNCHANGED, "diagnoses": "dengue"}
        answer = browser.post(here(stay, "discharge"), sent)
        assert answer.url == f"{reverse('referrals:new', args=[stay.patient_id])}?encounter={stay.encounter_id}"
        assert "Dengue" in words(browser.get(answer.url))

    def test_a_discharge_is_corrected_and_how_it_read_stays(self, browser, stay, today):
        sent = {"on": day(today), "summary": "Well", **LEFT}
        browser.post(here(stay, "discharge"), sent)
        address = f"{here(stay, 'discharge')}?correct"
        page = asked(browser, "get", address)
        was = page.context["shared"]["was"]
        assert browser.post(address, sent | {"summary": "Better", "was": was}).status_code == 422  # why?
        done = browser.post(address, sent | {"summary": "Better", "why": "Misread", "was": was})
        assert done.url == here(stay)
        page = words(asked(browser, "get", here(stay)))
        assert "Misread" in page and "Earlier versions" in page
        clash = browser.post(address, sent | {"summary": "Worse", "why": "Mine", "was": was})
        assert clash.status_code == 422 and "Better" in words(clash) and "Worse" in words(clash)
        seen = clash.context["shared"]["seen"]
        chosen = {"summary": "Worse", "why": "Mine", "was": was, "seen": seen, "keep_summary": "mine"}
        assert browser.post(address, sent | chosen).status_code == 302
        assert Admission.objects.get().summary == "Worse"

    def test_a_discharge_is_taken_back(self, browser, stay, today):
        a_discharge(stay, on=today, today=today)
        address = here(stay, "discharge_undone")
        assert browser.post(address, {"reason": ""}).status_code == 422
        assert browser.post(address, {"reason": "Wrong patient"}).status_code == 302
        assert Admission.objects.open().exists()
        assert browser.post(address, {"reason": "Again"}).status_code == 422

    def test_a_stay_entered_in_error_is_marked(self, browser, stay):
        assert browser.post(here(stay, "admission_void"), {"reason": "Other patient"}).status_code == 302
        assert "Other patient" in words(browser.get(here(stay)))
        assert browser.get(here(stay, "discharge")).status_code == 302


class TestSetup:
    @pytest.fixture
    def administrating(self, administrator):
        return client_of(administrator)

    def test_rooms_and_beds_are_added_and_renamed(self, administrating, django_capture_on_commit_callbacks):
        assert asked(administrating, "get", reverse("clinic:wards_setup")).status_code == 200
        with django_capture_on_commit_callbacks(execute=True):
            sent = {"ward-name_km": "បន្ទប់សម្រាល", "ward-name_en": "Birth room"}
            assert asked(administrating, "post", reverse("clinic:ward_new"), sent, WRITES).status_code == 302
            ward = Ward.objects.get(name_en="Birth room")
            new = reverse("clinic:bed_new", args=[ward.pk])
            assert asked(administrating, "post", new, {f"new{ward.pk}-label": "B1"}, WRITES).status_code == 302
            again = administrating.post(new, {f"new{ward.pk}-label": "B1"})
            assert again.status_code == 422 and "already has a bed with this name" in words(again)
            bed = Bed.objects.get(label="B1")
            rename = {f"bed{bed.pk}-label": "B9"}
            assert administrating.post(reverse("clinic:bed", args=[bed.pk]), rename).status_code == 302
            names = {f"ward{ward.pk}-name_km": "", f"ward{ward.pk}-name_en": "Births"}
            assert administrating.post(reverse("clinic:ward", args=[ward.pk]), names).status_code == 302
            nameless = {f"ward{ward.pk}-name_km": " "}
            assert administrating.post(reverse("clinic:ward", args=[ward.pk]), nameless).status_code == 422
        assert catalogue.beds()[bed.pk].label == "B9"
        assert str(Ward.objects.get(pk=ward.pk).name_km) == "Births"

    def test_a_bed_with_a_patient_stays_in_use(self, administrating, stay, django_capture_on_commit_callbacks):
        address = reverse("clinic:bed", args=[stay.bed_id])
        answer = administrating.post(address, {"use": "off"})
        assert answer.status_code == 422 and "Keo Bopha lies in this bed" in words(answer)
        free = reverse("clinic:bed", args=[a_bed(1).pk])
        with django_capture_on_commit_callbacks(execute=True):
            assert asked(administrating, "post", free, {"use": "off"}, WRITES).status_code == 302
        assert a_bed(1).pk not in catalogue.beds()
        with django_capture_on_commit_callbacks(execute=True):
            administrating.post(free, {"use": "on"})
        assert a_bed(1).pk in catalogue.beds()

    def test_nurses_lie_no_hand_on_it(self, browser):
        assert browser.get(reverse("clinic:wards_setup")).status_code == 403
        assert browser.post(reverse("clinic:bed", args=[a_bed().pk]), {"use": "off"}).status_code == 403

    def test_a_room_that_is_not_there_is_not_found(self, administrating):
        assert administrating.post(reverse("clinic:ward", args=[10**20]), {}).status_code == 404
        assert administrating.post(reverse("clinic:bed", args=[999]), {}).status_code == 404


@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_of_a_stay_opens_in_both_languages(nurse, stay, language, today):
    browser = client_of(nurse, language=language)
    now = timezone.now()
    order = bedside.order(stay_id=stay.pk, lines=[Line("ORS", "200 ml")], by=nurse, now=now)[0]
    browser.post(here(stay, "stay_note"), {"kind": "progress", "text": "ដេកលក់", "at": typed(now)})
    addresses = [
        reverse("clinic:wards"), here(stay), here(stay, "transfer"), here(stay, "discharge"), here(stay, "stay_vitals"),
        here(stay, "stay_give_other"), reverse("clinic:stay_give", args=[order.pk]),
        reverse("clinic:stay_note_better", args=[StayNote.objects.get().pk]),
        reverse("clinic:admit", args=[stay.patient_id]), reverse("clinic:admit_late", args=[stay.patient_id]),
    ]  # fmt: skip
    for address in addresses:
        assert browser.get(address).status_code == 200, address
