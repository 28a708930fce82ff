"""The page's side of an edit that others may make too: hidden boxes that carry what was seen, and the choices."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest

from core.editing import MINE, THEIRS, Choice, Clashed, Edit

SALT = "core.shared_edit"


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as JSON reads it back, so that two of them can be compared."""
    return dict(json.loads(json.dumps(document, cls=DjangoJSONEncoder)))


def token(document: Mapping[str, Any]) -> str:
    """Return how a record reads, signed, for the hidden box `was` of its form."""
    return signing.dumps(plain(document), salt=SALT, compress=True)


def read(request: HttpRequest) -> Edit | None:
    """Return what a sent form says of the record it began with; None when it carries nothing that we signed."""
    was = _open(request.POST.get("was", ""))
    if was is None:
        return None
    seen = _open(request.POST.get("seen", "")) or {}
    chosen = {name: request.POST.get(f"keep_{name}", "") for name in seen}
    return Edit(was, {name: Choice(keep, seen[name]) for name, keep in chosen.items() if keep in (MINE, THEIRS)})


def page(
    edit: Edit | None, document: Mapping[str, Any], clashed: Clashed | None = None, *,
    words: Callable[[str, Any], tuple[str, str]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what `forms/shared.html` shows: the hidden boxes, and both values of each clash in words.

    `words(field, value)` gives (label, value in words). A form that is shown again keeps what it began with.
    """
    rows = []
    for clash in clashed.clashes if clashed else ():
        label, theirs = words(clash.field, clash.theirs) if words else (clash.field, str(clash.theirs))
        rows.append({"field": clash.field, "label": label, "theirs": theirs,
                     "mine": words(clash.field, clash.mine)[1] if words else str(clash.mine)})  # fmt: skip
    seen = {clash.field: clash.theirs for clash in clashed.clashes} if clashed else {}
    if edit and clashed:
        seen |= {name: choice.seen for name, choice in edit.choices.items() if name not in seen}
    return {"was": token(edit.was if edit else document), "seen": token(seen) if seen else "", "clashes": rows}


def _open(text: str) -> dict[str, Any] | None:
    try:
        found = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    return found if isinstance(found, dict) else None
