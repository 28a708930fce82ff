"""Lay out the ministry's forms and say where DHIS2 keeps each of their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from core.audit import journal
from core.db import create_many, save_checked
from core.editing import Edit, bring_together
from core.errors import RuleBroken
from reports.ministry import layout
from reports.models import Dhis2Mapping, FormBlock, FormLine, MinistryForm

STEP = 10  # between the places of neighbours
AGES = (FormBlock.Columns.BANDS, FormBlock.Columns.BANDS_SEX)


def document(row: MinistryForm | FormBlock | FormLine, names: Iterable[str]) -> dict[str, Any]:
    """Return how a form, a block or a line reads, by the names of its fields."""
    return {name: getattr(row, name) for name in names}


def _write(row: Any, given: Mapping[str, Any], edit: Edit | None) -> None:
    """Write what was typed into a row; with an `edit` what others changed meanwhile stands. Raises Clashed."""
    if not row._state.adding:
        row.refresh_from_db(fields=list(given), from_queryset=type(row)._default_manager.select_for_update())
    for name, value in bring_together(edit, now=document(row, given), mine=given).items():
        setattr(row, name, value)


@transaction.atomic
def change_form(*, form: MinistryForm, given: Mapping[str, Any], by: Any, edit: Edit | None = None) -> MinistryForm:
    """Change a form's names, who confirmed it, and where DHIS2 keeps it. Raises `core.editing.Clashed`."""
    _write(form, given, edit)
    save_checked(form, create=False)
    journal.note("reports.form.changed", form, by=by, form=form.key)
    return form


@transaction.atomic
def save_block(*, block: FormBlock, given: Mapping[str, Any], by: Any, edit: Edit | None = None) -> FormBlock:
    """Add or change a block.

    Raises RuleBroken for columns by age without age bands, or that its lines cannot fill, and `core.editing.Clashed`.
    """
    new = block._state.adding
    _write(block, given, edit)
    block.bands = block.bands if block.columns in AGES else ""
    if block.columns in AGES:
        if not block.bands:
            raise RuleBroken("reports.block_needs_bands", field="bands")
        layout.band_set(block)
    if new:
        block.position = _last(FormBlock.objects.filter(form=block.form)) + STEP
        block.recorded_by = by
    else:
        _check_lines(block)
    save_checked(block, create=new)
    verb = "reports.block.added" if new else "reports.block.changed"
    journal.note(verb, block, by=by, form=block.form.key, block=block.key)
    return block


@transaction.atomic
def save_line(*, line: FormLine, given: Mapping[str, Any], by: Any, edit: Edit | None = None) -> FormLine:
    """Add or change a line. Raises RuleBroken for what cannot be counted in its block, and `core.editing.Clashed`."""
    new = line._state.adding
    _write(line, given, edit)
    if not line.figure and (line.narrowed or line.rest):
        raise RuleBroken("reports.line_counts_nothing", field="figure")
    if new:
        line.position = _last(FormLine.objects.filter(block=line.block)) + STEP
        line.recorded_by = by
    _check_lines(line.block, line)
    save_checked(line, create=new)
    verb = "reports.line.added" if new else "reports.line.changed"
    journal.note(verb, line, by=by, form=line.block.form.key, block=line.block.key, line=line.key)
    return line


def _check_lines(block: FormBlock, changed: FormLine | None = None) -> None:
    """Make sure that the block can be counted with its lines as they will be."""
    lines = [line for line in block.lines.filter(retired=False) if changed is None or line.id != changed.id]
    if changed is not None and not changed.retired:
        lines.append(changed)
    layout.plans(block, lines)


def _last(rows: Any) -> int:
    return rows.aggregate(last=Max("position"))["last"] or 0


@transaction.atomic
def move(*, row: FormBlock | FormLine, up: bool, by: Any) -> None:
    """Change places with the neighbour before or after; the first goes no further up."""
    beside: Any = type(row)._default_manager
    beside = beside.filter(form=row.form) if isinstance(row, FormBlock) else beside.filter(block=row.block)
    ordered = list(beside.order_by("position", "id"))
    here = next(place for place, each in enumerate(ordered) if each.id == row.id)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(ordered):
        return
    ordered[here], ordered[there] = ordered[there], ordered[here]
    for place, each in enumerate(ordered, start=1):
        each.position = place * STEP
    type(row)._default_manager.bulk_update(ordered, ["position"])
    journal.note("reports.form.ordered", row, by=by, key=row.key)


# --- Where DHIS2 keeps the numbers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where one number goes; empty and not left out means that nobody has said yet."""

    data_element: str = ""
    category_option_combo: str = ""
    left_out: bool = False

    @property
    def said(self) -> bool:
        return bool(self.data_element or self.left_out)


@transaction.atomic
def map_line(*, line: FormLine, places: Mapping[str, Place], by: Any) -> None:
    """Say for the columns of one line where their numbers go; columns not named keep what they have."""
    _replace([(line, column, place) for column, place in places.items()], by)
    said = sum(place.said for place in places.values())
    journal.note("reports.mapping.changed", line, by=by, line=line.key, block=line.block.key, said=said)


@transaction.atomic
def map_form(*, form: MinistryForm, rows: Sequence[tuple[FormLine, str, Place]], by: Any) -> int:
    """Say it for many numbers at once, all or none; return for how many. Numbers not named keep what they have."""
    _replace(rows, by)
    journal.note("reports.mapping.loaded", form, by=by, form=form.key, rows=len(rows))
    return len(rows)


def _replace(rows: Sequence[tuple[FormLine, str, Place]], by: Any) -> None:
    """Take the old places away and write the new ones. Raises RuleBroken("reports.mapping_twice")."""
    for _line, column, place in rows:
        if place.said and not place.left_out and not place.data_element:
            raise RuleBroken("reports.mapping_no_element", field=column)
    _refuse_twice(rows)
    keys = {(line.id, column) for line, column, _ in rows}
    old = Dhis2Mapping.objects.filter(line__in={line.id for line, _, _ in rows}).values_list("id", "line_id", "column")
    Dhis2Mapping.objects.filter(id__in=[pk for pk, line, column in old if (line, column) in keys]).delete()
    create_many(Dhis2Mapping, [_row(line, column, place, by) for line, column, place in rows if place.said])


def _row(line: FormLine, column: str, place: Place, by: Any) -> Dhis2Mapping:
    element, combo = ("", "") if place.left_out else (place.data_element, place.category_option_combo)
    return Dhis2Mapping(
        line=line, column=column, data_element=element, category_option_combo=combo, left_out=place.left_out,
        recorded_by=by,
    )  # fmt: skip


def _refuse_twice(rows: Iterable[tuple[FormLine, str, Place]]) -> None:
    seen: set[tuple[str, str]] = set()
    for _line, column, place in rows:
        where = (place.data_element, place.category_option_combo)
        if place.said and not place.left_out and where in seen:
            raise RuleBroken("reports.mapping_twice", field=column, value=" ".join(filter(None, where)))
        seen.add(where)


def line_of(form: MinistryForm, id: UUID) -> FormLine | None:
    """Return a line of this form, or None."""
    return FormLine.objects.filter(block__form=form, id=id).select_related("block__form").first()
