"""Where the people of the demonstration live, and the three rounds of the van. Codes are of the gazetteer."""

from __future__ import annotations

from typing import NamedTuple


class Stop(NamedTuple):
    """A village on a route: its code, where people meet, and what keeps the van away in the rains."""

    code: str
    place: str
    trouble: str = ""


class Round(NamedTuple):
    """A route: its weekday (Monday = 0), its names, its stops in driving order."""

    weekday: int
    name_km: str
    name_en: str
    stops: tuple[Stop, ...]


_SCHOOL, _PAGODA, _CHIEF, _HALL = "សាលាបឋមសិក្សា", "វត្ត", "ផ្ទះមេភូមិ", "សាលាឃុំ"

ROUNDS = (
    Round(1, "ស្រែអំបិល និងជីខ", "Sre Ambel and Chi Kha", (
        Stop("09060602", _SCHOOL),  # Khlong
        Stop("09060605", _CHIEF),  # Triek
        Stop("09060302", _SCHOOL),  # Chi Kha
        Stop("09060304", _PAGODA, "road"),  # Trapeang Kandaol
        Stop("09060206", _CHIEF, "flood"),  # Preaek Chik
    )),
    Round(2, "ដងពែង និងមាត់សមុទ្រ", "Dang Peaeng and the coast", (
        Stop("09060502", _HALL),  # Dang Peaeng
        Stop("09060504", _SCHOOL),  # Preah Ang Kaev
        Stop("09060402", _PAGODA),  # Chrouy Svay Khang Lech
        Stop("09060405", _CHIEF, "flood"),  # Nesat
        Stop("09060102", _SCHOOL, "flood"),  # Boeng Preav
    )),
    Round(3, "បូកគោ ខេត្តកំពត", "Bouk Kou, Kampot", (
        Stop("07090304", _SCHOOL),  # Changhaon
        Stop("07090303", _CHIEF, "flood"),  # Preaek Tnaot
        Stop("07090101", _HALL),  # Roluos
        Stop("07090103", _SCHOOL, "road"),  # Totueng Thngai
        Stop("07090204", _PAGODA),  # Preaek Ampil
    )),
)  # fmt: skip
STOPS = {stop.code: stop for tour in ROUNDS for stop in tour.stops}

# How many of a hundred out-patients come from here, beside the villages of the routes: the nearer, the more.
TOWN = "09060603"  # Srae Ambel, where the centre stands
NEAR = {TOWN: 14, "09060601": 8, "09060604": 8, "09060606": 7, "09060607": 7}
_FAR = [
    commune + village
    for commune, villages in (
        ("090601", "01 03 04 05 07"),
        ("090602", "01 02 03 04 05"),
        ("090603", "01 03"),
        ("090604", "01 03 04 06 07"),
        ("090605", "01 03 05 06 07"),
        ("070901", "02"),
        ("070903", "01 02"),
        ("070705", "01 03"),
        ("070309", "01 05"),
    )
    for village in villages.split()
]
ON_ROUTES = 2.4
FAR = 0.7

VISITORS: dict[str, float] = {**NEAR, **dict.fromkeys(STOPS, ON_ROUTES), **dict.fromkeys(_FAR, FAR)}
HOUSEHOLDS: dict[str, int] = {**dict.fromkeys(NEAR, 60), **dict.fromkeys(STOPS, 78), **dict.fromkeys(_FAR, 14)}
