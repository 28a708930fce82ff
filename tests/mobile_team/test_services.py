"""Routes, the plan, sessions and check-ups, through their services."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from clinic.models import Encounter
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.places.models import Village
from core.syncing import Change
from mobile_team import selectors
from mobile_team.models import DentalCheckup, Session, ToothFinding
from mobile_team.services import checkups, planning, routes, sessions
from tests.builders import TODAY, a_checkup, a_patient, a_session, a_village, noon, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def villages(count: int) -> list[Village]:
    return list(Village.objects.order_by("id")[:count])


def a_route(weekday: int = 0, count: int = 2, **given):
    stops = [(village, "") for village in villages(count)]
    return routes.save(
        **({"name_km": "", "name_en": "Coast", "weekday": weekday, "stops": stops, "by": somebody()} | given)
    )


# -- routes and the plan ------------------------------------------------------------------------------------


def test_a_route_keeps_its_stops_in_driving_order():
    first, second = villages(2)
    route = a_route(stops=[(second, "School"), (first, "")])
    assert [stop.village for stop in route.stops.all()] == [second, first]
    route = routes.save(route=route, name_km="ផ្លូវ", name_en="", weekday=2, stops=[(first, "")], by=somebody())
    assert [stop.village for stop in route.stops.all()] == [first]
    assert (route.name_km, route.name_en) == ("ផ្លូវ", "ផ្លូវ")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name_en": " "}, "route_needs_a_name"),
        ({"stops": []}, "route_needs_a_stop"),
    ],
)
def test_a_route_without_name_or_stops_is_refused(given, code):
    with pytest.raises(RuleBroken, match=code):
        a_route(**given)


def test_a_village_stands_on_a_route_once():
    village = a_village()
    with pytest.raises(RuleBroken, match="village_twice"):
        a_route(stops=[(village, ""), (village, "School")])


def test_planning_gives_each_stop_a_session_on_its_weekday_and_twice_is_once():
    a_route(0, 2)
    a_route(3, 3)
    a_route(3, 1, active=False)
    planned = planning.plan(first=date(2026, 11, 16), last=date(2026, 11, 29), by=somebody()).made
    assert len(planned) == 2 * (2 + 3)
    assert {session.on.weekday() for session in planned} == {0, 3}
    assert planning.plan(first=date(2026, 11, 16), last=date(2026, 11, 29), by=somebody()).made == []
    assert Session.objects.count() == 10


def test_planning_leaves_a_cancelled_session_cancelled():
    a_route(0, 1)
    (planned,) = planning.plan(first=date(2026, 11, 16), last=date(2026, 11, 16), by=somebody()).made
    sessions.cancel(session=planned, reason="flood", by=somebody())
    assert planning.plan(first=date(2026, 11, 16), last=date(2026, 11, 16), by=somebody()).made == []


def test_two_routes_through_one_village_on_one_day_plan_one_session():
    a_route(0, 1)
    a_route(0, 1)
    assert len(planning.plan(first=date(2026, 11, 16), last=date(2026, 11, 16), by=somebody()).made) == 1


def test_a_village_has_one_session_a_day():
    a_session()
    with pytest.raises(Conflict, match="mobile_session_once"):
        a_session()


def test_a_session_is_cancelled_with_a_reason_and_planned_again():
    session = a_session()
    with pytest.raises(RuleBroken, match="reason_missing"):
        sessions.cancel(session=session, reason="", by=somebody())
    cancelled = sessions.cancel(session=session, reason="road", note="bridge", by=somebody())
    assert (cancelled.state, cancelled.reason, cancelled.note) == ("cancelled", "road", "bridge")
    assert sessions.restore(session=cancelled, by=somebody()).state == "planned"


def test_a_session_in_which_people_were_seen_is_not_cancelled():
    checkup = a_checkup()
    with pytest.raises(RuleBroken, match="session_has_checkups"):
        sessions.cancel(session=checkup.session, reason="staff", by=somebody())


def test_a_session_is_not_held_before_its_day():
    session = a_session(on=TODAY + timedelta(days=1))
    with pytest.raises(RuleBroken, match="session_in_future"):
        sessions.hold(session=session, by=somebody(), today=TODAY)
    with pytest.raises(RuleBroken, match="session_in_future"):
        a_checkup(session=session)
    session.refresh_from_db()
    assert session.state == "planned"


# -- check-ups ----------------------------------------------------------------------------------------------


def test_a_checkup_is_one_contact_of_the_mobile_team_and_holds_the_session():
    checkup = a_checkup(findings={55: "B", 16: "1", 11: "0"}, advised_to_come=True)
    contact, session = checkup.encounter, Session.objects.get()
    assert (contact.kind, contact.on, contact.status, contact.result) == ("mobile", TODAY, "closed", "follow_up")
    assert session.state == "held"
    assert (checkup.decayed_primary, checkup.decayed_permanent, checkup.missing, checkup.filled) == (1, 1, None, None)
    assert dict(checkup.teeth.values_list("tooth", "code")) == {55: "B", 16: "1", 11: "0"}
    assert Encounter.objects.contacts().count() == 1


def test_a_checkup_is_noted_with_its_person_and_stamped_for_the_tablets():
    checkup = a_checkup()
    entry = Entry.objects.get(verb="mobile_team.checkup.recorded")
    assert entry.patient_id == checkup.patient_id
    stamped = set(Change.objects.values_list("resource", "record_id"))
    assert {("mobile_team.dentalcheckup", checkup.pk), ("clinic.encounter", checkup.encounter_id)} <= stamped


def test_a_person_of_no_known_village_is_counted_where_they_were_seen():
    session, patient = a_session(), a_patient()
    assert a_checkup(session=session, patient=patient).encounter.village_id == session.village_id


def test_a_checkup_sent_twice_is_kept_once():
    key, session, patient = uuid7(), a_session(), a_patient()
    first = a_checkup(id=key, session=session, patient=patient, findings={55: "B"})
    again = a_checkup(id=key, session=session, patient=patient, findings={55: "B"})
    assert first.pk == again.pk == key
    assert (DentalCheckup.objects.count(), Encounter.objects.count(), ToothFinding.objects.count()) == (1, 1, 1)
    assert Entry.objects.filter(verb="mobile_team.checkup.recorded").count() == 1


def test_one_id_cannot_serve_two_people():
    key, session = uuid7(), a_session()
    a_checkup(id=key, session=session)
    with pytest.raises(Conflict, match="same_id"):
        a_checkup(id=key, session=session, patient=a_patient(given_name="Other"))


def test_a_person_is_checked_once_in_a_session_and_again_after_an_error():
    session, patient = a_session(), a_patient()
    first = a_checkup(session=session, patient=patient)
    with pytest.raises(Conflict, match="mobile_checkup_once"):
        a_checkup(session=session, patient=patient)
    checkups.void_checkup(checkup=first, reason="wrong child", by=somebody())
    a_checkup(session=session, patient=patient)
    assert selectors.tally(session)["seen"] == 1
    assert Encounter.objects.contacts().count() == 1


def test_a_refused_checkup_leaves_nothing_behind():
    session = a_session()
    for wrong in (
        {"findings": {19: "1"}},
        {"decayed_primary": 21},
        {"findings": {16: "1"}, "filled": 1},
        {"urgency": 7},
    ):
        with pytest.raises(RuleBroken):
            a_checkup(session=session, **wrong)
    session.refresh_from_db()
    assert session.state == "planned"
    assert not Encounter.objects.exists()


def test_somebody_who_died_before_is_not_checked():
    from clinic.services import patients

    patient = patients.record_death(
        patient=a_patient(), on=TODAY - timedelta(days=3), source="family", by=somebody(), today=TODAY
    )
    with pytest.raises(RuleBroken, match="date_after_death"):
        a_checkup(patient=patient)


@pytest.mark.parametrize(("tooth", "code"), [(19, "0"), (16, "B"), (55, "1"), (56, "A")])
def test_the_database_itself_refuses_a_wrong_tooth_or_code(tooth, code):
    checkup = a_checkup()
    with pytest.raises(IntegrityError), transaction.atomic():
        ToothFinding.objects.create(checkup=checkup, tooth=tooth, code=code)


def test_a_correction_takes_the_place_of_what_stood_there_and_the_log_keeps_it():
    checkup = a_checkup(findings={55: "B", 16: "1"}, pain=True)
    said = {"findings": {55: "D"}, "dental_education": True, "toothbrush": True}
    checkups.correct_checkup(checkup=checkup, **said, why="looked again", by=somebody())
    now = selectors.checkup(checkup.pk)
    assert [(t.tooth, t.code) for t in now.teeth.all()] == [(55, "D")]
    assert (now.pain, now.toothpaste, now.decayed_primary, now.decayed_permanent) == (False, False, 0, 0)
    entry = Entry.objects.get(verb="mobile_team.checkup.corrected")
    assert entry.detail["why"] == "looked again"
    assert entry.detail["changes"] == {
        "teeth": [{"55": "B", "16": "1"}, {"55": "D"}], "pain": [True, False], "toothpaste": [True, False],
    }  # fmt: skip
    version = checkup.versions.get()
    assert (version.number, version.why, version.document["teeth"]) == (1, "looked again", {"55": "B", "16": "1"})


def test_a_void_checkup_is_not_corrected_nor_voided_again():
    checkup = a_checkup()
    checkups.void_checkup(checkup=checkup, reason="twice", by=somebody())
    with pytest.raises(RuleBroken, match="checkup_void"):
        checkups.correct_checkup(checkup=checkup, why="late", by=somebody())
    with pytest.raises(RuleBroken, match="checkup_void"):
        checkups.void_checkup(checkup=checkup, reason="again", by=somebody())


def test_a_tooth_added_by_a_correction_is_the_word_of_who_corrected(mobile):
    checkup = a_checkup(findings={55: "B"})
    checkups.correct_checkup(checkup=checkup, findings={55: "B", 54: "B"}, why="seen later", by=mobile)
    assert ToothFinding.objects.get(tooth=54).recorded_by == mobile
    assert ToothFinding.objects.get(tooth=55).recorded_by == checkup.recorded_by


@pytest.mark.django_db(transaction=True)
def test_a_checkup_corrected_and_voided_at_once_stays_whole():
    by, session = somebody(), a_session()
    for _ in range(5):
        checkup = a_checkup(session=session, findings={55: "B"})

        def correct(tooth, checkup=checkup):
            checkups.correct_checkup(checkup=DentalCheckup(pk=checkup.pk), findings={tooth: "B"}, why="no", by=by)

        def void(checkup=checkup):
            checkups.void_checkup(checkup=DentalCheckup(pk=checkup.pk), reason="wrong child", by=by)

        results = at_once(partial(correct, 54), void, partial(correct, 53), void)
        refused = [result for result in results if isinstance(result, Exception)]
        assert all(str(error) == "mobile_team.checkup_void" for error in refused), refused
        assert Encounter.objects.get(checkup=checkup.pk).status == "void"
        assert ToothFinding.objects.filter(checkup=checkup.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tablets_send_the_same_child_at_once_and_one_is_kept():
    session, patient, by = a_session(), a_patient(), somebody()

    def send():
        return checkups.record_checkup(
            session=Session(id=session.pk), patient=patient, observed_at=noon(TODAY), by=by, today=TODAY
        )

    results = at_once(*[send] * 4)
    assert sum(isinstance(result, DentalCheckup) for result in results) == 1
    assert {r.code for r in results if isinstance(r, Conflict)} == {"constraint.mobile_checkup_once"}
    assert DentalCheckup.objects.count() == Encounter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_checkup_sent_by_two_connections_at_once_is_kept_once():
    session, patient, by, key = a_session(), a_patient(), somebody(), uuid7()

    def send():
        return checkups.record_checkup(
            id=key, session=Session(id=session.pk), patient=patient, observed_at=noon(TODAY), by=by, today=TODAY
        )

    results = at_once(*[send] * 3)
    assert {getattr(result, "pk", result) for result in results} == {key}
    assert DentalCheckup.objects.count() == 1


# -- selectors ----------------------------------------------------------------------------------------------


def test_the_tally_counts_three_handouts_apart_and_children_with_decay():
    session = a_session()
    a_checkup(session=session, patient=a_patient(given_name="A"), toothpaste=False, decayed_primary=3)
    a_checkup(session=session, patient=a_patient(given_name="B"), toothbrush=False, findings={16: "1"})
    a_checkup(session=session, patient=a_patient(given_name="C"), dental_education=False, decayed_permanent=0)
    counted = {"seen": 3, "education": 2, "brushes": 2, "pastes": 2, "decayed": 2}
    assert selectors.tally(session) == counted
    assert selectors.hand_outs(TODAY, TODAY) == counted
    assert selectors.hand_outs(TODAY + timedelta(days=1), TODAY + timedelta(days=9))["seen"] == 0
    (day,) = selectors.week(TODAY)
    assert day.sessions[0].tally == counted


def test_the_week_takes_three_statements_however_many_sessions(django_assert_max_num_queries):
    for place, village in enumerate(villages(6)):
        a_checkup(session=a_session(village=village), patient=a_patient(given_name=f"Child{place}"))
    with django_assert_max_num_queries(3):
        (day,) = selectors.week(TODAY)
        assert sum(session.tally["seen"] for session in day.sessions) == 6
        assert day.reached == 6


def test_the_roster_pages_by_key_and_loses_nobody(monkeypatch):
    monkeypatch.setattr("mobile_team.selectors.checkups.PAGE", 2)
    session = a_session()
    made = [a_checkup(session=session, patient=a_patient(given_name=f"N{n}")).pk for n in range(5)]
    seen, before = [], None
    for _ in range(3):
        page, before = selectors.roster(session, before=before)
        seen += [row.pk for row in page]
    assert seen == made[::-1]
    assert before is None


def test_a_village_not_reached_for_weeks_stands_out():
    a_route(0, 3)
    never, long_ago, lately = villages(3)
    for village, weeks in ((long_ago, 9), (lately, 1)):
        on = TODAY - timedelta(weeks=weeks)
        sessions.hold(session=a_session(village=village, on=on), by=somebody(), today=TODAY)
    rows = selectors.coverage(TODAY)
    assert [(row.village, row.overdue, row.weeks) for row in rows] == [
        (never, True, None), (long_ago, True, 9), (lately, False, 1),
    ]  # fmt: skip


def test_advice_to_come_is_listed_until_the_person_is_seen_at_the_centre():
    from tests.builders import a_visit

    checkup = a_checkup(advised_to_come=True)
    assert list(selectors.advised(since=TODAY)) == [checkup]
    a_visit(patient=checkup.encounter.patient)
    assert not selectors.advised(since=TODAY).exists()
