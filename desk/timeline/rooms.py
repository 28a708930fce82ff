"""Referrals, journeys and medicine handed out, as events."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from desk import selectors
from desk.phrases import day_words
from desk.timeline.events import Event, Line, Wanted, lines, recorder
from pharmacy.selectors import history
from pharmacy.selectors.history import Given
from referrals.models import Referral, Trip


def referrals(wanted: Wanted) -> Iterable[Event]:
    """Return the requests to hospitals."""
    return [_referral(row) for row in selectors.referrals_of(wanted)]


def _referral(row: Referral) -> Event:
    answer = " · ".join(filter(None, (day_words(row.answered_on), row.get_answer_outcome_display(), row.all_answered)))
    return Event(
        on=row.on, id=row.id, kind="referral", by=recorder(row), state=str(row.get_state_display()),
        title=_("Referred to %(hospital)s") % {"hospital": row.hospital}, link=("referrals:referral", row.id),
        lines=lines(
            (_("Urgency"), row.get_urgency_display()), (_("Reason"), row.reason),
            (_("Provisional diagnosis"), row.diagnosis), (_("Danger signs"), row.danger_signs),
            (_("Findings"), row.findings), (_("Treatment"), row.treatment_given),
            (_("Handed over to"), row.received_by), (_("Answer"), answer),
        ),
    )  # fmt: skip


def trips(wanted: Wanted) -> Iterable[Event]:
    """Return the journeys that carried the person."""
    return [_trip(row) for row in selectors.trips_of(wanted)]


def _trip(row: Any) -> Event:
    return Event(
        on=row.on, id=row.id, kind="trip", title=str(row.get_purpose_display()), at=row.departed_at, by=recorder(row),
        state=_("Under way") if row.is_open else "", link=("referrals:trip", row.id),
        void=_("Taken back") if row.void_reason else "",
        lines=lines(
            (_("Vehicle"), str(row.vehicle)), (_("Destination"), row.destination),
            (_("Handed over to"), row.handed_over_to),
            (_("Went along"), row.escort if row.purpose != Trip.Purpose.DECEASED_HOME else row.family_contact),
        ),
    )  # fmt: skip


def medicines(wanted: Wanted) -> Iterable[Event]:
    """Return what was handed out, also what was taken back."""
    rows = history.of_patient(
        wanted.patient.pk, before=wanted.before, limit=wanted.limit, also_taken_back=True, words=wanted.words
    )
    return [_dispensing(list(given)) for _id, given in groupby(rows, key=lambda row: row.dispensing.id)]


def _dispensing(given: list[Given]) -> Event:
    row = given[0].dispensing
    kept = [line for line in given if not line.taken_back]
    medicines = [Line("", _of_it(line)) for line in kept or given if line.medicine]
    ordered = f"{row.treatment.what} × {row.ordered}" if row.treatment and row.ordered and not medicines else ""
    title = _("Medicine given") if medicines else _("Medicine not given") if row.dropped else _("Medicine owed")
    return Event(
        on=row.on, id=row.id, kind="medicine", title=title, by=recorder(row), link=("pharmacy:dispensing", row.id),
        void="" if kept else _("Taken back"),
        lines=[
            *medicines, *lines((_("Ordered"), ordered), (_("How to take it"), row.directions)),
            *lines((_("Given all the same because"), row.despite), (_("The rest is not given"), row.dropped)),
        ],
    )  # fmt: skip


def _of_it(line: Given) -> str:
    back = _(" (%(n)s brought back)") % {"n": line.back} if line.back else ""
    return f"{line.medicine} × {line.quantity + line.back}{back}"
