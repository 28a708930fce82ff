"""Lists page by key: the next page begins after the last row seen, whatever came or went meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import RuleBroken


class NewestFirst(BasePagination):
    """Page by descending id, `?before=<id>&limit=<n>`; ids are made in order of time. Never counts."""

    limit = 50
    most = 200
    next: str | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return one page; remember where the next begins when there is more."""
        limit = self._limit(request)
        before = request.query_params.get("before")
        if before:
            try:
                queryset = queryset.filter(pk__lt=UUID(before))
            except ValueError:
                raise RuleBroken("core.key_unreadable", field="before") from None
        rows = list(queryset.order_by("-pk")[: limit + 1])
        self.next = str(rows[limit - 1].pk) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """Return {"results", "next"}; `next` is the value for `before`, null on the last page."""
        return Response({"results": data, "next": self.next})

    def _limit(self, request: Request) -> int:
        wanted = request.query_params.get("limit", "")
        return min(max(int(wanted), 1), self.most) if wanted.isascii() and wanted.isdigit() else self.limit
