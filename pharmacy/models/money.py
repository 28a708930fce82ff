"""Funds, accounts, entries with two sides; donations with receipts; purchases that become batches."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.db import CurrencyField, MinorField, Recorded
from core.ids import receipt_number
from core.money import Currency, Money
from core.places.models import Village
from core.syncing import Synced


class Fund(models.Model):
    """Money kept for a purpose. The medicine fund takes donations and pays only for medicine."""

    class Kind(models.TextChoices):
        MEDICINE = "medicine", _("Medicine fund")
        GRANT = "grant", _("Grant")
        AID = "aid", _("Help with costs")

    MEDICINE = "medicine"

    code = models.SlugField(primary_key=True, max_length=20)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name_km = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class Account(models.Model):
    """One account in one currency. A cash account belongs to a fund and never falls below zero at any date.

    The code is the key: role, fund and currency, so that a service names an account without asking for it.
    """

    class Kind(models.TextChoices):
        ASSET = "asset", _("Assets")
        EQUITY = "equity", _("Equity")
        INCOME = "income", _("Income")
        EXPENSE = "expense", _("Expenses")

    CASH, DONATIONS, PURCHASES, EXCHANGE = "cash", "donations", "purchases", "exchange"
    AID, DIFFERENCES = "aid", "differences"  # paid for patients; found too much or too little when cash is counted

    code = models.SlugField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    fund = models.ForeignKey(Fund, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts")
    currency = CurrencyField()
    name_km = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km

    @staticmethod
    def code_of(role: str, fund: str, currency: Currency) -> str:
        """Return the code of a fund's account: `code_of(Account.CASH, "medicine", Currency.KHR)`."""
        return f"{role}-{fund}-{currency.value.lower()}"


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
            # with the amount, so that sums and places on the axis are read from the index alone
            models.Index(fields=["debit", "on", "id", "minor"], name="pharmacy_entry_debit"),
            models.Index(fields=["credit", "on", "id", "minor"], name="pharmacy_entry_credit"),
            models.Index(fields=["-on", "-id"], name="pharmacy_entry_newest"),
        ]

    @property
    def money(self) -> Money:
        """Return the amount in its currency."""
        return Money(self.minor, Currency(self.currency))


class ReceiptBook(models.Model):
    """A series of receipt numbers without gaps, for the desk or for one tablet; its prefix is the key.

    The desk's first book is "D"; after a restore it is `closed`, and the desk goes on in "D2".
    """

    DESK = "D"

    prefix = models.CharField(primary_key=True, max_length=8)
    holder = models.CharField(max_length=40, blank=True)
    last_number = models.PositiveIntegerField(default=0)
    closed = models.BooleanField(default=False)


class DonationBox(models.Model):
    """A box that stands somewhere: in a village, at the desk, on the van."""

    code = models.SlugField(primary_key=True, max_length=12)
    village = models.ForeignKey(Village, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    place_km = models.CharField(_("where it stands, in Khmer"), max_length=80)
    place_en = models.CharField(_("where it stands, in English"), max_length=80, blank=True)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return (self.place_en or self.place_km) if get_language() == "en" else self.place_km


class BoxOpening(Recorded, Synced):
    """A box opened by two people and counted by denomination; each currency found becomes a donation with a receipt."""

    box = models.ForeignKey(DonationBox, on_delete=models.PROTECT, related_name="openings")
    on = models.DateField(_("date"))
    counted_by = models.CharField(_("counted by"), max_length=120)
    witnessed_by = models.CharField(_("counted with"), max_length=120)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(counted_by="") & ~Q(witnessed_by="") & ~Q(counted_by=F("witnessed_by")),
                name="pharmacy_box_two_people",
            ),
        ]
        indexes = [models.Index(fields=["-on", "-id"], name="pharmacy_opening_newest")]


class Donation(Recorded, Synced):
    """What somebody gave, with its receipt. Voided with a reason by a reversing entry, never deleted."""

    class Source(models.TextChoices):
        PERSON = "person", _("A villager or patient")
        BOX = "box", _("A donation box")
        GRANT = "grant", _("A donor's grant")

    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, related_name="donations")
    number = models.PositiveIntegerField()
    on = models.DateField(_("date"))
    donor_name = models.CharField(_("donor's name"), max_length=120, blank=True)
    village = models.ForeignKey(Village, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    fund = models.ForeignKey(Fund, default=Fund.MEDICINE, on_delete=models.PROTECT, related_name="donations")
    source = models.CharField(_("from"), max_length=6, choices=Source.choices, default=Source.PERSON)
    purpose = models.CharField(_("for what"), max_length=120, blank=True)
    opening = models.ForeignKey(BoxOpening, null=True, blank=True, on_delete=models.PROTECT, related_name="donations")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="donation")
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source="box", opening__isnull=False) | (~Q(source="box") & Q(opening=None)),
                name="pharmacy_box_money_was_counted",
            ),
            models.UniqueConstraint(fields=["book", "number"], name="pharmacy_receipt_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="pharmacy_receipt_from_one"),
        ]
        indexes = [models.Index(fields=["-on", "-id"], name="pharmacy_donation_newest")]

    @property
    def receipt(self) -> str:
        """Return the receipt's number as printed: "D-000123"."""
        return receipt_number(self.book_id, self.number)


class Purchase(Recorded, Synced):
    """Medicine bought out of a fund: supplier, invoice, one entry for the whole sum, and a batch for each line.

    What the batches cost adds up to the entry. Voided with a reason by reversing the entry and the moves.
    """

    supplier = models.CharField(_("supplier"), max_length=120)
    invoice = models.CharField(_("invoice number"), max_length=40, blank=True)
    on = models.DateField(_("date"))
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="purchases")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="purchase")
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-on", "-id"], name="pharmacy_purchase_newest")]


class Scan(Recorded):
    """The supplier's invoice as a picture or PDF, re-encoded and small."""

    purchase = models.OneToOneField(Purchase, on_delete=models.PROTECT, related_name="scan")
    content = models.BinaryField()
    kind = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
