"""The person: names in both scripts, what was said about the birth date, where they live, how to find them."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.ages import Age, Birth, Precision, age_at
from core.db import Recorded
from core.places.models import Village
from core.syncing import Synced


class Sex(models.TextChoices):
    """Sex as the ministry codes it."""

    FEMALE = "F", _("Female")
    MALE = "M", _("Male")


class AgeUnit(models.TextChoices):
    """The unit in which an age was told."""

    DAYS = "d", _("days")
    WEEKS = "w", _("weeks")
    MONTHS = "m", _("months")
    YEARS = "y", _("years")


class Payer(models.TextChoices):
    """Who pays for the care; ministry codes (PMRS v2, reference/pmrs_lookup.csv)."""

    HEF_POOR = "PATY-0000N09", _("Health Equity Fund: poor")
    HEF_AT_RISK = "PATY-00003LD", _("Health Equity Fund: at risk")
    HEF_INFORMAL = "PATY-00002NF", _("Health Equity Fund: informal worker")
    HEF_NUTRITION = "PATY-00002EH", _("Health Equity Fund: child nutrition project")
    NSSF = "PATY-000K010", _("Social Security Fund (NSSF)")
    NSSF_EMPLOYEE = "PATY-0000G3E", _("NSSF: employee")
    NSSF_PUBLIC = "PATY-00B003F", _("NSSF: public servant")
    NSSF_SELF = "PATY-000T040", _("NSSF: self-employed")
    DISCOUNT = "PATY-0000H08", _("Pays less")
    FREE = "PATY-0J0000C", _("Free of charge")
    FULL = "PATY-00T001A", _("Pays in full")


class Patient(Recorded, Synced):
    """A person known to the centre.

    What was said about the birth is kept: a date, a month, a year, or an age told on a day. From it come the
    earliest and latest possible birth and their middle, `birth_date`, from which ages are computed.
    """

    number = models.CharField(_("patient number"), max_length=16, unique=True)
    family_name = models.CharField(_("family name"), max_length=60, blank=True)
    given_name = models.CharField(_("given name"), max_length=60, blank=True)
    family_name_km = models.CharField(_("family name in Khmer"), max_length=60, blank=True)
    given_name_km = models.CharField(_("given name in Khmer"), max_length=60, blank=True)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex.choices)
    birth_precision = models.CharField(max_length=8, choices=[(p.value, p.value) for p in Precision], default="unknown")
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    birth_earliest = models.DateField(null=True, blank=True)
    birth_latest = models.DateField(null=True, blank=True)
    told_age = models.PositiveSmallIntegerField(null=True, blank=True)
    told_unit = models.CharField(max_length=1, choices=AgeUnit.choices, blank=True)
    told_on = models.DateField(null=True, blank=True)
    village = models.ForeignKey(Village, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("village"))
    phone = models.CharField(_("phone"), max_length=16, blank=True, db_index=True)
    guardian = models.CharField(_("parent or guardian"), max_length=120, blank=True)
    household = models.ForeignKey(
        "clinic.Household", null=True, blank=True, on_delete=models.PROTECT, related_name="members"
    )
    payer = models.CharField(_("who pays"), max_length=12, choices=Payer.choices, blank=True)
    no_allergy_on = models.DateField(_("asked on, no allergy known"), null=True, blank=True)
    deceased_on = models.DateField(_("died on"), null=True, blank=True)
    deceased_source = models.CharField(max_length=120, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="clinic_patient_not_merged_into_itself"
            ),
            models.CheckConstraint(condition=Q(sex__in=["F", "M"]), name="clinic_patient_sex"),
            models.CheckConstraint(
                condition=~(Q(family_name="") & Q(given_name="") & Q(family_name_km="") & Q(given_name_km="")),
                name="clinic_patient_has_a_name",
            ),
            models.CheckConstraint(
                condition=(
                    Q(birth_precision="unknown", birth_date=None, birth_earliest=None, birth_latest=None)
                    | (
                        ~Q(birth_precision="unknown")
                        & Q(birth_earliest__lte=F("birth_date"), birth_date__lte=F("birth_latest"))
                    )
                ),
                name="clinic_patient_birth_interval",
            ),
            models.CheckConstraint(
                condition=Q(deceased_on=None) | Q(birth_earliest=None) | Q(deceased_on__gte=F("birth_earliest")),
                name="clinic_patient_death_after_birth",
            ),
        ]
        indexes = [models.Index(fields=["village"], name="clinic_patient_village")]

    def __str__(self) -> str:
        return self.name

    @property
    def name_latin(self) -> str:
        """Return the name in Latin letters, family name first; may be empty."""
        return f"{self.family_name} {self.given_name}".strip()

    @property
    def name_khmer(self) -> str:
        """Return the name in Khmer letters, family name first; may be empty."""
        return f"{self.family_name_km} {self.given_name_km}".strip()

    @property
    def name(self) -> str:
        """Return the Khmer name when known, else the Latin one."""
        return self.name_khmer or self.name_latin

    @property
    def birth(self) -> Birth | None:
        """Return what is known of the birth, or None."""
        if self.birth_date is None or self.birth_earliest is None or self.birth_latest is None:
            return None
        return Birth(self.birth_date, self.birth_earliest, self.birth_latest, Precision(self.birth_precision))

    def tell_birth(self, birth: Birth | None) -> None:
        """Take over what was said of the birth, without saving."""
        self.birth_precision = birth.precision.value if birth else Precision.UNKNOWN.value
        self.birth_date = birth.date if birth else None
        self.birth_earliest = birth.earliest if birth else None
        self.birth_latest = birth.latest if birth else None

    def age_on(self, day: dt.date) -> Age | None:
        """Return the completed age on a day, no older than at death; None when the birth is unknown."""
        if self.birth_date is None:
            return None
        day = min(day, self.deceased_on) if self.deceased_on else day
        return age_at(min(self.birth_date, day), day)

    @property
    def age_is_estimated(self) -> bool:
        """Return whether the birth date is not known to the day."""
        return self.birth_precision not in {Precision.DAY.value, Precision.UNKNOWN.value}


class EquityLevel(models.TextChoices):
    """How poor the household is, as the equity card says (IDPoor, Ministry of Planning)."""

    POOR_1 = "1", _("Very poor (level 1)")
    POOR_2 = "2", _("Poor (level 2)")
    AT_RISK = "risk", _("At risk")


class Bare(models.Func):
    """A number without what is written between its digits, in capitals; one text in the index and in the question."""

    template = "UPPER(REPLACE(REPLACE(REPLACE(REPLACE(%(expressions)s, ' ', ''), '-', ''), '.', ''), '/', ''))"
    output_field = models.CharField()


class Identifier(Recorded):
    """Another number by which the person is known, with the kind of number it is.

    `level` is said only of an equity card; such a card holds for the whole household of its person.
    """

    class Kind(models.TextChoices):
        REGISTER = "register", _("Register reference")
        PAPER = "paper", _("Old paper number")
        EQUITY = "equity", _("Equity card")
        MINISTRY = "ministry", _("Ministry patient number")
        NATIONAL = "national", _("National identity card")
        BIRTH = "birth", _("Birth certificate")
        FAMILY = "family", _("Family book")
        NSSF = "nssf", _("NSSF card")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=60)
    level = models.CharField(max_length=4, choices=EquityLevel.choices, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        constraints = [
            # An equity card and a family book belong to a household; the other numbers belong to one person.
            models.UniqueConstraint(
                fields=["kind", "value"],
                condition=~Q(kind__in=["equity", "family"]),
                name="clinic_identifier_one_person",
            ),
            models.CheckConstraint(
                condition=Q(issued_on=None) | Q(valid_until=None) | Q(issued_on__lte=F("valid_until")),
                name="clinic_identifier_validity",
            ),
            models.CheckConstraint(condition=Q(level="") | Q(kind="equity"), name="clinic_identifier_level_of_equity"),
            models.UniqueConstraint(fields=["patient", "kind", "value"], name="clinic_identifier_once"),
        ]
        indexes = [
            models.Index(fields=["value"], name="clinic_identifier_value"),
            models.Index(Bare("value"), name="clinic_identifier_bare"),
        ]


class NameKey(models.Model):
    """What the search box looks up: a word of a name, a pair of words by sound, or a phone number backwards.

    The village stands in the index so that a name in a village, and a frequent name in the catchment, are found
    without a walk through all who bear it. Keys are compared from their beginning; the operator classes let
    PostgreSQL do that by index in any locale.
    """

    key = models.CharField(max_length=64)
    village = models.ForeignKey(
        Village,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["key", "village", "patient"],
                name="clinic_namekey_where",
                opclasses=["varchar_pattern_ops", "int8_ops", "uuid_ops"],
            )
        ]


class NumberBlock(models.Model):
    """A run of patient numbers reserved for one place that hands them out; two blocks never overlap.

    `holder` is empty for the desk's own block; a tablet's block carries its device id.
    """

    holder = models.CharField(max_length=40, blank=True, default="")
    first = models.PositiveIntegerField(unique=True)
    last = models.PositiveIntegerField()
    next = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lte=F("next")) & Q(next__lte=F("last") + 1), name="clinic_block_within"
            ),
        ]
