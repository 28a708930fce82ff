"""What tablets send to this room and read from it, one type a file; each calls the services that pages call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.documents import Document
from core.editing import Clash
from core.errors import RuleBroken
from core.ops import Op, Verdict, compare_and_set
from core.places.models import Village

Reader = Callable[[Document], dict[str, Any]]


def differences(op: Op, now: Mapping[str, Any], read: Reader) -> tuple[dict[str, Any], tuple[Clash, ...]]:
    """Return what an amendment may write over a record that reads `now`, and what another changed meanwhile.

    `read` brings what was said into the form of `now`; what was seen is brought into it as well, as far as it can be.
    """
    doc = Document(op.doc)
    return compare_and_set(now=now, was=_seen(doc.doc.get("was"), read), meant=read(doc.part("set")))


def amended(clashes: tuple[Clash, ...]) -> Verdict:
    """Return what became of an amendment that wrote all but `clashes`."""
    return Verdict("conflict" if clashes else "merged", clashes)


def village_of(doc: Document) -> Village:
    """Return the village a document names. Raises RuleBroken("mobile_team.no_village")."""
    key = doc.whole("village")
    found = None if key is None else Village.objects.filter(pk=key).first()
    if found is None:
        raise RuleBroken("mobile_team.no_village", field="village")
    return found


def _seen(was: Any, read: Reader) -> Mapping[str, Any]:
    if not isinstance(was, Mapping):
        return {}
    try:
        return read(Document(was))
    except RuleBroken:  # the server held something that it would refuse today: compared as it came
        return was
