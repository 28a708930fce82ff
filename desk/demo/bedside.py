"""Open work at the centre: who waits today, and who lies in a bed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from clinic.models import Admission, Bed, Encounter, Identifier
from clinic.selectors import timeline
from clinic.services import admissions, bedside, encounters, notes, patients
from clinic.services.care import Line
from clinic.services.encounters import Care
from core.ages import Birth
from desk.demo.calendar import DAY
from desk.demo.cast import Cast
from desk.demo.villages import TOWN

Urgency = Encounter.Urgency


class Waiting(NamedTuple):
    """Somebody in the queue: sex, from and to which age, since how many minutes, how urgent, why, what was measured."""

    sex: str
    low: int
    high: int
    minutes: int
    urgency: int
    complaint: str
    vitals: dict[str, Any]


QUEUE = (
    # Fever and fast breathing since two days, does not eat.
    Waiting("M", 1, 4, 25, Urgency.EMERGENCY, "ក្តៅខ្លួន ដកដង្ហើមញាប់ ២ ថ្ងៃ មិនព្រមបៅ",
            {"temperature": Decimal("39.4"), "respiratory_rate": 54, "oxygen": 91, "weight": Decimal("10.20")}),
    # Loose stools five times since the morning.
    Waiting("F", 6, 12, 70, Urgency.URGENT, "រាក ៥ ដង តាំងពីព្រឹក",
            {"temperature": Decimal("37.8"), "heart_rate": 112, "weight": Decimal("21.50")}),
    # Bitten in the leg by a dog.
    Waiting("M", 18, 45, 40, Urgency.URGENT, "ឆ្កែខាំជើងខាងឆ្វេង", {}),
    # Antenatal care, seventh month.
    Waiting("F", 20, 35, 95, Urgency.ROUTINE, "ពិនិត្យផ្ទៃពោះ ខែទី ៧",
            {"systolic": 112, "diastolic": 70, "weight": Decimal("54.00")}),
    # Burning stomach, one week.
    Waiting("F", 40, 60, 80, Urgency.ROUTINE, "ក្រហាយពោះ ១ សប្តាហ៍", {"systolic": 148, "diastolic": 92}),
)  # fmt: skip


class Lying(NamedTuple):
    """Somebody in a bed: its label, sex, ages, days since admission, the reason, what was found; and the course.

    The course: temperature, pulse and breaths at the beginning and now, one note, what is ordered (what, dose).
    """

    bed: str
    sex: str
    low: int
    high: int
    days: int
    reason: str
    found: tuple[str, ...]
    first: tuple[str, int, int]
    now: tuple[str, int, int]
    note: str
    ordered: tuple[tuple[str, str], ...]


BEDS = (
    # Suspected dengue, day 4. Eats porridge, no bleeding.
    Lying(
        "C1",
        "F",
        6,
        14,
        3,
        "សង្ស័យគ្រុនឈាម ថ្ងៃទី ៤",
        ("dengue",),
        ("39.6", 124, 30),
        ("37.4", 96, 22),
        "ហូបបបរបាន គ្មានឈាម ពោះមិនឈឺ",
        (("Paracetamol 500 mg", "1x3"), ("Oral rehydration salts", "200 ml")),
    ),
    # Severe diarrhoea, dehydrated. Drinks eagerly, passed water twice.
    Lying(
        "C3",
        "M",
        1,
        3,
        1,
        "រាកខ្លាំង ខ្សោះជាតិទឹក",
        ("diarrhoea", "dehydration"),
        ("38.2", 150, 40),
        ("37.2", 124, 32),
        "ផឹកទឹកបានច្រើន នោម ២ ដង",
        (("Oral rehydration salts", "100 ml"), ("Zinc 20 mg", "1x1x10")),
    ),
    # Labour pains. The child was born in the night, both are well.
    Lying(
        "W1",
        "F",
        20,
        35,
        1,
        "ឈឺពោះសម្រាល",
        ("delivery",),
        ("37.0", 88, 18),
        ("36.9", 80, 16),
        "សម្រាលនៅយប់ ម្តាយ និងកូនសុខសប្បាយ",
        (("Ferrous sulfate + folic acid", "1x1x30"),),
    ),
    # Pneumonia, short of breath. Coughs less, slept.
    Lying(
        "M2",
        "M",
        50,
        80,
        2,
        "រលាកសួត ពិបាកដកដង្ហើម",
        ("pneumonia",),
        ("39.1", 112, 30),
        ("37.6", 90, 21),
        "ក្អកតិចជាងមុន ដេកបាន",
        (("Amoxicillin 500 mg", "2x3x7"), ("Paracetamol 500 mg", "1x3")),
    ),
)
# A severe attack of asthma. Breathes more easily since the morning.
FROM_A_VISIT = Lying(
    "W3", "F", 36, 70, 1, "ហឺតរើខ្លាំង", ("asthma",), ("37.1", 118, 32), ("36.9", 92, 20), "ដកដង្ហើមស្រួលជាងម្សិលមិញ",
    (("Salbutamol inhaler", "2 puffs 4/d"), ("Prednisolone 5 mg", "8x1x5")),
)  # fmt: skip
HOURS = (7, 18)  # when the nurses measure


def fill_queue(cast: Cast) -> None:
    """Let five people the centre knows wait, and one who was registered this morning."""
    for waiting in QUEUE:
        patient = cast.someone(waiting.sex, waiting.low, waiting.high, since=cast.day_before(2))
        _open(cast, patient, waiting)
    newcomer = patients.register(
        by=cast.nurse, today=cast.today, sex="F", family_name="Chea", given_name="Sreyneth", family_name_km="ជា",
        given_name_km="ស្រីណេត", birth=Birth.on(cast.today - 210 * DAY), village=cast.villages[TOWN], phone="012 345 678",
        guardian="ជា ម៉ាលី", identifiers=[(Identifier.Kind.EQUITY, "090606-03101")],
    )  # fmt: skip
    # Cough and a runny nose since three days.
    _open(cast, newcomer, Waiting("F", 0, 0, 10, Urgency.ROUTINE, "ក្អក ហៀរសំបោរ ៣ ថ្ងៃ", {"weight": Decimal("7.10")}))


def _open(cast: Cast, patient: Any, waiting: Waiting) -> None:
    care = Care(urgency=waiting.urgency, complaint=waiting.complaint, vitals=waiting.vitals)
    encounters.open_visit(
        patient=patient, on=cast.today, by=cast.nurse, today=cast.today, at=cast.ago(waiting.minutes), care=care
    )


def fill_beds(cast: Cast) -> None:
    """Let five people lie in beds; one of them came as an out-patient the day before."""
    beds = {bed.label: bed for bed in Bed.objects.all()}
    for lying in BEDS:
        on = cast.day_before(lying.days)
        stay = admissions.admit(
            patient=cast.someone(lying.sex, lying.low, lying.high, since=on), bed=beds[lying.bed], on=on, by=cast.nurse,
            today=cast.today, at=cast.hour(on, 10, 20), reason=lying.reason,
            diagnoses=[cast.conditions[key] for key in lying.found],
        )  # fmt: skip
        _look_after(cast, lying, stay)
    came = FROM_A_VISIT
    on = cast.day_before(came.days)
    patient = cast.someone(came.sex, came.low, came.high, since=on)
    found = [cast.conditions[key] for key in came.found]
    vitals = {"respiratory_rate": 32, "oxygen": 90, "systolic": 130, "diastolic": 84}
    visit = encounters.open_visit(
        patient=patient, on=on, by=cast.nurse, today=cast.today, at=cast.hour(on, 14, 5),
        care=Care(urgency=Urgency.EMERGENCY, complaint="ពិបាកដកដង្ហើម តាំងពីយប់", vitals=vitals, diagnoses=found),
    )  # fmt: skip
    stay = admissions.admit(
        patient=patient, bed=beds[came.bed], on=on, by=cast.nurse, today=cast.today, at=cast.hour(on, 14, 30),
        reason=came.reason, visit=timeline.contact(visit.pk),
    )  # fmt: skip
    _look_after(cast, came, stay)


def _look_after(cast: Cast, lying: Lying, stay: Admission) -> None:
    """Measure twice a day on the way from the first values to those of now, write a note, order and give medicine."""
    on, by, now = stay.admitted_on, cast.nurse, cast.now
    came = stay.encounter.arrived_at or now
    days = [on + n * DAY for n in range((cast.today - on).days + 1)]
    times = [at for day in days for hour in HOURS if came < (at := cast.hour(day, hour, 10)) < now]
    for n, at in enumerate(times, start=1):
        gone = Decimal(n) / len(times)
        temperature, pulse, breaths = (
            Decimal(str(first)) + (Decimal(str(last)) - Decimal(str(first))) * gone
            for first, last in zip(lying.first, lying.now, strict=True)
        )
        values = {"temperature": round(temperature, 1), "heart_rate": round(pulse), "respiratory_rate": round(breaths)}
        bedside.measure(stay_id=stay.pk, values=values, at=at, by=by, now=now)
    lines = [Line(*ordered) for ordered in lying.ordered]
    orders = bedside.order(stay_id=stay.pk, lines=lines, by=by, now=now)
    for at in times[-2:]:
        for order in orders:
            bedside.give(stay_id=stay.pk, order_id=order.pk, at=at, by=by, now=now)
    notes.write(stay_id=stay.pk, text=lying.note, at=times[-1] if times else came, by=by, now=now)
