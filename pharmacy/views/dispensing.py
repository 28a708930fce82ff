"""Medicine handed to a patient without a prescription; one dispensing, its label, what came back of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.models import Encounter, Patient
from clinic.selectors import people
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.pages import as_pdf, done, sent, today
from pharmacy import cautions
from pharmacy.forms.dispensing import DispenseForm, ReturnForm
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.models import Batch, Dispensing, Medicine, Move, Place
from pharmacy.pdf import labels
from pharmacy.phrases import cautions_in_words
from pharmacy.selectors import giving, history
from pharmacy.services import dispensing as services
from pharmacy.services import returns
from pharmacy.views.common import number_from, organisation, uuid_from

LATEST = 8
SALT = "pharmacy.dispense"
READ_FOR = timedelta(hours=12)


@requires(Action.DISPENSE)
def dispense(request: HttpRequest, id: UUID) -> HttpResponse:
    """Hand medicine to a patient; `?encounter=` ties it to a visit."""
    form = DispenseForm(sent(request), initial=starting(today(), place=Place.DISPENSARY))
    visit = _visit_of(id, uuid_from(request, "encounter"))
    if form.is_valid():
        given: dict[str, Any] = form.cleaned_data | {"patient": id, "encounter": visit}
        try:
            if done(form, Dispensing, services.dispense, **given, by=request.user, today=today()):
                messages.success(request, _("Given and written down."))
                return redirect("clinic:visit", visit.pk) if visit else redirect("desk:record", id)
        except Patient.DoesNotExist:
            raise Http404 from None
    patient = people.get_or_404(id)
    if request.method != "POST":
        journal.note_read(patient.pk, by=request.user, what="dispense")
    context = {
        "form": form, "patient": patient, "encounter": visit, "today": today(), "age": patient.age_on(today()),
        "given": history.of_patient(patient.pk, limit=LATEST), "whose": signing.dumps(str(patient.pk), salt=SALT),
        "asks": bool(form.is_bound and (form.errors.get("despite") or form.data.get("despite"))),
    }  # fmt: skip
    return render(request, "pharmacy/dispense.html", context, status=422 if form.errors else 200)


def _visit_of(patient_id: UUID, encounter_id: UUID | None) -> Encounter | None:
    """Return the visit that is named, if it is the patient's, under whichever of their records it stands."""
    theirs = people.family(patient_id).values("pk")
    return Encounter.objects.filter(pk=encounter_id, patient__in=theirs).first() if encounter_id else None


@require_safe
@requires(Action.DISPENSE)
def proposal(request: HttpRequest) -> HttpResponse:
    """Show which batches of a medicine would be given, the first to expire first, and what is missing.

    `?line=` is the prefix of the boxes. `?whose=` is what the page of a person carries: then what speaks against the
    medicine is shown too. Signed, so that nobody asks here about a record they did not open.
    """
    line = f"{request.GET['line']}-" if re.fullmatch(r"line-[0-9]{1,3}", request.GET.get("line", "")) else ""
    key, wanted = number_from(request, f"{line}medicine"), _quantity(request.GET.get(f"{line}quantity", ""))
    if key is None:
        return HttpResponse("")
    place = request.GET.get("place", "")
    place = place if re.fullmatch(r"[a-z0-9-]{1,20}", place) else Place.DISPENSARY
    held = giving.on_the_shelf([Medicine(pk=key)], place, today()).get(key, [])
    context = proposed(held, wanted) | {"against": _against(request.GET.get("whose", ""), key)}
    return render(request, "pharmacy/proposal.html", context)


def proposed(held: list[giving.Lot], wanted: int) -> dict[str, Any]:
    """Return what the proposal shows: (lot, taken) for each, what is missing, how many are there."""
    missing, rows = wanted, []
    for lot in held:
        taken = min(lot.quantity, missing)
        missing -= taken
        rows.append((lot, taken))
    return {"rows": rows, "missing": missing, "there": sum(lot.quantity for lot in held), "wanted": wanted}


def _against(whose: str, key: int) -> list[str]:
    if not whose:
        return []
    try:
        patient = UUID(signing.loads(whose, salt=SALT, max_age=READ_FOR))
    except (signing.BadSignature, ValueError, TypeError):
        return []
    medicine, found = Medicine.objects.filter(pk=key).first(), giving.of_patient(patient, today())
    if medicine is None or found is None:
        return []
    return cautions_in_words(cautions.weigh(giving.substance(medicine), found.person(today()), on=today()))


def _quantity(text: str) -> int:
    try:
        return DispenseForm.base_fields["quantity"].clean(text)
    except ValidationError:
        return 0


@require_safe
@requires(Action.DISPENSE)
def dispensing(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one dispensing: its batches, what came back, and how to take it back."""
    row = _found(id)
    journal.note_read(row.patient_id, by=request.user, what="medicine given")
    return _shown(request, row)


@requires(Action.DISPENSE)
def bring_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down what a patient brought back of one dispensing."""
    moves, left = _moves(id)
    if not moves or moves[0].dispensing is None:
        raise Http404
    row = moves[0].dispensing
    form = ReturnForm(sent(request), left=left, initial=starting(today()))
    if form.is_valid():
        names = ("id", "target", "why", "on", "remark")
        given = {name: form.cleaned_data[name] for name in names} | {"quantities": form.quantities()}
        again = any(move.pk == returns.move_id(given["id"], move.batch_id) for move in moves)  # sent before
        if again or done(form, None, returns.bring_back, dispensing=row, **given, by=request.user, today=today()):
            messages.success(request, _("Written down."))
            return redirect("pharmacy:dispensing", id)
    if request.method != "POST":
        journal.note_read(row.patient_id, by=request.user, what="medicine given")
    return _shown(request, row, moves=moves, left=left, form=form)


@requires(Action.DISPENSE)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back that medicine was given, with a reason."""
    form = ReasonForm(sent(request))
    if form.is_valid():
        given = {"dispensing_id": id, "on": today(), "reason": form.cleaned_data["reason"]}
        try:
            if done(form, None, returns.void, **given, by=request.user, today=today()):
                messages.success(request, _("Taken back: the medicine is on its shelf again."))
                return redirect("pharmacy:dispensing", id)
        except Dispensing.DoesNotExist:
            raise Http404 from None
    row = _found(id)
    if request.method != "POST":
        journal.note_read(row.patient_id, by=request.user, what="medicine given")
    return _shown(request, row, undo=form)


@require_safe
@requires(Action.DISPENSE)
def label(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the label of one dispensing; `?lang=en` in English, `?paper=sheet` on A4."""
    row = _found(id)
    return print_labels(request, row.patient, [row])


def print_labels(request: HttpRequest, patient: Patient, rows: list[Dispensing]) -> HttpResponse:
    """Print the labels of dispensings of one person; raises Http404 when nothing was given."""
    moves = Move.objects.filter(dispensing__in=rows, target=Place.PATIENTS, reversed_by=None)
    made: dict[UUID, labels.Said] = {}
    for move in moves.select_related("batch__medicine", "dispensing").order_by("id"):
        row, before = move.dispensing, made.get(move.dispensing_id)  # type: ignore[arg-type]
        quantity = move.quantity + (before.quantity if before else 0)
        said = row.directions  # type: ignore[union-attr]
        made[row.pk] = labels.Said(  # type: ignore[union-attr]
            patient.name,
            patient.number,
            move.batch.medicine,
            quantity,
            said,
            row.on,  # type: ignore[union-attr]
        )
    if not made:
        raise Http404
    journal.note_read(patient.pk, by=request.user, what="labels")
    language = "en" if request.GET.get("lang") == "en" else "km"
    content = labels.labels(
        made.values(), organisation(), at=timezone.now(), language=language, sheet=request.GET.get("paper") == "sheet"
    )
    return as_pdf(content, f"labels-{patient.number}")


def _found(id: UUID) -> Dispensing:
    rows = Dispensing.objects.select_related("patient__village", "treatment", "recorded_by")
    row: Any = get_object_or_404(rows.annotate(below_alerts=people.alerts(outer="patient_id")), pk=id)
    row.patient.alerts = row.below_alerts
    return row


def _moves(id: UUID) -> tuple[list[Move], list[tuple[Batch, int]]]:
    """Return the moves of a dispensing with it, and of which batches how much can still come back; one statement."""
    related = ("batch__medicine", "source", "target", "recorded_by", "reversed_by")
    whole = ("dispensing__patient__village", "dispensing__treatment", "dispensing__recorded_by")
    moves = list(Move.objects.filter(dispensing=id, reverses=None).select_related(*related, *whole).order_by("id"))
    standing = [move for move in moves if not hasattr(move, "reversed_by")]
    batches = {move.batch_id: move.batch for move in moves}
    return moves, [(batches[key], n) for key, n in returns.given(standing).items() if n > 0]


def _shown(
    request: HttpRequest, row: Dispensing, *, moves: list[Move] | None = None,
    left: list[tuple[Batch, int]] | None = None, form: ReturnForm | None = None, undo: ReasonForm | None = None,
) -> HttpResponse:  # fmt: skip
    if moves is None or left is None:
        moves, left = _moves(row.pk)
    context = {
        "row": row, "patient": row.patient, "age": row.patient.age_on(row.on), "moves": moves, "left": left,
        "warnings": cautions_in_words(row.warned), "form": form or ReturnForm(left=left, initial=starting(today())),
        "undo": undo or ReasonForm(),
    }  # fmt: skip
    wrong = (form and form.errors) or (undo and undo.errors)
    return render(request, "pharmacy/dispensing.html", context, status=422 if wrong else 200)
