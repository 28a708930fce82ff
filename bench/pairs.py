"""How long the night's look at everybody takes."""

from __future__ import annotations

from bench import people
from clinic.models import LikelyPair, Patient
from clinic.services import pairs
from core.syncing import Change


def a_register(size: int) -> None:
    """Make people as a register brings them: all of them new to the feed of changes."""
    made = people.people(size, contacts=0)
    Change.objects.bulk_create(
        [Change(resource=Patient.resource(), record_id=person.pk, seq=seq) for seq, person in enumerate(made, start=1)],
        batch_size=people.BATCH,
    )


def look(_state: None, _number: int) -> int:
    """Look at everybody; return how many."""
    LikelyPair.objects.all().delete()
    return pairs.look(after=0, by=None).people
