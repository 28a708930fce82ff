"""Addresses of this room's pages: /tablet/ is the app, /tablets/ the pages of the desk about it."""

from django.urls import URLPattern

app_name = "sync"
urlpatterns: list[URLPattern] = []
