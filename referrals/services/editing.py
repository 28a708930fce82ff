"""Set on a row what somebody typed, beside what a colleague changed meanwhile, and tell what became different."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from core.editing import Edit, bring_together


def document(row: Model, names: Iterable[str]) -> dict[str, Any]:
    """Return columns of a row as plain values, so that what was seen, what stands and what is meant can be compared."""
    return plain({name: getattr(row, name) for name in names})


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them, an instant and a number in one spelling only."""
    return dict(json.loads(json.dumps({name: _one(value) for name, value in values.items()}, cls=DjangoJSONEncoder)))


def take_over(row: Model, said: Mapping[str, Any], edit: Edit | None) -> dict[str, list[Any]]:
    """Set what was said on a row, unsaved; return what changed as {name: [before, after]}. Raises Clashed."""
    now, mine = document(row, said), plain(said)
    together = bring_together(edit, now=now, mine=mine)
    changed = [name for name in said if together[name] == mine[name] != now[name]]
    for name in changed:
        setattr(row, name, said[name])
    return {name: [now[name], mine[name]] for name in changed}


def _one(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value
