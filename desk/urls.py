"""Addresses of this room."""

from django.urls import URLPattern, path

from desk.register.views import import_register
from desk.views.about import about
from desk.views.audit import audit, check
from desk.views.home import home
from desk.views.record import record
from desk.views.search import search

app_name = "desk"
urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("patients/<uuid:id>/", record, name="record"),
    path("audit/", audit, name="audit"),
    path("audit/check/", check, name="audit_check"),
    path("about/", about, name="about"),
    path("import/", import_register, name="import"),
]
