"""Funds, accounts, entries with two sides; donations with receipts; purchases that become batches."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.db import CurrencyField, MinorField, Recorded
from core.places.models import Village
from core.syncing import Synced
from pharmacy.models.stock import Batch


class Fund(models.Model):
    """Money kept for a purpose. The medicine fund takes donations and pays only for medicine."""

    class Kind(models.TextChoices):
        MEDICINE = "medicine", _("Medicine fund")
        GRANT = "grant", _("Grant")
        AID = "aid", _("Help with costs")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name_km = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class Account(models.Model):
    """One account in one currency. A cash account belongs to a fund and never falls below zero at any date."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("Assets")
        EQUITY = "equity", _("Equity")
        INCOME = "income", _("Income")
        EXPENSE = "expense", _("Expenses")

    code = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    fund = models.ForeignKey(Fund, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts")
    currency = CurrencyField()
    name_km = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class Entry(Recorded, Synced):
    """An amount on the debit of one account and the credit of another. Never edited: a mistake is reversed."""

    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    currency = CurrencyField()
    minor = MinorField()
    on = models.DateField(_("date"))
    memo = models.CharField(_("what for"), max_length=200)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(minor__gt=0), name="pharmacy_entry_some"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="pharmacy_entry_two_accounts"),
            models.CheckConstraint(condition=Q(currency__in=["KHR", "USD"]), name="pharmacy_entry_currency"),
        ]
        indexes = [
            models.Index(fields=["debit", "on"], name="pharmacy_entry_debit"),
            models.Index(fields=["credit", "on"], name="pharmacy_entry_credit"),
        ]


class ReceiptBook(models.Model):
    """A series of receipt numbers without gaps, for the desk or for one tablet."""

    prefix = models.CharField(max_length=8, unique=True)
    holder = models.CharField(max_length=40, blank=True)
    last_number = models.PositiveIntegerField(default=0)


class Donation(Recorded, Synced):
    """What a villager gave, with its receipt. Voided with a reason by a reversing entry, never deleted."""

    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, related_name="donations")
    number = models.PositiveIntegerField()
    on = models.DateField(_("date"))
    donor_name = models.CharField(_("donor's name"), max_length=120, blank=True)
    village = models.ForeignKey(Village, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="donation")
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "number"], name="pharmacy_receipt_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="pharmacy_receipt_from_one"),
        ]
        indexes = [models.Index(fields=["-on", "-id"], name="pharmacy_donation_newest")]


class Supplier(models.Model):
    """Who sells medicine to the centre."""

    name = models.CharField(_("supplier"), max_length=120, unique=True)


class Purchase(Recorded, Synced):
    """Medicine bought out of a fund: supplier, invoice, and one entry for the whole sum."""

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="purchases")
    invoice = models.CharField(_("invoice number"), max_length=40, blank=True)
    on = models.DateField(_("date"))
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="purchases")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="purchase")


class PurchaseLine(Recorded):
    """One batch of a purchase with what it cost; the lines add up to the entry."""

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="lines")
    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="bought_as")
    quantity = models.PositiveIntegerField(_("quantity"))
    minor = MinorField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="pharmacy_line_some"),
            models.CheckConstraint(condition=Q(minor__gte=0), name="pharmacy_line_cost"),
        ]
