"""What may be written of teeth, and the dental indices. Pure: no database, no clock.

Teeth are numbered as FDI / ISO 3950 does, crowns coded as in the WHO's basic methods of 2013, letters for milk teeth
(reference/cambodia.md 4). Permanent and milk teeth are never added. The tablet reckons the same in its own language:
both are held to `tests/vectors/dental.json`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.errors import RuleBroken

Findings = Mapping[int, str]
Marks = Mapping[int, str]

PERMANENT = [10 * quadrant + place for quadrant in (1, 2, 3, 4) for place in range(1, 9)]
PRIMARY = [10 * quadrant + place for quadrant in (5, 6, 7, 8) for place in range(1, 6)]
PERMANENT_CODES = "0123456789"
PRIMARY_CODES = "ABCDEFG"
PUFA_CODES = "PUFA"
# As a dentist looks into a mouth: the patient's right is on the left; upper row, then lower row.
CHART_PERMANENT = ([18, 17, 16, 15, 14, 13, 12, 11, 21, 22, 23, 24, 25, 26, 27, 28],
                   [48, 47, 46, 45, 44, 43, 42, 41, 31, 32, 33, 34, 35, 36, 37, 38])  # fmt: skip
CHART_PRIMARY = ([55, 54, 53, 52, 51, 61, 62, 63, 64, 65], [85, 84, 83, 82, 81, 71, 72, 73, 74, 75])
ABSENT = "458E"  # missing, or not yet through: such a tooth has no open pulp


@dataclass(frozen=True, slots=True)
class Index:
    """Hold decayed, missing and filled teeth of one dentition; `total` is its DMFT, or its dmft."""

    decayed: int
    missing: int
    filled: int

    @property
    def total(self) -> int:
        return self.decayed + self.missing + self.filled


@dataclass(frozen=True, slots=True)
class Indices:
    """What one chart says: the two indices, and the teeth of each set in which decay has gone further."""

    permanent: Index
    primary: Index
    pufa_permanent: int
    pufa_primary: int

    @property
    def untreated(self) -> int | None:
        """Return how many of a hundred decayed teeth are beyond simple filling; None where none is decayed.

        Untreated caries, PUFA ratio: (PUFA + pufa) / (D + d) × 100, the one place where both sets are taken together.
        """
        decayed = self.permanent.decayed + self.primary.decayed
        return round(100 * (self.pufa_permanent + self.pufa_primary) / decayed) if decayed else None


def teeth_exist(findings: Findings) -> None:
    """Refuse a tooth nobody has, or a code that is not of its dentition.

    Raises RuleBroken("mobile_team.no_such_tooth") or ("mobile_team.no_such_code").
    """
    for tooth, code in findings.items():
        tooth_exists(tooth)
        codes = PERMANENT_CODES if tooth in PERMANENT else PRIMARY_CODES
        if len(code) != 1 or code not in codes:
            raise RuleBroken("mobile_team.no_such_code", field="findings", tooth=tooth, mark=code)


def tooth_exists(tooth: int, *, field: str = "findings") -> None:
    """Refuse a tooth nobody has. Raises RuleBroken("mobile_team.no_such_tooth")."""
    if tooth not in PERMANENT and tooth not in PRIMARY:
        raise RuleBroken("mobile_team.no_such_tooth", field=field, tooth=tooth)


def marks_fit(findings: Findings, marks: Marks) -> None:
    """Refuse a PUFA mark of a tooth that nobody has, of one that is not in the mouth, or another letter.

    Raises RuleBroken("mobile_team.no_such_tooth"), ("mobile_team.no_such_code") or ("mobile_team.mark_without_tooth").
    """
    for tooth, mark in marks.items():
        tooth_exists(tooth, field="marks")
        if len(mark) != 1 or mark not in PUFA_CODES:
            raise RuleBroken("mobile_team.no_such_code", field="marks", tooth=tooth, mark=mark)
        if findings.get(tooth, "") in tuple(ABSENT):
            raise RuleBroken("mobile_team.mark_without_tooth", field="marks", tooth=tooth)


def charted(findings: Findings, marks: Marks) -> dict[int, str]:
    """Return the chart with what the marks say: a marked tooth without a code is decayed, else it had no mark."""
    return {tooth: "1" if tooth in PERMANENT else "B" for tooth in marks} | dict(findings)


def indices(findings: Findings, marks: Marks, years: int | None) -> Indices:
    """Reckon all indices of a chart; `years` is the age on the day of the check-up."""
    chart = charted(findings, marks)
    permanent = sum(tooth in PERMANENT for tooth in marks)
    return Indices(dmft_permanent(chart, years), dmft_primary(chart, years), permanent, len(marks) - permanent)


def dmft_permanent(findings: Findings, years: int | None) -> Index:
    """Give DMFT: D = 1 and 2, M = 4 (from 30 years on also 5), F = 3 (WHO 2013)."""
    missing = "45" if years is not None and years >= 30 else "4"
    codes = [code for tooth, code in findings.items() if tooth in PERMANENT]
    return _index(codes, decayed="12", missing=missing, filled="3")


def dmft_primary(findings: Findings, years: int | None) -> Index:
    """Give dmft: d = B and C, m = E, f = D. A lost milk incisor counts only below 6 years: later it fell out."""
    young = years is not None and years < 6
    codes = [
        code for tooth, code in findings.items()
        if tooth in PRIMARY and (code != "E" or young or tooth % 10 > 2)
    ]  # fmt: skip
    return _index(codes, decayed="BC", missing="E", filled="D")


def _index(codes: Collection[str], *, decayed: str, missing: str, filled: str) -> Index:
    return Index(*(sum(code in wanted for code in codes) for wanted in (decayed, missing, filled)))


def significant(totals: Sequence[int]) -> float | None:
    """Return SiC, the mean DMFT of the third of people with the highest; None without anybody (Bratthall 2000).

    A third that is no whole number is rounded up, so that the one most ill of a few is never left out.
    """
    worst = sorted(totals, reverse=True)[: -(-len(totals) // 3)]
    return sum(worst) / len(worst) if worst else None


def chart_or_counts(findings: Findings, counts: Collection[int | None]) -> None:
    """Refuse a chart and typed counts in one check-up: nobody could say which is right."""
    if findings and any(count is not None for count in counts):
        raise RuleBroken("mobile_team.chart_or_counts", field="decayed_primary")
