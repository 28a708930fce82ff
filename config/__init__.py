"""Wiring: environment, settings, URLs, the Celery app and its beat table.

The top of the house: it knows every room, and no room knows it."""
