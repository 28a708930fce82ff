"""The order in which things were committed: one clock row, and the newest change of every synced record.

What tablets pull is ordered by a number taken under a lock that lasts to the commit, so that its order *is* the
commit order; a sequence or a timestamp would hide rows behind the cursor (docs/adr/0003).
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, models

RECORD = "clinic.record"  # the whole record of one patient: its number moves whenever anything of it changes


class Clock(models.Model):
    """The one row that every writing transaction locks last: the running number and the head of the audit chain."""

    seq = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="core_one_clock")]


class Change(models.Model):
    """The newest change of one synced record; a puller asks for `seq > cursor` in order of `seq`."""

    resource = models.CharField(max_length=60)
    record_id = models.UUIDField()
    seq = models.BigIntegerField(unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "record_id"], name="core_change_once")]


class Synced(models.Model):
    """A record that tablets may hold; `resource` is its name in the feed."""

    class Meta:
        abstract = True

    @classmethod
    def resource(cls) -> str:
        """Return the record's name in the feed, e.g. `clinic.encounter`."""
        return cls._meta.label_lower


def tick(count: int) -> tuple[int, str]:
    """Advance the clock by `count`; return the last number taken and the head of the audit chain.

    Locks the clock until the transaction ends, so call it late. Must run inside a transaction.
    """
    assert connection.in_atomic_block, "the clock moves only inside a transaction"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_clock SET seq = seq + %s WHERE id = 1 RETURNING seq, head", [count])
        return cursor.fetchone()


def patient_of(record: models.Model | None) -> UUID | None:
    """Return whose record it is: the patient's own id, or the one its `patient_id` names; None when nobody's."""
    if record is None:
        return None
    return record.pk if record._meta.label_lower == "clinic.patient" else getattr(record, "patient_id", None)


def stamps(records: Iterable[models.Model]) -> list[tuple[str, UUID]]:
    """Return what the feed will say of these records, each name and id once; a patient's whole record moves along."""
    found: dict[tuple[str, UUID], None] = {}
    for record in records:
        if isinstance(record, Synced):
            found[record.resource(), record.pk] = None
            if patient := patient_of(record):
                found[RECORD, patient] = None
    return list(found)


def write_changes(marks: list[tuple[str, UUID]], first: int) -> None:
    """Give what `stamps` named consecutive numbers from `first` on, one statement for all of them."""
    rows = [Change(resource=name, record_id=pk, seq=first + i) for i, (name, pk) in enumerate(marks)]
    if rows:
        Change.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["resource", "record_id"], update_fields=["seq"], batch_size=2000
        )
