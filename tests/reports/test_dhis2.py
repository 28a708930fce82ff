"""Figures on their way to DHIS2, against a server that answers as it does: taken, refused, silent, cut short."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from datetime import UTC, timedelta

import pytest
from django.urls import reverse

from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.periods import Month
from reports import tasks
from reports.ministry import dhis2
from reports.ministry.counting import fill
from reports.ministry.dhis2 import Target, Value
from reports.ministry.package import changes, pack
from reports.models import FormBlock, FormLine, MinistryForm, Sending
from reports.services import ministry as layout_services
from reports.services import sending as services
from reports.services.ministry import Place
from tests.reports.rows import a_contact
from tests.reports.standin import TOKEN, standing_in, summary

pytestmark = pytest.mark.django_db
MARCH = Month("2025-03")
TODAY = dt.date(2025, 4, 2)
NOW = dt.datetime(2025, 4, 2, 3, tzinfo=UTC)


@pytest.fixture
def server(settings):
    with standing_in() as found:
        settings.DHIS2_URL, settings.DHIS2_TOKEN, settings.DHIS2_TIMEOUT = found.address, TOKEN, 1
        yield found


@pytest.fixture
def form(administrator):
    """Return a form of one block by sex with two lines, mapped, in a month of three contacts."""
    form = MinistryForm.objects.create(key="small", name_km="ក", name_en="Small", data_set="pBOMPrpg1QX",
                                       org_unit="DiszpKrYNg8")  # fmt: skip
    block = FormBlock.objects.create(form=form, key="all", name_km="ក", name_en="All", columns="sex")
    for key, service in (("out", "outpatient"), ("in", "inpatient")):
        line = FormLine.objects.create(
            block=block, key=key, name_km="ក", name_en=key, figure="patients_assessed",
            narrowed={"service": [service]}, position=len(key),
        )  # fmt: skip
        places = {sex: Place(f"de{key}", f"coc{sex}") for sex in ("F", "M")}
        layout_services.map_line(line=line, places=places, by=administrator)
    a_contact(dt.date(2025, 3, 1))
    a_contact(dt.date(2025, 3, 31))
    a_contact(dt.date(2025, 3, 15), "inpatient")
    a_contact(dt.date(2025, 4, 1))
    return form


def ask(form, by, **changed):
    given = {
        "id": uuid7(), "form": form, "month": MARCH, "package": pack(fill(form, MARCH)), "rehearsal": False,
        "despite": False, "today": TODAY, "at": NOW, "by": by,
    }  # fmt: skip
    from django.conf import settings

    return services.ask_to_send(**(given | {"server": settings.DHIS2_URL} | changed))


def sent(sending):
    """Let the worker do its due try, and return the row as it is then."""
    tasks.send_to_dhis2(str(sending.id))
    return Sending.objects.get(id=sending.id)


def test_a_body_has_the_documented_shape_and_an_empty_combination_is_left_out():
    target = Target("pBOMPrpg1QX", "DiszpKrYNg8", "201401")
    body = json.loads(
        dhis2.document(target, [Value("f7n9E0hX8qk", "", "12"), Value("Ix2HsbDMLea", "bRowv6yZOF2", "0")])
    )
    assert body == {
        "dataSet": "pBOMPrpg1QX",
        "period": "201401",
        "orgUnit": "DiszpKrYNg8",
        "dataValues": [
            {"dataElement": "Ix2HsbDMLea", "categoryOptionCombo": "bRowv6yZOF2", "value": "0"},
            {"dataElement": "f7n9E0hX8qk", "value": "12"},
        ],
    }


def test_the_same_values_are_the_same_bytes_in_whatever_order_they_come():
    target, values = Target("a", "b", "202503"), [Value("x", "y", "1"), Value("x", "", "2"), Value("a", "z", "3")]
    assert dhis2.document(target, values) == dhis2.document(target, values[::-1])


def test_the_csv_has_the_documented_columns_in_their_order():
    text = dhis2.table(Target("ds", "ou", "202503", "aoc"), [Value("de", "coc", "7")])
    assert list(csv.reader(io.StringIO(text))) == [
        ["dataelement", "period", "orgunit", "categoryoptioncombo", "attributeoptioncombo", "value"],
        ["de", "202503", "ou", "coc", "aoc", "7"],
    ]


def test_the_address_may_end_in_api_or_not_and_says_every_parameter():
    for server in ("https://d.example/hmis", "https://d.example/hmis/api"):
        found = dhis2.address(server, by_code=True, rehearsal=True)
        assert found == (
            "https://d.example/hmis/api/dataValueSets?importStrategy=CREATE_AND_UPDATE&dryRun=true&async=false"
            "&idScheme=CODE"
        )


def test_waiting_doubles_up_to_six_hours():
    assert [dhis2.wait(n) for n in (1, 2, 3, 9, 10, 16)] == [60, 120, 240, 15360, 21600, 21600]


@pytest.mark.parametrize(
    ("status", "text", "state"),
    [
        (200, json.dumps({"response": summary("SUCCESS", imported=4)}), dhis2.TAKEN),
        (200, json.dumps(summary("SUCCESS", ignored=4)), dhis2.TAKEN),
        (200, json.dumps(summary("WARNING", [{"object": "a", "value": "b"}], imported=1, ignored=1)), dhis2.PARTLY),
        (200, json.dumps(summary("ERROR", ignored=1)), dhis2.REFUSED),
        (409, json.dumps({"response": summary("WARNING", [{}], updated=1)}), dhis2.PARTLY),
        (409, json.dumps({"response": summary("WARNING", [{}], ignored=1)}), dhis2.REFUSED),
        (409, "conflict", dhis2.REFUSED),
        (401, "", dhis2.REFUSED),
        (403, "{}", dhis2.REFUSED),
        (404, "<html>", dhis2.REFUSED),
        (302, "", dhis2.REFUSED),
        (200, "<html>", dhis2.AGAIN),
        (200, "[]", dhis2.AGAIN),
        (200, '{"response": {"importCount": 3}}', dhis2.AGAIN),
        (200, "null", dhis2.AGAIN),
        (429, "", dhis2.AGAIN),
        (500, json.dumps({"response": summary("SUCCESS")}), dhis2.AGAIN),
        (503, "", dhis2.AGAIN),
    ],
)
def test_an_answer_is_taken_for_what_it_is(status, text, state):
    assert dhis2.judge(status, text).state == state


def test_counts_and_conflicts_that_are_none_are_not_taken_over():
    text = json.dumps({"status": "SUCCESS", "importCount": {"imported": "7", "updated": -1, "ignored": True},
                       "conflicts": ["a", {"object": None, "value": 3}]})  # fmt: skip
    verdict = dhis2.judge(200, text)
    assert set(verdict.counts.values()) == {None}
    assert verdict.conflicts == [{"about": "", "why": "3", "code": ""}]


def test_a_month_is_taken_and_the_receipt_keeps_the_very_bytes(server, form, administrator):
    row = sent(ask(form, administrator))
    assert row.state == Sending.State.TAKEN
    ((path, query, headers, body),) = server.asked
    assert path == "/hmis/api/dataValueSets"
    assert query["importStrategy"] == ["CREATE_AND_UPDATE"]
    assert headers["Authorization"] == f"ApiToken {TOKEN}"
    assert body == row.body
    assert TOKEN not in row.body + row.address
    assert server.kept[("DiszpKrYNg8", "202503", "deout", "cocF")] == "2"
    assert server.kept[("DiszpKrYNg8", "202503", "dein", "cocM")] == "0"
    answer = row.answers.get()
    assert (answer.status, answer.imported, answer.updated, answer.ignored) == (200, 4, 0, 0)
    assert json.loads(answer.answer)["status"] == "OK"


def test_a_late_record_shows_as_a_change_and_sent_again_it_is_updated(server, form, administrator):
    first = sent(ask(form, administrator))
    a_contact(dt.date(2025, 3, 9))
    (change,) = changes(pack(fill(form, MARCH)), first)
    assert (change.before, change.cell.value.value) == ("2", "3")
    again = sent(ask(form, administrator))
    assert (again.answers.get().updated, again.state) == (4, Sending.State.TAKEN)
    assert server.kept[("DiszpKrYNg8", "202503", "deout", "cocF")] == "3"


def test_a_rehearsal_is_checked_and_not_kept(server, form, administrator):
    row = sent(ask(form, administrator, rehearsal=True, today=dt.date(2025, 3, 20)))
    assert row.state == Sending.State.TAKEN
    assert server.asked[0][1]["dryRun"] == ["true"]
    assert server.kept == {}


def test_a_wrong_token_is_refused_and_not_tried_again(server, form, administrator, settings):
    settings.DHIS2_TOKEN = "other"
    row = sent(ask(form, administrator))
    assert (row.state, row.answers.get().problem) == (Sending.State.REFUSED, "reports.dhis2_token")
    assert sent(row).tries == 1


def test_conflicts_are_kept_with_what_they_are_about(server, form, administrator):
    server.known = {"deout"}
    row = sent(ask(form, administrator))
    answer = row.answers.get()
    assert (row.state, answer.status, answer.imported, answer.ignored) == (Sending.State.PARTLY, 409, 2, 2)
    assert answer.conflicts[0]["about"] == "dein"
    assert answer.conflicts[0]["code"] == "E7610"


@pytest.mark.parametrize(
    ("mood", "state", "problem"),
    [
        ("old", Sending.State.PARTLY, "reports.dhis2_partly"),
        ("refusing", Sending.State.REFUSED, "reports.dhis2_conflict"),
        ("elsewhere", Sending.State.REFUSED, "reports.dhis2_elsewhere"),
        ("broken", Sending.State.WAITING, "reports.dhis2_busy"),
        ("gateway", Sending.State.WAITING, "reports.dhis2_busy"),
        ("log_in", Sending.State.WAITING, "reports.dhis2_no_summary"),
        ("truncated", Sending.State.WAITING, "reports.dhis2_cut_short"),
        ("hanging", Sending.State.WAITING, "reports.dhis2_silent"),
        ("dripping", Sending.State.WAITING, "reports.dhis2_silent"),
    ],
)
def test_every_mood_of_a_server_has_its_state_and_its_words(
    server, form, administrator, settings, mood, state, problem
):
    settings.DHIS2_TIMEOUT = 0.3
    server.mood = mood
    row = sent(ask(form, administrator))
    assert (row.state, row.answers.get().problem) == (state, problem)
    assert (row.due_at is not None) == (state == Sending.State.WAITING)


def test_a_server_that_is_not_there_is_tried_again_until_it_is(server, form, administrator):
    server.mood = "broken"
    row = sent(ask(form, administrator))
    assert sent(row).tries == 1, "the next try is not due yet"
    server.mood = "well"
    Sending.objects.filter(id=row.id).update(due_at=NOW)
    row = sent(row)
    assert (row.state, row.tries, [each.number for each in row.answers.all()]) == (Sending.State.TAKEN, 2, [1, 2])


def test_the_last_try_gives_up(server, form, administrator):
    server.mood = "broken"
    row = ask(form, administrator)
    Sending.objects.filter(id=row.id).update(tries=dhis2.MOST_TRIES - 1)
    assert sent(row).state == Sending.State.GIVEN_UP


def test_a_repeated_message_sends_once_and_a_dead_workers_try_is_made_again(server, form, administrator):
    row = ask(form, administrator)
    began = services.begin(id=row.id, at=NOW)
    assert services.begin(id=row.id, at=NOW) is None
    assert services.due(at=NOW) == []
    later = NOW + services.FORSAKEN + timedelta(seconds=1)
    assert services.due(at=later) == [row.id]
    assert services.begin(id=row.id, at=later).tries == 2
    verdict = dhis2.judge(200, json.dumps(summary("SUCCESS")))
    assert services.end(sending=began, verdict=verdict, reply=None, at=later).state == Sending.State.AT_WORK


def test_one_month_is_sent_by_one_sending_at_a_time(server, form, administrator):
    ask(form, administrator)
    with pytest.raises(Conflict, match="reports_one_sending_at_work"):
        ask(form, administrator)


def test_the_token_goes_to_no_other_server(server, form, administrator, settings):
    row = ask(form, administrator)
    settings.DHIS2_URL = "https://other.example"
    assert (sent(row).state, row.answers.get().problem) == (Sending.State.REFUSED, "reports.dhis2_moved")
    assert server.asked == []


def test_nothing_is_sent_while_numbers_have_no_place_unless_it_is_said(server, form, administrator):
    line = form.blocks.get().lines.get(key="in")
    layout_services.map_line(line=line, places={"M": Place()}, by=administrator)
    with pytest.raises(RuleBroken, match="dhis2_unmapped"):
        ask(form, administrator)
    row = sent(ask(form, administrator, despite=True))
    assert (row.state, row.values, row.unmapped, row.incomplete) == (Sending.State.TAKEN, 3, 1, True)
    layout_services.map_line(line=line, places={"M": Place(left_out=True)}, by=administrator)
    package = pack(fill(form, MARCH))
    assert (len(package.sent), len(package.unmapped), len(package.left_out)) == (3, 0, 1)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"server": ""}, "reports.dhis2_no_server"),
        ({"today": dt.date(2025, 3, 31)}, "reports.dhis2_month_not_over"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(server, form, administrator, changed, code):
    with pytest.raises(RuleBroken, match=code):
        ask(form, administrator, **changed)


def test_two_numbers_never_go_to_one_place(form, administrator):
    line = form.blocks.get().lines.get(key="in")
    with pytest.raises(RuleBroken, match="mapping_twice"):
        layout_services.map_line(line=line, places={s: Place("new", "c") for s in "FM"}, by=administrator)
    with pytest.raises(RuleBroken, match="reports_mapping_one_number_a_place"):
        layout_services.map_line(line=line, places={"F": Place("deout", "cocF")}, by=administrator)


def test_receipts_of_tries_cannot_be_changed(server, form, administrator):
    from django.db import DatabaseError, transaction

    row = sent(ask(form, administrator))
    with pytest.raises(DatabaseError), transaction.atomic():
        row.answers.update(status=500)


def test_the_page_sends_once_however_often_it_is_pressed(
    server, form, administrator, client, django_capture_on_commit_callbacks
):
    client.force_login(administrator)
    page = reverse("reports:ministry_send", args=["small", "2025-03"])
    shown = client.get(page)
    assert b"values that go" in shown.content
    given = {"id": str(uuid7())}
    with django_capture_on_commit_callbacks(execute=True):
        for _n in range(2):
            answer = client.post(page, given)
            assert answer.status_code == 302
    row = sent(Sending.objects.get())
    receipt = client.get(reverse("reports:sending", args=[row.id]))
    assert row.sha256.encode() in receipt.content
    body = client.get(reverse("reports:sending_body", args=[row.id]))
    assert body.content.decode() == row.body


def test_the_page_keeps_a_waiting_one_and_it_can_be_stopped_or_hurried(server, form, administrator, client):
    server.mood = "broken"
    client.force_login(administrator)
    row = sent(ask(form, administrator))
    client.post(reverse("reports:sending_now", args=[row.id]))
    assert services.due(at=dt.datetime.now(UTC)) == [row.id]
    client.post(reverse("reports:sending_stop", args=[row.id]))
    row.refresh_from_db()
    assert row.state == Sending.State.STOPPED
    assert client.post(reverse("reports:sending_now", args=[row.id])).status_code == 302
    row.refresh_from_db()
    assert row.state == Sending.State.STOPPED


def test_a_nurse_does_not_send(form, nurse, client):
    client.force_login(nurse)
    assert client.get(reverse("reports:ministry_send", args=["small", "2025-03"])).status_code == 403


def test_files_to_carry_hold_the_same_values(form, administrator, client):
    client.force_login(administrator)
    body = client.get(reverse("reports:ministry_carried", args=["small", "2025-03", "json"])).json()
    rows = list(csv.DictReader(io.StringIO(
        client.get(reverse("reports:ministry_carried", args=["small", "2025-03", "csv"])).content.decode()
    )))  # fmt: skip
    by_json = {(v["dataElement"], v["categoryOptionCombo"], v["value"]) for v in body["dataValues"]}
    assert by_json == {(r["dataelement"], r["categoryoptioncombo"], r["value"]) for r in rows}
    assert client.get(reverse("reports:ministry_carried", args=["small", "2025-03", "xml"])).status_code == 404
