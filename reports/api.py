"""The figures for other programs, by the same contract as `manage.py figures`."""

from __future__ import annotations

from typing import Any, cast

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts.models import User
from core.accounts.roles import Action
from core.errors import NotAllowed
from core.periods import local_day
from reports import keys, ranges, selectors
from reports.asking import ask
from reports.contract import answer_as_dict, as_dict
from reports.naming import bands_named, period_named
from reports.rights import OUTSIDE


class Figures(APIView):
    """GET `?from=2025-01&to=2025-12&bands=published`: the JSON of docs/figures.md.

    With `figure`, one figure of any days: `&figure=donations&by=fund,currency&village=12`.
    """

    action = Action.SEE_FIGURES

    def get(self, request: Request) -> Response:
        """Return the figures; a month or a set of bands that is none is answered in words."""
        query = request.query_params
        if query.get("figure"):
            return Response(self._one(request))
        period = period_named(query.get("from", ""), query.get("to", ""))
        bands = bands_named(query.get("bands", "published"))
        return Response(as_dict(selectors.count(period, bands)))

    def _one(self, request: Request) -> dict[str, Any]:
        """Return one figure. Who stands outside the house gets no village: few people live in one."""
        query = request.query_params
        span = ranges.named(query.get("from", ""), query.get("to", ""), today=local_day(timezone.now()))
        bands = bands_named(query.get("bands", "published"))
        by = [name for name in query.get("by", "").split(",") if name]
        where = {name: query[name] for name in keys.DIMENSIONS if query.get(name)}
        if "village" in (*by, *where) and cast("User", request.user).role in OUTSIDE:
            raise NotAllowed(Action.READ_RECORD)
        return answer_as_dict(ask(query["figure"], span, by=by, where=where, bands=bands), span, bands)
