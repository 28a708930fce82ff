"""Help with costs: one case for one illness of one patient, and what was paid for it out of named funds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Encounter, Household, Outcome, Patient
from core.db import CurrencyField, MinorField, Recorded
from core.syncing import Synced
from pharmacy.models.money import Entry, Fund

USER = settings.AUTH_USER_MODEL


class AidRule(models.Model):
    """What may be paid, as data the administrator changes: from which sum two people approve, and the cap of a case."""

    from_on = models.DateField(_("from"), unique=True)
    two_from = MinorField(_("two people approve from (riel)"))
    cap = MinorField(_("most for one case (riel)"))

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(two_from__gte=0, cap__gt=0), name="pharmacy_aid_rule")]


class AidCase(Recorded, Synced):
    """Help with what one illness of one patient costs.

    `referral` is the id of the referral it was opened from; the two rooms do not know each other. `household` is the
    household on that day, so that all help for it can be told. Eligible by an equity card, or by an assessment that
    somebody answers for. The cap is in riel; what is paid in dollars counts at the rate of its day.
    """

    class Eligible(models.TextChoices):
        CARD = "card", _("Equity card")
        ASSESSED = "assessed", _("Assessed by us")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")
        REFUSED = "refused", _("Refused")

    number = models.CharField(_("case number"), max_length=16, unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="aid_cases")
    household = models.ForeignKey(Household, null=True, blank=True, on_delete=models.PROTECT, related_name="aid_cases")
    encounter = models.ForeignKey(Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="aid_cases")
    referral = models.UUIDField(null=True, blank=True, db_index=True)
    on = models.DateField(_("date"))
    illness = models.CharField(_("illness"), max_length=200)
    eligible = models.CharField(_("why eligible"), max_length=8, choices=Eligible.choices)
    card = models.CharField(_("card number"), max_length=60, blank=True)
    assessment = models.TextField(_("how the household lives"), blank=True)
    assessed_by = models.CharField(_("assessed by"), max_length=120, blank=True)
    cap = MinorField(_("cap (riel)"))
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    closed_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    outcome_text = models.CharField(_("what became of it"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(eligible="card") & ~Q(card="")) | (Q(eligible="assessed") & ~Q(assessed_by="")),
                name="pharmacy_aid_eligible",
            ),
            models.CheckConstraint(condition=Q(cap__gt=0), name="pharmacy_aid_cap"),
            models.CheckConstraint(
                condition=Q(state="open", closed_on=None) | (~Q(state="open") & Q(closed_on__gte=F("on"))),
                name="pharmacy_aid_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-on"], name="pharmacy_aid_patient"),
            models.Index(fields=["state", "-on"], name="pharmacy_aid_open"),
        ]


class AidCost(Recorded, Synced):
    """One cost of a case: asked for, approved by one or two people, paid out of a fund or already by the equity fund.

    What the Health Equity Fund paid stands beside ours with no entry of our books.
    """

    class Kind(models.TextChoices):
        MEDICINE = "medicine", _("Medicine")
        TRANSPORT = "transport", _("Transport")
        HOSPITAL = "hospital", _("Hospital bill")
        FOOD = "food", _("Food")
        OTHER = "other", _("Other")

    class Payer(models.TextChoices):
        FUND = "fund", _("A fund of ours")
        HEF = "hef", _("Health Equity Fund")

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        APPROVED = "approved", _("Approved")
        PAID = "paid", _("Paid")
        REFUSED = "refused", _("Refused")
        VOID = "void", _("Taken back")

    case = models.ForeignKey(AidCase, on_delete=models.PROTECT, related_name="costs")
    kind = models.CharField(_("for what"), max_length=9, choices=Kind.choices)
    payer = models.CharField(_("paid by"), max_length=4, choices=Payer.choices, default=Payer.FUND)
    fund = models.ForeignKey(Fund, null=True, blank=True, on_delete=models.PROTECT, related_name="aid")
    on = models.DateField(_("date"))
    currency = CurrencyField()
    minor = MinorField(_("amount"))
    riel = MinorField()  # what it counts against the cap, at the rate of its day
    payee = models.CharField(_("to whom"), max_length=120, blank=True)
    receipt = models.CharField(_("receipt number"), max_length=40, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    approved_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_also_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    entry = models.OneToOneField(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="aid_cost")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(minor__gt=0, riel__gt=0), name="pharmacy_aid_some"),
            models.CheckConstraint(
                condition=Q(payer="hef", fund=None, entry=None) | Q(payer="fund", fund__isnull=False),
                name="pharmacy_aid_payer",
            ),
            models.CheckConstraint(
                condition=Q(approved_also_by=None) | ~Q(approved_by=F("approved_also_by")),
                name="pharmacy_aid_two_people",
            ),
            models.CheckConstraint(
                condition=Q(payer="hef") | ~Q(state__in=["paid", "void"]) | Q(entry__isnull=False),
                name="pharmacy_aid_paid_has_an_entry",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "void"]) | ~Q(reason=""), name="pharmacy_aid_why"
            ),
        ]
        indexes = [models.Index(fields=["case", "id"], name="pharmacy_aid_costs")]
