"""Medicine handed to a patient."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.models import Encounter, Patient
from clinic.selectors import people
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from pharmacy.forms.dispensing import DispenseForm
from pharmacy.forms.fields import starting
from pharmacy.models import Dispensing, Medicine, Place
from pharmacy.selectors import history, stock
from pharmacy.services import dispensing as services
from pharmacy.views.common import done, number_from, sent, today, uuid_from

LATEST = 8


@requires(Action.DISPENSE)
def dispense(request: HttpRequest, id: UUID) -> HttpResponse:
    """Hand medicine to a patient; `?encounter=` ties it to a visit."""
    patient, encounter = _who(id, uuid_from(request, "encounter"))
    form = DispenseForm(sent(request), initial=starting(today(), place=Place.DISPENSARY))
    if form.is_valid():
        given: dict[str, Any] = form.cleaned_data | {"patient": patient, "encounter": encounter}
        if done(form, Dispensing, services.dispense, **given, by=request.user, today=today()):
            messages.success(request, _("Given and written down."))
            return redirect("clinic:visit", encounter.pk) if encounter else redirect("desk:record", patient.pk)
    if request.method != "POST":
        journal.note_read(patient.pk, by=request.user, what="dispense")
    context = {
        "form": form, "patient": patient, "encounter": encounter, "today": today(),
        "given": history.of_patient(patient.pk, limit=LATEST), "age": patient.age_on(today()),
    }  # fmt: skip
    return render(request, "pharmacy/dispense.html", context, status=422 if form.errors else 200)


def _who(id: UUID, encounter_id: UUID | None) -> tuple[Patient, Encounter | None]:
    """Return the patient, and the visit if one is named and is theirs."""
    patient = people.get_or_404(id)
    visit = Encounter.objects.filter(pk=encounter_id, patient=patient).first() if encounter_id else None
    return patient, visit


@require_safe
@requires(Action.DISPENSE)
def proposal(request: HttpRequest) -> HttpResponse:
    """Show which batches of a medicine would be given, the first to expire first, and what is missing."""
    key, wanted = number_from(request, "medicine"), _quantity(request)
    if key is None:
        return HttpResponse("")
    held = stock.lots(Medicine(pk=key), request.GET.get("place", Place.DISPENSARY), today())
    missing, rows = wanted, []
    for lot in held:
        taken = min(lot.quantity, missing)
        missing -= taken
        rows.append((lot, taken))
    context = {"rows": rows, "missing": missing, "there": sum(lot.quantity for lot in held), "wanted": wanted}
    return render(request, "pharmacy/dispense.html#proposal", context)


def _quantity(request: HttpRequest) -> int:
    try:
        return DispenseForm.base_fields["quantity"].clean(request.GET.get("quantity", ""))
    except ValidationError:
        return 0
