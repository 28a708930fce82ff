"""Addresses of this room."""

from django.urls import URLPattern, path

from desk.register.views import import_register

app_name = "desk"
urlpatterns: list[URLPattern] = [
    path("import/", import_register, name="import"),
]
