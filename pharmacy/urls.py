"""Addresses of this room."""

from django.urls import URLPattern

app_name = "pharmacy"
urlpatterns: list[URLPattern] = []
