"""Tablets: who holds which and what they carry, letting one in, lending records to it, ending its use."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core import svg
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.pdf import qr
from core.words import say
from sync import saves, selectors
from sync.forms import EnrolForm, LendForm, RevokeForm
from sync.models import Device, Enrolment
from sync.selectors import quiet_days
from sync.services import checkouts
from sync.services import devices as services

STOP_POLLING = 286  # htmx's own status: take this answer and ask no more
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
GROUP = 4  # letters of a code that are read out together


class Shown(NamedTuple):
    """A tablet as the list and its page show it."""

    device: Device
    checkout: Any
    holder: str
    quiet: int
    stopped: bool


def _shown(device: Any, now: dt.datetime) -> Shown:
    lent = getattr(device, "checkout", None)
    return Shown(
        device, lent if lent and lent.until > now else None, device.holder or "", quiet_days(device, now),
        device.state != Device.State.ACTIVE,
    )  # fmt: skip


@require_safe
@requires(Action.MANAGE_DEVICES)
def devices(request: HttpRequest) -> HttpResponse:
    """List all tablets; one that was not heard of for days stands out."""
    now = timezone.now()
    return render(request, "sync/devices.html", {
        "tablets": [_shown(one, now) for one in selectors.devices()], "now": now, "secure": request.is_secure(),
    })  # fmt: skip


@require_safe
@requires(Action.MANAGE_DEVICES)
def device(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one tablet."""
    return _page(request, id)


def _page(
    request: HttpRequest, id: UUID, *, lend: LendForm | None = None, revoke: RevokeForm | None = None
) -> HttpResponse:
    found = selectors.device(id)
    if found is None:
        raise Http404
    now, before = timezone.now(), place(request.GET.get("before", ""))
    rows = list(selectors.ops_of(found, before=before))
    ops = rows[: selectors.PAGE]
    forms = [form for form in (lend, revoke) if form is not None]
    return render(request, "sync/device.html", {
        "shown": _shown(found, now), "device": found, "now": now, "people": list(selectors.people_of(found)),
        "ops": [(op, saves.deed(op)) for op in ops], "lend": lend or LendForm(), "revoke": revoke or RevokeForm(),
        "older": f"?{urlencode({'before': key_of(ops[-1])})}" if len(rows) > selectors.PAGE else "",
        "newer": request.path if before else "",
    }, status=422 if any(form.errors for form in forms) else 200)  # fmt: skip


def place(text: str) -> tuple[dt.datetime, UUID] | None:
    """Read the key of the last row shown, "instant~id"; nothing for what cannot be one."""
    when, _tilde, key = text.partition("~")
    try:
        at = parse_datetime(when)
        return (at, UUID(key)) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def key_of(op: Any) -> str:
    """Write the key of a row for `place`."""
    return f"{op.received_at.isoformat()}~{op.pk}"


# -- letting in -----------------------------------------------------------------------------------------------


@requires(Action.MANAGE_DEVICES)
@never_cache
def enrol(request: HttpRequest, id: UUID | None = None) -> HttpResponse:
    """Ask for a tablet's name, then show the code that lets it in; with an id, let a known tablet in again.

    The code is shown once, in the answer itself: only its hash is kept.
    """
    known = get_object_or_404(Device, pk=id) if id else None
    form = EnrolForm(request.POST or None, initial={"name": known.name if known else ""})
    if request.method == "POST" and form.is_valid():
        try:
            invited, code = services.invite(
                name=form.cleaned_data["name"], by=request.user, now=timezone.now(), device=known  # type: ignore[arg-type]
            )  # fmt: skip
        except RuleBroken as broken:
            form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        else:
            return _invitation(request, invited, code, known)
    context = {"form": form, "device": known, "secure": request.is_secure()}
    return render(request, "sync/enrol.html", context, status=422 if form.errors else 200)


def _invitation(request: HttpRequest, invited: Enrolment, code: str, known: Device | None) -> HttpResponse:
    app = reverse("sync:app")
    address = f"{settings.TABLET_ADDRESS}{app}" if settings.TABLET_ADDRESS else request.build_absolute_uri(app)
    context = {
        "invited": invited, "device": known, "address": address, "secure": address.startswith("https:"),
        "only_here": (urlsplit(address).hostname or "") in LOOPBACK,
        "groups": [code[at : at + GROUP] for at in range(0, len(code), GROUP)],
        "qr": _drawn(f"{address}#enrol={code}", _("Code that lets the tablet in")), **_left(invited),
    }  # fmt: skip
    return render(request, "sync/invitation.html", context)


def _drawn(text: str, name: str) -> SafeString:
    return mark_safe(svg.qr(qr.modules(text), name=name))


def _left(invited: Enrolment) -> dict[str, Any]:
    """Return how long an invitation still holds, "14:05", or that it was used or is over."""
    left = max(0, round((invited.until - timezone.now()).total_seconds()))
    return {
        "used": invited.used_at is not None, "over": invited.used_at is None and not left,
        "left": f"{left // 60}:{left % 60:02d}",
    }  # fmt: skip


@require_safe
@requires(Action.MANAGE_DEVICES)
@never_cache
def invitation(request: HttpRequest, id: int) -> HttpResponse:
    """Say how long an invitation still holds, or that the tablet is in; asked by htmx until it is decided."""
    invited = get_object_or_404(Enrolment.objects.select_related("device"), pk=id)
    left = _left(invited)
    status = STOP_POLLING if left["used"] or left["over"] else 200
    context = left | {"invited": invited, "device": invited.device}
    return render(request, "sync/invitation.html#state", context, status=status)


# -- lending, ending, taking back -------------------------------------------------------------------------------


@require_POST
@requires(Action.MANAGE_DEVICES)
def lend(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let a tablet carry the records of some villages for some hours."""
    found = get_object_or_404(Device, pk=id)
    form = LendForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        try:
            services.grant(
                device=found, villages=form.cleaned_data["villages"], by=request.user, now=now,  # type: ignore[arg-type]
                until=now + dt.timedelta(hours=form.cleaned_data["hours"]),
            )  # fmt: skip
        except RuleBroken as broken:
            form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        else:
            messages.success(request, _("Granted. The tablet takes the records along at its next contact."))
            return redirect("sync:device", found.pk)
    return _page(request, id, lend=form)


@require_POST
@requires(Action.MANAGE_DEVICES)
def take_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """End what a tablet may carry: at its next contact it forgets the records, its own saves stay."""
    try:
        checkouts.end(device=get_object_or_404(Device, pk=id), by=request.user, at=timezone.now())  # type: ignore[arg-type]
    except RuleBroken as broken:
        messages.error(request, say(broken))
    else:
        messages.success(request, _("Ended. The tablet forgets these records at its next contact."))
    return redirect("sync:device", id)


@require_POST
@requires(Action.MANAGE_DEVICES)
def revoke(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a tablet's use at once, with a reason; what it still holds is handed in sealed at its next contact."""
    found = get_object_or_404(Device, pk=id)
    form = RevokeForm(request.POST)
    if form.is_valid():
        try:
            services.revoke(device=found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())  # type: ignore[arg-type]
        except RuleBroken as broken:
            form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        else:
            messages.success(request, _("Revoked. It can send nothing more and reads nothing more from here."))
            return redirect("sync:device", found.pk)
    return _page(request, id, revoke=form)


@require_POST
@requires(Action.MANAGE_DEVICES)
def restore(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let a stopped tablet work again."""
    try:
        services.restore(device=get_object_or_404(Device, pk=id), by=request.user, at=timezone.now())  # type: ignore[arg-type]
    except RuleBroken as broken:
        messages.error(request, say(broken))
    else:
        messages.success(request, _("In use again. Its people log in again."))
    return redirect("sync:device", id)
