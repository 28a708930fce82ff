"""The main path, from a patient's registration to the printed month, as the people of the centre walk it."""

from __future__ import annotations

import io
import itertools
import json
import re
import time
from collections.abc import Callable

import openpyxl
import pypdfium2
import pytest

from tests.flows.conftest import Person

Sit = Callable[..., Person]
KHMER, ENGLISH = "km", "en"
READINGS = itertools.count(300_000 + int(time.time()) // 60 % 1_000_000, 40)


def test_the_figures_of_rest_are_those_of_the_page(people: Sit) -> None:
    administrator = people("admin", ENGLISH)
    year = today_year() - 1
    answer = administrator.context.request.get(
        f"{administrator.address}/reports/api/figures/?from={year}-01&to={year}-12"
    )
    figures = json.loads(answer.body())["figures"]
    assert figures["patients_assessed"]["total"] == 11292
    assert figures["new_patients_admitted"]["total"] == 300


@pytest.mark.parametrize("language", [KHMER, ENGLISH])
class TestTheMainPath:
    """In both languages: each test begins at a log-in and leaves its traces in one person's record."""

    found: dict[str, str] = {}
    given = {KHMER: ("សុវណ្ណថា", "Sovanntha"), ENGLISH: ("មុនីរ័ត្ន", "Monirath")}

    def test_an_administrator_asks_for_the_year_and_holds_right_numbers(self, people: Sit, language: str) -> None:
        administrator = people("admin", language)
        page = administrator.page
        administrator.go("/reports/")
        page.locator("main a[rel=prev]").click()
        page.locator(f"main a[href='/reports/year/{today_year() - 1}/']").first.click()
        administrator.says("11,292", "2,261", "3,606", "7,963", "2,954", "375")
        page.locator("main form[action*=paper] button").first.click()
        page.wait_for_url("**/jobs/**")
        page.locator("a[href*='/files/']").nth(2).wait_for(timeout=120_000)
        files = {}
        for link in page.locator("a[href*='/files/']").all():
            with page.expect_download() as download:
                link.click()
            files[download.value.suggested_filename] = download.value.path().read_bytes()
        papers = [text_of(content) for name, content in files.items() if name.endswith(".pdf")]
        assert len(papers) == 2
        for paper in papers:
            for number in ("11,292", "2,261", "3,606", "7,963", "2,954", "375", "300"):
                assert number in paper
        sheet = next(content for name, content in files.items() if name.endswith(".xlsx"))
        cells = {cell for tab in openpyxl.load_workbook(io.BytesIO(sheet)) for row in tab.values for cell in row}
        assert {11292, 2261, 3606, 7963, 2954, 375, 300} <= cells

    def test_a_nurse_searches_registers_and_writes_a_visit(self, people: Sit, language: str) -> None:
        nurse, (khmer, latin) = people("nurse", language), self.given[language]
        page = nurse.page
        nurse.go("/")
        page.keyboard.press("/")
        page.keyboard.type(f"Chhuon {latin}")
        page.locator("#search-results a[href*=register]").click()
        page.fill("[name=family_name_km]", "ឈួន")
        page.fill("[name=given_name_km]", khmer)
        page.fill("[name=family_name]", "Chhuon")
        page.fill("[name=given_name]", latin)
        nurse.choose("sex", "F")
        page.fill("[name=birth]", "៤")
        nurse.pick("village_text", "srae am")
        page.fill("[name=phone]", "០១២ ៣៤៥ ៦៧៨")
        nurse.send("button[name=then][value=visit]")
        self.found[language] = nurse.id_in_address()
        page.fill("[name=complaint]", "គ្រុនក្តៅ ៣ ថ្ងៃ")
        page.fill("[name=temperature]", "៣៨.៥")
        page.fill("[name=weight]", "14.2")
        nurse.pick("diagnoses_text", "fever")
        page.locator("[name=treatments_what]").first.fill("Paracetamol 500 mg")
        page.locator("[name=treatments_dose]").first.fill("1/2 x 3, 3 d")
        nurse.choose("result", "treated")
        nurse.send("button[name=do][value=close]")
        nurse.go(f"/patients/{self.found[language]}/")
        nurse.says("ឈួន", "Chhuon", "38.5")

    def test_wrong_input_is_told_beside_the_field_and_nothing_is_lost(self, people: Sit, language: str) -> None:
        nurse = people("nurse", language)
        nurse.go("/clinic/register/")
        nurse.page.fill("[name=given_name]", "Bopha")
        nurse.page.fill("[name=birth]", "31/02/2020")
        nurse.page.locator("button[name=then]").first.click()
        error = nurse.page.locator("#id_birth_error")
        error.wait_for()
        assert bool(re.search("[\u1780-\u17ff]", error.inner_text())) == (language == KHMER)
        assert nurse.page.input_value("[name=given_name]") == "Bopha"
        assert nurse.page.input_value("[name=birth]") == "31/02/2020"

    def test_a_nurse_admits_to_a_bed_and_discharges(self, people: Sit, language: str) -> None:
        nurse = people("nurse", language)
        nurse.go(f"/clinic/patients/{self.found[language]}/admit/")
        nurse.page.fill("[name=reason]", "Observation")
        nurse.page.locator("[name=bed]:enabled").first.check(force=True)
        nurse.send()
        nurse.go("/clinic/wards/")
        nurse.page.locator("main a", has_text=self.given[language][0]).first.click()
        nurse.page.locator("a[href*=discharge]").first.click()
        nurse.choose("type", "DITY-0000E08")
        nurse.choose("outcome", "VIOU-0000V09")
        nurse.send()
        nurse.go("/clinic/wards/")
        assert self.given[language][0] not in nurse.page.locator("main").inner_text()

    def test_the_mobile_team_checks_a_childs_teeth(self, people: Sit, language: str) -> None:
        team = people("mobile", language, width=800)
        team.go("/mobile/")
        open_a_session(team)
        team.go(f"{team.page.url.removeprefix(team.address)}{self.found[language]}/")
        for name, value in {"pain": "yes", "dental_education": "yes", "toothbrush": "yes", "toothpaste": "yes"}.items():
            team.choose(name, value)
        team.page.get_by_role("button", name="55", exact=False).first.click()
        team.page.locator("button", has_text=re.compile("^B")).first.click()
        team.choose("urgency", "2")
        team.send()
        team.says("ឈួន")

    def test_the_referral_desk_sends_an_ambulance_and_takes_a_deceased_person_home(
        self, people: Sit, language: str
    ) -> None:
        desk = people("referral", language)
        bring_the_vehicle_back(desk)
        desk.go(f"/referrals/new/{self.found[language]}/")
        desk.choose("hospital", "1")
        desk.choose("urgency", "1")
        desk.page.fill("[name=reason]", "Severe pneumonia")
        desk.send()
        referral = desk.page.url.removeprefix(desk.address)
        desk.page.locator("main a[href*='trips/new']").first.click()
        send_out(desk, {"escort": "Midwife"})
        bring_the_vehicle_back(desk)
        desk.go(referral)
        slip = desk.context.request.get(f"{desk.page.url}slip.pdf")
        assert slip.body().startswith(b"%PDF")
        desk.go("/referrals/trips/deceased-home/")
        desk.page.fill("[name=family_contact]", "Nhem, 012 999 888")
        desk.page.fill("[name=destination]", "Phum Thmei")
        send_out(desk, {"person": "Nhem Sary"})
        bring_the_vehicle_back(desk)
        desk.go("/referrals/trips/")
        desk.says("Nhem Sary")

    def test_money_becomes_medicine_becomes_care(self, people: Sit, language: str) -> None:
        pharmacist = people("pharmacist", language)
        page = pharmacist.page
        pharmacist.go("/pharmacy/donate/")
        pharmacist.choose("currency", "KHR")
        page.fill("[name=amount]", "៥០,០០០")
        page.fill("[name=donor_name]", "ភូមិត្រពាំងជ្រៅ")
        pharmacist.send()
        pharmacist.says("50,000")
        receipt = pharmacist.context.request.get(f"{page.url}receipt.pdf")
        assert "50,000" in text_of(receipt.body())
        pharmacist.go("/pharmacy/purchases/new/")
        page.fill("[name=supplier]", "Takeo Pharma")
        page.fill("[name=invoice]", f"I-{language}")
        pharmacist.choose("currency", "KHR")
        pharmacist.pick("line-0-medicine_text", "paracetamol")
        page.fill("[name=line-0-quantity]", "200")
        page.fill("[name=line-0-cost]", "40000")
        page.fill("[name=line-0-expires_on]", "31/12/2099")
        page.fill("[name=sum]", "40000")
        pharmacist.send()
        pharmacist.says("Takeo Pharma", "40,000")
        pharmacist.go(f"/pharmacy/patients/{self.found[language]}/dispense/")
        pharmacist.pick("medicine_text", "paracetamol")
        page.fill("[name=quantity]", "6")
        page.locator("[name=place]").select_option(index=0)
        page.fill("[name=directions]", "1/2 x 3")
        pharmacist.send()

    def test_the_record_shows_everything_on_one_timeline(self, people: Sit, language: str) -> None:
        nurse = people("nurse", language)
        nurse.go(f"/patients/{self.found[language]}/")
        words = nurse.page.locator("main").inner_text()
        for trace in ("38.5", "Severe pneumonia", "Observation", "1/2 x 3"):
            assert trace in words, (trace, words[:3000])
        assert "50,000" not in words, "what people gave is no part of their care"


def today_year() -> int:
    """Return the clinic's present year."""
    from django.utils import timezone

    from core.periods import local_day

    return local_day(timezone.now()).year


def text_of(pdf: bytes) -> str:
    """Return the words of a PDF."""
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


def open_a_session(team: Person) -> None:
    """Open a session of this week or the one before in which check-ups can be written."""
    page = team.page
    for _ in range(3):
        sessions = {link.get_attribute("href") for link in page.locator("main a[href*='/mobile/sessions/']").all()}
        before = page.locator("main a[rel=prev]").get_attribute("href")
        for href in sorted(str(session) for session in sessions):
            if re.search(r"/sessions/[0-9a-f-]{36}/$", href):
                team.go(href)
                if page.locator(".finder").count():
                    return
        team.go("/mobile/" + str(before).removeprefix("/mobile/"))
    raise AssertionError("no session of these weeks takes check-ups")


def send_out(desk: Person, cells: dict[str, str]) -> None:
    """Fill in a vehicle's leaving on the page that is open, and save."""
    for name, text in ({"driver": "Sok Pheakdey"} | cells).items():
        desk.page.fill(f"[name={name}]", text)
    desk.page.locator("[name=vehicle]").first.check(force=True)
    if desk.page.locator("[name=purpose]").count() and not desk.page.locator("[name=purpose]:checked").count():
        desk.page.locator("[name=purpose]").first.check(force=True)
    desk.page.fill("[name=odometer_out]", str(odometer()))
    desk.send()


def bring_the_vehicle_back(desk: Person) -> None:
    """Complete the trip under way, if there is one."""
    page = desk.page
    desk.go("/referrals/")
    for href in {link.get_attribute("href") for link in page.locator("main a[href*='/referrals/trips/']").all()}:
        if not re.search(r"/trips/[0-9a-f-]{36}/$", str(href)):
            continue
        desk.go(str(href))
        if page.locator("[name=odometer_in]").count():
            back = "main form:has([name=odometer_in])"  # the arrival may stand before it, legs behind it
            page.locator(back).first.locator("[name=odometer_in]").fill(str(odometer()))
            desk.send(f"{back} button:not([type=button])")


def odometer() -> int:
    """Return a reading above every one before, as the vehicle's own would be."""
    return next(READINGS)
