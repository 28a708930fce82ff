"""What people come with, by service, season, age and sex, and how it ends. Keys are of the catalogue of conditions."""

from __future__ import annotations

from typing import NamedTuple

from core.ages import slot_age
from desk.demo.chance import Chance

# January to December. Dengue and diarrhoea rise with the rains, coughs and colds in the cool months.
SEASONS = {
    "even": (1,) * 12,
    "rain": (0.5, 0.4, 0.5, 0.8, 1.3, 1.8, 1.9, 1.7, 1.4, 1.0, 0.6, 0.5),
    "dengue": (0.1, 0.1, 0.1, 0.2, 0.8, 2.2, 3.0, 2.6, 1.5, 0.7, 0.3, 0.1),
    "cool": (1.8, 1.4, 0.9, 0.6, 0.5, 0.6, 0.7, 0.7, 0.8, 1.0, 1.5, 1.9),
}


class Case(NamedTuple):
    """One condition: how often, when, and in whom (`from_age` up to but without `to_age`, in years)."""

    key: str
    weight: float
    season: str = "even"
    from_age: int = 0
    to_age: int = 150
    sex: str = "FM"


OUTPATIENT = (
    Case("cold", 9, "cool"), Case("uri", 6, "cool"), Case("bronchitis", 4, "cool"), Case("pneumonia", 3, "cool", 0, 6),
    Case("asthma", 2.5, "cool", 2), Case("pharyngitis", 3, "cool"), Case("cough", 3, "cool"),
    Case("diarrhoea", 10, "rain", 0, 13), Case("diarrhoea", 3, "rain", 13), Case("dysentery", 1.5, "rain"),
    Case("dengue", 3, "dengue", 0, 16), Case("fever", 6, "rain"), Case("malaria", 0.3, "rain", 5),
    Case("typhoid", 0.8, "rain", 4), Case("worms", 4, "even", 1, 13), Case("ascaris", 1.2, "even", 1, 13),
    Case("skin_inf", 4, "rain"), Case("impetigo", 3, "rain", 0, 13), Case("abscess", 2), Case("scabies", 1.5),
    Case("tinea", 1.5, "rain", 3), Case("eczema", 2), Case("skin_allergy", 2.5), Case("urticaria", 1.2),
    Case("otitis", 2, "even", 0, 13), Case("conjunctivitis", 1.6, "rain"), Case("chickenpox", 0.6, "cool", 1, 16),
    Case("epistaxis", 1.2, "even", 2), Case("mam", 1.4, "even", 0, 5), Case("anaemia", 1.2),
    Case("gastritis", 7, "even", 14), Case("dyspepsia", 2, "even", 14), Case("myalgia", 6, "even", 16),
    Case("backpain", 4, "even", 18), Case("headache", 3, "even", 8), Case("htn", 6, "even", 40),
    Case("dm2", 2.5, "even", 40), Case("uti", 2.2, "even", 14, 150, "F"), Case("vaginitis", 1.6, "even", 16, 55, "F"),
    Case("pregnancy", 11, "even", 17, 44, "F"), Case("postpartum", 2, "even", 17, 44, "F"),
    Case("fp", 2.5, "even", 18, 45, "F"), Case("wound", 3, "even", 2), Case("burn", 0.6),
    Case("dogbite", 0.7, "even", 3), Case("abdominal", 2, "even", 4), Case("toothache", 2.5, "even", 4),
    Case("bacterial", 2), Case("checkup", 2, "even", 0, 5),
)  # fmt: skip
INPATIENT = (
    Case("pneumonia", 9, "cool", 0, 6), Case("pneumonia", 2, "cool", 45), Case("bronchiolitis", 5, "cool", 0, 2),
    Case("diarrhoea", 8, "rain", 0, 13), Case("diarrhoea", 2, "rain", 13), Case("dengue", 7, "dengue", 0, 20),
    Case("dysentery", 1.2, "rain"), Case("typhoid", 2, "rain", 4), Case("fever", 3, "rain"),
    Case("asthma", 3, "cool", 3),
    Case("delivery", 24, "even", 18, 42, "F"), Case("preeclampsia", 0.7, "even", 18, 42, "F"),
    Case("gastritis", 2.5, "even", 16), Case("abscess", 1.6), Case("wound", 2, "even", 3), Case("burn", 0.5),
    Case("htn", 2.5, "even", 45), Case("dm2", 1.6, "even", 45), Case("sam", 1, "even", 0, 5),
    Case("snakebite", 0.6, "rain", 6),
    Case("uti", 1, "even", 16, 150, "F"), Case("abdominal", 1.5, "even", 4), Case("lri", 2, "cool", 50),
)  # fmt: skip
MOBILE = (
    Case("caries", 60, "even", 1, 20), Case("caries", 38, "even", 20), Case("dental_check", 24),
    Case("gingivitis", 22, "even", 10), Case("toothache", 9, "even", 3), Case("dental_abscess", 5, "even", 3),
)  # fmt: skip
ON_THE_WAY = ("skin_inf", "cold", "impetigo", "scabies")  # seen beside the teeth
ALONGSIDE = {"diarrhoea": "dehydration", "pneumonia": "fever", "worms": "anaemia", "dengue": "dehydration",
             "pregnancy": "anaemia", "sam": "diarrhoea", "caries": "gingivitis"}  # fmt: skip
_CASES = {"outpatient": OUTPATIENT, "inpatient": INPATIENT, "mobile": MOBILE}

VISIT_ENDS = {"treated": 0.87, "follow_up": 0.09, "referred": 0.025, "left": 0.015}
STAY_ENDS = {"recovered": 0.56, "improved": 0.29, "home_treatment": 0.06, "refer_out": 0.045, "unchanged": 0.025,
             "unauthorized": 0.015, "absconded": 0.005}  # fmt: skip
ALWAYS_REFERRED = {"preeclampsia", "snakebite"}
_GROWN_UP = 30  # taken for someone of unknown age


def conditions(chance: Chance, service: str, month: int, slot: int | None, sex: str) -> tuple[str, ...]:
    """Return what one contact was about, the main condition first."""
    years = _GROWN_UP if slot is None else slot_age(slot).years
    fitting: dict[str, float] = {}
    for case in _CASES[service]:
        if case.from_age <= years < case.to_age and sex in case.sex:
            fitting[case.key] = fitting.get(case.key, 0) + case.weight * SEASONS[case.season][month - 1]
    main = chance.weighted(fitting)
    found = [main]
    if main in ALONGSIDE and chance.happens(0.14):
        found.append(ALONGSIDE[main])
    if service == "mobile" and chance.happens(0.035):
        found.append(chance.one(ON_THE_WAY))
    return tuple(found)


def end_of(chance: Chance, service: str, conditions: tuple[str, ...]) -> str:
    """Return the outcome as the register writes it; a check-up on the road has none."""
    if service == "mobile":
        return ""
    if service == "inpatient":
        return "refer_out" if ALWAYS_REFERRED & set(conditions) else chance.weighted(STAY_ENDS)
    return chance.weighted(VISIT_ENDS)
