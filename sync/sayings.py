"""What the inbox and the tablets are told of a save that was not taken over, in the language of who reads it."""

from __future__ import annotations

from typing import Any

from core.errors import RuleBroken
from core.words import say
from sync.models import PushedOp

LONGEST = 200  # characters of what is quoted in a sentence


def kept(broken: RuleBroken) -> dict[str, Any]:
    """Return a broken rule as it is kept on an op: {field: {code, params}}; "" for the whole of it.

    A field that an amendment sets has the name of the field.
    """
    params = {name: value if isinstance(value, int) else str(value)[:LONGEST] for name, value in broken.params.items()}
    return {(broken.field or "").removeprefix("set."): {"code": broken.code, "params": params}}


def words(op: PushedOp) -> dict[str, str]:
    """Return why an op was not taken over, {field: words}; "" is the whole op. Empty for one that was."""
    if not isinstance(op.fields, dict):
        return {}
    return {name: say(RuleBroken(said["code"], **said["params"])) for name, said in op.fields.items()}


def names(op: PushedOp) -> list[str]:
    """Return the fields of an amendment that two people wrote differently."""
    return op.fields if isinstance(op.fields, list) else []
