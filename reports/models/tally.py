"""Contacts counted beforehand, and the log of what has changed since (docs/adr/0019)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.db import Recorded

UNKNOWN_AGE, ALL_AGES = -1, -2  # in `Tally.slot`, beside the slots of core.ages


class Touched(models.Model):
    """A day whose contacts changed, and whose they are. Triggers write it in the transaction that made the change.

    A change of a contact's day or person leaves two rows, one for what it was and one for what it is. Rows are
    taken away by whoever counted the day again, and only those that were seen before counting: a change that
    comes meanwhile stays in the log and is counted the next time.
    """

    id = models.BigAutoField(primary_key=True)
    on = models.DateField()
    patient = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["on", "patient"], name="reports_touched_day")]


class Tally(models.Model):
    """How many contacts of one day, month or year share a service, sex and age, measure by measure.

    `first` is the first day of the span. `dimension` is empty for all contacts together; otherwise `key` is one
    value of that dimension, and a contact may stand under several keys (two diagnoses) or none. `slot` is that of
    core.ages, the first of those put together (reports/tallies/ages.py), UNKNOWN_AGE, or ALL_AGES where a dimension is
    kept without ages. A line with nothing in it is not kept.
    """

    class Span(models.TextChoices):
        DAY = "d", _("Day")
        MONTH = "m", _("Month")
        YEAR = "y", _("Year")

    # Every measure is a number of contacts, so that days add up to months and months to years. "First" marks one
    # contact of a person: the earliest of the calendar month, of the calendar year, of all time.
    MEASURES = (
        "contacts", "new_cases", "first_in_month", "first_in_year", "first_ever", "first_admissions",
        "dental_education", "toothbrushes", "toothpaste",
    )  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    span = models.CharField(max_length=1, choices=Span.choices)
    first = models.DateField()
    dimension = models.CharField(max_length=12, blank=True)
    key = models.CharField(max_length=40, blank=True)
    service = models.CharField(max_length=10)
    sex = models.CharField(max_length=1)
    slot = models.SmallIntegerField()
    contacts = models.PositiveIntegerField()
    new_cases = models.PositiveIntegerField(default=0)
    first_in_month = models.PositiveIntegerField(default=0)
    first_in_year = models.PositiveIntegerField(default=0)
    first_ever = models.PositiveIntegerField(default=0)
    first_admissions = models.PositiveIntegerField(default=0)
    dental_education = models.PositiveIntegerField(default=0)
    toothbrushes = models.PositiveIntegerField(default=0)
    toothpaste = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["span", "dimension", "first", "key", "service", "sex", "slot"], name="reports_tally_once"
            ),
            models.CheckConstraint(condition=Q(contacts__gt=0), name="reports_tally_holds_something"),
            models.CheckConstraint(
                condition=Q(
                    new_cases__lte=F("contacts"),
                    first_in_month__lte=F("contacts"),
                    first_in_year__lte=F("contacts"),
                    first_ever__lte=F("contacts"),
                    first_admissions__lte=F("contacts"),
                    dental_education__lte=F("contacts"),
                    toothbrushes__lte=F("contacts"),
                    toothpaste__lte=F("contacts"),
                ),
                name="reports_tally_within_its_contacts",
            ),
        ]


class Recount(Recorded):
    """One comparison of tallies with the records themselves; with differences it is an alarm until it is settled."""

    at = models.DateTimeField()
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    days = models.PositiveIntegerField()
    differences = models.PositiveIntegerField(default=0)
    detail = models.JSONField(default=list)  # the first of them: span, first, dimension, key, ..., tallied, counted
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="reports_recount_newest")]
