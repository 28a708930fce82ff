"""How ill a child is: the tables as shipped, their borders, and the page that asks."""

from __future__ import annotations

import contextlib
import shutil
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import EncounterVersion, Finding
from clinic.rules import imci
from clinic.rules.expressions import DEEPEST, Facts, Names, parse
from clinic.rules.tables import FOLDER, DataBroken
from clinic.selectors import assessed, timeline
from clinic.services import assessments
from clinic.services.assessments import Said
from clinic.services.encounters import Care
from core.ages import Age, Birth, add_months, age_at
from core.audit.models import Entry
from core.errors import RuleBroken
from tests.builders import TODAY, a_patient, a_visit, somebody
from tests.people import client_of

BORN = date(2025, 7, 1)
CHILD = Age(1, 14, 430)
INFANT = Age(0, 0, 20)
BOOK = imci.tables()
SIGNS = sorted(row.key for row in BOOK.of(CHILD).signs)
AGES = [Age(0, 0, 0), INFANT, Age(0, 1, 59), Age(0, 2, 60), Age(0, 5, 180), Age(0, 6, 183), Age(0, 11, 364),
        Age(1, 12, 365), CHILD, Age(4, 59, 1825)]  # fmt: skip


def found(age: Age, *signs: str, absent=(), days=None, **measures):
    said = dict.fromkeys(signs, True) | dict.fromkeys(absent, False)
    return imci.classify(age, signs=said, days=days, measures=measures)


def keys(assessment) -> set[str]:
    return {one.rule.key for one in assessment.found}


def old(days: int) -> Age:
    return age_at(BORN, BORN + timedelta(days=days))


# -- borders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "breaths", "fast"),
    [(old(60), 49, False), (old(60), 50, True), (age_at(BORN, date(2026, 6, 30)), 49, False),
     (age_at(BORN, date(2026, 6, 30)), 50, True), (age_at(BORN, date(2026, 7, 1)), 39, False),
     (age_at(BORN, date(2026, 7, 1)), 40, True), (age_at(BORN, date(2030, 6, 30)), 40, True)],
)  # fmt: skip
def test_fast_breathing_begins_at_the_rate_of_the_age(age, breaths, fast):
    assert ("pneumonia" in keys(found(age, "cough", respiratory_rate=breaths))) is fast


def test_a_young_infant_is_one_until_day_59():
    assert "psbi" in keys(found(old(59), respiratory_rate=60))
    assert "psbi" not in keys(found(old(59), respiratory_rate=59))
    assert "psbi" not in keys(found(old(60), respiratory_rate=60))
    assert "pneumonia" in keys(found(old(60), "cough", respiratory_rate=60))


@pytest.mark.parametrize(("degrees", "ill"), [("37.4", False), ("37.5", True), ("35.5", False), ("35.4", True)])
def test_a_young_infants_temperature_says_infection_at_both_ends(degrees, ill):
    assert ("psbi" in keys(found(INFANT, temperature=Decimal(degrees)))) is ill


@pytest.mark.parametrize(("degrees", "fever"), [("37.4", False), ("37.5", True)])
def test_fever_begins_at_37_5_also_where_nobody_told_of_it(degrees, fever):
    assert ("fever" in keys(found(CHILD, absent=["fever"], temperature=Decimal(degrees)))) is fever


@pytest.mark.parametrize(("mm", "key"), [(114, "sam"), (115, "mam"), (124, "mam"), (125, None)])
def test_the_arm_sorts_malnutrition(mm, key):
    assert keys(found(CHILD, muac=mm)) & {"sam", "mam"} == ({key} if key else set())


@pytest.mark.parametrize(("z", "key"), [(-3.01, "sam"), (-3.0, "mam"), (-2.01, "mam"), (-2.0, None)])
def test_weight_for_height_sorts_malnutrition(z, key):
    assert keys(found(CHILD, weight_for_height=z)) & {"sam", "mam"} == ({key} if key else set())


def test_the_arm_says_nothing_before_six_months():
    assert not keys(found(Age(0, 5, 182), muac=100)) & {"sam", "mam", "sam_complicated"}
    assert "sam" in keys(found(Age(0, 6, 183), muac=100))


@pytest.mark.parametrize(("percent", "severe"), [(89, True), (90, False)])
def test_oxygen_below_90_is_severe(percent, severe):
    assert ("severe_pneumonia" in keys(found(CHILD, "cough", oxygen=percent))) is severe


@pytest.mark.parametrize(("days", "long"), [(13, False), (14, True)])
def test_two_weeks_make_it_long(days, long):
    assert ("persistent" in keys(found(CHILD, "diarrhoea", days={"diarrhoea": days}))) is long
    assert ("long_cough" in keys(found(CHILD, "cough", days={"cough": days}))) is long
    assert ("chronic_ear" in keys(found(CHILD, "ear_problem", "ear_pus", days={"ear_pus": days}))) is long


def test_nothing_is_classified_from_five_years_on():
    assert found(Age(5, 60, 1826), "cough", "lethargic", oxygen=60).found == ()


# -- what signs mean together ------------------------------------------------------------------------------


def test_two_signs_make_dehydration_and_one_does_not():
    assert "some_dehydration" in keys(found(CHILD, "diarrhoea", "sunken_eyes", "restless"))
    assert "severe_dehydration" in keys(found(CHILD, "diarrhoea", "sunken_eyes", "pinch_very_slow"))
    assert "no_dehydration" in keys(found(CHILD, "diarrhoea", "sunken_eyes"))


def test_a_sign_of_the_graver_row_counts_in_the_milder_one():
    assert "some_dehydration" in keys(found(CHILD, "diarrhoea", "pinch_very_slow", "restless"))


def test_a_danger_sign_makes_every_illness_grave():
    grave = keys(found(CHILD, "cough", "fever", "convulsions"))
    assert {"very_severe", "severe_pneumonia", "very_severe_febrile"} <= grave


def test_measles_needs_rash_fever_and_one_of_three():
    assert "possible_measles" in keys(found(CHILD, "fever", "measles_rash", "red_eyes"))
    assert "possible_measles" not in keys(found(CHILD, "fever", "measles_rash"))
    assert "severe_measles" in keys(found(CHILD, "fever", "measles_rash", "cough", "cornea_cloudy"))


def test_a_dengue_warning_refers_only_with_fever():
    assert "dengue_warning" in keys(found(CHILD, "fever", "bleeding"))
    assert "dengue_warning" not in keys(found(CHILD, "bleeding", absent=["fever"], temperature=Decimal("36.8")))


def test_healthy_is_said_only_when_everything_was_asked():
    assert "no_anaemia" not in keys(found(CHILD, absent=["pallor_some"]))
    assert "no_anaemia" in keys(found(CHILD, absent=["pallor_some", "pallor_severe"]))


def test_what_was_not_asked_and_could_make_it_worse_is_named():
    cough = next(one for one in found(CHILD, "cough", respiratory_rate=30).found if one.rule.topic == "cough")
    assert cough.rule.colour == "green"
    named = {atom.name for atom in cough.could_change}
    assert {"unable_to_drink", "stridor", "oxygen", "chest_indrawing"} <= named
    assert "respiratory_rate" not in named


def test_what_waits_behind_a_question_is_asked_after_it():
    pending = {atom.name for atom in found(CHILD).pending}
    assert {"cough", "diarrhoea", "fever", "ear_problem", "lethargic"} <= pending
    assert not pending & {"stridor", "blood_in_stool", "stiff_neck", "ear_pus"}


# -- properties -------------------------------------------------------------------------------------------


def worst(assessment) -> int:
    return assessment.worst.severity if assessment.worst else 0


def by_topic(assessment) -> dict[str, int]:
    return {one.rule.topic: one.rule.colour.severity for one in assessment.found}


ANSWERS = st.dictionaries(st.sampled_from(sorted({row.key for row in BOOK.signs})), st.booleans())
MEASURES = st.fixed_dictionaries({}, optional={
    "temperature": st.integers(300, 430).map(lambda n: Decimal(n) / 10), "respiratory_rate": st.integers(5, 120),
    "oxygen": st.integers(40, 100), "muac": st.integers(60, 400),
    "weight_for_height": st.integers(-700, 700).map(lambda n: n / 100),
    "weight_for_age": st.integers(-700, 700).map(lambda n: n / 100),
})  # fmt: skip
DAYS = st.dictionaries(st.sampled_from(["cough", "diarrhoea", "fever", "ear_pus"]), st.integers(0, 60))


@settings(max_examples=400)
@given(st.sampled_from(AGES), ANSWERS, DAYS, MEASURES, st.data())
def test_one_sign_more_never_makes_a_child_less_ill(age, signs, days, measures, data):
    before = imci.classify(age, signs=signs, days=days, measures=measures)
    more = data.draw(st.sampled_from(sorted(row.key for row in BOOK.of(age).signs)))
    after = imci.classify(age, signs=signs | {more: True}, days=days, measures=measures)
    assert worst(after) >= worst(before)
    assert all(by_topic(after)[topic] >= severity for topic, severity in by_topic(before).items())


@pytest.mark.parametrize("age", AGES, ids=str)
def test_every_danger_sign_is_red_whatever_else_is_there(age):
    dangers = [row.key for row in BOOK.of(age).signs if row.group == imci.DANGER]
    for there in product([True, False], repeat=len(dangers)):
        for complaints in ({}, {"cough": True, "diarrhoea": True, "fever": True}):
            signs = dict(zip(dangers, there, strict=True)) | complaints
            assert imci.classify(age, signs=signs).refer or not any(there)


@settings(max_examples=200)
@given(st.sampled_from(AGES), ANSWERS, DAYS, MEASURES)
def test_what_holds_says_why_and_names_nothing_that_is_known(age, signs, days, measures):
    result = imci.classify(age, signs=signs, days=days, measures=measures)
    for one in result.found:
        assert one.reasons or one.rule.when is None
    for atom in result.unknown:
        known = measures if atom.kind == "measure" else days if atom.kind == "days" else signs
        assert known.get(atom.name) is None


# -- the shipped tables -----------------------------------------------------------------------------------


def test_every_rule_says_who_said_so():
    assert all(row.source for row in (*BOOK.rules, *BOOK.signs, *BOOK.terms, *BOOK.modules))


def test_every_sign_is_used_in_a_rule():
    used = {atom.name for rule in BOOK.rules if rule.when for atom in rule.when.atoms()}
    used |= {atom.name for term in BOOK.terms for atom in term.when.atoms()}
    used |= {row.main for row in BOOK.modules}
    assert {row.key for row in BOOK.signs} <= used


def test_every_term_is_used():
    used = {atom.name for rule in BOOK.rules if rule.when for atom in rule.when.atoms()}
    used |= {a.name for row in BOOK.modules if row.opens for a in row.opens.atoms()}
    used |= {atom.name for term in BOOK.terms for atom in term.when.atoms()}
    assert {row.key for row in BOOK.terms} <= used


EXTREMES = {
    "temperature": [36, 39], "respiratory_rate": [30, 70], "oxygen": [98, 80], "muac": [140, 120, 100],
    "weight_for_height": [0, -2.5, -4], "weight_for_age": [0, -4],
}  # fmt: skip


def reachable(rule: imci.Rule) -> bool:
    """Try every combination of what the rule itself asks for, all else known and absent."""
    for age in AGES:
        if not rule.ages.holds(age):
            continue
        mine = BOOK.of(age)
        facts = mine.facts({}, {}, {})
        asked = list(_leaves(rule.when, facts)) if rule.when else []
        signs = {row.key: False for row in mine.signs}
        quiet = {name: values[0] for name, values in EXTREMES.items()}
        main = next(row.main for row in mine.modules if row.key == rule.module)
        names = sorted({a.name for a in asked if a.kind in {"sign", "days"}} | ({main} if main else set()))
        measured = sorted({a.name for a in asked if a.kind == "measure"})
        timed = sorted({a.name for a in asked if a.kind == "days"})
        for there in product([True, False], repeat=len(names)):
            for values in product(*(EXTREMES[name] for name in measured)):
                for long in ([], timed):
                    result = imci.classify(
                        age, signs=signs | dict(zip(names, there, strict=True)),
                        days=dict.fromkeys(timed, 1) | dict.fromkeys(long, 30),
                        measures=quiet | dict(zip(measured, values, strict=True)),
                    )  # fmt: skip
                    if any(one.rule is rule for one in result.found):
                        return True
    return False


def _leaves(node, facts):
    for atom in node.atoms():
        if atom.kind == "term":
            yield from _leaves(facts.terms[atom.name], facts) if atom.name in facts.terms else ()
        else:
            yield atom


@pytest.mark.parametrize(
    "rule", [r for r in BOOK.rules if r.key != "sam_complicated"], ids=lambda r: f"{r.topic}-{r.key}"
)
def test_every_classification_can_be_reached(rule):
    assert reachable(rule)


def test_complicated_malnutrition_can_be_reached():
    assert "sam_complicated" in keys(found(CHILD, "appetite_failed", muac=100))


def test_the_signs_of_the_door_under_five_are_known_to_the_assessment_or_only_to_the_door():
    door = {row.key for row in imci.danger_signs(CHILD)}
    assert {row.key for row in BOOK.of(CHILD).signs if row.group == imci.DANGER} <= door
    assert {row.key for row in imci.danger_signs(Age(30, 360, 11000))} & {"cannot_breathe", "heavy_bleeding"}
    asked = {question.key for part in imci.questions(CHILD) for question in part.all}
    assert door <= asked
    assert {row.key for row in imci.danger_signs(None)} == {q.key for p in imci.questions(None) for q in p.all}


@pytest.mark.parametrize(
    ("file", "old_text", "new_text", "line", "problem"),
    [
        ("imci_rules.csv", "any(danger)", "any(dnager)", 2, "no group"),
        ("imci_rules.csv", "oxygen < 90", "oxygen < ninety", None, "not a number"),
        ("imci_rules.csv", "umbilicus_red or pustules", "umbilicus_red or", None, "missing at the end"),
        ("imci_rules.csv", "umbilicus_red or pustules", "__import__('os')", None, "cannot be read"),
        ("imci_rules.csv", "danger,danger,very_severe,red", "danger,danger,very_severe,pink", 2, "none of"),
        ("imci_rules.csv", "cough,cough,severe_pneumonia,red", "cough,cough,severe_pneumonia,green", None, "graver"),
        ("imci_rules.csv", ",60d,5y,any(danger),", ",5y,60d,any(danger),", 2, "end before they begin"),
        ("imci_signs.csv", "danger,convulsions", "danger,lethargic", None, "already used"),
        ("imci_signs.csv", "infant,pustules", "nowhere,pustules", None, "no module"),
        ("imci_signs.csv", "Stiff neck", "", None, "english is empty"),
        ("imci_terms.csv", "respiratory_rate >= 60", "respiratory_rate == 60", 2, "cannot be read"),
        ("imci_modules.csv", "cough,cough,60d", "cough,cuogh,60d", None, "no sign"),
        ("imci_modules.csv", "key,main", "key,mian", 1, "columns must be"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_with_its_number(tmp_path, file, old_text, new_text, line, problem):
    for path in FOLDER.glob("imci_*.csv"):
        shutil.copy(path, tmp_path)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old_text in text
    (tmp_path / file).write_text(text.replace(old_text, new_text, 1), encoding="utf-8")
    with pytest.raises(DataBroken, match=problem) as broken:
        imci.read(tmp_path)
    assert f"{file}, line {line if line else ''}" in str(broken.value)


NAMES = Names(frozenset("abc"), frozenset({"t"}), {"g": ("a", "b")})


@pytest.mark.parametrize(
    ("text", "a", "b", "value"),
    [("a and b", True, None, None), ("a and b", False, None, False), ("a or b", True, None, True),
     ("a or b", False, None, None), ("any(g)", False, False, False), ("count(a, b, c) >= 2", True, True, True),
     ("count(a, b, c) >= 2", True, False, None), ("count(a, b, c) >= 3", True, False, False),
     ("a and (b or c)", True, False, None)],
)  # fmt: skip
def test_what_is_not_known_stays_unknown(text, a, b, value):
    signs = {name: there for name, there in (("a", a), ("b", b)) if there is not None}
    assert parse(text, NAMES).value(Facts(signs)) is value


@settings(max_examples=300)
@given(st.text(st.sampled_from("abct()<>=,. 0159gdays") | st.characters(exclude_categories=["Cs"]), max_size=40))
def test_whatever_a_file_says_is_a_rule_or_refused(text):
    with contextlib.suppress(ValueError):
        parse(text, NAMES).value(Facts({"a": True}, measures={"t": 3}))


def test_brackets_inside_each_other_have_an_end():
    with pytest.raises(ValueError, match="too many brackets"):
        parse("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), NAMES)


# -- the service and the page -----------------------------------------------------------------------------


@pytest.fixture
def visit(db):
    child = a_patient(sex="M", birth=Birth.on(add_months(TODAY, -14)))
    return a_visit(child, care=Care(vitals={"respiratory_rate": 44, "weight": Decimal("8.3"), "height": Decimal(76)}))


def record(visit, asked=("cough", "lethargic"), **signs):
    how = {name: signs.pop(name) for name in ("correcting", "why") if name in signs}
    said = {name: value if isinstance(value, Said) else Said(value) for name, value in signs.items()}
    return assessments.record(id=visit.id, signs=said, asked=asked, by=somebody(), **how)


def written(visit) -> dict[str, tuple[bool, int | None]]:
    return {row.sign: (row.present, row.days) for row in Finding.objects.filter(encounter=visit)}


def test_signs_are_written_and_what_was_not_asked_has_no_row(visit):
    record(visit, cough=Said(True, 4))
    assert written(visit) == {"cough": (True, 4)}
    assert Entry.objects.filter(verb="clinic.signs.recorded").count() == 1


def test_the_same_answers_again_write_nothing(visit):
    record(visit, cough=Said(True, 4))
    record(visit, cough=Said(True, 4))
    assert Entry.objects.filter(verb="clinic.signs.recorded").count() == 1


def test_another_page_keeps_its_signs(visit):
    record(visit, cough=True)
    record(visit, asked=["heavy_bleeding"], heavy_bleeding=True)
    assert set(written(visit)) == {"cough", "heavy_bleeding"}


def test_a_changed_answer_supersedes_and_an_added_one_does_not(visit):
    record(visit, cough=Said(True, 4))
    record(visit, cough=Said(True, 4), lethargic=False)
    assert not EncounterVersion.objects.exists()
    record(visit, cough=Said(True, 5), lethargic=True)
    kept = EncounterVersion.objects.get()
    assert kept.document["signs"] == {"cough": [True, 4], "lethargic": [False, None]}


def test_signs_of_a_closed_visit_change_only_with_a_reason(db):
    visit = a_visit(a_patient(birth=Birth.on(BORN)), close=True)
    with pytest.raises(RuleBroken, match="visit_closed"):
        record(visit, cough=True)
    with pytest.raises(RuleBroken, match="reason_missing"):
        record(visit, cough=True, correcting=True)
    record(visit, cough=True, correcting=True, why="The mother said so later")
    assert written(visit) == {"cough": (True, None)}


def test_the_visit_knows_its_classification(visit):
    record(visit, cough=Said(True, 4))
    contact = timeline.contact(visit.id)
    seen = assessed.seen(contact, contact.encounter.patient)
    assert {one.rule.key for one in seen.imci.found} == {"pneumonia"}
    assert not seen.is_red


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


def address(visit, extra: str = "") -> str:
    return reverse("clinic:assess", args=[visit.id]) + extra


def test_the_page_asks_and_shows_what_it_means(browser, visit):
    record(visit, cough=Said(True, 4))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = browser.get(address(visit))
    assert page.status_code == 200 and len(asked) <= 8
    text = page.content.decode()
    assert "Pneumonia" in text and "Stridor in a calm child" in text and "Not known yet" in text


def test_the_answers_are_looked_at_without_being_written(browser, visit):
    with CaptureQueriesContext(connection) as asked:
        page = browser.post(address(visit, "?look"), {"s_cough": "y", "s_stridor": "y"}, headers={"HX-Request": "true"})
    assert page.status_code == 200 and len(asked) <= 4
    assert "Severe pneumonia" in page.content.decode() and "Refer to hospital" in page.content.decode()
    assert f"encounter={visit.id}" in page.content.decode()  # the referral knows its visit
    assert not Finding.objects.exists()


def test_answers_are_saved_within_the_budget(browser, visit):
    with CaptureQueriesContext(connection) as asked:
        page = browser.post(address(visit), {"s_cough": "y", "d_cough": "៤", "s_stridor": "n", "s_lethargic": "n"})
    assert page.status_code == 302 and len(asked) <= 12
    assert written(visit) == {"cough": (True, 4), "stridor": (False, None), "lethargic": (False, None)}
    with CaptureQueriesContext(connection) as asked:
        browser.post(address(visit), {"s_cough": "n", "s_lethargic": "y"})
    assert len(asked) <= 14  # with the earlier version, and answers taken away


def test_what_waits_behind_a_no_is_not_written(browser, visit):
    browser.post(address(visit), {"s_cough": "n", "s_stridor": "y", "s_blood_in_stool": "y"})
    assert written(visit) == {"cough": (False, None)}


def test_older_people_are_asked_for_danger_signs_alone(browser, db):
    visit = a_visit(a_patient(birth=Birth.on(date(1990, 1, 1))))
    text = browser.get(address(visit)).content.decode()
    assert "Heavy bleeding" in text and "Diarrhoea" not in text
    browser.post(address(visit), {"s_heavy_bleeding": "y"})
    contact = timeline.contact(visit.id)
    assert assessed.seen(contact, contact.encounter.patient).is_red


def test_two_nurses_answers_are_brought_together(browser, visit):
    page = browser.get(address(visit))
    was = page.context["shared"]["was"]
    record(visit, asked=["lethargic"], lethargic=True)
    browser.post(address(visit), {"was": was, "s_cough": "y"})
    assert written(visit) == {"cough": (True, None), "lethargic": (True, None)}
    clash = browser.post(address(visit), {"was": was, "s_lethargic": "n", "s_cough": "y"})
    assert clash.status_code == 422 and "Choose what shall stand" in clash.content.decode()
    assert written(visit)["lethargic"] == (True, None)


def test_a_contact_of_nobody_is_not_found(browser, db):
    assert browser.get(reverse("clinic:assess", args=["01900000-0000-7000-8000-000000000000"])).status_code == 404


ODD = ["", "y", "n", "maybe", "-1", "9999999999999999999", "៤", "\x00", "a" * 10_000, "1e9", "½", "نعم", "<b>"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(
    st.sampled_from([f"{kind}_{key}" for key in ("cough", "lethargic", "ear_pus", "fever") for kind in "sd"]
                    + ["was", "seen", "why", "keep_cough"]),
    st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)))  # fmt: skip
def test_whatever_is_typed_gets_an_answer(browser, visit, typed):
    answer = browser.post(address(visit), typed)
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        assert "errorlist" in answer.content.decode() or "clash" in answer.content.decode()
    assert browser.post(address(visit, "?look"), typed).status_code == 200
