"""A month is issued: from a number on its page to a record and back, a late record, the difference, issued again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.flows.conftest import Person
from tests.flows.test_what_pages_do import expect

Sit = Callable[..., Person]


def test_a_month_is_issued_a_record_comes_late_and_it_is_issued_again(people: Sit) -> None:
    administrator = people("admin", "en")
    page = administrator.page
    page.get_by_text("Papers to issue:").locator("xpath=../a").first.click()
    page.wait_for_url("**/reports/month/**")
    month = page.url.removeprefix(administrator.address).partition("#")[0]

    patient, visits = to_a_record_and_back(page, "services")
    page.get_by_role("button", name="Issue the paper").click()
    issued(page, "Revision 1, issued on")
    administrator.says("The records still say what this paper says.", "SHA-256")
    paper = page.url.removeprefix(administrator.address)

    nurse = people("nurse", "en")
    write_a_late_visit(nurse, patient, f"15/{month[-3:-1]}/{month[-8:-4]}")
    administrator.go(month)
    expect(page.locator("#paper")).to_contain_text("differ from the issued paper")
    row = page.locator("#paper tr", has_text="Summary · Patients assessed")
    expect(row).to_contain_text(f"{visits + 1:,}")

    administrator.go(paper)
    page.get_by_role("button", name="Issue revision 2").click()
    expect(page.locator("[name=reason][aria-invalid=true]")).to_be_visible()  # a reissue needs a reason
    page.fill("[name=reason]", "A visit was written down late")
    page.get_by_role("button", name="Issue revision 2").click()
    issued(page, "Revision 2, issued on")
    administrator.says("A visit was written down late", "The records still say what this paper says.")
    expect(page.locator("#restated")).to_contain_text(f"{visits + 1:,}")
    administrator.go(paper)
    administrator.says("Revision 2 has taken the place of this one.")
    take_it_back(nurse)  # other journeys count on the year as it was


def to_a_record_and_back(page: Any, table: str) -> tuple[str, int]:
    """Open the number under the total, one of its records and its person, and go back; return both."""
    number = page.locator(f"#{table}-table tfoot a").last
    said = number.inner_text()
    number.click()
    expect(page.locator("h1")).to_contain_text(f": {said}")
    records = page.url
    record = page.locator("tbody th a").first
    name = record.inner_text()
    record.click()
    expect(page.locator("main")).to_contain_text(name)
    patient = page.locator("main a[href^='/patients/']").first.get_attribute("href")
    page.go_back()
    page.wait_for_url(records)
    page.get_by_role("link", name="Back to the figures").click()
    page.wait_for_url(f"**/reports/month/**#{table}-table")
    found = re.search(r"[0-9a-f-]{36}", str(patient))
    assert found, patient
    return found[0], int(said.replace(",", ""))


def issued(page: Any, words: str) -> None:
    """Wait for the work that was asked for and open the paper it made."""
    page.wait_for_url("**/jobs/**")
    page.get_by_role("link", name="See what was made").click(timeout=120_000)
    expect(page.locator("main")).to_contain_text(words)


def write_a_late_visit(nurse: Person, patient: str, day: str) -> None:
    """Write a visit of an earlier day."""
    nurse.go(f"/clinic/patients/{patient}/visit/")
    nurse.page.fill("[name=on]", day)
    nurse.page.fill("[name=complaint]", "Cough, written down late")
    nurse.pick("diagnoses_text", "cold")
    nurse.choose("result", "treated")
    nurse.send("button[name=do][value=close]")


def take_it_back(nurse: Person) -> None:
    """Mark the visit that is open as entered in error."""
    form = nurse.page.locator("form[action$='/void/']")
    nurse.page.locator("details", has=form).locator("summary").click()
    form.locator("[name=reason]").fill("It was another person")
    with nurse.page.expect_navigation():
        form.locator("button").click()
