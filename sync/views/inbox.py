"""What needs a person: two values of one field, saves that could not be taken over, saves that wait too long."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.selectors import people
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.ops import AMEND
from core.periods import local_day
from core.words import say
from sync import saves, sayings, selectors
from sync.forms import AsideForm, DocumentForm
from sync.models import Disagreement, PushedOp, Ticket
from sync.selectors import PAGE, Asked
from sync.services import inbox as services
from sync.views.devices import key_of, place

DECIDED = "sync.decided_already"


class Field(NamedTuple):
    """A disagreement as two values in words."""

    row: Disagreement
    words: str
    theirs: str
    mine: str


class Case(NamedTuple):
    """A save on the list: what it was, whose, and what is to be decided about it."""

    op: PushedOp
    deed: str
    person: Any
    fields: list[Field]
    ticket: Ticket | None
    why: list[str]
    waits_for: str


# -- the list -------------------------------------------------------------------------------------------------


@require_safe
@requires(Action.WORK_INBOX)
def inbox(request: HttpRequest) -> HttpResponse:
    """List what needs a person, newest first."""
    asked, now = _asked(request), timezone.now()
    return _list(request, selectors.waiting(asked, now), asked, "sync/inbox.html")


@require_safe
@requires(Action.WORK_INBOX)
def decided(request: HttpRequest) -> HttpResponse:
    """List what was decided, by whom and when, newest first."""
    asked = _asked(request)
    return _list(request, selectors.decided(asked), asked, "sync/decided.html", done=True)


def _list(request: HttpRequest, rows: list[PushedOp], asked: Asked, page: str, *, done: bool = False) -> HttpResponse:
    ops = rows[:PAGE]
    cases = _cases(ops, done=done)
    journal.note_reads([case.person.pk for case in cases if case.person], by=request.user, what="inbox")
    senders = selectors.senders()
    kept = {"device": asked.device, "person": asked.actor}
    here = urlencode({name: value for name, value in kept.items() if value})
    more = (
        urlencode({name: value for name, value in kept.items() if value} | {"before": key_of(ops[-1])}) if ops else ""
    )
    return render(request, page, {
        "cases": cases, "asked": asked, "here": f"?{here}" if here else "", "before": asked.before,
        "devices": {one.device_id: one.device for one in senders}.values(),
        "people": sorted({one.user_id: one.user for one in senders}.values(), key=lambda user: user.name),
        "older": f"?{more}" if len(rows) > PAGE else "", "newer": f"{request.path}?{here}" if asked.before else "",
    })  # fmt: skip


def _asked(request: HttpRequest) -> Asked:
    given = request.GET
    return Asked(_uuid(given.get("device", "")), _uuid(given.get("person", "")), place(given.get("before", "")))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _cases(ops: list[PushedOp], *, done: bool) -> list[Case]:
    """Return saves with everything a person needs to see, of all of them at once."""
    persons = selectors.persons(op.patient_id for op in ops)
    left = {op.pk: [row for row in op.disagreements.all() if (row.state == "open") is not done] for op in ops}
    names = selectors.villages(_villages_of(row for rows in left.values() for row in rows))
    return [_case(op, persons.get(op.patient_id), left[op.pk], names) for op in ops]  # type: ignore[arg-type]


def _case(op: PushedOp, person: Any, left: list[Disagreement], names: dict[int, str]) -> Case:
    parked = op.status == PushedOp.Status.PARKED
    return Case(
        op, saves.deed(op), person, [field_of(row, names) for row in left], getattr(op, "ticket", None), reasons(op),
        saves.record_words(op.waits_type) if parked else "",
    )  # fmt: skip


def _villages_of(rows: Iterable[Disagreement]) -> set[int]:
    return saves.villages_in((row.field, value) for row in rows for value in (row.theirs, row.mine))


def field_of(row: Disagreement, names: dict[int, str]) -> Field:
    """Return a disagreement in words."""
    theirs, mine = (saves.said(row.type, row.field, value, names) for value in (row.theirs, row.mine))
    return Field(row, saves.label(row.type, row.field), theirs, mine)


def reasons(op: PushedOp) -> list[str]:
    """Say why a save could not be taken over: what was found at each field, else what its code means."""
    try:
        found = sayings.words(op)
    except (KeyError, TypeError, ValueError):  # kept by an older version, whose sentence had other blanks
        found = {}
    said = [f"{capfirst(saves.label(op.type, name))}: {words}" if name else words for name, words in found.items()]
    return said or [_("It could not be taken over (%(code)s).") % {"code": op.code}]


# -- two values of one field --------------------------------------------------------------------------------------


@requires(Action.WORK_INBOX)
def disagreement(request: HttpRequest, id: int) -> HttpResponse:
    """Show both values of a field; by POST keep what stands or take the other."""
    row = selectors.disagreement(id)
    if row is None:
        raise Http404
    if request.method == "POST":
        if request.POST.get("take") not in {"yes", "no"}:
            messages.error(request, _("Choose which of the two shall stand."))
            return redirect("sync:disagreement", row.pk)
        take = request.POST["take"] == "yes"
        _decide(request, lambda: services.settle(id=row.pk, take=take, by=request.user, at=timezone.now()),  # type: ignore[arg-type]
                _("Taken over.") if take else _("What stood is kept."))  # fmt: skip
        return redirect(_back(request))
    person = people.get(row.patient_id) if row.patient_id else None
    if person:
        journal.note_read(person.pk, by=request.user, what="inbox")
    names = selectors.villages(_villages_of([row]))
    return render(request, "sync/disagreement.html", {
        "row": row, "op": row.op, "field": field_of(row, names), "person": person, "deed": saves.deed(row.op),
    })  # fmt: skip


def _decide(request: HttpRequest, decide: Callable[[], Any], words: str) -> None:
    try:
        decide()
    except ObjectDoesNotExist:
        raise Http404 from None
    except RuleBroken as broken:
        messages.error(request, say(broken))
    else:
        messages.success(request, words)


def _back(request: HttpRequest) -> str:
    """Return where the person came from, when that is one of our pages, else the list."""
    to = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if ours else reverse("sync:inbox")


# -- a save that could not be taken over ------------------------------------------------------------------------------


@require_safe
@requires(Action.WORK_INBOX)
def ticket(request: HttpRequest, id: int) -> HttpResponse:
    """Show a save that could not be taken over: why, what it says, and boxes to put it right."""
    return _ticket_page(request, _ticket(id))


def _ticket(id: int) -> Ticket:
    found = selectors.ticket(id)
    if found is None:
        raise Http404
    return found


class Read(NamedTuple):
    """What a refused save says: its document, the fields in it, and why it cannot be read at all."""

    doc: Any
    fields: Any
    closed: str


def _read(op: PushedOp) -> Read:
    try:
        doc = saves.document(op)
    except RuleBroken as broken:
        return Read(None, {}, say(broken))
    return Read(doc, saves.body(op, doc), "" if doc is not None else _("Its contents cannot be read."))


def _ticket_page(
    request: HttpRequest, row: Ticket, *, form: DocumentForm | None = None, aside: AsideForm | None = None
) -> HttpResponse:  # fmt: skip
    op, read = row.op, _read(row.op)
    person = people.get(op.patient_id) if op.patient_id else None
    if person:
        journal.note_read(person.pk, by=request.user, what="inbox")
    names = selectors.villages(saves.villages_in(read.fields.items()))
    errors = (form and form.errors) or (aside and aside.errors)
    return render(request, "sync/ticket.html", {
        "row": row, "op": op, "person": person, "deed": saves.deed(op), "why": reasons(op), "closed": read.closed,
        "lines": saves.lines(op.type, read.fields, names), "aside": aside or AsideForm(),
        "form": form or _document_form(op, read), "today": local_day(timezone.now()),
    }, status=422 if errors else 200)  # fmt: skip


def _document_form(op: PushedOp, read: Read, data: Any = None) -> DocumentForm:
    wrong = op.fields if isinstance(op.fields, dict) else ()
    return DocumentForm(data, type=op.type, fields=read.fields, wrong=wrong)


@require_POST
@requires(Action.WORK_INBOX)
def correct(request: HttpRequest, id: int) -> HttpResponse:
    """Take a save over with what was put right in its boxes."""
    row = _ticket(id)
    read = _read(row.op)
    form = _document_form(row.op, read, request.POST)
    if read.doc is None:
        messages.error(request, read.closed)
        return redirect("sync:ticket", row.pk)
    if form.is_valid():
        try:
            _release(row, _amended(row.op, read, form.changes()), request)
        except RuleBroken as broken:
            if broken.code == DECIDED:
                return _too_late(request, row, broken)
            form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        else:
            return redirect("sync:inbox")
    return _ticket_page(request, row, form=form)


def _amended(op: PushedOp, read: Read, changes: dict[str, Any]) -> dict[str, Any] | None:
    """Return the document as somebody put it right; nothing when they changed nothing."""
    if not changes:
        return None
    if op.kind == AMEND:
        return {**read.doc, "set": {**read.fields, **changes}}
    return {**read.doc, **changes}


def _release(row: Ticket, amended: dict[str, Any] | None, request: HttpRequest) -> None:
    now = timezone.now()
    try:
        services.release(id=row.pk, amended=amended, by=request.user, at=now)  # type: ignore[arg-type]
    except ObjectDoesNotExist:
        raise Http404 from None
    messages.success(request, _("%(number)s: taken over.") % {"number": row.number})


def _too_late(request: HttpRequest, row: Ticket, broken: RuleBroken) -> HttpResponse:
    messages.error(request, say(broken))
    return redirect("sync:ticket", row.pk)


@require_POST
@requires(Action.WORK_INBOX)
def again(request: HttpRequest, id: int) -> HttpResponse:
    """Try a save once more as it came: what stood in its way may have gone."""
    row = _ticket(id)
    try:
        _release(row, None, request)
    except RuleBroken as broken:
        return _too_late(request, row, broken)
    return redirect("sync:inbox")


@require_POST
@requires(Action.WORK_INBOX)
def set_aside(request: HttpRequest, id: int) -> HttpResponse:
    """Decide that a save is not taken over, with a reason; it stays kept as it came."""
    row = _ticket(id)
    form = AsideForm(request.POST)
    if form.is_valid():
        try:
            services.reject(id=row.pk, reason=form.cleaned_data["why"], by=request.user, at=timezone.now())  # type: ignore[arg-type]
        except RuleBroken as broken:
            return _too_late(request, row, broken)
        messages.success(request, _("%(number)s: set aside. It stays kept.") % {"number": row.number})
        return redirect("sync:inbox")
    return _ticket_page(request, row, aside=form)


# -- parts of other pages ---------------------------------------------------------------------------------------


@require_safe
@requires(Action.READ_RECORD)
def of_patient(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show on a person's page what is open about them; nothing when nothing is."""
    left, refused = selectors.open_of(id)
    if not left and not refused:
        return HttpResponse(status=204)
    journal.note_read(id, by=request.user, what="inbox")
    names = selectors.villages(_villages_of(left))
    return render(request, "sync/of_patient.html", {
        "fields": [field_of(row, names) for row in left],
        "tickets": [(row, saves.deed(row.op), reasons(row.op)) for row in refused],
        "decides": request.user.may(Action.WORK_INBOX), "patient": id,  # type: ignore[union-attr]
    })  # fmt: skip


@require_safe
@requires(Action.WORK_INBOX)
def tiles(request: HttpRequest) -> HttpResponse:
    """Show for the start page how much needs a person, and to who looks after the tablets which are not in step."""
    now = timezone.now()
    context = {"waiting": selectors.how_many(now), "most": selectors.MOST}
    if request.user.may(Action.MANAGE_DEVICES):  # type: ignore[union-attr]
        context |= {"manages": True, "behind": len(selectors.not_in_step(now)[: selectors.MOST])}
    return render(request, "sync/tiles.html", context)
