"""What every stored row shares: a UUID made anywhere, when and by whom it was recorded, and one way to save."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import ForeignKey
from django.utils import timezone

from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.money import Currency


class Recorded(models.Model):
    """A row with an id that any device may make, the instant it was recorded, and who recorded it.

    `recorded_at` is when the row reached this database; when a thing *happened* is always a field of its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, null=True
    )

    class Meta:
        abstract = True


class CurrencyField(models.CharField):
    """A currency code, riel or dollar."""

    def __init__(self, **kwargs: Any) -> None:
        given: dict[str, Any] = {"max_length": 3, "choices": [(c.value, c.value) for c in Currency]}
        super().__init__(**(given | kwargs))


class MinorField(models.BigIntegerField):
    """An amount in the currency's smallest unit: whole riel, or cents. Never a float."""


def save_checked(*rows: models.Model, create: bool = True) -> None:
    """Check each row's fields, write them in order, and turn a broken constraint into `RuleBroken`.

    The database itself holds foreign keys, uniqueness and checks, so they are not asked for beforehand: that
    would cost a query each and prove nothing under concurrency. Raises RuleBroken (code `constraint.<name>` for
    a constraint, `core.invalid` for a field) and Conflict when a row with the same id exists.
    """
    for row in rows:
        clean(row)
        with broken_constraints():
            row.save(force_insert=create and row._state.adding)


def keep(row: models.Model) -> None:
    """Write a row that no person typed, new or known, as it is; a broken constraint becomes `RuleBroken`."""
    with broken_constraints():
        row.save()


def create_many(model: type[models.Model], rows: list[Any]) -> None:
    """Check each row's fields and write all of them in one statement."""
    if not rows:
        return
    for row in rows:
        clean(row)
    with broken_constraints():
        model._default_manager.bulk_create(rows)


def clean(row: models.Model) -> None:
    """Check the fields of one row without asking the database; raises RuleBroken for the first that fails."""
    skipped = {f.name for f in row._meta.fields if isinstance(f, ForeignKey) or f.primary_key}
    try:
        row.clean_fields(exclude=skipped)
        row.clean()
    except ValidationError as error:
        by_field = getattr(error, "error_dict", None) or {"": error.error_list}
        field, problems = next(iter(by_field.items()))
        raise RuleBroken("core.invalid", field=field or None, problem=problems[0].messages[0]) from error


class broken_constraints:
    """Context that turns a database's IntegrityError into a `RuleBroken` named after the constraint."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, IntegrityError):
            raise Conflict(constraint_code(error)) from error


def constraint_code(error: IntegrityError) -> str:
    """Return `constraint.<name>` for the constraint an IntegrityError speaks of, on SQLite and PostgreSQL.

    SQLite names a check constraint and a unique *index*, but for a plain unique constraint only the columns;
    then the code is `constraint.table.column,…`.
    """
    diag = getattr(error.__cause__, "diag", None)
    if diag is not None and diag.sqlstate == "23503":  # a foreign key; SQLite does not say which one
        return "constraint.foreign_key"
    if diag is not None and diag.constraint_name:
        return "constraint.same_id" if diag.constraint_name.endswith("_pkey") else f"constraint.{diag.constraint_name}"
    text = str(error)
    for prefix in ("CHECK constraint failed: ", "UNIQUE constraint failed: index '"):
        if text.startswith(prefix):
            return "constraint." + text.removeprefix(prefix).rstrip("'")
    if text.startswith("UNIQUE constraint failed: "):
        return "constraint." + _unique_by_columns(text.removeprefix("UNIQUE constraint failed: "))
    return "constraint.foreign_key" if "FOREIGN KEY" in text else "constraint.unknown"


def _unique_by_columns(columns: str) -> str:
    """Return the name of the unique constraint over `table.column, table.column`, else the columns themselves."""
    from django.apps import apps

    pairs = [part.strip().split(".") for part in columns.split(",")]
    table, names = pairs[0][0], {name for _, name in pairs}
    for model in apps.get_models():
        if model._meta.db_table != table:
            continue
        meta: Any = model._meta
        for constraint in meta.constraints:
            fields = getattr(constraint, "fields", ())
            if fields and {meta.get_field(f).column for f in fields} == names:
                return str(constraint.name)
        if names == {model._meta.pk.column}:
            return "same_id"
    return columns.replace(" ", "")
