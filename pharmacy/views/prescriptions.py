"""Prescriptions that wait at the dispensary, and one of them to be given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic import phrases as words_of_the_clinic
from clinic.models import Encounter
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.pages import sent, today
from core.words import say
from pharmacy import cautions, proposing
from pharmacy.cautions import Substance
from pharmacy.forms.dispensing import GiveForm, GiveLineForm, GiveLines
from pharmacy.forms.fields import starting
from pharmacy.models import Dispensing, Medicine, Place
from pharmacy.phrases import cautions_in_words
from pharmacy.selectors import giving
from pharmacy.selectors.giving import Ordered, Prescription
from pharmacy.services import dispensing as services
from pharmacy.views.common import uuid_from
from pharmacy.views.dispensing import print_labels, proposed

Held = dict[int, list[giving.Lot]]


@dataclass
class Row:
    """A line as the page shows it: which medicines it may mean, what is proposed, what speaks against it."""

    line: Ordered
    words: str
    options: list[Medicine]
    form: Any = None
    proposal: dict[str, Any] = field(default_factory=dict)
    against: list[str] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Return whether the reason for giving it all the same is asked for."""
        return bool(self.against or (self.form and (self.form["despite"].value() or self.form["despite"].errors)))


@require_safe
@requires(Action.DISPENSE)
def prescriptions(request: HttpRequest) -> HttpResponse:
    """List the prescriptions that wait today, or of which something is owed from before."""
    tab = request.GET.get("show", "")
    if tab == "owed":
        rows, more = giving.owed(today(), before=uuid_from(request, "before"))
        older = f"?show=owed&before={more}" if more else ""
    else:
        rows, more = giving.waiting(today(), after=uuid_from(request, "after"))
        older = f"?after={more}" if more else ""
    shown = giving.unsettled(rows, giving.formulary())
    journal.note_reads((one.patient.pk for one, _lines in shown), by=request.user, what="prescriptions")
    context = {"rows": shown, "owed": tab == "owed", "older": older, "today": today()}
    return render(request, "pharmacy/prescriptions.html", context)


@requires(Action.DISPENSE)
def prescription(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give what was ordered in one contact: all of it in one act, or a part."""
    form = GiveForm(sent(request), initial=starting(today(), place=Place.DISPENSARY))
    lines = GiveLines(sent(request), prefix="line") if request.method == "POST" else None
    if lines is not None and form.is_valid() & lines.is_valid() and _given(request, id, form, lines):
        messages.success(request, _("Given and written down."))
        return redirect("pharmacy:prescription", id)
    found = giving.of_visit(id, today())
    if found is None or found.encounter is None:
        raise Http404
    if request.method != "POST":
        journal.note_read(found.patient.pk, by=request.user, what="prescription")
    rows = _rows(found, giving.formulary())
    place = form.cleaned_data.get("place", Place.DISPENSARY) if form.is_bound else Place.DISPENSARY
    held = giving.on_the_shelf({m for row in rows for m in row.options}, place, today())
    if lines is None:
        first = [_starting(row, held) for row in rows if row.options and not row.line.is_settled]
        lines = GiveLines(prefix="line", initial=first)
    _join(rows, lines, held)
    if lines.is_bound and len(lines.forms) > sum(row.form is not None for row in rows):
        form.add_error(None, say(RuleBroken("pharmacy.not_of_this_visit")))
    wrong = lines.is_bound  # a form that was sent comes back only when something is wrong with it
    context = {
        "form": form, "lines": lines, "rows": rows, "patient": found.patient, "visit": found.encounter,
        "age": found.patient.age_on(today()), "given": any(row.line.given for row in rows),
        "open": any(row.form for row in rows),
    }  # fmt: skip
    return render(request, "pharmacy/prescription.html", context, status=422 if wrong else 200)


def _given(request: HttpRequest, id: UUID, form: GiveForm, lines: Any) -> bool:
    """Give what the form says; tell the line that a rule refuses. Sent twice it is given once, and nothing is wrong."""
    said = form.cleaned_data
    pairs = [(line, box) for box in lines.forms if (line := box.line(said["id"]))]
    try:
        services.give(
            visit=id, lines=[line for line, _box in pairs], on=said["on"], place=said["place"], by=request.user,
            today=today(),
        )  # fmt: skip
    except Encounter.DoesNotExist:
        raise Http404 from None
    except RuleBroken as broken:
        if Dispensing.objects.filter(pk__in=[line.id for line, _box in pairs]).exists():
            return True
        at = broken.params.get("line")
        box = pairs[at][1] if isinstance(at, int) else form
        box.add_error(broken.field if broken.field in box.fields else None, say(broken))
        return False
    return True


def _rows(found: Prescription, medicines: list[Medicine]) -> list[Row]:
    """Return the lines with the medicines they may mean and what speaks against the likeliest of them."""
    rows, beside = [], list[Substance]()
    for line in found.lines:
        row = Row(line, words_of_the_clinic.dose_words(line.treatment.dose), giving.fits(line.treatment, medicines))
        if row.options and not line.is_settled:
            medicine = giving.substance(row.options[0])
            codes = cautions.weigh(medicine, found.person(today(), line.treatment.pk), beside=beside, on=today())
            row.against = cautions_in_words(codes)
            beside.append(medicine)
        rows.append(row)
    return rows


def _starting(row: Row, held: Held) -> dict[str, Any]:
    """Return what the boxes of a line show at first; no more is proposed than lies on the shelf."""
    likeliest, line = row.options[0], row.line
    ordered = line.ordered or proposing.quantity(line.treatment.dose, likeliest.form, likeliest.strength)
    wanted = line.owed if line.past else ordered
    quantity = None if wanted is None else min(wanted, _there(likeliest, held))
    if line.past and not quantity:
        quantity = None  # it is written down as owed already
    return {
        "treatment": line.treatment.pk, "medicine": likeliest.pk, "ordered": ordered, "quantity": quantity,
        "directions": line.treatment.dose,
    }  # fmt: skip


def _join(rows: list[Row], lines: Any, held: Held) -> None:
    """Give each row its boxes, the medicines to choose from, and the batches they would come from."""
    boxes: dict[str, GiveLineForm] = {str(box["treatment"].value() or ""): box for box in lines.forms}
    for row in rows:
        row.form = boxes.get(str(row.line.treatment.pk))
        if row.form is None:
            continue
        row.form.fields["medicine"].offer(
            (m.pk, _("%(medicine)s (%(n)s here)") % {"medicine": m, "n": _there(m, held)}) for m in row.options
        )
        chosen, wanted = (str(row.form[name].value() or "") for name in ("medicine", "quantity"))
        lots = held.get(int(chosen), []) if _plain(chosen) else []
        row.proposal = proposed(lots, int(wanted) if _plain(wanted) else 0)


def _there(medicine: Medicine, held: Held) -> int:
    return sum(lot.quantity for lot in held.get(medicine.pk, []))


def _plain(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


@require_safe
@requires(Action.DISPENSE)
def visit_labels(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the labels of all that was given by one prescription on its last day."""
    visit = get_object_or_404(Encounter.objects.select_related("patient"), pk=id)
    rows = list(Dispensing.objects.filter(encounter=visit, void_reason="").order_by("-on", "id"))
    return print_labels(request, visit.patient, [row for row in rows if row.on == rows[0].on])


@require_safe
@requires(Action.READ_RECORD)
def visit_given(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show, inside the page of a contact, what of its medicine was given and what is owed."""
    found = giving.of_contact(id)
    if found is None:
        raise Http404
    journal.note_read(found.patient.pk, by=request.user, what="medicine given")
    lines = [line for line in found.lines if line.past]
    return render(request, "pharmacy/visit_given.html", {"lines": lines, "id": id, "any": bool(found.lines)})
