"""Two people edit one record: what each changed is brought together field by field, and nothing is lost.

A form remembers how the record read when it was opened (`was`). When it is sent, only the fields that its user
changed are written over what stands now. A field that both changed differently is a clash: the user sees both and
chooses, and the choice holds as long as the other value is still the one that was seen (docs/adr/0011).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.errors import Conflict

MINE, THEIRS = "mine", "theirs"


class Clash(NamedTuple):
    """One field that two people changed differently."""

    field: str
    theirs: Any
    mine: Any


class Choice(NamedTuple):
    """What the user chose for a field: `MINE` or `THEIRS`, having seen that the other had made it `seen`."""

    keep: str
    seen: Any


@dataclass(frozen=True)
class Edit:
    """How the record read when the form was opened, and what was chosen where two people differ."""

    was: Mapping[str, Any]
    choices: Mapping[str, Choice] = field(default_factory=dict)


class Clashed(Conflict):
    """Say which fields another person changed meanwhile to something else."""

    def __init__(self, clashes: list[Clash]) -> None:
        super().__init__("core.changed_meanwhile", count=len(clashes))
        self.clashes = clashes


def bring_together(edit: Edit | None, *, now: Mapping[str, Any], mine: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they should stand: mine where I changed them, else what stands now.

    All documents hold plain JSON values under the same names. Without an `edit` mine stands as it is. Raises Clashed.
    """
    if edit is None:
        return dict(mine)
    together, clashes = dict(mine), []
    for name, meant in mine.items():
        there = now.get(name)
        if meant == edit.was.get(name):
            together[name] = there
        elif there not in (edit.was.get(name), meant):
            choice = edit.choices.get(name)
            if choice is None or choice.seen != there:
                clashes.append(Clash(name, there, meant))
            elif choice.keep == THEIRS:
                together[name] = there
    if clashes:
        raise Clashed(clashes)
    return together
