"""Rates, exchanges, and cash that was counted note by note."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.db import CurrencyField, MinorField, Recorded
from core.syncing import Synced
from pharmacy.models.money import BoxOpening, Entry, Fund
from pharmacy.rules import exchanged


class Rate(Recorded):
    """How many riel a dollar was worth on a day; it holds until the next day that has one."""

    on = models.DateField(_("date"), unique=True)
    riel = models.PositiveIntegerField(_("riel for a dollar"))
    source = models.CharField(_("from where"), max_length=80, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(riel__range=(1000, 20000)), name="pharmacy_rate_possible")]


class Exchange(Recorded, Synced):
    """Money of a fund changed into the other currency: two entries through its exchange accounts.

    `given` leaves the cash in one currency, `taken` comes in the other; the rate is what they say, not a rate of a day.
    """

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="exchanges")
    on = models.DateField(_("date"))
    given = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="exchange_given")
    taken = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="exchange_taken")
    where = models.CharField(_("where"), max_length=80, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(given=F("taken")), name="pharmacy_exchange_two_entries")]
        indexes = [models.Index(fields=["-on", "-id"], name="pharmacy_exchange_newest")]

    @property
    def rate(self) -> int:
        """Return how many riel a dollar was worth in it, to the nearest riel."""
        return exchanged(self.given.money, self.taken.money)


class CashCount(Recorded, Synced):
    """The cash of a fund in one currency, counted by two people at the end of a day.

    `book` is what the books said that day when it was counted; a difference is explained and may be entered.
    """

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="cash_counts")
    currency = CurrencyField()
    on = models.DateField(_("date"))
    counted_by = models.CharField(_("counted by"), max_length=120)
    witnessed_by = models.CharField(_("counted with"), max_length=120)
    counted = MinorField(_("counted"))
    book = MinorField(_("by the books"))
    reason = models.CharField(_("why it differs"), max_length=200, blank=True)
    entry = models.OneToOneField(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="cash_count")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(counted__gte=0), name="pharmacy_cash_counted"),
            models.CheckConstraint(condition=Q(counted=F("book")) | ~Q(reason=""), name="pharmacy_cash_differs_why"),
            models.CheckConstraint(
                condition=~Q(counted_by="") & ~Q(witnessed_by="") & ~Q(counted_by=F("witnessed_by")),
                name="pharmacy_cash_two_people",
            ),
        ]
        indexes = [models.Index(fields=["fund", "-on"], name="pharmacy_cash_newest")]


class Notes(models.Model):
    """So many pieces of one note, in a box that was opened or in cash that was counted."""

    opening = models.ForeignKey(BoxOpening, null=True, on_delete=models.PROTECT, related_name="notes")
    count = models.ForeignKey(CashCount, null=True, on_delete=models.PROTECT, related_name="notes")
    currency = CurrencyField()
    value = MinorField()  # of one piece
    pieces = models.PositiveIntegerField()

    class Meta:
        ordering = ["currency", "-value"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opening__isnull=False, count=None) | Q(opening=None, count__isnull=False),
                name="pharmacy_notes_of_one",
            ),
            models.CheckConstraint(condition=Q(value__gt=0, pieces__gt=0), name="pharmacy_notes_some"),
            models.UniqueConstraint(
                fields=["opening", "currency", "value"], condition=Q(count=None), name="pharmacy_notes_once_box"
            ),
            models.UniqueConstraint(
                fields=["count", "currency", "value"], condition=Q(opening=None), name="pharmacy_notes_once_cash"
            ),
        ]
