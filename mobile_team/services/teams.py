"""Who goes along: the people of a route or a session, written anew in at most two statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def put(team: Any, *, was: Iterable[Any], now: Iterable[Any]) -> None:
    """Let a team (`route.team`, `session.team`) that held the users `was` hold the users `now`, by their keys."""
    mine = {team.source_field_name: team.instance}
    rows, gone, new = team.through._default_manager, set(was) - set(now), set(now) - set(was)
    if gone:
        rows.filter(user__in=gone, **mine).delete()
    if new:
        rows.bulk_create([team.through(user_id=key, **mine) for key in sorted(new)])
