"""The figures for other programs, by the same contract as `manage.py figures`."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts.roles import Action
from reports import selectors
from reports.contract import as_dict
from reports.naming import bands_named, period_named


class Figures(APIView):
    """GET `?from=2025-01&to=2025-12&bands=published`: the JSON of docs/figures.md."""

    action = Action.SEE_FIGURES

    def get(self, request: Request) -> Response:
        """Return the figures; a month or a set of bands that is none is answered in words."""
        query = request.query_params
        period = period_named(query.get("from", ""), query.get("to", ""))
        bands = bands_named(query.get("bands", "published"))
        return Response(as_dict(selectors.count(period, bands)))
