"""The tables of people against contacts, of care, of teeth, of talks, of referrals and of the ambulance."""

from __future__ import annotations

from django.utils.translation import gettext

from clinic.models import PreventiveDose
from mobile_team.models import Education
from referrals.models import Trip
from referrals.rules import Wait
from reports.cube import Cube, assert_whole
from reports.facts import INDEX_AGES, Facts
from reports.naming import SERVICES, SEXES, band_words
from reports.tables.asked import lines, number
from reports.tables.shape import Column, Number, Row, Table, Value


def people(cube: Cube, facts: Facts) -> Table:
    """Tell contacts against people by service: a person stands under the service of the first contact."""

    def numbers(**keys: str) -> list[Number]:
        counted = (Number(cube.sum(name, **keys), name, keys) for name in ("patients_assessed", "people_reached"))
        return [*counted, number(facts, "new_patients", **keys)]

    rows: list[Row] = [
        (str(SERVICES[service]), *numbers(service=service)) for service in ("inpatient", "outpatient", "mobile")
    ]
    columns = [
        Column(gettext("Service"), number=False),
        Column(gettext("Contacts")),
        Column(gettext("People")),
        Column(gettext("New patients")),
    ]
    note = gettext(
        "A person who came three times is three contacts and one person, under the service of the first of them. New "
        "is who had never been seen before by any service."
    )
    return Table("people", gettext("People and contacts"), columns, rows, (gettext("Total"), *numbers()), note)


def care(facts: Facts) -> Table:
    """Tell stays that ended, antenatal contacts, and doses that prevent."""
    rows: list[Row] = [
        (words, *_by_sex(facts, name))
        for name, words in (
            ("discharges", gettext("Stays that ended")),
            ("deaths_in_care", gettext("Of them by death")),
            ("antenatal_contacts", gettext("Antenatal contacts")),
        )
    ]
    rows += [(str(item.label), *_by_sex(facts, "preventive_doses", item=item.value)) for item in PreventiveDose.What]
    return Table("care", gettext("Stays, pregnancy and prevention"), _sexes(gettext("Care")), rows)


def _by_sex(facts: Facts, name: str, **keys: str) -> list[Number]:
    return [*(number(facts, name, sex=sex, **keys) for sex in SEXES), number(facts, name, **keys)]


def _sexes(head: str) -> list[Column]:
    return [Column(head, number=False), *(Column(str(words)) for words in SEXES.values()), Column(gettext("Total"))]


# --- Teeth ------------------------------------------------------------------------------------------------------------


def teeth(cube: Cube, facts: Facts) -> Table:
    """Tell the state of teeth by the WHO index ages; the means are of those with a chart."""
    cube = cube.cut_by(INDEX_AGES)
    rows: list[Row] = [(band_words(INDEX_AGES, band), *_mouths(cube, facts, band=band)) for band in INDEX_AGES.lines]
    columns = [
        Column(gettext("Age at the check-up"), number=False),
        Column(gettext("Checked")),
        Column(gettext("With decay")),
        Column(gettext("With a chart")),
        Column(gettext("Mean dmft")),
        Column(gettext("Mean DMFT")),
    ]
    note = gettext(
        "dmft counts decayed, missing and filled milk teeth, DMFT permanent ones; the two are never added. Both are "
        "means over the charts of that age."
    )
    total: Row = (gettext("All ages"), *_mouths(cube, facts))
    return Table("teeth", gettext("Teeth, by age"), columns, rows, total, note)


def _mouths(cube: Cube, facts: Facts, **keys: str) -> list[Value]:
    where = {"service": "mobile", **keys}
    charted = number(facts, "mouths_charted", **keys)
    means = (_mean(number(facts, name, **keys), charted) for name in ("dmft_primary", "dmft_permanent"))
    checked = Number(cube.sum("patients_assessed", **where), "patients_assessed", where)
    return [checked, number(facts, "mouths_with_decay", **keys), charted, *means]


def _mean(teeth: Number, charts: Number) -> Value:
    """Return the mean in hundredths, a half rounded up; a dash without a chart."""
    if not charts.value:
        return "–"
    hundredths = (200 * teeth.value + charts.value) // (2 * charts.value)
    return Number(hundredths, f"mean_{teeth.figure}", teeth.keys, unit="hundredths")


def dental_care(facts: Facts) -> Table:
    """Tell how many mouths hurt, were treated, or were advised, and what was done."""
    rows: list[Row] = [
        (words, *_by_sex(facts, name))
        for name, words in (
            ("mouths_in_pain", gettext("In pain on that day")),
            ("mouths_treated", gettext("Treated on that day")),
            ("advised_to_come", gettext("Advised to come to the centre")),
        )
    ]
    return Table("dental_care", gettext("Found and done at check-ups"), _sexes(gettext("People checked")), rows)


# --- Talks ------------------------------------------------------------------------------------------------------------

_HEADS = (("F", "adult"), ("M", "adult"), ("F", "child"), ("M", "child"))


def talks(facts: Facts) -> Table:
    """Tell health education by topic: talks, and unnamed heads that are never added to contacts."""
    held = facts.answers["talks_held"].along("topic")
    rows: list[Row] = [
        (str(topic.label), *_heads(facts, topic=topic.value)) for topic in Education.Topic if held.get(topic.value)
    ]
    words = (
        gettext("Talks"), gettext("With the Health Department"), gettext("Women"), gettext("Men"), gettext("Girls"),
        gettext("Boys"), gettext("All"), gettext("Toothbrushes"), gettext("Toothpaste"),
    )  # fmt: skip
    columns = [Column(gettext("Topic"), number=False), *(Column(word) for word in words)]
    note = gettext("People who listened are counted by heads, without names; they are not contacts.")
    total: Row = (gettext("Total"), *_heads(facts))
    return Table("talks", gettext("Health education"), columns, rows, total, note)


def _heads(facts: Facts, **keys: str) -> list[Number]:
    together = facts.together.get(keys["topic"], 0) if keys else sum(facts.together.values())
    listened = [number(facts, "heads_taught", sex=sex, grown=grown, **keys) for sex, grown in _HEADS]
    every = number(facts, "heads_taught", **keys)
    assert_whole((heads.value for heads in listened), every.value)
    return [
        number(facts, "talks_held", **keys), Number(together, "talks_with_department", keys), *listened, every,
        number(facts, "group_toothbrushes", **keys), number(facts, "group_toothpaste", **keys),
    ]  # fmt: skip


# --- Referrals and the road -------------------------------------------------------------------------------------------


def referrals(facts: Facts) -> Table:
    """Tell the referrals by hospital, and what became of them."""
    hospitals = facts.named["hospital"]
    rows: list[Row] = [
        (str(hospitals[key]), *_sent(facts, hospital=key))
        for key in hospitals
        if facts.answers["referrals"].along("hospital").get(key)
        or facts.answers["referrals_unanswered"].along("hospital").get(key)
    ]
    words = (
        gettext("Written"), gettext("Answered"), gettext("Long without an answer"),
        gettext("By own transport, on the way"), gettext("Did not arrive"), gettext("Cancelled"),
    )  # fmt: skip
    columns = [Column(gettext("Hospital"), number=False), *(Column(word) for word in words)]
    total: Row = (gettext("Total"), *_sent(facts))
    note = gettext("Answers count whenever they came: one that comes later changes this line.")
    return Table("referrals", gettext("Referrals and answers"), columns, rows, total, note)


def _sent(facts: Facts, **keys: str) -> list[Number]:
    stand = ("own_transport", "did_not_arrive", "cancelled")
    return [
        *(number(facts, name, **keys) for name in ("referrals", "referrals_answered", "referrals_unanswered")),
        *(number(facts, "referrals", state=state, **keys) for state in stand),
    ]


def trips(facts: Facts) -> Table:
    """Tell the trips of the ambulance by purpose, journeys home among them."""

    def numbers(**keys: str) -> list[Number]:
        return [number(facts, "trips", **keys), number(facts, "trip_kilometres", **keys)]

    rows: list[Row] = [(str(purpose.label), *numbers(purpose=purpose.value)) for purpose in Trip.Purpose]
    columns = [Column(gettext("Ambulance"), number=False), Column(gettext("Trips")), Column(gettext("Kilometres"))]
    return Table("trips", gettext("The ambulance"), columns, rows, (gettext("All trips"), *numbers()))


def road(facts: Facts) -> Table:
    """Tell the fuel, and how long emergencies took."""
    fuel, waits = facts.fuel, facts.waits
    rows: list[Row] = [
        (gettext("Fuel, litres"), Number(round(fuel.litres * 100), "fuel_litres", unit="hundredths")),
        (gettext("Fuel bought, riel"), Number(fuel.riel, "fuel_paid", {"currency": "KHR"}, unit="KHR")),
        (gettext("Emergency: minutes from the call to leaving (middle one)"), _wait(waits.leaving, "leaving")),
        (gettext("Emergency: minutes from the call to the hospital (middle one)"), _wait(waits.arriving, "arriving")),
        (gettext("Emergency: minutes from the call to handing over (middle one)"), _wait(waits.altogether, "all")),
    ]
    return lines("road", gettext("Fuel and waiting"), gettext("On the road"), rows)


def _wait(wait: Wait | None, part: str) -> Value:
    return "–" if wait is None else Number(wait.median, "emergency_wait", {"part": part})
