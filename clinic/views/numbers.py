"""The blocks of patient numbers: whose they are, how many are left, and a new one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.forms.numbers import BlockForm
from clinic.models import NumberBlock
from clinic.services import numbers as services
from clinic.views import status_of
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.ids import patient_number
from core.pages import refuse

SHOWN = 200


@require_http_methods(["GET", "POST"])
@requires(Action.MANAGE_CENTRE)
def numbers(request: HttpRequest) -> HttpResponse:
    """Show every block, the newest first, and reserve another."""
    form = BlockForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            block = services.reserve(**form.cleaned_data, by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            span = {"first": patient_number(block.first), "last": patient_number(block.last)}
            messages.success(request, _("Reserved: %(first)s to %(last)s.") % span)
            return redirect("clinic:numbers")
    blocks = list(NumberBlock.objects.order_by("-first")[:SHOWN])
    rows = [(block, patient_number(block.first), patient_number(block.last), _left(block)) for block in blocks]
    page = {"form": form, "rows": rows, "after": blocks[0].last if blocks else 0}
    return render(request, "clinic/numbers.html", page, status=status_of(form))


def _left(block: NumberBlock) -> int:
    return block.last + 1 - block.next
