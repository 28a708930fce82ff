"""Health education of the two years, half of it with the Health Department, and the kits of the last sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.periods import Year
from desk.demo.calendar import stands
from desk.demo.cast import Cast
from desk.demo.chance import Chance
from mobile_team.models import KitLine, Session
from mobile_team.selectors.kits import counted
from mobile_team.services import kits, talks

EACH = 10  # one talk in so many sessions
KITS = 6  # sessions whose kit was written down
TOPICS = {"teeth": 6, "hygiene": 3, "water": 1, "medicine": 2, "nutrition": 2, "worms": 1, "dengue": 1}
RAINS = range(6, 11)  # months in which dengue is spoken of
TEACHERS = ("កែវ ដារ៉ា", "កែវ ដារ៉ា, លោក ហេង វិបុល", "អ្នកស្រី ទេព មុន្នី")


def tell(cast: Cast) -> None:
    """Record talks at some of the sessions held before today, and the kits of the last ones."""
    year = Year.of(cast.today)
    for session in _taught([year.previous(), year], cast):
        chance = Chance("talk", session.on, session.village.code)
        department = chance.happens(0.5)
        talks.record(
            session_id=session.pk, by=cast.mobile, today=cast.today, place=session.place or "វត្ត",  # the pagoda
            topic="dengue" if session.on.month in RAINS and chance.happens(0.3) else chance.weighted(TOPICS),
            topic_text="", teachers=chance.one(TEACHERS[1:] if department else TEACHERS[:1]), note="",
            with_department=department, brushes=0, pastes=0, audiences=dict(_audiences(chance)),
        )  # fmt: skip
    last = list(_last(cast))
    given = counted(session.pk for session in last)
    for n, session in enumerate(last):
        chance, waits = Chance("kit", session.on, n), session.on > cast.today
        kits.save(session_id=session.pk, said=_packed(chance, given.get(session.pk, {}), full=waits), by=cast.mobile)


def _taught(years: Iterable[Year], cast: Cast) -> Iterable[Session]:
    """Yield one in ten of the sessions held."""
    held = Session.objects.filter(on__lt=cast.today, state=Session.State.HELD).select_related("village")
    by_place = {(session.village.code, session.on): session for session in held}
    for year in years:
        for n, stand in enumerate(stands(year)):
            session = by_place.get((stand.stop.code, stand.on))
            if session and n % EACH == 0:
                yield session


def _audiences(chance: Chance) -> Iterable[tuple[str, dict[str, int]]]:
    yield "villagers", {
        "women": chance.between(8, 35), "men": chance.between(2, 14), "girls": chance.between(3, 20),
        "boys": chance.between(3, 18),
    }  # fmt: skip
    if chance.happens(0.35):
        yield "pupils", {"women": 1, "men": 1, "girls": chance.between(14, 40), "boys": chance.between(12, 38)}
    if chance.happens(0.6):
        yield "chief", {"women": int(chance.happens(0.2)), "men": 1, "girls": 0, "boys": 0}
    if chance.happens(0.4):
        yield "leaders", {"women": chance.between(1, 3), "men": chance.between(1, 4), "girls": 0, "boys": 0}


def _last(cast: Cast) -> Iterable[Session]:
    """Return the last sessions held and, first of all, the next one planned: its kit waits."""
    coming = Session.objects.filter(on__gt=cast.today, state=Session.State.PLANNED).order_by("on", "id")[:1]
    held = Session.objects.filter(on__lt=cast.today, state=Session.State.HELD).order_by("-on", "-id")[:KITS]
    return [*coming, *held]


def _packed(chance: Chance, given: Mapping[str, int], *, full: bool) -> dict[str, dict[str, Any]]:
    """Return a kit as it was packed; unless it is still `full`, also what came back, so that it adds up.

    `given` is what check-ups and talks say of the session.
    """
    said: dict[str, dict[str, Any]] = {}
    for item, most in (("brush", 60), ("paste", 60), ("mebendazole", 20), ("varnish", 20), ("gloves", 40)):
        spare, lost = chance.between(most // 4, most // 2), chance.between(0, 1)
        told = given.get(item, 0) if item in KitLine.COUNTED else chance.between(most // 4, most // 2)
        said[item] = {"packed": told + spare}
        if not full:
            said[item] |= {"returned": spare - lost, "lost": lost}
            if item not in KitLine.COUNTED:
                said[item]["given"] = told
    return said
