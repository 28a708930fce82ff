"""What goes to DHIS2 and what its answers mean. Pure: no database, no network.

Shapes: "Data values" in the DHIS2 developer guide (dataValueSets as JSON and CSV, import summaries, HTTP status).
A body that was taken may be sent again without harm: the strategy CREATE_AND_UPDATE writes the same values.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

CSV_COLUMNS = ("dataelement", "period", "orgunit", "categoryoptioncombo", "attributeoptioncombo", "value")
LEAST_WAIT, MOST_WAIT = 60, 6 * 3600  # seconds before the second try, and at most between two tries
MOST_TRIES = 16  # about two days and a half
MOST_CONFLICTS = 50  # kept of one answer


@dataclass(frozen=True)
class Target:
    """Where the values of a form and a month belong; `period` is written "202611"."""

    data_set: str
    org_unit: str
    period: str
    attribute_option_combo: str = ""
    by_code: bool = False


@dataclass(frozen=True, order=True)
class Value:
    """One value: its data element, its category option combo ("" is the default one), and the number."""

    data_element: str
    category_option_combo: str
    value: str


def document(target: Target, values: Sequence[Value]) -> str:
    """Return a dataValueSets body as JSON: the same values are the same text, in whatever order they come."""
    whole = {
        "dataSet": target.data_set,
        "period": target.period,
        "orgUnit": target.org_unit,
        "attributeOptionCombo": target.attribute_option_combo,
        "dataValues": [
            _filled({
                "dataElement": each.data_element,
                "categoryOptionCombo": each.category_option_combo,
                "value": each.value,
            })
            for each in sorted(values)
        ],
    }  # fmt: skip
    return json.dumps(_filled(whole), ensure_ascii=False, separators=(",", ":"))


def _filled(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part != ""}


def table(target: Target, values: Sequence[Value]) -> str:
    """Return the same values as CSV; its first line is a heading, which DHIS2 passes over."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for each in sorted(values):
        place = (each.data_element, target.period, target.org_unit, each.category_option_combo)
        writer.writerow((*place, target.attribute_option_combo, each.value))
    return out.getvalue()


def values_in(body: str) -> dict[tuple[str, str], str]:
    """Return the values of a body of ours by data element and category option combo."""
    rows = json.loads(body)["dataValues"]
    return {(row["dataElement"], row.get("categoryOptionCombo", "")): row["value"] for row in rows}


def address(server: str, *, by_code: bool, rehearsal: bool) -> str:
    """Return where a body is posted. Every parameter is said, so that a server's own defaults change nothing."""
    asked = {"importStrategy": "CREATE_AND_UPDATE", "dryRun": str(rehearsal).lower(), "async": "false"}
    asked |= {"idScheme": "CODE"} if by_code else {}
    return f"{endpoint(server)}?{urlencode(asked)}"


def endpoint(server: str) -> str:
    """Return the resource that takes data values; the address of a server may end in /api or not."""
    return f"{server.removesuffix('/api')}/api/dataValueSets"


# --- What an answer means --------------------------------------------------------------------------------------------

TAKEN, PARTLY, REFUSED, AGAIN = "taken", "partly", "refused", "again"
COUNTS = ("imported", "updated", "ignored", "deleted")

# Why nothing was taken, by HTTP status; the words stand in reports.words. All others above 499 may pass by themselves.
REASONS = {
    400: "reports.dhis2_unreadable",
    401: "reports.dhis2_token",
    403: "reports.dhis2_not_allowed",
    404: "reports.dhis2_not_there",
    405: "reports.dhis2_not_there",
    409: "reports.dhis2_conflict",
    413: "reports.dhis2_too_large",
    415: "reports.dhis2_unreadable",
}
PASSING = {408, 425, 429}


@dataclass(frozen=True)
class Verdict:
    """What became of one try. `problem` is a code of reports.words; "again" asks for another try later."""

    state: str
    problem: str = ""
    counts: Mapping[str, int | None] = field(default_factory=lambda: dict.fromkeys(COUNTS))
    conflicts: Sequence[Mapping[str, str]] = ()


def judge(status: int, text: str) -> Verdict:
    """Read an answer. Newer servers wrap the import summary in a message and answer 409 to any conflict; older ones
    send it bare with 200 and the status WARNING. What is neither is not taken for a success."""
    if status in PASSING or status >= 500:
        return Verdict(AGAIN, "reports.dhis2_busy")
    if 300 <= status < 400:
        return Verdict(REFUSED, "reports.dhis2_elsewhere")
    summary = _summary(text)
    if summary is None:
        known = REASONS.get(status)
        # A 200 that is no summary comes from something in between: a log-in page, a Wi-Fi that wants a voucher.
        return Verdict(REFUSED, known) if known else Verdict(AGAIN, "reports.dhis2_no_summary")
    counts, conflicts = _counts(summary), _conflicts(summary)
    written = (counts["imported"] or 0) + (counts["updated"] or 0) + (counts["deleted"] or 0)
    said = str(summary.get("status", "")).upper()
    if status not in {200, 201, 409}:
        return Verdict(REFUSED, REASONS.get(status, "reports.dhis2_conflict"), counts, conflicts)
    if said in {"SUCCESS", "OK"} and status != 409 and not conflicts:
        return Verdict(TAKEN, "", counts, conflicts)
    if written and said != "ERROR":
        return Verdict(PARTLY, "reports.dhis2_partly", counts, conflicts)
    return Verdict(REFUSED, "reports.dhis2_conflict", counts, conflicts)


def _summary(text: str) -> dict[str, Any] | None:
    """Return the import summary in an answer, bare or wrapped; None when there is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if isinstance(found, dict) and isinstance(found.get("response"), dict):
        found = found["response"]
    is_one = isinstance(found, dict) and isinstance(found.get("importCount"), dict)
    return found if is_one else None


def _counts(summary: dict[str, Any]) -> dict[str, int | None]:
    said = summary["importCount"]
    return {name: said[name] if _is_count(said.get(name)) else None for name in COUNTS}


def _is_count(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**31


def _conflicts(summary: dict[str, Any]) -> list[dict[str, str]]:
    """Return what the server says against single values: what it is about, and why, with its own code."""
    found = summary.get("conflicts")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return [
        {
            "about": str(row.get("object") or "")[:200],
            "why": str(row.get("value") or "")[:500],
            "code": str(row.get("errorCode") or "")[:20],
        }
        for row in rows[:MOST_CONFLICTS]
    ]


def wait(tries: int) -> int:
    """Return how many seconds to wait after so many tries: a minute, twice as long each time, at most six hours."""
    return min(LEAST_WAIT * 2 ** (tries - 1), MOST_WAIT)
