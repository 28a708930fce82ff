"""Addresses of this room."""

from django.urls import URLPattern

app_name = "mobile_team"
urlpatterns: list[URLPattern] = []
