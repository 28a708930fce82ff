"""The tables of villages and of how far the figures can be trusted."""

from __future__ import annotations

from django.utils.translation import get_language, gettext

from reports.cube import Cube, assert_whole
from reports.facts import Facts, rounds
from reports.quality import LATE_AFTER
from reports.tables.shape import HIDDEN, Column, Number, Row, Table


def villages(cube: Cube, facts: Facts) -> Table:
    """Tell the villages reached against the plan; small numbers of contacts are marked to be hidden."""
    rows: list[Row] = [(_name(row), *_numbers(row)) for row in facts.villages]
    sums = {
        name: sum(getattr(row, name) for row in facts.villages) for name in ("planned", "held", "cancelled", "contacts")
    }
    assert_whole([sums["contacts"]], cube.sum("patients_assessed", service="mobile"))
    total: Row = (
        gettext("All villages"),
        *(Number(sums[name], f"sessions_{name}") for name in ("planned", "held", "cancelled")),
        Number(sums["contacts"], "patients_assessed", {"service": "mobile"}),
    )
    columns = [
        Column(gettext("Village"), number=False),
        Column(gettext("Sessions planned")),
        Column(gettext("Held")),
        Column(gettext("Cancelled")),
        Column(gettext("Checked by the mobile team")),
    ]
    in_plan = [row for row in facts.villages if row.planned]
    reached = gettext("%(held)d of %(planned)d villages in the plan were reached.") % {
        "held": sum(row.held > 0 for row in in_plan), "planned": len(in_plan),
    }  # fmt: skip
    note = ""
    if any(row.hidden for row in facts.villages):
        note = gettext(
            "%(mark)s is not shown: a number from 1 to 4, or one beside it from which it could be reckoned."
        ) % {"mark": HIDDEN}
    return Table("villages", gettext("Villages reached"), columns, rows, total, f"{reached} {note}".strip())


def _name(row: rounds.Reached) -> str:
    if row.village is None:
        return gettext("No village written down")
    village = row.village
    if get_language() == "en":
        return f"{village.name_en} ({village.commune.name_en})"
    return f"{village.name_km} ({village.commune.name_km})"


def _numbers(row: rounds.Reached) -> list[Number]:
    keys = {"village": str(row.village.pk) if row.village else "none"}
    plan = [Number(getattr(row, name), f"sessions_{name}", keys) for name in ("planned", "held", "cancelled")]
    return [*plan, Number(row.contacts, "patients_assessed", keys | {"service": "mobile"}, hidden=row.hidden)]


def quality(cube: Cube, facts: Facts) -> Table:
    """Tell what weakens the figures."""
    found = facts.quality
    assert_whole([found.contacts], cube.sum("patients_assessed"))
    rows: list[Row] = [
        (gettext("Contacts written down more than %(days)d days after their date") % {"days": LATE_AFTER},
         Number(found.late, "late_entries")),
        (gettext("Days the latest of them came after its date"), Number(found.longest, "latest_entry")),
        (gettext("Contacts of unknown age"), Number(found.unknown_ages, "patients_assessed", {"band": "unknown"})),
        (gettext("Contacts of people whose birth date is estimated"), Number(found.estimated_ages, "estimated_ages")),
        (gettext("Tablets that had not sent everything when this was made"),
         Number(found.tablets.unsent, "tablets_unsent", passing=True)),
        (gettext("Saves that they said they still hold"),
         Number(found.tablets.records, "tablet_records_unsent", passing=True)),
        (gettext("Saves that waited for somebody to decide"), Number(found.tablets.inbox, "inbox", passing=True)),
    ]  # fmt: skip
    columns = [Column(gettext("What to know about these figures"), number=False), Column(gettext("Number"))]
    return Table("quality", gettext("How far the figures can be trusted"), columns, rows)
