"""Addresses of the tablets' API, below /api/sync/v1/."""

from django.urls import URLPattern, path

from sync.api.blob import Blob
from sync.api.checkout import Checkout
from sync.api.enrol import Enrol
from sync.api.escrow import Escrow
from sync.api.ping import Ping
from sync.api.pull import Pull
from sync.api.push import Push
from sync.api.session import Session

app_name = "sync_api"
urlpatterns: list[URLPattern] = [
    path("ping", Ping.as_view(), name="ping"),
    path("enrol", Enrol.as_view(), name="enrol"),
    path("session", Session.as_view(), name="session"),
    path("checkout", Checkout.as_view(), name="checkout"),
    path("push", Push.as_view(), name="push"),
    path("pull", Pull.as_view(), name="pull"),
    path("blob/<str:sha256>", Blob.as_view(), name="blob"),
    path("escrow", Escrow.as_view(), name="escrow"),
]
