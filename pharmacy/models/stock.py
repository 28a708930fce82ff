"""Medicines, batches, the places they lie in, and the moves between them."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.models import Encounter, Patient, Treatment
from core.db import CurrencyField, MinorField, Recorded
from core.money import Currency, Money
from core.syncing import Synced


class Form(models.TextChoices):
    """In what a medicine is given, and so the unit in which it is counted."""

    TABLET = "tablet", _("tablet")
    DISPERSIBLE = "dispersible", _("dispersible tablet")
    CHEWABLE = "chewable", _("chewable tablet")
    CAPSULE = "capsule", _("capsule")
    SYRUP = "syrup", _("syrup")
    SUSPENSION = "suspension", _("suspension")
    SACHET = "sachet", _("sachet")
    INJECTION = "injection", _("injection")
    POWDER = "powder", _("powder for injection")
    VIAL = "vial", _("vial")
    CARTRIDGE = "cartridge", _("cartridge")
    INFUSION = "infusion", _("infusion")
    INHALER = "inhaler", _("inhaler")
    CREAM = "cream", _("cream")
    OINTMENT = "ointment", _("ointment")
    LOTION = "lotion", _("lotion")
    SOLUTION = "solution", _("solution")
    DROPS = "drops", _("drops")
    MOUTHWASH = "mouthwash", _("mouthwash")
    TOOTHPASTE = "toothpaste", _("toothpaste")
    VARNISH = "varnish", _("varnish")
    CEMENT = "cement", _("powder and liquid")
    GAS = "gas", _("gas")


class Medicine(models.Model):
    """A medicine in one form and strength: the unit in which it is counted (tablet, bottle, vial)."""

    name = models.CharField(_("name"), max_length=80)
    name_km = models.CharField(_("name in Khmer"), max_length=80, blank=True)
    form = models.CharField(_("form"), max_length=12, choices=Form.choices)
    strength = models.CharField(_("strength"), max_length=60, blank=True)
    atc = models.CharField("ATC", max_length=7, blank=True)
    group = models.CharField(_("group"), max_length=40, blank=True)
    note = models.CharField(_("note"), max_length=160, blank=True)
    reorder_at = models.PositiveIntegerField(_("reorder below"), default=0)
    pack = models.PositiveIntegerField(_("units in a pack"), default=1)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name", "form", "strength"], name="pharmacy_medicine_once"),
            models.CheckConstraint(condition=Q(pack__gt=0), name="pharmacy_pack_some"),
        ]

    def __str__(self) -> str:
        name = self.name if get_language() == "en" else (self.name_km or self.name)
        return " ".join(part for part in (name, str(self.get_form_display()), self.strength) if part)


class Place(models.Model):
    """Where medicine lies, or where it comes from and goes to: the outside is a place too, so that moves balance.

    The code is the key, so that a service names the outside (`Place.PATIENTS`) without asking for it.
    """

    class Kind(models.TextChoices):
        STORE = "store", _("Store")
        DISPENSARY = "dispensary", _("Dispensary")
        KIT = "kit", _("Mobile kit")
        SOURCE = "source", _("Received from outside")
        PATIENTS = "patients", _("Given to patients")
        WASTE = "waste", _("Written off")
        COUNT = "count", _("Found by counting")

    SHELVES = ("store", "dispensary", "kit")
    STORE, DISPENSARY = "store", "dispensary"
    SOURCE, PATIENTS, WASTE, COUNT = "source", "patients", "waste", "count"
    OUTSIDE = (SOURCE, PATIENTS, WASTE, COUNT)  # held by the constraint below: every other place is a shelf

    code = models.SlugField(primary_key=True, max_length=20)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name_km = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__in=["source", "patients", "waste", "count"], code=F("kind"))
                | (Q(kind__in=["store", "dispensary", "kit"]) & ~Q(code__in=["source", "patients", "waste", "count"])),
                name="pharmacy_one_outside",
            ),
        ]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km

    @property
    def is_shelf(self) -> bool:
        """Return whether medicine really lies here, so that it can never go below zero."""
        return self.kind in self.SHELVES


def good_on(day: date, batch: str = "") -> Q:
    """Return what a batch must be to be given on a day: neither expired nor recalled.

    `batch` is the path that leads to it, such as "batch__".
    """
    not_recalled = Q(**{f"{batch}recalled_on": None}) | Q(**{f"{batch}recalled_on__gt": day})
    return Q(**{f"{batch}expires_on__gte": day}) & not_recalled


class Batch(Recorded, Synced):
    """One delivery of a medicine with one expiry date, and where it came from.

    A bought one is a line of its purchase and knows what it cost, in the purchase's currency. A gift in kind may say
    what it would have cost (`value`, IRS Form 990 asks for it); that is no money of any fund. A batch that is recalled
    stays where it lies and cannot be dispensed.
    """

    class Source(models.TextChoices):
        FUND = "fund", _("Bought from the fund")
        DEPARTMENT = "department", _("Health Department")
        GIFT = "gift", _("Gift in kind")

    medicine = models.ForeignKey(Medicine, on_delete=models.PROTECT, related_name="batches", verbose_name=_("medicine"))
    number = models.CharField(_("batch number"), max_length=40, blank=True)
    expires_on = models.DateField(_("expires on"))
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    purchase = models.ForeignKey(
        "pharmacy.Purchase", null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )
    cost = MinorField(null=True, blank=True)
    giver = models.CharField(_("who gave it"), max_length=120, blank=True)
    value = MinorField(_("fair value"), null=True, blank=True)
    value_currency = CurrencyField(blank=True)
    recalled_on = models.DateField(_("recalled on"), null=True, blank=True)
    recalled_why = models.CharField(_("why it was recalled"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source="fund", purchase__isnull=False, cost__gte=0)
                | (~Q(source="fund") & Q(purchase=None, cost=None)),
                name="pharmacy_bought_has_a_cost",
            ),
            models.CheckConstraint(
                condition=Q(value=None, value_currency="")
                | (Q(value__gt=0) & ~Q(value_currency="") & ~Q(source="fund")),
                name="pharmacy_gift_value",
            ),
            models.CheckConstraint(
                condition=Q(recalled_on=None, recalled_why="") | (Q(recalled_on__isnull=False) & ~Q(recalled_why="")),
                name="pharmacy_recalled_why",
            ),
        ]
        indexes = [models.Index(fields=["medicine", "expires_on"], name="pharmacy_batch_first_expired")]

    @property
    def fair_value(self) -> Money | None:
        """Return what a gift would have cost, or None when nobody said."""
        return None if self.value is None else Money(self.value, Currency(self.value_currency))


class Dispensing(Recorded, Synced):
    """Medicine handed to a named patient, at one contact or on its own.

    From a prescription it names the `treatment` and how many were `ordered`, so that what is still owed can be told;
    one without a move gave nothing yet. `dropped` is why the rest will not be given. `warned` are the codes of the
    warnings shown, `despite` why it was given all the same. A voided one has all its moves taken back, and lets go of
    its treatment.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="dispensings")
    encounter = models.ForeignKey(
        Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="dispensings"
    )
    on = models.DateField(_("date"))
    directions = models.CharField(_("how to take it"), max_length=200, blank=True)
    treatment = models.ForeignKey(
        Treatment, null=True, blank=True, on_delete=models.PROTECT, related_name="dispensings"
    )
    ordered = models.PositiveIntegerField(_("ordered"), null=True, blank=True)
    warned = models.JSONField(default=list, blank=True)
    despite = models.CharField(_("reason for giving it all the same"), max_length=200, blank=True)
    dropped = models.CharField(_("why the rest will not be given"), max_length=200, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ordered=None) | Q(ordered__gt=0), name="pharmacy_ordered_some"),
        ]
        indexes = [models.Index(fields=["patient", "on"], name="pharmacy_dispensing_patient")]


class StockCount(Recorded):
    """A count of one place on one day. Counted blind, then differences are counted again, then it is posted.

    Posting writes a move for each difference that remains; nothing is adjusted before.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Being counted")
        RECOUNT = "recount", _("Differences are counted again")
        POSTED = "posted", _("Posted")
        DROPPED = "dropped", _("Dropped")

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="counts")
    on = models.DateField(_("date"))
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    counted_by = models.CharField(_("counted by"), max_length=120, blank=True)
    checked_by = models.CharField(_("counted again by"), max_length=120, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place"], condition=Q(state__in=["open", "recount"]), name="pharmacy_one_count_a_place"
            ),
            models.CheckConstraint(
                condition=(Q(state="posted") & Q(posted_at__isnull=False)) | (~Q(state="posted") & Q(posted_at=None)),
                name="pharmacy_count_posted",
            ),
        ]
        indexes = [models.Index(fields=["-on", "-id"], name="pharmacy_count_newest")]


class Move(Recorded, Synced):
    """So many units of a batch from one place to another on a day. Never edited: a mistake is moved back.

    `errand` is what several moves were made for together, by the key of a record of another room: a line of a kit.
    `why` says why something was written off, adjusted or brought back.
    """

    class Why(models.TextChoices):
        EXPIRED = "expired", _("Expired")
        BROKEN = "broken", _("Broken or spoilt")
        LOST = "lost", _("Lost or stolen")
        RECALLED = "recalled", _("Recalled")
        RETURNED = "returned", _("Brought back unused")
        MISCOUNT = "miscount", _("Counted or written wrongly before")
        UNKNOWN = "unknown", _("Not known")
        OTHER = "other", _("Other")

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="moves")
    source = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    on = models.DateField(_("date"))
    dispensing = models.ForeignKey(Dispensing, null=True, blank=True, on_delete=models.PROTECT, related_name="moves")
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    why = models.CharField(_("why"), max_length=8, choices=Why.choices, blank=True)
    errand = models.UUIDField(null=True, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="pharmacy_move_some"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="pharmacy_move_somewhere"),
        ]
        indexes = [
            models.Index(fields=["batch", "on"], name="pharmacy_move_batch"),
            models.Index(fields=["errand"], condition=Q(errand__isnull=False), name="pharmacy_move_errand"),
        ]


class CountLine(Recorded):
    """What was counted of one batch; `expected` is what the books said at posting, `move` brought them to it."""

    count = models.ForeignKey(StockCount, on_delete=models.PROTECT, related_name="lines")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    counted = models.PositiveIntegerField(_("counted"), null=True, blank=True)
    recounted = models.PositiveIntegerField(_("counted again"), null=True, blank=True)
    expected = models.IntegerField(null=True, blank=True)
    why = models.CharField(_("why it differs"), max_length=8, choices=Move.Why.choices, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    move = models.OneToOneField(Move, null=True, blank=True, on_delete=models.PROTECT, related_name="count_line")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "batch"], name="pharmacy_counted_once")]

    @property
    def found(self) -> int | None:
        """Return what counts: the second count where there was one."""
        return self.counted if self.recounted is None else self.recounted
