"""The app `core.places`."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "core.places"
