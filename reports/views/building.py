"""Build a report out of figures; keep it, share it, let the clock make it; take its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action, Role
from core.charts import Chart
from core.errors import RuleBroken
from core.pages import done, sent, today
from core.words import say
from reports import questions, shared
from reports.asking import Span
from reports.building import Built, build
from reports.charts import picture
from reports.csvs import as_csv
from reports.figures import FIGURES
from reports.forms.building import BuilderForm, KeepForm, SettleForm
from reports.linked import Linker, behind_address
from reports.models import SavedReport
from reports.questions import Question
from reports.rights import OUTSIDE, visible
from reports.services import saved as services
from reports.services.reporting import CSV, XLSX, file_name
from reports.tables import HIDDEN, Number, Table
from reports.xlsx import workbook

SHOWN = 300  # lines of a table on a page; the file has all


# --- Build ------------------------------------------------------------------------------------------------------------


@require_safe
@requires(Action.BUILD_REPORTS)
def builder(request: HttpRequest) -> HttpResponse:
    """Choose figures and what tells them apart, and see the answer; the address is the question."""
    user = cast("User", request.user)
    form = BuilderForm(request.GET if request.GET.keys() - {"report"} else None, role=user.role)
    report = _changed(user, request.GET.get("report", ""))
    built = _built(form, user) if form.is_bound and form.is_valid() else None
    asked = urlencode(form.question.address(), doseq=True) if form.question else ""
    keep = KeepForm(initial={"question": asked, "report": report and report.pk, "name": report and report.name})
    return _page(request, form, built, keep, report)


def _page(
    request: HttpRequest, form: BuilderForm, built: Built | None, keep: KeepForm, report: SavedReport | None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "keep": keep, "report": report}
    if built:
        asked = urlencode(built.question.address(), doseq=True)
        context |= _answer(built, cast("User", request.user), f"{reverse('reports:build')}?{asked}") | {"asked": asked}
    wrong = form.errors or keep.errors
    return render(request, "reports/build.html", context, status=422 if wrong else 200)


def _built(form: BuilderForm, user: User, name: str = "") -> Built | None:
    """Return the answer to a valid form; what cannot be asked after all is said on the form."""
    assert form.question
    try:
        return _counted(form.question, user, name)
    except RuleBroken as broken:
        form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        return None


def _counted(question: Question, user: User, name: str) -> Built:
    outside = user.role in OUTSIDE
    name = name or _("Report")
    return build(question, name=name, today=today(), at=timezone.now(), by=user.name, for_outside=outside)


@dataclass(frozen=True)
class _Linker(Linker):
    """Links over any days, not whole months alone; a hidden number is a star."""

    days: Span | None = None

    def href(self, number: Number, at: str = "") -> str:
        """Return the address of the list behind a number, or nothing."""
        if not (self.open_records and number.figure and number.value and self.days) or number.hidden:
            return ""
        return behind_address(number.figure, self.days, self.bands, number.keys, f"{self.page}#{at}")

    def number(self, number: Number, at: str = "") -> dict[str, Any]:
        """Return one number for a page."""
        return super().number(number, at) | ({"number": HIDDEN} if number.hidden else {})


def _answer(built: Built, user: User, page: str) -> dict[str, Any]:
    """Return tables and pictures for `reports/built.html`."""
    linker = _Linker(None, built.bands, user.may(Action.READ_RECORD), page, built.span)  # type: ignore[arg-type]
    tables = built.results()
    return {
        "built": built,
        "tables": [linker.table(_short(table)) for table in tables],
        "pictures": [{"title": chart.title, "drawn": _drawn(chart)} for chart in built.charts()],
        "definitions": built.figures,
    }


def _short(table: Table) -> Table:
    left = len(table.rows) - SHOWN
    if left <= 0:
        return table
    more = _("%(number)d more lines stand in the Excel file.") % {"number": left}
    return replace(table, rows=table.rows[:SHOWN], note=f"{table.note} {more}".strip())


def _drawn(chart: Chart) -> str:
    height = 40 + 20 * len(chart.categories) if chart.kind == "rows" else 280
    return picture(chart, width=560 if chart.kind == "pyramid" else 760, height=height)


@require_safe
@requires(Action.BUILD_REPORTS)
def built_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the answer as Excel or CSV. Raises RuleBroken for a question that is none: a page in words says so."""
    user = cast("User", request.user)
    form = BuilderForm(request.GET, role=user.role)
    if not form.is_valid() or form.question is None:
        raise RuleBroken("reports.question_unreadable")
    return _download(_counted(form.question, user, request.GET.get("name", "")[:120]), kind)


def _download(built: Built, kind: str) -> HttpResponse:
    makers = {"xlsx": (workbook, XLSX), "csv": (as_csv, CSV)}
    if kind not in makers:
        raise Http404
    make, content_type = makers[kind]
    return _file(make(built), content_type, file_name(built.name, built.span.last, kind))


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# --- Keep -------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.BUILD_REPORTS)
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the question under a name, or change the one that is kept; loaded anew it is the builder."""
    if request.method != "POST":
        return redirect("reports:build")
    user, keep_form = cast("User", request.user), KeepForm(request.POST)
    form = BuilderForm(_address(request.POST.get("question", "")[:4000]), role=user.role)
    report = _changed(user, request.POST.get("report", ""))
    if keep_form.is_valid() & form.is_valid() and form.question:
        given = keep_form.cleaned_data
        what = {"name": given["name"], "question": form.question, "by": user}
        makes = None if report else SavedReport
        act, key = (services.change, {"report_id": report.pk}) if report else (services.save, {"id": given["id"]})
        if done(keep_form, makes, act, **what, **key):
            messages.success(request, _("Saved."))
            return redirect("reports:saved_one", report.pk if report else given["id"])
    built = _built(form, user) if form.is_valid() else None
    return _page(request, form, built, keep_form, report)


def _address(text: str) -> QueryDict:
    try:
        return QueryDict(text)
    except SuspiciousOperation:  # more fields than any form of ours
        return QueryDict()


def _changed(user: User, text: str) -> SavedReport | None:
    """Return the kept report that is being built anew, if it is one that this person decides about."""
    key = _uuid(text)
    report = shared.reports_of(user).filter(pk=key).first() if key else None
    return report if report and shared.may_change(user, report) else None


# --- Kept reports -----------------------------------------------------------------------------------------------------


@require_safe
@requires(Action.READ_REPORTS)
def saved_list(request: HttpRequest) -> HttpResponse:
    """List one's own reports and those shared with one's role, with the newest files of each."""
    user = cast("User", request.user)
    rows, more = shared.page(user, before=_uuid(request.GET.get("before", "")))
    context = {
        "rows": [{"report": row, "figures": _seen_words(row, user), "files": _newest(row)} for row in rows],
        "older": f"?before={more}" if more else "",
    }
    return render(request, "reports/saved.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _seen_words(report: SavedReport, user: User) -> list[str]:
    return [str(FIGURES[name].words) for name in visible(user.role, report.question.get("figures", ()))]


def _newest(report: Any) -> Any:
    return next((run for run in report.newest if run.job.mine), None)


@requires(Action.READ_REPORTS)
def saved_one(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a kept report as it stands today, its files, and to whom it may change who reads it and when it is made."""
    user, form = cast("User", request.user), SettleForm(sent(request))
    if request.method == "POST":
        _decided_by(user, id)
        given = {"report_id": id, "today": today(), "by": user}
        if form.is_valid() and done(form, None, services.settle, **form.cleaned_data, **given):
            messages.success(request, _("Saved."))
            return redirect("reports:saved_one", id)
    report = _found(request, id)
    changes = shared.may_change(user, report)
    form.initial = {"roles": [share.role for share in report.shares.all()], "every": report.every}
    context = {"report": report, "changes": changes, "settle": form, "runs": report.newest, "role": user.role}
    context |= _standing(request, report, user)
    if changes:
        context["less"] = _less(report, form.initial["roles"])
    return render(request, "reports/saved_one.html", context, status=422 if form.errors else 200)


def _standing(request: HttpRequest, report: SavedReport, user: User) -> dict[str, Any]:
    """Return the answer as it stands now, or why there is none."""
    try:
        question = _question(report, user)
        built = _counted(question, user, report.name)
    except RuleBroken as broken:
        return {"problem": say(broken)}
    return _answer(built, user, request.path) | {"asked": urlencode(question.address(), doseq=True)}


def _question(report: SavedReport, user: User) -> Question:
    """Return what the report asks of what this person may see. Raises RuleBroken when that is nothing."""
    question = questions.read(report.question)
    seen = visible(user.role, question.figures)
    if not seen:
        raise RuleBroken("reports.figure_not_yours", value=FIGURES[question.figures[0]].words)
    return question.only(seen)


def _less(report: SavedReport, roles: list[str]) -> list[tuple[str, str]]:
    """Return the roles that see less than all of it, with what stays hidden from each."""
    figures = report.question.get("figures", ())
    found = []
    for role in roles:
        hidden = [str(FIGURES[name].words) for name in figures if name in FIGURES and not visible(role, [name])]
        if hidden:
            found.append((str(Role(role).label), ", ".join(hidden)))
    return found


def _found(request: HttpRequest, id: UUID) -> Any:
    report = shared.one(cast("User", request.user), id)
    if report is None:
        raise Http404
    return report


def _decided_by(user: User, id: UUID) -> SavedReport:
    """Return a report that this person decides about; any other is not there."""
    report = shared.reports_of(user).filter(pk=id).first()
    if report is None or not shared.may_change(user, report):
        raise Http404
    return report


@require_safe
@requires(Action.READ_REPORTS)
def saved_file(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """Send a kept report as it stands today."""
    user, report = cast("User", request.user), _found(request, id)
    return _download(_counted(_question(report, user), user, report.name), kind)


@require_POST
@requires(Action.BUILD_REPORTS)
def saved_retire(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a report away from everybody."""
    user = cast("User", request.user)
    services.retire(report_id=_decided_by(user, id).pk, by=user)
    messages.success(request, _("Taken away."))
    return redirect("reports:saved")


@require_safe
@requires(Action.READ_REPORTS)
def run_file(request: HttpRequest, id: UUID, file_id: UUID) -> HttpResponse:
    """Send a file that the clock made for people of this role."""
    found = shared.file_of(cast("User", request.user), id, file_id)
    if found is None:
        raise Http404
    run, file = found
    name = file_name(run.job.params["name"], run.due, file.name.rpartition(".")[2])
    return _file(bytes(file.content), file.content_type, name)
