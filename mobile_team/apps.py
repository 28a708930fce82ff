"""The app `mobile_team`."""

from django.apps import AppConfig


class MobileTeamConfig(AppConfig):
    name = "mobile_team"
