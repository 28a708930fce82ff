"""The day's work, by role: each row of `HOMES` names the page of one role and what it needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinic.models import Encounter
from clinic.selectors import queue, wards
from core.accounts.permissions import requires
from core.accounts.roles import Action, Role
from core.audit.models import Entry
from core.jobs.models import Job
from core.periods import Month, local_day
from core.words import words_of
from desk import selectors
from desk.links import address
from desk.verbs import words_for
from mobile_team import selectors as mobile_team
from pharmacy.selectors import giving, money, proving, stock
from referrals import selectors as referrals

ADVISED_SINCE = dt.timedelta(days=90)
SHOWN = 10


class Way(NamedTuple):
    """A quick button: where to, in which words, with which icon."""

    name: str
    words: Any
    icon: str
    query: str = ""


NEW_PATIENT = Way("clinic:register", _("New patient"), "user-plus")
VISIT = Way("desk:search", _("New visit"), "stethoscope", "?for=visit")
DISPENSE = Way("desk:search", _("Give medicine"), "pill", "?for=dispense")
REFER = Way("desk:search", _("Refer"), "file-output", "?for=referral")
DONATE = Way("pharmacy:donate", _("Receive a donation"), "hand-heart")
TRIP = Way("referrals:trip_new", _("Ambulance leaves"), "ambulance")
COUNTED = (("total", _("contacts")), *Encounter.Kind.choices)  # what the administrator's tiles count
DECEASED = Way("referrals:deceased_home", _("Take a deceased person home"), "car")


@require_safe
@requires(Action.HOME)
def home(request: HttpRequest) -> HttpResponse:
    """Show what this colleague has to do today."""
    now = timezone.now()
    own = HOMES[Role(request.user.role)]  # type: ignore[union-attr]
    ways = [(way, address(request.user, way.name)) for way in own.ways]
    context = own.work(local_day(now), now)
    if request.user.may(Action.REFER):  # type: ignore[union-attr]
        context["news"] = referrals.news_for(request.user, local_day(now))[:SHOWN]  # type: ignore[arg-type]
    context |= {"today": local_day(now), "ways": [(way, url + way.query) for way, url in ways if url]}
    return render(request, f"desk/home/{own.page}.html", context)


@require_safe
@requires(Action.HOME)
@never_cache
def books(request: HttpRequest) -> HttpResponse:
    """Answer with a red notice for the home page when the books do not agree or nobody looks, else with nothing.

    A part of its own, so that a home page costs no statement more; for all who write in the books or look after them.
    """
    user: Any = request.user
    proof = proving.last(timezone.now()) if user.may(Action.RECEIVE_DONATION) or user.may(Action.SEE_BOOKS) else None
    if proof is None or not proof.alarming:
        return HttpResponse()
    first = proof.broken[0] if proof.broken else None
    what = words_of(first["code"], first["code"]) if first else ""
    return render(request, "desk/home/books.html", {"what": what, "url": address(user, "pharmacy:proofs")})


def _nurse(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    return {
        "waiting": [(visit, _minutes(visit.arrived_at, now)) for visit in queue.today(today)],
        "left_open": queue.left_open(today, SHOWN),
        "board": wards.board(),
        "due_back": selectors.due_back(today),
        "advised": mobile_team.advised(since=today - ADVISED_SINCE)[:SHOWN],
    }


def _minutes(since: dt.datetime | None, now: dt.datetime) -> int | None:
    return None if since is None else max(0, int((now - since).total_seconds() // 60))


def _mobile(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Today's round, or the next one, looked for in this week and the next."""
    coming = [day for day in mobile_team.week(today) if day.on >= today]
    coming = coming or mobile_team.week(today + dt.timedelta(weeks=1))
    coverage = mobile_team.coverage(today)
    return {
        "round": coming[0] if coming else None,
        "advised": mobile_team.advised(since=today - ADVISED_SINCE)[: 2 * SHOWN],
        "overdue": [row for row in coverage if row.overdue][:SHOWN],
    }


def _pharmacist(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    medicines = stock.medicines_with_stock(today)
    return {
        "summary": stock.summary(today),
        "short": medicines.filter(stock.OUT | stock.LOW).order_by("usable", "name", "id")[:SHOWN],
        "expiring": medicines.filter(stock.SOON_GONE | stock.EXPIRED).order_by("-expired", "-soon", "id")[:SHOWN],
        "balances": money.balances(),
        "donations": money.donations_page()[0][:SHOWN],
        "prescriptions": giving.unsettled(giving.waiting(today, limit=SHOWN)[0], giving.formulary()),
    }


def _referral(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    return {
        "trips": referrals.open_trips(),
        "open": referrals.open_referrals()[: 3 * SHOWN],
        "unanswered": referrals.unanswered(today)[: 2 * SHOWN],
        "answer_days": referrals.answer_due().days,
    }


def _admin(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    this = Month.of(today)
    counts = selectors.contacts_in(this, this.previous())
    jobs = Job.objects.select_related("by").defer("params", "result").order_by("-created_at")[:5]
    return {
        "month": this, "last_month": this.previous(),
        "lines": [{"words": words, "now": counts[0][key], "before": counts[1][key]} for key, words in COUNTED],
        "balances": money.balances(), "summary": stock.summary(today),
        "unanswered": referrals.unanswered(today)[:SHOWN], "answer_days": referrals.answer_due().days,
        "jobs": [(job, words_of(f"job.{job.kind}", job.kind)) for job in jobs],
    }  # fmt: skip


def _auditor(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    entries = Entry.objects.select_related("by").order_by("-seq")[:SHOWN]
    return {"balances": money.balances(), "entries": [(entry, words_for(entry.verb)) for entry in entries]}


def _donor(today: dt.date, now: dt.datetime) -> dict[str, Any]:
    return {"month": Month.of(today).previous(), "year": str(today.year)}


class Home(NamedTuple):
    """One role's page, its quick buttons, and the questions behind it."""

    page: str
    work: Callable[[dt.date, dt.datetime], dict[str, Any]]
    ways: tuple[Way, ...] = ()


HOMES = {
    Role.NURSE: Home("nurse", _nurse, (NEW_PATIENT, VISIT, DONATE)),
    Role.MOBILE: Home("mobile", _mobile, (NEW_PATIENT, REFER, DONATE)),
    Role.PHARMACIST: Home("pharmacist", _pharmacist, (
        DISPENSE, DONATE, Way("pharmacy:purchase_new", _("Buy medicine"), "shopping-cart"),
    )),
    Role.REFERRAL: Home("referral", _referral, (REFER, TRIP, DECEASED)),
    Role.ADMIN: Home("admin", _admin, (
        Way("reports:dashboard", _("Dashboard"), "chart-column"),
        Way("reports:home", _("Figures and papers"), "file-text"),
        Way("desk:import", _("Load a register"), "file-up"),
        Way("accounts:users", _("Colleagues"), "users"), Way("desk:audit", _("The log"), "shield-check"),
    )),
    Role.AUDITOR: Home("auditor", _auditor, (
        Way("desk:audit", _("The log"), "shield-check"), Way("pharmacy:fund", _("Medicine fund"), "landmark"),
        Way("pharmacy:stock", _("Medicine"), "pill"), Way("reports:home", _("Figures"), "chart-column"),
    )),
    Role.DONOR: Home("donor", _donor, (Way("reports:home", _("Figures and papers"), "chart-column"),)),
}  # fmt: skip
