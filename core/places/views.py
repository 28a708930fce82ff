"""The gazetteer as a type-ahead."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.places.models import Village

MOST = 12


@requires(Action.HOME)
@require_GET
def villages(request: HttpRequest) -> JsonResponse:
    """Answer ?q=… with at most 12 villages as {"results": [{"id", "text", "more"}]}, those of the catchment first."""
    text = request.GET.get("q", "")[:80].strip()
    found = Village.objects.with_path().matching(text)[:MOST] if text else []
    results = [
        {"id": village.pk, "text": str(village), "more": village.full_name.partition(", ")[2]} for village in found
    ]
    return JsonResponse({"results": results})
