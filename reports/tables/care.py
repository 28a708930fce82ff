"""The tables of people against contacts, of teeth, of talks, of referrals and of the ambulance."""

from __future__ import annotations

from dataclasses import fields

from django.utils.translation import gettext

from mobile_team.models import Education, ToothTreatment
from referrals.models import Trip
from referrals.rules import Wait
from reports.cube import Cube, assert_whole
from reports.facts import Facts, care
from reports.naming import SERVICES, band_words
from reports.tables.shape import Column, Number, Row, Table, Value

HEADS = ("women", "men", "girls", "boys")


def people(cube: Cube, facts: Facts) -> Table:
    """Tell contacts against people by service: a person stands under the service of the first contact."""
    rows: list[Row] = [
        (
            str(SERVICES[service]),
            Number(cube.sum("patients_assessed", service=service), "patients_assessed", {"service": service}),
            Number(cube.sum("people_reached", service=service), "people_reached", {"service": service}),
            Number(facts.new_patients.get(service, 0), "new_patients", {"service": service}),
        )
        for service in ("inpatient", "outpatient", "mobile")
    ]
    total: Row = (
        gettext("Total"),
        Number(cube.sum("patients_assessed"), "patients_assessed"),
        Number(cube.sum("people_reached"), "people_reached"),
        Number(assert_whole((row[3].value for row in rows), sum(facts.new_patients.values())), "new_patients"),  # type: ignore[union-attr]
    )
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
    return Table("people", gettext("People and contacts"), columns, rows, total, note)


# --- Teeth ------------------------------------------------------------------------------------------------------------


def teeth(facts: Facts) -> Table:
    """Tell the state of teeth by the WHO index ages; the means are of those with a chart."""
    ages = facts.dental.ages
    rows: list[Row] = [(band_words(care.INDEX_AGES, band), *_mouths(ages[band], band)) for band in ages]
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
    total: Row = (gettext("All ages"), *_mouths(facts.dental.all))
    return Table("teeth", gettext("Teeth, by age"), columns, rows, total, note)


def _mouths(found: care.Mouths, band: str = "") -> list[Value]:
    keys = {"band": band} if band else {}
    counts = [("checked", found.seen), ("with_decay", found.decayed), ("charted", found.charted)]
    means = [("mean_dmft", found.mean(found.milk)), ("mean_DMFT", found.mean(found.permanent))]
    cells: list[Value] = [Number(n, f"dental_{name}", keys) for name, n in counts]
    return [*cells, *("–" if n is None else Number(n, f"dental_{name}", keys, unit="hundredths") for name, n in means)]


def dental_care(facts: Facts) -> Table:
    """Tell how many had pain or an urgent mouth, were advised, and got which treatment."""
    had, treated = facts.dental.had, facts.dental.treated
    rows: list[Row] = [
        (words, Number(had[key], f"dental_{key}"))
        for key, words in (
            ("pain", gettext("In pain on that day")),
            ("pressing", gettext("In need of care at once, or to be referred")),
            ("advised", gettext("Advised to come to the centre")),
        )
    ]
    rows += [
        (str(what.label), Number(treated.get(what.value, 0), "dental_treated", {"treatment": what.value}))
        for what in ToothTreatment.What
    ]
    columns = [Column(gettext("At a check-up"), number=False), Column(gettext("People checked"))]
    note = gettext("A treatment counts the check-ups at which it was given, however many teeth it was for.")
    return Table("dental_care", gettext("Found and done at check-ups"), columns, rows, note=note)


# --- Talks ------------------------------------------------------------------------------------------------------------


def talks(facts: Facts) -> Table:
    """Tell health education by topic: talks, and unnamed heads that are never added to contacts."""
    rows: list[Row] = [
        (str(topic.label), *_heads(*facts.talks[topic.value], topic.value))
        for topic in Education.Topic
        if topic.value in facts.talks
    ]
    every = list(facts.talks.values())
    whole = sum((heads for heads, _ in every), care.Heads()), sum(n for _, n in every)
    columns = [Column(gettext("Topic"), number=False), Column(gettext("Talks"))]
    columns.append(Column(gettext("With the Health Department")))
    columns += [
        Column(words) for words in (gettext("Women"), gettext("Men"), gettext("Girls"), gettext("Boys"), gettext("All"))
    ]
    columns += [Column(gettext("Toothbrushes")), Column(gettext("Toothpaste"))]
    total: Row = (gettext("Total"), *_heads(*whole))
    note = gettext("People who listened are counted by heads, without names; they are not contacts.")
    return Table("talks", gettext("Health education"), columns, rows, total, note)


def _heads(heads: care.Heads, together: int, topic: str = "") -> list[Number]:
    keys = {"topic": topic} if topic else {}
    assert_whole((getattr(heads, who) for who in HEADS), heads.all)
    listened = [Number(getattr(heads, who), "talk_heads", keys | {"who": who}) for who in HEADS]
    return [
        Number(heads.talks, "talks", keys),
        Number(together, "talks_with_department", keys),
        *listened,
        Number(heads.all, "talk_heads", keys),
        Number(heads.brushes, "talk_toothbrushes", keys),
        Number(heads.pastes, "talk_toothpaste", keys),
    ]


# --- Referrals and the road -------------------------------------------------------------------------------------------

SENT = tuple(one.name for one in fields(care.Sent) if one.name != "hospital")


def referrals(facts: Facts) -> Table:
    """Tell the referrals by hospital as they stood on the last day."""
    found = facts.referrals
    rows: list[Row] = [(str(sent.hospital), *_sent(sent, sent.hospital.pk)) for sent in found.hospitals]
    words = {
        "written": gettext("Written"), "answered": gettext("Answered"), "waiting": gettext("No answer yet"),
        "own_transport": gettext("Own transport"), "did_not_arrive": gettext("Did not arrive"),
        "cancelled": gettext("Cancelled"), "no_answer": gettext("No answer to be had"),
    }  # fmt: skip
    columns = [Column(gettext("Hospital"), number=False), *(Column(words[name]) for name in SENT)]
    whole = care.total(found.hospitals)
    assert_whole((whole.answered, whole.waiting, whole.did_not_arrive, whole.cancelled, whole.no_answer), whole.written)
    note = gettext(
        "Each referral is counted once, by how it stood on the last day; who went by own transport stands in one of "
        "the others too."
    )
    return Table("referrals", gettext("Referrals"), columns, rows, (gettext("Total"), *_sent(whole)), note)


def _sent(sent: care.Sent, hospital: int | str = "") -> list[Number]:
    keys = {"hospital": str(hospital)} if hospital else {}
    return [Number(getattr(sent, name), "referrals", keys | {"stood": name}) for name in SENT]


def answers(facts: Facts) -> Table:
    """Tell how many answers came, and how many are long awaited."""
    rows: list[Row] = [
        (gettext("Answers that came, to referrals of any date"), Number(facts.referrals.answers, "referral_answers")),
        (gettext("Long without an answer on the last day"), Number(facts.referrals.long_awaited, "referrals_awaited")),
    ]
    columns = [Column(gettext("Answers"), number=False), Column(gettext("Number"))]
    return Table("answers", gettext("Answers of the hospitals"), columns, rows)


def road(facts: Facts) -> Table:
    """Tell the trips by purpose, kilometres, fuel, and how long emergencies took."""
    driven, waits = facts.road.travelled, facts.road.waits
    rows: list[Row] = [
        (str(purpose.label), Number(getattr(driven, purpose.value), "trips", {"purpose": purpose.value}))
        for purpose in Trip.Purpose
    ]
    rows += [
        (gettext("All trips"), Number(driven.count, "trips")),
        (gettext("Kilometres driven"), Number(driven.kilometres, "kilometres")),
        (gettext("Fuel, litres"), Number(round(driven.litres * 100), "fuel_litres", unit="hundredths")),
        (gettext("Fuel bought, riel"), Number(driven.riel, "fuel_paid", {"currency": "KHR"}, unit="KHR")),
        (gettext("Emergency: minutes from the call to leaving (middle one)"), _wait(waits.leaving, "leaving")),
        (gettext("Emergency: minutes from the call to the hospital (middle one)"), _wait(waits.arriving, "arriving")),
        (gettext("Emergency: minutes from the call to handing over (middle one)"), _wait(waits.altogether, "all")),
    ]  # fmt: skip
    columns = [Column(gettext("The ambulance"), number=False), Column(gettext("Number"))]
    return Table("road", gettext("Ambulance"), columns, rows)


def _wait(wait: Wait | None, part: str) -> Value:
    return "–" if wait is None else Number(wait.median, "emergency_wait", {"part": part})
