"""Help with costs: one case for one illness of one patient, and what was paid for it out of named funds."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Encounter, EquityLevel, Household, Outcome, Patient
from core.db import CurrencyField, MinorField, Recorded
from core.money import Currency, Money
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


class AidBook(models.Model):
    """The case numbers of one year: how many are used. Its row stays locked to the commit, so there are no gaps."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    used = models.PositiveIntegerField(default=0)

    @classmethod
    def take(cls, year: int) -> str:
        """Return the next number of a year, "AID-2026-0007". Must run inside the transaction that uses it."""
        assert connection.in_atomic_block, "a number taken outside a transaction could be lost"
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO pharmacy_aidbook (year, used) VALUES (%s, 1) "
                "ON CONFLICT (year) DO UPDATE SET used = pharmacy_aidbook.used + 1 RETURNING used",
                [year],
            )
            return f"AID-{year}-{cursor.fetchone()[0]:04d}"


class AidCase(Recorded, Synced):
    """Help with what one illness of one patient costs.

    `referral` is the id of the referral it was opened from; the two rooms do not know each other. `household` is the
    household on that day, so that all help for it can be told. Eligible by an equity card, kept with the level it had
    then, or by an assessment that somebody answers for: `answers` to fixed questions (`aid_rules.QUESTIONS`) and a
    text. The cap is in riel; what is paid in dollars counts at the rate of its day.
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
    level = models.CharField(_("card level"), max_length=4, choices=EquityLevel.choices, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    assessment = models.TextField(_("how the household lives"), blank=True)
    assessed_by = models.CharField(_("assessed by"), max_length=120, blank=True)
    cap = MinorField(_("cap (riel)"))
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    closed_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    outcome_text = models.CharField(_("what became of it"), max_length=200, blank=True)
    reopened = models.CharField(_("why it was opened again"), max_length=200, blank=True)

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

    What the Health Equity Fund paid stands beside ours with no entry of our books. `asked` is what was asked for and
    approved, `minor` what it came to: never more. `two` is decided with the first approval and stays.
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
    asked = MinorField(_("asked for"))
    riel = MinorField()  # what it counts against the cap, at the rate of its day
    payee = models.CharField(_("to whom"), max_length=120, blank=True)
    receipt = models.CharField(_("receipt number"), max_length=40, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    two = models.BooleanField(_("two people must approve"), default=False)
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
                condition=Q(two=True) | Q(approved_by=None) | ~Q(approved_by=F("recorded_by")),
                name="pharmacy_aid_not_alone",
            ),
            models.CheckConstraint(
                condition=Q(payer="hef")
                | ~Q(state__in=["approved", "paid", "void"])
                | (Q(approved_by__isnull=False) & (Q(two=False) | Q(approved_also_by__isnull=False))),
                name="pharmacy_aid_approved",
            ),
            models.CheckConstraint(condition=Q(minor__lte=F("asked")), name="pharmacy_aid_no_more_than_asked"),
            models.CheckConstraint(
                condition=Q(payer="hef") | ~Q(state__in=["paid", "void"]) | Q(entry__isnull=False),
                name="pharmacy_aid_paid_has_an_entry",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "void"]) | ~Q(reason=""), name="pharmacy_aid_why"
            ),
        ]
        indexes = [models.Index(fields=["case", "id"], name="pharmacy_aid_costs")]

    @property
    def money(self) -> Money:
        """Return what it came to, in its currency."""
        return Money(self.minor, Currency(self.currency))

    @property
    def money_asked(self) -> Money:
        """Return what was asked for."""
        return Money(self.asked, Currency(self.currency))

    @property
    def counts(self) -> bool:
        """Return whether it counts against the cap: approved or paid out of a fund of ours."""
        return self.payer == self.Payer.FUND and self.state in (self.State.APPROVED, self.State.PAID)
