"""End what a tablet may carry before its time."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from core.accounts.models import User
from core.audit import journal
from core.db import keep
from core.errors import RuleBroken
from sync.models import Checkout, Device


@transaction.atomic
def end(*, device: Device, by: User, at: dt.datetime) -> Checkout:
    """Let a tablet carry nobody's records from now on; at its next contact it forgets them, its own saves stay.

    Raises RuleBroken("sync.nothing_lent").
    """
    held = Device.objects.select_for_update().get(pk=device.pk)
    lent = Checkout.objects.filter(device=held, until__gt=at).first()
    if lent is None:
        raise RuleBroken("sync.nothing_lent")
    held.scope_version += 1
    keep(held)
    lent.version, lent.until, lent.chosen = held.scope_version, at, False
    keep(lent)
    lent.villages.clear()
    journal.note("sync.people.taken_back", held, by=by)
    return lent
