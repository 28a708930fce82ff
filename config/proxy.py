"""Who asks, when a reverse proxy stands in front: only then is its header believed."""

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """Return the address of the browser; a log-in is locked by name *and* address."""
    if settings.BEHIND_PROXY and (real := request.META.get("HTTP_X_REAL_IP", "")):
        return str(real)
    return str(request.META.get("REMOTE_ADDR", ""))
