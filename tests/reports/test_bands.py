"""Sets of age bands as data: every age once, written by an administrator, taken by everything that takes bands."""

from __future__ import annotations

import datetime as dt
import json
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ages import BAND_SETS, MAX_SLOT, Bound, slot_age
from core.audit.models import Entry
from core.errors import RuleBroken
from core.ids import uuid7
from reports import band_lines, bands
from reports.models import AgeBand, AgeBandSet
from reports.services import bands as services
from tests.people import client_of
from tests.reports.rows import a_contact, a_person

SCHOOL = "0-2\n3-5\n6-14\n15+"


def a_set(by, lines=SCHOOL, name="School ages"):
    return services.add(id=uuid7(), name_km="អាយុសិក្សា", name_en=name, lines=lines, by=by)


def refused(text):
    with pytest.raises(RuleBroken) as broken:
        band_lines.read("mine", text)
    assert broken.value.field == "lines"
    return broken.value.code


# --- The lines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", list(BAND_SETS))
def test_a_shipped_set_reads_back_as_it_is_written(key):
    found = band_lines.read(key, band_lines.write(BAND_SETS[key]))
    assert found.keys == BAND_SETS[key].keys
    assert [found.band_of_slot(s) for s in range(MAX_SLOT + 1)] == [
        BAND_SETS[key].band_of_slot(s) for s in range(MAX_SLOT + 1)
    ]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("0-4\n5+", "under_5 5_plus"), ("5+\n0-4", "under_5 5_plus"), ("០-៤\n៥+", "under_5 5_plus"),
        ("under 5, 5 and over", "under_5 5_plus"), ("0–4; 5—12; 13 +", "under_5 5_12 13_plus"),
        ("0-28 days\n29d-11 months\n1y and over", "0_28d 29d_11m 1_plus"), ("0 to 17\n18+", "under_18 18_plus"),
        ("0-28 ថ្ងៃ\n29ថ្ងៃ-11ខែ\n1-4 ឆ្នាំ\n5+", "0_28d 29d_11m 1_4 5_plus"), ("0+", "0_plus"),
        ("<6m\n6-59m\n5+", "0_5m 6_59m 5_plus"), ("0\n1\n2+", "under_1 1 2_plus"),
    ],
)  # fmt: skip
def test_bands_are_read_as_people_write_them(text, keys):
    assert band_lines.read("mine", text).keys == tuple(keys.split())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bands_none"), ("\x00", "bands_none"), ("0-4\n6+", "bands_gap"), ("0-28d\n1m+", "bands_gap"),
        ("0-5\n5+", "bands_overlap"), ("0-4\n5+\n7+", "bands_overlap"), ("0-4\n0-4\n5+", "bands_overlap"),
        ("1+", "bands_start"), ("0-4\n5-64", "bands_end"), ("0-30d\n31d+", "band_too_fine"),
        ("0-65m\n66m+", "band_too_fine"), ("0-4\n9-5\n5+", "band_backwards"), ("all", "band_unreadable"),
        ("-1+", "band_unreadable"), ("0-200", "band_unreadable"), ("9" * 4000, "band_unreadable"),
        ("\n".join("0+" for _ in range(41)), "bands_too_many"),
    ],
)  # fmt: skip
def test_a_set_that_loses_or_doubles_somebody_is_refused_in_words(text, code):
    assert refused(text) == f"reports.{code}"


served = [Bound(n, "d") for n in range(1, 30)] + [Bound(n, "m") for n in range(1, 60)]
served += [Bound(n, "y") for n in range(1, 130)]


@given(st.lists(st.sampled_from(served), max_size=12, unique_by=lambda bound: bound.rank))
@settings(max_examples=60)
def test_any_set_that_is_accepted_holds_every_age_exactly_once(beginnings):
    lows = [Bound(0, "d"), *sorted(beginnings, key=lambda bound: bound.rank)]
    made = band_lines.from_beginnings("mine", lows)
    assert len(set(made.keys)) == len(lows)
    for slot in range(MAX_SLOT + 1):
        age = slot_age(slot)
        holding = [
            band.key for band in made.bands
            if (band.low.n == 0 or band.low.reached(age)) and not (band.high and band.high.reached(age))
        ]  # fmt: skip
        assert holding == [made.band_of_slot(slot)]
    again = band_lines.read("mine", band_lines.write(made))
    assert [again.band_of_slot(s) for s in range(MAX_SLOT + 1)] == [made.band_of_slot(s) for s in range(MAX_SLOT + 1)]
    assert all(len(key) <= 20 for key in made.keys)


# --- The rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_shipped_sets_are_rows_that_say_what_the_code_says():
    assert [each.key for each in bands.offered()] == list(BAND_SETS)
    for row in AgeBandSet.objects.filter(shipped=True):
        assert bands.stored(row) == BAND_SETS[row.key]


@pytest.mark.django_db
def test_loading_twice_adds_nothing_and_leaves_what_was_changed(administrator):
    from django.apps import apps

    from reports import shipped_bands

    services.set_retired(key="dental", retired=True, by=administrator)
    before = AgeBand.objects.count()
    shipped_bands.load(apps.get_model)
    assert AgeBand.objects.count() == before
    assert AgeBandSet.objects.get(key="dental").retired


@pytest.mark.django_db
def test_a_set_is_read_once_in_a_request_and_again_in_the_next(administrator):
    a_set(administrator)
    asked = []

    def answer(request):
        with CaptureQueriesContext(connection) as statements:
            bands.named("school_ages")
            bands.words("school_ages")
            bands.offered()
        asked.append(len(statements))

    for _ in range(2):
        bands.OncePerRequest(answer)(None)
    assert asked == [1, 1]
    services.change(key="school_ages", name_km="-", name_en="Mine", lines="0-9\n10+", by=administrator)
    assert bands.named("school_ages").keys == ("under_10", "10_plus")


@pytest.mark.django_db
def test_a_shipped_set_cannot_be_changed_and_the_first_not_retired(administrator):
    with pytest.raises(RuleBroken, match=r"reports\.bands_shipped"):
        services.change(key="ministry", name_km="-", name_en="-", lines=SCHOOL, by=administrator)
    with pytest.raises(RuleBroken, match=r"reports\.bands_needed"):
        services.set_retired(key="published", retired=True, by=administrator)


@pytest.mark.django_db
def test_a_retired_set_is_not_offered_and_still_understood(administrator):
    a_set(administrator)
    services.set_retired(key="school_ages", retired=True, by=administrator)
    assert "school_ages" not in [each.key for each in bands.offered()]
    assert bands.named("school_ages").keys == ("under_3", "3_5", "6_14", "15_plus")
    verbs = Entry.objects.filter(verb__startswith="reports.bands").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == [
        "reports.bands.added", "reports.bands.retired",
    ]  # fmt: skip


@pytest.mark.django_db
def test_two_sets_of_one_name_get_keys_of_their_own(administrator):
    assert [a_set(administrator).key, a_set(administrator).key] == ["school_ages", "school_ages_2"]
    assert a_set(administrator, name="New").key == "new_2"
    assert a_set(administrator, name="អាយុ").key == "bands"


# --- The pages --------------------------------------------------------------------------------------------------------


def typed(**more):
    return {"id": str(uuid7()), "name_km": "អាយុ", "name_en": "School ages", "lines": SCHOOL} | more


@pytest.mark.django_db
def test_an_administrator_writes_a_set_and_a_double_click_makes_one(administrator):
    client, form = client_of(administrator), typed()
    with CaptureQueriesContext(connection) as statements:
        assert client.post("/reports/bands/new/", form).status_code == 302
    assert len(statements) <= 12, [s["sql"] for s in statements]
    assert client.post("/reports/bands/new/", form).status_code == 302
    assert AgeBandSet.objects.filter(shipped=False).count() == 1
    with CaptureQueriesContext(connection) as statements:
        content = client.get("/reports/bands/").content.decode()
    assert len(statements) <= 8
    assert "6–14 years" in content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("0-4\n6+", "nobody older than “0-4” and younger than “6+” would be counted"),
        ("0-5\n5+", "“0-5” and “5+” overlap"), ("all of them", "cannot be read: “all of them”"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_the_bands_and_what_was_typed_is_kept(administrator, lines, words):
    response = client_of(administrator).post("/reports/bands/new/", typed(lines=lines))
    content = response.content.decode()
    assert response.status_code == 422
    assert words in content
    assert lines in content


@pytest.mark.django_db
def test_a_copy_begins_with_the_bands_of_another(administrator):
    content = client_of(administrator).get("/reports/bands/new/?copy=child_health").content.decode()
    assert "0-28d\n29d-5m\n6-11m\n12-23m\n24-59m\n5+" in content.replace("\r\n", "\n")
    assert client_of(administrator).get("/reports/bands/new/?copy=nothing").status_code == 200


@pytest.mark.django_db
def test_two_people_change_one_set_and_neither_is_overwritten_unseen(administrator):
    a_set(administrator)
    client, address = client_of(administrator), "/reports/bands/school_ages/"
    was = re.search(r'name="was" value="([^"]+)"', client.get(address).content.decode())[1]
    services.change(key="school_ages", name_km="អាយុសិក្សា", name_en="School ages", lines="0-9\n10+", by=administrator)
    form = {"was": was, "name_km": "អាយុសិក្សា", "name_en": "Our school", "lines": SCHOOL}
    with CaptureQueriesContext(connection) as statements:
        assert client.post(address, form).status_code == 302
    assert len(statements) <= 12, [s["sql"] for s in statements]
    assert bands.named("school_ages").keys == ("under_10", "10_plus")  # mine was as I found it: theirs stands
    response = client.post(address, form | {"lines": "0-1\n2+"})
    assert response.status_code == 422
    assert "Choose what shall stand" in response.content.decode()


@pytest.mark.django_db
def test_only_who_looks_after_the_centre_writes_bands(donor, administrator):
    a_set(administrator)
    client = client_of(donor)
    assert "School ages" in client.get("/reports/bands/").content.decode()
    assert client.post("/reports/bands/new/", typed()).status_code == 403
    assert client.post("/reports/bands/school_ages/retire/", {"retired": "yes"}).status_code == 403
    assert client_of(administrator).get("/reports/bands/ministry/").status_code == 404
    assert client_of(administrator).post("/reports/bands/nothing/retire/", {"retired": "yes"}).status_code == 404


# --- Everything that takes bands takes these --------------------------------------------------------------------------


@pytest.mark.django_db
def test_page_rest_and_command_count_by_a_set_of_ones_own(administrator):
    a_set(administrator)
    for born in (dt.date(2024, 1, 1), dt.date(2021, 1, 1), dt.date(2015, 1, 1), dt.date(1990, 1, 1), None):
        a_contact(dt.date(2025, 3, 5), patient=a_person(born=born))
    client = client_of(administrator)
    query = "from=2025-03&bands=school_ages"
    by_band = client.get(f"/reports/api/figures/?{query}").json()["figures"]["patients_assessed"]["by_band"]
    assert by_band == {"under_3": 1, "3_5": 1, "6_14": 1, "15_plus": 1, "unknown": 1}
    out = StringIO()
    call_command("figures", "--from", "2025-03", "--bands", "school_ages", "--format", "json", stdout=out)
    assert json.loads(out.getvalue())["figures"]["patients_assessed"]["by_band"] == by_band
    page = "/reports/month/2025-03/?bands=school_ages"
    with CaptureQueriesContext(connection) as statements:
        content = client.get(page).content.decode()
    assert len(statements) <= 8, [s["sql"] for s in statements]
    assert "6–14 years" in content
    assert "School ages" in content
    listed = client.get(f"/reports/behind/patients_assessed/?{query}&band=6_14").content.decode()
    assert listed.count("/patients/") == 1


@pytest.mark.django_db
def test_a_set_that_is_none_is_answered_with_those_there_are(administrator):
    response = client_of(administrator).get("/reports/month/2025-03/?bands=nothing")
    assert response.status_code == 422
    assert "published, ministry" in response.content.decode()
