"""Repeatable measurements: `python manage.py bench NAME`. They print figures and judge nothing."""
