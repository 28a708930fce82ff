"""The pages of the centre's own care: people, visits, wards."""

from __future__ import annotations

from typing import Any

SAME = "constraint.same_id"  # what the database says of a form sent twice


def status_of(form: Any) -> int:
    """Return 422 for a form that was refused, else 200."""
    return 422 if form.is_bound and form.errors else 200
