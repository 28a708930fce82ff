"""Sets of age bands: see them, write one, copy one, take one out of use."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.editing import Clashed
from core.errors import RuleBroken
from core.pages import done, sent
from core.words import say
from reports import band_lines, bands
from reports.forms.bands import BandsForm
from reports.models import AgeBandSet
from reports.naming import band_words
from reports.services import bands as services


@require_safe
@requires(Action.SEE_FIGURES)
def band_sets(request: HttpRequest) -> HttpResponse:
    """List the sets with their bands in words."""
    rows = [
        {"set": each, "lines": [band_words(each.bands, key) for key in each.bands.keys]}
        for each in bands.every().values()
    ]
    return render(request, "reports/bands.html", {"rows": rows, "needed": bands.DEFAULT})


@requires(Action.MANAGE_CENTRE)
def band_set_new(request: HttpRequest) -> HttpResponse:
    """Write a set, `?copy=` beginning with the bands of another."""
    copied = bands.every().get(request.GET.get("copy", ""))
    form = BandsForm(sent(request), initial={"lines": band_lines.write(copied.bands)} if copied else None)
    if form.is_valid() and done(form, AgeBandSet, services.add, **form.cleaned_data, by=request.user):
        messages.success(request, _("Saved."))
        return redirect("reports:bands")
    context = {"form": form, "copied": copied}
    return render(request, "reports/bands_edit.html", context, status=422 if form.errors else 200)


@requires(Action.MANAGE_CENTRE)
def band_set_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change the names and the bands of a set that is not one the software came with."""
    row = _found(key)
    document = services.document(row, bands.stored(row))
    form = BandsForm(sent(request), initial=document)
    edit, clashed = shared_edit.read(request), None
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in document}
        try:
            if done(form, None, services.change, key=key, **given, by=request.user, edit=edit):
                messages.success(request, _("Saved."))
                return redirect("reports:bands")
        except Clashed as clash:
            clashed = clash
    shared = shared_edit.page(edit, document, clashed, words=_words)
    context = {"form": form, "row": row, "shared": shared}
    return render(request, "reports/bands_edit.html", context, status=422 if form.errors or clashed else 200)


def _found(key: str) -> AgeBandSet:
    row = AgeBandSet.objects.filter(key=key).first()
    if row is None or row.shipped:
        raise Http404
    return row


def _words(field: str, value: Any) -> tuple[str, str]:
    return str(BandsForm.base_fields[field].label), str(value)


@require_POST
@requires(Action.MANAGE_CENTRE)
def band_set_retire(request: HttpRequest, key: str) -> HttpResponse:
    """Offer a set no more, or again."""
    retired = request.POST.get("retired") == "yes"
    try:
        services.set_retired(key=key, retired=retired, by=request.user)
    except AgeBandSet.DoesNotExist:
        raise Http404 from None
    except RuleBroken as broken:
        messages.error(request, say(broken))
    else:
        messages.success(request, _("No longer offered.") if retired else _("Offered again."))
    return redirect("reports:bands")
