"""How a tablet or a laptop comes to trust this server: the centre's own certificate, and what to do with it."""

from __future__ import annotations

import ssl
from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.accounts.permissions import public

AUTHORITY = "ca.pem"  # in settings.TLS_DIR, made by `manage.py make_ca`
NAME = "sre-ambel-ca"


@require_safe
@public
def certificate(request: HttpRequest) -> HttpResponse:
    """Explain how an Android tablet and a Windows laptop take the certificate; public, for who is not in yet."""
    pem = _authority()
    mark = sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper() if pem else ""
    return render(request, "sync/certificate.html", {
        "there": bool(pem), "mark": [mark[at : at + 4] for at in range(0, len(mark), 4)],
        "secure": request.is_secure(), "address": request.build_absolute_uri("/"),
    })  # fmt: skip


@require_safe
@public
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """Give the certificate: `crt` (DER) is what Android and Windows take, `pem` is for other programs."""
    pem = _authority()
    if not pem or kind not in {"crt", "pem"}:
        raise Http404
    body = ssl.PEM_cert_to_DER_cert(pem) if kind == "crt" else pem.encode()
    response = HttpResponse(
        body, content_type="application/x-x509-ca-cert" if kind == "crt" else "application/x-pem-file"
    )
    response["Content-Disposition"] = f'attachment; filename="{NAME}.{kind}"'
    response["Cache-Control"] = "no-cache"
    return response


def _authority() -> str:
    """Return the certificate of the centre's own authority as PEM; nothing where there is none."""
    try:
        return (settings.TLS_DIR / AUTHORITY).read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
