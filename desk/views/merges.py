"""Two records side by side, their merge, and the merge taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.models import Merge, Patient
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.periods import local_day
from core.words import say
from desk.merging import hindrances, picture, services
from desk.merging.columns import GROUPS, LOSER, WINNER, fingerprint
from desk.merging.forms import MergeForm, UndoForm
from desk.merging.services import Undone
from desk.merging.table import MOVING
from desk.merging.values import in_words


@require_http_methods(["GET", "POST"])
@requires(Action.MERGE_PATIENTS)
def merge(request: HttpRequest, winner: UUID, loser: UUID) -> HttpResponse:
    """Lay two records side by side, choose whose values stand, and let one take up the other."""
    one, other = picture.sides(winner, loser)
    if one is None or other is None:
        raise Http404
    if one.pk == other.pk:
        messages.info(request, _("These two are one record already."))
        return redirect("desk:record", one.pk)
    form = MergeForm(request.POST if request.method == "POST" else None, winner=one, loser=other)
    if form.is_bound and form.is_valid() and (made := _merge(request, form, one, other)):
        return redirect("desk:merge_done", made)
    if request.method == "GET":
        journal.note_reads([one.pk, other.pk], by=request.user, what="merge")
    return _page(request, form, one, other)


def _merge(request: HttpRequest, form: MergeForm, one: Patient, other: Patient) -> UUID | None:
    now, made = timezone.now(), form.cleaned_data["id"]
    try:
        services.merge(
            id=made, winner=one.pk, loser=other.pk, reason=form.cleaned_data["reason"], choice=form.choice(),
            by=request.user, at=now, today=local_day(now),
        )  # fmt: skip
    except RuleBroken as broken:
        if Merge.objects.filter(pk=made).exists():  # sent twice: the first one did it
            return made
        form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        return None
    messages.success(request, _("Merged. Every old number finds this person from now on."))
    return made


def _page(request: HttpRequest, form: MergeForm, one: Any, other: Any) -> HttpResponse:
    today = local_day(timezone.now())
    case = hindrances.of(one, other)
    differ = {group.name for group in form.groups}
    rows = [
        {
            "group": group, "values": [(side, *in_words(group, record, today)) for side, record in _both(one, other)],
            "field": form[group.name] if group.name in differ else None,
        }
        for group in GROUPS
        if group.name in differ or group.filled(one)
    ]  # fmt: skip
    return render(request, "desk/merge.html", {
        "form": form, "one": one, "other": other, "ages": [record.age_on(today) for record in (one, other)],
        "case": case, "forbidden": [say(broken) for broken in case.forbidden], "rows": rows,
        "had": picture.had(one, other), "seen": fingerprint(one, other),
    }, status=422 if form.is_bound and form.errors else 200)  # fmt: skip


def _both(one: Patient, other: Patient) -> list[tuple[str, Patient]]:
    return [(WINNER, one), (LOSER, other)]


@require_safe
@requires(Action.MERGE_PATIENTS)
def merges(request: HttpRequest) -> HttpResponse:
    """List merges, the newest first."""
    before = _uuid(request.GET.get("before", ""))
    rows = picture.merges(before=before, limit=picture.PAGE + 1)
    older = f"?before={rows[picture.PAGE - 1].pk}" if len(rows) > picture.PAGE else ""
    return render(request, "desk/merges.html", {"merges": rows[: picture.PAGE], "before": before, "older": older})


@require_safe
@requires(Action.MERGE_PATIENTS)
def merged(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one merge: what it moved, what it changed, and the way back."""
    return _merged_page(request, _found(id), UndoForm())


@require_POST
@requires(Action.MERGE_PATIENTS)
def undo(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a merge back."""
    act, form, now = _found(id), UndoForm(request.POST), timezone.now()
    if form.is_valid():
        try:
            undone = services.undo(id=id, by=request.user, at=now, today=local_day(now), **form.cleaned_data)
        except RuleBroken as broken:
            form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        else:
            messages.success(request, _told(undone))
            return redirect("desk:merge_done", id)
    return _merged_page(request, act, form)


def _found(id: UUID) -> Merge:
    return get_object_or_404(Merge.objects.select_related("winner", "loser", "recorded_by", "undone_by"), pk=id)


def _merged_page(request: HttpRequest, act: Merge, form: UndoForm) -> HttpResponse:
    moved = [(key.words, len(act.moved[key.label])) for key in MOVING if act.moved.get(key.label)]
    groups = [group.words for group in GROUPS if any(column in act.before for column in group.columns)]
    page = {"merge": act, "moved": moved, "groups": groups, "form": form}
    return render(request, "desk/merge_done.html", page, status=422 if form.is_bound and form.errors else 200)


def _told(undone: Undone) -> str:
    """Say that a merge was taken back, and what stayed with the survivor because it is newer."""
    said = [_("Taken back: there are two records again.")]
    if count := sum(undone.rows.values()):
        words = ngettext(
            "%(count)s entry written since stayed with %(number)s: %(what)s.",
            "%(count)s entries written since stayed with %(number)s: %(what)s.", count,
        )  # fmt: skip
        what = ", ".join(str(key.words) for key in MOVING if key.label in undone.rows)
        said.append(words % {"count": count, "number": undone.merge.winner.number, "what": what})
    if undone.groups:
        what = ", ".join(str(group.words) for group in GROUPS if group.name in undone.groups)
        said.append(_("Corrected since and left as it is: %(what)s.") % {"what": what})
    return " ".join(said)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
