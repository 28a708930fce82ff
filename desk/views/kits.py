"""The kit of a session: what was packed, given, brought back and lost, and the stock behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.editing import Clashed
from core.errors import RuleBroken
from core.periods import local_day
from core.words import say
from desk import kits as stocked
from desk.forms import HEADS, KitForm
from mobile_team import phrases
from mobile_team.models import Session
from mobile_team.pdf.tally import difference
from mobile_team.selectors import kits as selectors
from mobile_team.services import kits


@require_http_methods(["GET", "POST"])
@requires(Action.PACK_KIT)
def kit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a session's kit and write its numbers; stock moves by a button of its own."""
    session, lines = _kit(id)
    form = KitForm(request.POST if request.method == "POST" else None, lines=lines)
    edit, clashed = shared_edit.read(request), None
    if request.method == "POST" and form.is_valid():
        try:
            kits.save(session_id=session.pk, said=form.said(), by=request.user, edit=edit)
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            form.add_error(None, say(broken))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:kit", id)
    document = kits.flat({one.line.item: one.line.row for one in lines if one.line.row})
    return render(request, "desk/kit.html", {
        "session": session, "form": form, "heads": [HEADS[name] for name in selectors.NUMBERS],
        "rows": [(one, boxes, note, difference(one.line)) for one, boxes, note in form.rows()],
        "shared": shared_edit.page(edit, document, clashed, words=phrases.of_kit),
        "to_take": [one for one in lines if one.wanting], "taken": [one for one in lines if one.taken],
        "closed": any(one.closed for one in lines), "counted": all(one.line.counted_back for one in lines if one.taken),
        "past": session.on <= _today(),
    }, status=422 if form.errors or clashed else 200)  # fmt: skip


@require_POST
@requires(Action.PACK_KIT)
def take(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take from the store what the kit holds and the books do not say yet."""
    return _move(request, id, stocked.take, ("%(n)s move from the store.", "%(n)s moves from the store."))


@require_POST
@requires(Action.PACK_KIT)
def close(request: HttpRequest, id: UUID) -> HttpResponse:
    """Empty the kit in the books of the store."""
    return _move(request, id, stocked.close, ("The kit is closed: %(n)s move.", "The kit is closed: %(n)s moves."))


def _move(request: HttpRequest, id: UUID, act: Callable[..., list[Any]], words: tuple[str, str]) -> HttpResponse:
    try:
        moves = act(session_id=id, by=request.user, today=_today())
    except Session.DoesNotExist:
        raise Http404 from None
    except RuleBroken as broken:
        messages.error(request, say(broken))
        if broken.code == "pharmacy.not_enough_of":
            messages.warning(request, _("The kit stays packed as it is written; nothing was taken from the store."))
    else:
        messages.success(request, ngettext(*words, len(moves)) % {"n": len(moves)})
    return redirect("desk:kit", id)


def _kit(id: UUID) -> tuple[Session, list[stocked.Stocked]]:
    try:
        return stocked.kit_of(id)
    except Session.DoesNotExist:
        raise Http404 from None


def _today() -> Any:
    return local_day(timezone.now())
