"""Related rows as one JSON list a row, inside the same statement.

A prefetch costs a statement for every table; a page that shows a person's whole history has eight in all.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Aggregate, F, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject


class Gather(Aggregate):
    """All values of a group as one JSON list, on SQLite and PostgreSQL alike; the order is not promised."""

    function = "JSON_GROUP_ARRAY"
    name = "Gather"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return the same under PostgreSQL's name."""
        return self.as_sql(compiler, connection, function="JSONB_AGG", **extra)


def gather(rows: QuerySet[Any], by: str, *, outer: str = "pk", **fields: Any) -> Subquery:
    """Return, for an annotation, the `rows` whose `by` is the outer row's `outer`, as a list of dicts; None for none.

    `fields` are keys and what stands under them (a path or an expression). Dates and ids arrive as text, decimals
    as numbers. `rows` must be neither ordered by anything that matters nor sliced.
    """
    named = {key: F(path) if isinstance(path, str) else path for key, path in fields.items()}
    grouped = rows.filter(**{by: OuterRef(outer)}).order_by().values(by)
    return Subquery(grouped.annotate(gathered=Gather(JSONObject(**named))).values("gathered"), output_field=JSONField())


def instant(text: str) -> dt.datetime:
    """Read a gathered instant; SQLite keeps them as UTC without saying so."""
    value = dt.datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
