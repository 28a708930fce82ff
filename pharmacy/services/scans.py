"""The supplier's invoice beside its purchase: a picture made small and plain, or a PDF as it came."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import save_checked
from pharmacy import pictures
from pharmacy.models import Scan


@transaction.atomic
def put(*, purchase_id: UUID, data: bytes, by: Any) -> Scan:
    """Keep the scan of an invoice in place of the one before; the log keeps the mark of both.

    Raises RuleBroken: pharmacy.scan_too_large, pharmacy.scan_unreadable.
    """
    content, kind = pictures.plain(data)
    scan = Scan(purchase_id=purchase_id, content=content, kind=kind, sha256=hashlib.sha256(content).hexdigest(),
                recorded_by=by)  # fmt: skip
    old = Scan.objects.select_for_update().filter(purchase=purchase_id)
    before = list(old.values_list("sha256", flat=True))
    if scan.sha256 in before:  # the same file sent twice
        return old.get()
    if before:
        old.delete()
    save_checked(scan)
    note("pharmacy.purchase.scanned", scan, by=by, purchase=str(purchase_id), sha256=scan.sha256, before=before)
    return scan
