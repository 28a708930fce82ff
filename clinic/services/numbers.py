"""Patient numbers, handed out one by one from the blocks reserved for a place."""

from __future__ import annotations

from django.db import connection

from core.errors import RuleBroken
from core.ids import patient_number

# The row stays locked to the commit, so no two transactions see the same number and none is lost on a rollback.
_TAKE = """
UPDATE clinic_numberblock SET next = next + 1
WHERE id = (SELECT id FROM clinic_numberblock WHERE holder = %s AND next <= last ORDER BY first LIMIT 1)
  AND next <= last
RETURNING next - 1
"""


def take(holder: str = "") -> str:
    """Return the next patient number of a holder's blocks; the desk's own by default.

    Must run inside the transaction that uses the number. Raises RuleBroken("clinic.numbers_used_up").
    """
    for _ in range(2):  # a neighbour may have taken the last of one block; the next block is then found
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [holder])
            row = cursor.fetchone()
        if row:
            return patient_number(row[0])
    raise RuleBroken("clinic.numbers_used_up")
