"""Who was shown beside the form of a new person: carried by the page, signed, and remembered when it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.core import signing

from clinic.services.pairs import Shown

SALT = "clinic.besides"
FIELD = "besides"


def token(shown: Iterable[tuple[UUID, float, list[str]]]) -> str:
    """Return, for a hidden box, whom the page shows as likely the same, with score and reasons."""
    return signing.dumps([[key.hex, round(score), reasons] for key, score, reasons in shown], salt=SALT, compress=True)


def read(sent: Mapping[str, str]) -> list[Shown]:
    """Return whom the page had shown; nobody when the box carries nothing that we signed."""
    try:
        rows = signing.loads(sent.get(FIELD, ""), salt=SALT)
    except signing.BadSignature:
        return []
    return [Shown(UUID(key), score, reasons) for key, score, reasons in rows]
