"""Addresses of this room."""

from django.urls import URLPattern, path

from desk.register.views import import_register
from desk.views import duplicates, kits, merges
from desk.views.about import about
from desk.views.audit import audit, check
from desk.views.home import books, home
from desk.views.record import record
from desk.views.search import search
from desk.views.summary import summary

app_name = "desk"
urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("books/", books, name="books"),
    path("search/", search, name="search"),
    path("patients/<uuid:id>/", record, name="record"),
    path("patients/<uuid:id>/summary/", summary, name="summary"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/look/", duplicates.look, name="duplicates_look"),
    path("duplicates/<uuid:id>/distinct/", duplicates.distinct, name="pair_distinct"),
    path("duplicates/<uuid:id>/reopen/", duplicates.reopen, name="pair_reopen"),
    path("merge/<uuid:winner>/<uuid:loser>/", merges.merge, name="merge"),
    path("merges/", merges.merges, name="merges"),
    path("merges/<uuid:id>/", merges.merged, name="merge_done"),
    path("merges/<uuid:id>/undo/", merges.undo, name="merge_undo"),
    path("sessions/<uuid:id>/kit/", kits.kit, name="kit"),
    path("sessions/<uuid:id>/kit/take/", kits.take, name="kit_take"),
    path("sessions/<uuid:id>/kit/close/", kits.close, name="kit_close"),
    path("audit/", audit, name="audit"),
    path("audit/check/", check, name="audit_check"),
    path("about/", about, name="about"),
    path("import/", import_register, name="import"),
]
