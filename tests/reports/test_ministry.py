"""The ministry's forms: laid out as data, counted whole, printed, and mapped by a file."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from clinic.models import Condition, Diagnosis
from core.ages import UNKNOWN
from core.errors import RuleBroken
from core.periods import Month
from reports.figures import FIGURES
from reports.ministry import layout, mapping_file, tables
from reports.ministry.counting import fill
from reports.ministry.package import plain
from reports.models import Dhis2Mapping, FormBlock, FormLine, MinistryForm
from reports.pdf.ministry import render
from reports.services import ministry as services
from reports.services.ministry import Place
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db
MARCH = Month("2025-03")


@pytest.fixture
def month():
    """Keep contacts at the edges of March: ages, services, cases, two diagnoses, none, void, other months."""
    baby = a_person(born=dt.date(2025, 2, 28))
    a_contact(dt.date(2025, 3, 1), patient=baby, conditions=["pneumonia"])
    a_contact(dt.date(2025, 3, 29), patient=baby, conditions=["pneumonia"], new_case=False)  # 29 days old
    a_contact(dt.date(2025, 3, 31), patient=a_person(sex="M"), conditions=["cold", "worms"])  # age unknown
    a_contact(dt.date(2025, 3, 2), "mobile", conditions=["caries"], gave="brush education")
    a_contact(dt.date(2025, 3, 3), "inpatient", conditions=["malaria", "pneumonia"])
    a_contact(dt.date(2025, 3, 4))
    a_contact(dt.date(2025, 3, 5), conditions=["cold"], void=True)
    a_contact(dt.date(2025, 4, 1), conditions=["cold"])
    a_contact(dt.date(2025, 2, 28), conditions=["cold"])


def blocks(key):
    return {block.block.key: block for block in fill(MinistryForm.objects.get(key=key), MARCH).blocks}


def numbers(block, column=layout.TOTAL):
    return {line.line.key: line.numbers[column] for line in block.lines if line.plan}


def test_every_shipped_line_can_be_counted_and_is_marked_with_its_source():
    for form in MinistryForm.objects.all():
        filled = fill(form, MARCH)
        assert [block.broken for block in filled.blocks if block.broken] == []
        assert all(line.line.source for block in filled.blocks for line in block.lines)
    assert set(FormLine.objects.exclude(figure="").values_list("figure", flat=True)) <= set(FIGURES)


def test_the_consultations_of_the_monthly_report_are_the_contacts_counted_by_hand(month):
    block = blocks("hc1")["consultations"]
    assert numbers(block) == {"opd": 4, "opd_new": 3, "opd_follow_up": 1, "mobile": 1, "inpatient": 1,
                              "first_contact": 5}  # fmt: skip
    assert numbers(block, "0_28d.F")["opd"] == 1
    assert numbers(block, "29d_11m.F")["opd"] == 1
    assert numbers(block, f"{UNKNOWN}.M")["opd"] == 1
    assert numbers(block, "25_49.F")["opd"] == 1


def test_the_disease_list_loses_no_diagnosis_and_counts_none_twice(month):
    both = blocks("diseases")
    ambulatory, inside = numbers(both["ambulatory"]), numbers(both["inpatients"])
    assert {key: n for key, n in ambulatory.items() if n} == {"pneumonia": 1, "cold": 1, "worms": 1, "caries": 1}
    assert {key: n for key, n in inside.items() if n} == {"malaria": 1, "pneumonia": 1}
    Diagnosis.objects.filter(condition__key="worms").delete()
    FormLine.objects.filter(key="cold").update(retired=True)
    assert numbers(blocks("diseases")["ambulatory"])["others"] == 1


def test_a_condition_that_the_catalogue_gets_later_falls_to_all_others(month):
    Condition.objects.create(key="something_new", name_en="New", name_km="ក")
    a_contact(dt.date(2025, 3, 20), conditions=["something_new"])
    assert numbers(blocks("diseases")["ambulatory"])["others"] == 1


def test_the_columns_of_every_line_add_up_to_its_total(month):
    for form in MinistryForm.objects.all():
        for block in fill(form, MARCH).blocks:
            for line in block.lines:
                if line.plan and block.columns[-1].sum:
                    parts = [line.numbers[column.key] for column in block.columns[:-1]]
                    assert sum(parts) == line.numbers[layout.TOTAL]


def test_equity_cards_and_those_without_are_all_out_patients(month):
    assert sum(numbers(blocks("hc1")["payment"]).values()) == 4


def test_a_form_of_a_month_is_counted_in_few_statements(month):
    for form in MinistryForm.objects.all():
        with CaptureQueriesContext(connection) as asked:
            fill(form, MARCH)
        assert len(asked) <= 32


@pytest.mark.parametrize(("key", "language"), [("hc1", "km"), ("hc1", "en"), ("diseases", "en")])
def test_a_form_prints(month, key, language):
    content = render(MinistryForm.objects.get(key=key), MARCH, language, made_at=timezone.now())
    assert content.startswith(b"%PDF")


def test_the_page_opens_every_number(month, administrator, client):
    client.force_login(administrator)
    shown = client.get(reverse("reports:ministry_form", args=["hc1", "2025-03"]))
    assert shown.status_code == 200
    block = next(each for each in shown.context["blocks"] if each["key"] == "consultations")
    total = block["rows"][0][-1]
    assert total["number"] == 4
    assert client.get(total["href"]).status_code == 200
    assert client.get(reverse("reports:ministry_paper", args=["hc1", "2025-03", "en"])).content[:4] == b"%PDF"
    assert client.get(reverse("reports:ministry")).status_code == 200


def test_a_sum_over_several_keys_shows_its_parts_and_each_opens(month, administrator, client):
    a_contact(dt.date(2025, 3, 6), conditions=["sam"])
    a_contact(dt.date(2025, 3, 6), conditions=["mam"])
    client.force_login(administrator)
    place = ["hc1", "2025-03", "programmes", "malnutrition", "total"]
    shown = client.get(reverse("reports:ministry_parts", args=place))
    assert [part["number"] for part in shown.context["parts"]] == [1, 1]
    place[-1] = "no-such"
    assert client.get(reverse("reports:ministry_parts", args=place)).status_code == 404


@pytest.mark.parametrize("month", ["2025-13", "0000-01", "9999-12", "x", "២០២៥-០៣"])
def test_a_month_that_is_none_is_said_in_words(administrator, client, month):
    client.force_login(administrator)
    status = client.get(reverse("reports:ministry_form", args=["hc1", month])).status_code
    assert status == (200 if month == "២០២៥-០៣" else 422)


# --- Layout -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def block(administrator):
    form = MinistryForm.objects.create(key="own", name_km="ក", name_en="Own")
    new = FormBlock(form=form)
    given = {"key": "a", "name_km": "ក", "name_en": "A", "columns": "total", "bands": ""}
    return services.save_block(block=new, given=given, by=administrator)


def add(block, by, key, figure="patients_assessed", narrowed=None, rest=False):
    given = {"key": key, "name_km": "ក", "name_en": key, "figure": figure, "narrowed": narrowed or {}, "rest": rest}
    return services.save_line(line=FormLine(block=block), given=given, by=by)


def test_the_rest_is_what_the_others_leave_over(block, administrator, month):
    add(block, administrator, "out", narrowed={"service": ["outpatient"]})
    rest = add(block, administrator, "rest", rest=True)
    assert numbers(fill(block.form, MARCH).blocks[0]) == {"out": 4, "rest": 2}
    with pytest.raises(RuleBroken, match="line_named_twice"):
        add(block, administrator, "again", narrowed={"service": ["outpatient", "mobile"]})
    assert rest.rest


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"figure": "no_such"}, "figure_unknown"),
        ({"narrowed": {"colour": ["red"]}}, "dimension_unknown"),
        ({"narrowed": {"service": ["no_such"]}}, "filter_unknown"),
        ({"narrowed": {"month": ["2025-01"]}}, "line_narrows_a_column"),
        ({"rest": True}, "line_rest_of_what"),
        ({"figure": "", "narrowed": {"service": ["mobile"]}}, "line_counts_nothing"),
    ],
)
def test_a_line_that_cannot_be_counted_is_refused(block, administrator, given, code):
    with pytest.raises(RuleBroken, match=code):
        add(block, administrator, "x", **given)
    assert not FormLine.objects.filter(block=block).exists()


def test_columns_by_age_need_bands_and_those_that_lines_narrow_are_refused(block, administrator):
    with pytest.raises(RuleBroken, match="block_needs_bands"):
        services.save_block(block=block, given={"columns": "bands"}, by=administrator)
    block.refresh_from_db()
    add(block, administrator, "f", narrowed={"sex": ["F"]})
    with pytest.raises(RuleBroken, match="line_narrows_a_column"):
        services.save_block(block=block, given={"columns": "sex"}, by=administrator)


def test_narrowing_reads_as_it_is_written():
    text = "service: outpatient, mobile\ncase: new"
    assert layout.write_narrowing(layout.read_narrowing(text)) == text
    for wrong in ("service", "service:", "a: b, b", "a: b\na: c", "a: " + ",".join(map(str, range(99)))):
        with pytest.raises(RuleBroken, match="narrowing_unreadable"):
            layout.read_narrowing(wrong)


def test_an_administrator_lays_out_a_form_on_the_pages(administrator, client, month):
    client.force_login(administrator)
    form = MinistryForm.objects.get(key="hc1")
    block = form.blocks.get(key="centre")
    page = reverse("reports:ministry_line_new", args=["hc1", block.id])
    given = {"key": "x", "name_km": "ក", "name_en": "Brushes", "figure": "toothbrushes_given", "narrowed": "sex: Q"}
    refused = client.post(page, given)
    assert refused.status_code == 422
    assert b"sex: Q" in refused.content
    assert client.post(page, given | {"narrowed": "sex: F"}).status_code == 302
    assert numbers(blocks("hc1")["centre"])["x"] == 1
    line = FormLine.objects.get(block=block, key="x")
    for _n in range(9):
        client.post(reverse("reports:ministry_move", args=["hc1", "line", line.id]), {"way": "up"})
    assert block.lines.first() == line
    assert client.get(reverse("reports:ministry_layout", args=["hc1"])).status_code == 200
    retired = {"name_km": "ក", "name_en": "Brushes", "figure": "toothbrushes_given", "retired": "on"}
    client.post(reverse("reports:ministry_line", args=["hc1", line.id]), retired)
    assert "x" not in numbers(blocks("hc1")["centre"])


def test_wrong_input_is_said_beside_its_field_and_never_a_fault(administrator, client):
    client.force_login(administrator)
    page = reverse("reports:ministry_change", args=["hc1"])
    for wrong in ("a b", "x" * 10_000, "\0", "=1", "é"):
        given = {"name_km": "ក", "name_en": "A", "scheme": "uid", "data_set": wrong}
        assert client.post(page, given).status_code == 422
    assert client.post(page, {"name_km": "ក", "name_en": "A", "scheme": "nope"}).status_code == 422
    assert client.post(reverse("reports:ministry_block_new", args=["hc1"]), {"columns": "bands"}).status_code == 422


def test_two_who_change_one_line_lose_nothing(block, administrator, client):
    line = add(block, administrator, "x", narrowed={"sex": ["F"]})
    client.force_login(administrator)
    page = reverse("reports:ministry_line", args=["own", line.id])
    was = client.get(page).context["shared"]["was"]
    first = {"name_km": "ក", "name_en": "x", "figure": line.figure, "narrowed": "sex: M", "source": "", "was": was}
    assert client.post(page, first).status_code == 302
    second = first | {"name_en": "Brushes", "narrowed": "sex: U"}
    asked = client.post(page, second)
    assert asked.status_code == 422
    assert [(one["mine"], one["theirs"]) for one in asked.context["shared"]["clashes"]] == [("sex: U", "sex: M")]
    second |= {"keep_narrowed": "theirs", "seen": asked.context["shared"]["seen"]}
    assert client.post(page, second).status_code == 302
    line.refresh_from_db()
    assert (line.name_en, line.narrowed) == ("Brushes", {"sex": ["M"]})


def test_nurses_and_donors_do_not_lay_out_forms(nurse, donor, client):
    for user, status in ((nurse, 403), (donor, 403)):
        client.force_login(user)
        assert client.get(reverse("reports:ministry_layout", args=["hc1"])).status_code == status
    assert client.get(reverse("reports:ministry_form", args=["hc1", "2025-03"])).status_code == 200


# --- Places in DHIS2 -----------------------------------------------------------------------------------------------


def filled(form, **places):
    """Return the downloaded file with places filled in for "line.column"."""
    rows = list(csv.DictReader(io.StringIO(mapping_file.write(form))))
    out = io.StringIO()
    writer = csv.DictWriter(out, mapping_file.COLUMNS)
    writer.writeheader()
    for row in rows:
        row |= places.get(f"{row['line']}.{row['column']}", {})
        writer.writerow(row)
    return out.getvalue().encode()


def test_the_file_of_places_holds_every_number_and_is_read_back(administrator):
    form = MinistryForm.objects.get(key="hc1")
    content = filled(form, **{"poor_1.F": {"data_element": "abc", "category_option_combo": "f"},
                              "poor_1.M": {"left_out": "y"}})  # fmt: skip
    read = mapping_file.read(form, content)
    assert read.wrong == []
    assert len(read.rows) == len(list(mapping_file.numbers(form)))
    services.map_form(form=form, rows=[(a, b, Place(*c)) for a, b, c in read.rows], by=administrator)
    assert Dhis2Mapping.objects.count() == 2
    again = mapping_file.read(form, mapping_file.write(form).encode("utf-8-sig"))
    assert {place for _, _, place in again.rows} == {("abc", "f", False), ("", "", True), ("", "", False)}


@pytest.mark.parametrize(
    "change",
    [
        {"data_element": "a b"},
        {"left_out": "perhaps"},
        {"left_out": "y", "data_element": "a"},
        {"category_option_combo": "a"},
        {"line": "no_such"},
    ],
)
def test_a_wrong_row_is_told_and_nothing_is_changed(administrator, client, change):
    form = MinistryForm.objects.get(key="hc1")
    content = filled(form, **{"poor_1.F": change, "poor_2.F": {"data_element": "good"}})
    client.force_login(administrator)
    answer = client.post(reverse("reports:mapping", args=["hc1"]), {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 422
    assert len(answer.context["wrong"]) == 1
    assert not Dhis2Mapping.objects.exists()


@pytest.mark.parametrize("content", [b"\x89PNG", b"a,b\n1,2\n", "block,line".encode("utf-16"), b"x" * 3_000_000, b"\0"])
def test_what_is_no_file_of_places_is_refused_in_words(administrator, client, content):
    client.force_login(administrator)
    answer = client.post(reverse("reports:mapping", args=["hc1"]), {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 422


def test_places_are_given_line_by_line_on_a_page_too(administrator, client):
    client.force_login(administrator)
    line = FormLine.objects.get(block__form__key="hc1", key="poor_1")
    page = reverse("reports:mapping_line", args=["hc1", line.id])
    assert client.get(page).status_code == 200
    assert client.post(page, {"element_0": "deA", "combo_0": "c", "out_1": "on"}).status_code == 302
    places = {row.column: (row.data_element, row.left_out) for row in line.mappings.all()}
    assert places == {"F": ("deA", False), "M": ("", True)}
    assert client.post(page, {"element_0": "deA", "out_0": "on"}).status_code == 422
    assert client.post(page, {"combo_0": "c"}).status_code == 422
    assert client.get(reverse("reports:mapping_csv", args=["hc1"])).status_code == 200
    assert client.get(reverse("reports:mapping", args=["hc1"])).status_code == 200


def test_words_that_a_spreadsheet_would_reckon_with_are_kept_from_it(administrator):
    FormLine.objects.filter(key="poor_1").update(name_en="=1+1")
    with translation.override("en"):
        rows = list(csv.DictReader(io.StringIO(mapping_file.write(MinistryForm.objects.get(key="hc1")))))
    assert {row["words"][:2] for row in rows if row["line"] == "poor_1"} == {"'="}


def test_money_goes_out_in_its_own_currency_and_two_are_never_added(block, administrator):
    with pytest.raises(RuleBroken, match="line_mixes"):
        add(block, administrator, "both", "donations")
    line = add(block, administrator, "usd", "donations", {"currency": ["USD"]})
    (filled_line,) = fill(block.form, MARCH).blocks[0].lines
    assert plain(filled_line, 1250) == "12.50"
    assert tables.number(filled_line, layout.TOTAL).unit == "USD"
    line.narrowed = {"currency": ["KHR"]}
    line.save()
    (filled_line,) = fill(block.form, MARCH).blocks[0].lines
    assert plain(filled_line, 1250) == "1250"
