"""Whatever is typed into a form gets an answer in words; nothing typed ever breaks the page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Admission, DischargeType, Outcome, Vitals
from core.ids import uuid7
from core.periods import local_day
from tests.builders import a_bed, a_discharge, a_patient, a_stay, a_visit
from tests.people import client_of

pytestmark = pytest.mark.django_db

ODD = [
    "", " ", "0", "-1", "៩៩៩៩៩៩៩៩៩៩៩៩", "99999999999999999999", "1e9", "nan", "inf", "31/02/2026", "29/02/2027",
    "0/0/0", "01/01/0001", "31/12/9999", "2569-01-01", "about 3 months", "130y", "131", "=1+1", "<b>x</b>", "\x00",
    "\u200b", "ៗ", "'; DROP TABLE", "%", "a" * 5000, "ក" * 300, "012 345 678", "None", "[]", "🙂", "٣", "½", "1,5",
    "1.", "٫5",
]  # fmt: skip
ANY = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
# A page takes several odd inputs at once: at least two hundred a form all told.
MANY = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
MORE = settings(MANY, max_examples=100)


def noise(*boxes: str):
    return st.fixed_dictionaries({}, optional=dict.fromkeys(boxes, ANY))


def answered(answer) -> None:
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        page = answer.content.decode()
        assert "errorlist" in page or "notice--danger" in page


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


PERSON_BOXES = (
    "family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth", "village", "village_text", "phone",
    "guardian", "phones_number", "phones_whose", "payer", "equity", "equity_level", "equity_issued", "equity_until",
    "national", "birth_certificate", "family_book", "nssf", "ministry", "paper",
)  # fmt: skip
NEW_BOXES = (
    "id", "then", "guardian_id", "guardian_kind", "lives_with", "allergy", "allergies", "allergies_text", "consent",
    "consent_by", "photo", "photo_agreed", "besides",
)  # fmt: skip


@MANY
@given(noise(*PERSON_BOXES, *NEW_BOXES))
def test_registering(browser, typed):
    answered(browser.post("/clinic/register/", {"sex": "F"} | typed))
    assert browser.post("/clinic/register/likely/", typed).status_code == 200


@MANY
@given(noise(*PERSON_BOXES, "was", "seen", "keep_phone"))
def test_correcting(browser, typed):
    person = a_patient()
    answered(browser.post(reverse("clinic:patient_edit", args=[person.id]), {"family_name": "Sok", "sex": "F"} | typed))


VISIT_BOXES = (
    "urgency", "complaint", "temperature", "heart_rate", "respiratory_rate", "systolic", "diastolic", "oxygen",
    "weight", "height", "muac", "glucose", "findings", "diagnoses", "diagnoses_text", "new_case", "treatments_what",
    "treatments_dose", "treatments_atc", "treatments_despite", "advice", "follow_up_on", "result", "result_text", "do",
    "was", "seen", "keep_complaint", "another", "alerts",
)  # fmt: skip


@MANY
@given(noise("id", "on", "told", *VISIT_BOXES))
def test_opening_a_visit(browser, typed):
    sent = {"on": f"{local_day(timezone.now()):%d/%m/%Y}", "urgency": "3", "new_case": "new"} | typed
    answered(browser.post(reverse("clinic:visit_new", args=[a_patient().id]), sent))


@MORE
@given(noise("id", "told", "signs", "another", "urgency", "complaint", "temperature", "weight", "muac", "glucose"))
def test_arriving(browser, typed):
    answered(browser.post(reverse("clinic:arrive", args=[a_patient().id]), {"urgency": "3"} | typed))


@MANY
@given(noise("why", *VISIT_BOXES))
def test_correcting_a_visit(browser, typed):
    visit = a_visit(a_patient(), close=True)
    address = reverse("clinic:visit", args=[visit.id]) + "?correct"
    answered(browser.post(address, {"urgency": "3", "new_case": "new", "why": "Slip"} | typed))


@MORE
@given(noise("slot", "told", "temperature", "weight", "systolic", "glucose"),
       noise("alerts", "treatments_what", "treatments_dose", "treatments_atc", "treatments_despite"))  # fmt: skip
def test_help_while_writing(browser, measured, prescribed):
    assert browser.get("/clinic/measurements/", measured).status_code == 200
    assert browser.post("/clinic/prescription/", prescribed).status_code == 200


@MORE
@given(noise("instead_of", "q"))
def test_taking_in(browser, typed):
    visit = a_visit(a_patient())
    assert browser.post(reverse("clinic:take_in", args=[visit.id]), typed).status_code == 302
    assert browser.get("/pharmacy/prescribable/", typed).status_code == 200


@MANY
@given(noise(*VISIT_BOXES))
def test_writing_a_visit(browser, typed):
    visit = a_visit(a_patient())
    answered(browser.post(reverse("clinic:visit", args=[visit.id]), {"urgency": "3", "new_case": "new"} | typed))


@MANY
@given(noise("id", "on", "bed", "reason", "diagnoses", "diagnoses_text", "told"))
def test_admitting(browser, typed):
    sent = {"on": f"{local_day(timezone.now()):%d/%m/%Y}", "bed": a_bed().pk} | typed
    answered(browser.post(reverse("clinic:admit", args=[a_patient().id]), sent))


LEAVING = ("on", "type", "outcome", "summary", "advice", "follow_up_on", "diagnoses", "diagnoses_text",
           "treatments_what", "treatments_dose", "treatments_atc", "treatments_despite")  # fmt: skip
LEFT = {"on": "20/11/2026", "type": DischargeType.AUTHORIZED, "outcome": Outcome.IMPROVED}


@MANY
@given(noise("id", "left_on", "bed", "reason", "urgency", "told", *LEAVING))
def test_writing_a_stay_that_is_over(browser, typed):
    sent = LEFT | {"on": "18/11/2026", "left_on": "19/11/2026", "bed": a_bed().pk} | typed
    answered(browser.post(reverse("clinic:admit_late", args=[a_patient().id]), sent))
    Admission.objects.update(void=True)


@MORE
@given(noise(*LEAVING))
def test_discharging(browser, typed):
    stay = a_stay(a_patient(), bed=None, id=uuid7())
    answered(browser.post(reverse("clinic:discharge", args=[stay.id]), LEFT | typed))
    Admission.objects.update(void=True)


@MANY
@given(noise("why", "was", "seen", "keep_summary", *LEAVING))
def test_correcting_a_discharge(browser, typed):
    stay = a_discharge(a_stay(a_patient(), id=uuid7()))
    answered(browser.post(reverse("clinic:discharge", args=[stay.id]) + "?correct", LEFT | {"why": "x"} | typed))
    Admission.objects.update(void=True)


@MANY
@given(noise("bed", "on"))
def test_moving(browser, typed):
    stay = a_stay(a_patient(), id=uuid7())
    sent = {"on": "20/11/2026", "bed": a_bed(1).pk} | typed
    answered(browser.post(reverse("clinic:transfer", args=[stay.id]), sent))
    Admission.objects.update(void=True)


AT_THE_BEDSIDE = {
    "stay_note": ("id", "at", "kind", "text"), "stay_vitals": ("id", "at", *Vitals.MEASURES),
    "stay_order": ("id", "treatments_what", "treatments_dose", "treatments_atc", "treatments_despite"),
    "stay_give_other": ("id", "what", "dose", "at", "state", "reason", "now"), "admission_void": ("reason",),
    "discharge_undone": ("reason",),
}  # fmt: skip


@pytest.mark.parametrize(("name", "boxes"), AT_THE_BEDSIDE.items())
def test_writing_at_the_bedside(browser, name, boxes):
    stay = a_stay(a_patient(), id=uuid7())

    @MANY
    @given(noise(*boxes))
    def typed_is_answered(typed):
        answered(browser.post(reverse(f"clinic:{name}", args=[stay.id]), typed))

    typed_is_answered()


@pytest.mark.parametrize(("name", "boxes"), {
    "ward_new": ("ward-name_km", "ward-name_en"), "ward": ("ward{ward}-name_km", "ward{ward}-name_en"),
    "bed_new": ("new{ward}-label",), "bed": ("bed{bed}-label", "use"),
}.items())  # fmt: skip
def test_setting_up_rooms(administrator, name, boxes):
    browser, some = client_of(administrator), a_bed()
    keys = {"ward_new": [], "bed": [some.pk]}.get(name, [some.ward_id])
    address = reverse(f"clinic:{name}", args=keys)
    boxes = [box.format(ward=some.ward_id, bed=some.pk) for box in boxes]

    @MANY
    @given(noise(*boxes))
    def typed_is_answered(typed):
        answered(browser.post(address, typed))

    typed_is_answered()


@MORE
@given(noise("on", "source"))
def test_recording_a_death(browser, typed):
    answered(browser.post(reverse("clinic:death", args=[a_patient().id]), typed))


@MANY
@given(noise("id", "substance", "substance_id", "reaction", "severe", "kind", "told_on"), noise("on"))
def test_writing_an_allergy(browser, typed, none):
    person = a_patient()
    answered(browser.post(reverse("clinic:allergy_add", args=[person.id]), {"told_on": "01/11/2026"} | typed))
    answered(browser.post(reverse("clinic:allergy_none", args=[person.id]), none))


@MANY
@given(noise("member", "member_text"), noise("id", "guardian", "guardian_text", "guardian_kind"), noise("member"))
def test_writing_a_family(browser, member, guardian, leaving):
    person = a_patient()
    answered(browser.post(reverse("clinic:household_join", args=[person.id]), member))
    answered(browser.post(reverse("clinic:guardian_add", args=[person.id]), guardian))
    assert browser.post(reverse("clinic:household_leave", args=[person.id]), leaving).status_code == 302


@MANY
@given(noise("id", "purpose", "given", "said_by", "on"), noise("photo", "agreed_by"), noise("reason"))
def test_writing_consent_and_photo(browser, consent, photo, reason):
    person = a_patient()
    answered(browser.post(reverse("clinic:consent", args=[person.id]), consent))
    answered(browser.post(reverse("clinic:photo_put", args=[person.id]), photo))
    answered(browser.post(reverse("clinic:photo_remove", args=[person.id]), reason))


@MANY
@given(noise("animal", "birth", "guardian_id", "q"))
def test_what_is_asked_while_typing(browser, typed):
    for name in ("zodiac", "guardian_offer", "people", "allergens"):
        assert browser.get(reverse(f"clinic:{name}"), typed).status_code == 200
