"""A batch is called back: it is given to nobody any more, and everybody who got it is looked for."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import save_checked
from core.errors import RuleBroken
from pharmacy import rules
from pharmacy.models import Batch


@transaction.atomic
def recall(*, batch_id: UUID, on: date, why: str, by: Any, today: date) -> Batch:
    """Say that a batch is recalled: from that day on it cannot be given, wherever it lies.

    What was given before may still be written down late, so that no one who got it is missed.
    Raises RuleBroken("pharmacy.recalled_already"), Batch.DoesNotExist.
    """
    rules.not_in_the_future(on, today)
    why = rules.said_why(why)
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.recalled_on:
        raise RuleBroken("pharmacy.recalled_already")
    batch.recalled_on, batch.recalled_why = on, why
    save_checked(batch)
    note("pharmacy.batch.recalled", batch, by=by, on=on, why=why)
    return batch


@transaction.atomic
def withdraw(*, batch_id: UUID, reason: str, by: Any) -> Batch:
    """Take a recall back that meant another batch; what was said of it stays in the log.

    Raises RuleBroken("pharmacy.not_recalled"), Batch.DoesNotExist.
    """
    reason = rules.said_why(reason)
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.recalled_on is None:
        raise RuleBroken("pharmacy.not_recalled")
    before = {"on": batch.recalled_on, "why": batch.recalled_why}
    batch.recalled_on, batch.recalled_why = None, ""
    save_checked(batch)
    note("pharmacy.batch.recall_withdrawn", batch, by=by, reason=reason, before=before)
    return batch
