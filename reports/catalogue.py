"""Load what a new database starts with: the shipped sets of age bands, and the ministry's forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reports import shipped_bands
from reports.ministry import catalogue as ministry


def load(get_model: Callable[[str, str], Any]) -> None:
    """Add what is missing; leave what an administrator has changed."""
    shipped_bands.load(get_model)
    ministry.load(get_model)
