"""Addresses of the tablets' API, below /api/sync/v1/."""

from django.urls import URLPattern

app_name = "sync_api"
urlpatterns: list[URLPattern] = []
