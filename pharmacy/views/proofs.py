"""What the proof of the books found: each broken rule in words, and the row that breaks it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.jobs.tasks import send
from core.words import words_of
from pharmacy.selectors import proving as selectors
from pharmacy.services import proving
from pharmacy.views.common import number_from

# The page on which a row can be seen and put right: its name, and which of the row's columns is the key of it.
PAGES = {
    "donation": ("pharmacy:donation", "pk"), "purchase": ("pharmacy:purchase", "pk"),
    "boxopening": ("pharmacy:opening", "pk"), "cashcount": ("pharmacy:cash_count", "pk"),
    "batch": ("pharmacy:medicine", "medicine_id"), "fund": ("pharmacy:fund_of", "pk"),
    "account": ("pharmacy:fund_of", "fund_id"), "move": ("pharmacy:medicine", "batch__medicine_id"),
    "exchange": ("pharmacy:exchanges", ""), "receiptbook": ("pharmacy:donations", ""),
    "entry": ("pharmacy:fund_of", "debit__fund_id"),
}  # fmt: skip
# Columns that say nothing of a person: whoever looks after the books need not know who is ill, or who gave.
PLAIN = (models.DateField, models.IntegerField, models.BooleanField, models.UUIDField, models.SlugField)
NAMED = {"currency", "state", "source", "number", "prefix", "void_reason", "kind", "payer"}


@require_safe
@requires(Action.SEE_BOOKS)
def proofs(request: HttpRequest) -> HttpResponse:
    """Show what the last proof found, and one of the broken rows column by column."""
    proof = selectors.last(timezone.now())
    chosen = number_from(request, "row") or 0
    broken = [one | {"what": words_of(one["code"], one["code"])} for one in proof.broken]
    one = broken[chosen] if chosen < len(broken) else None
    context = {"proof": proof, "broken": broken, "chosen": chosen, "one": one}
    return render(request, "pharmacy/proofs.html", context | (_row(one) if one else {}))


@require_POST
@requires(Action.SEE_BOOKS)
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for a proof now; it is long work with its own page."""
    job, new = proving.ask(by=request.user, language=get_language() or "km")
    if new:
        transaction.on_commit(lambda: send(job))
    return redirect("jobs:job", job.id)


def _row(one: dict[str, str]) -> dict[str, Any]:
    """Return a broken row's columns and the page on which it stands; nothing when it is not there any more."""
    try:
        model: type[models.Model] = apps.get_model("pharmacy", one["table"])
        row = model._default_manager.filter(pk=one["key"]).first()
    except (LookupError, ValidationError, ValueError):  # the log, or a key that no row can have
        return {}
    if row is None:
        return {"gone": True}
    shown = [(field, getattr(row, field.attname)) for field in model._meta.concrete_fields if _is_plain(field)]
    columns = [(field.verbose_name, value, _kind(value)) for field, value in shown if value not in (None, "")]
    return {"columns": columns, "page": _page(one)}


def _kind(value: Any) -> str:
    return "moment" if isinstance(value, dt.datetime) else "day" if isinstance(value, dt.date) else ""


def _is_plain(field: Any) -> bool:
    if field.primary_key:  # it stands above
        return False
    if isinstance(field, models.ForeignKey):
        return field.related_model._meta.app_label == "pharmacy"
    return isinstance(field, PLAIN) or field.name in NAMED


def _page(one: dict[str, str]) -> str:
    name, column = PAGES.get(one["table"], ("", ""))
    if not name:
        return ""
    if not column:
        return reverse(name)
    rows = apps.get_model("pharmacy", one["table"])._default_manager.filter(pk=one["key"])
    key = rows.values_list(column, flat=True).first()
    return reverse(name, args=[key]) if key else ""
