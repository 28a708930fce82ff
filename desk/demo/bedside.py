"""Open work at the centre: who waits today, and who lies in a bed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from clinic.models import Bed, Encounter, Identifier
from clinic.selectors import timeline
from clinic.services import admissions, encounters, patients
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
    """Somebody in a bed: its label, sex, ages, days since admission, the reason, what was found."""

    bed: str
    sex: str
    low: int
    high: int
    days: int
    reason: str
    found: tuple[str, ...]


BEDS = (
    Lying("C1", "F", 6, 14, 3, "សង្ស័យគ្រុនឈាម ថ្ងៃទី ៤", ("dengue",)),
    Lying("C3", "M", 1, 3, 1, "រាកខ្លាំង ខ្សោះជាតិទឹក", ("diarrhoea", "dehydration")),
    Lying("W1", "F", 20, 35, 1, "ឈឺពោះសម្រាល", ("delivery",)),
    Lying("M2", "M", 50, 80, 2, "រលាកសួត ពិបាកដកដង្ហើម", ("pneumonia",)),
)
FROM_A_VISIT = Lying("W3", "F", 36, 70, 1, "ហឺតរើខ្លាំង", ("asthma",))


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
        admissions.admit(
            patient=cast.someone(lying.sex, lying.low, lying.high, since=on), bed=beds[lying.bed], on=on, by=cast.nurse,
            today=cast.today, at=cast.hour(on, 10, 20), reason=lying.reason,
            diagnoses=[cast.conditions[key] for key in lying.found],
        )  # fmt: skip
    came = FROM_A_VISIT
    on = cast.day_before(came.days)
    patient = cast.someone(came.sex, came.low, came.high, since=on)
    found = [cast.conditions[key] for key in came.found]
    vitals = {"respiratory_rate": 32, "oxygen": 90, "systolic": 130, "diastolic": 84}
    visit = encounters.open_visit(
        patient=patient, on=on, by=cast.nurse, today=cast.today, at=cast.hour(on, 14, 5),
        care=Care(urgency=Urgency.EMERGENCY, complaint="ពិបាកដកដង្ហើម តាំងពីយប់", vitals=vitals, diagnoses=found),
    )  # fmt: skip
    admissions.admit(
        patient=patient, bed=beds[came.bed], on=on, by=cast.nurse, today=cast.today, at=cast.hour(on, 14, 30),
        reason=came.reason, visit=timeline.contact(visit.pk),
    )  # fmt: skip
