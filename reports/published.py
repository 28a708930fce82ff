"""The results as the centre publishes them: ten lines, the same for every year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.ages import BAND_SETS
from reports.cube import Cube

Words = str | Promise


@dataclass(frozen=True)
class Line:
    """One published line: its words, and how its number and its note come out of the figures."""

    words: Words
    figure: str
    keys: tuple[tuple[str, str], ...] = ()
    note: Callable[[Cube], str] | None = None

    def value(self, cube: Cube) -> int:
        """Return the number of this line."""
        return cube.sum(self.figure, **dict(self.keys))


def _parts(cube: Cube) -> str:
    numbers = [cube.sum("patients_assessed", service=service) for service in ("inpatient", "outpatient", "mobile")]
    return gettext("every visit of every service; %(inpatient)d + %(outpatient)d + %(mobile)d") % dict(
        zip(("inpatient", "outpatient", "mobile"), numbers, strict=True)
    )


def _admissions(cube: Cube) -> str:
    return gettext("in-patient admissions in the year")


def _visits(cube: Cube) -> str:
    return gettext("out-patient visits")


def _each_received(cube: Cube) -> str:
    """Say that each got all three only where the numbers say so."""
    checked = cube.sum("patients_assessed", service="mobile")
    given = {cube.sum(name) for name in ("dental_education", "toothbrushes_given", "toothpaste_given")}
    return gettext("each also received dental education, a toothbrush and toothpaste") if given == {checked} else ""


def _part_of_assessed(cube: Cube) -> str:
    return gettext("part of %(total)d") % {"total": cube.sum("patients_assessed")}


def _part_of_admitted(cube: Cube) -> str:
    total = cube.sum("patients_assessed", service="inpatient")
    return gettext("part of the %(total)d admissions: the patient's first admission here") % {"total": total}


_ASSESSED = "patients_assessed"
LINES = (
    Line(_("patients assessed"), _ASSESSED, (), _parts),
    Line(_("hospitalised"), _ASSESSED, (("service", "inpatient"),), _admissions),
    Line(_("treated as out-patients"), _ASSESSED, (("service", "outpatient"),), _visits),
    Line(_("checked by the mobile team"), _ASSESSED, (("service", "mobile"),), _each_received),
    Line(_("dental education received"), "dental_education"),
    Line(_("toothbrushes given"), "toothbrushes_given"),
    Line(_("toothpaste given"), "toothpaste_given"),
    Line(_("children under 5 assessed"), _ASSESSED, (("band", "under_5"),), _part_of_assessed),
    Line(_("children aged 6 to 12 assessed"), _ASSESSED, (("band", "6_12"),), _part_of_assessed),
    Line(_("new patients admitted to the health centre"), "new_patients_admitted", (), _part_of_admitted),
)


def rows(cube: Cube) -> list[tuple[str, int, str]]:
    """Return (words, number, note) of each published line; always by the published age bands."""
    cube = cube.cut_by(BAND_SETS["published"])
    return [(str(line.words), line.value(cube), line.note(cube) if line.note else "") for line in LINES]


def left_out(cube: Cube) -> str:
    """Return what the two lines of children leave out, so that nobody takes them for everyone."""
    cube = cube.cut_by(BAND_SETS["published"])
    bands = cube.by(_ASSESSED, "band")
    return gettext(
        "The two lines of children leave out %(five)s contacts of five-year-olds, %(older)s of everyone over 12 and "
        "%(unknown)s of unknown age; the table by age shows them all."
    ) % {
        "five": f"{bands['5']:,}",
        "older": f"{bands['13_17'] + bands['18_59'] + bands['60_plus']:,}",
        "unknown": f"{bands['unknown']:,}",
    }
