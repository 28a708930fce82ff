"""Addresses of this room's pages: /tablet/ is the app, /tablets/ the pages of the desk about it."""

from django.urls import URLPattern, path

from sync.views import tablet

app_name = "sync"
urlpatterns: list[URLPattern] = [
    path("tablet/", tablet.shell, name="app"),
    path("tablet/sw.js", tablet.worker, name="sw"),
    path("tablet/manifest.webmanifest", tablet.manifest, name="manifest"),
    path("tablet/words/<slug:language>.json", tablet.words, name="words"),
]
