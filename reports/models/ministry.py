"""The forms the ministry asks for, as an administrator lays them out, and what was sent of them to DHIS2."""

from __future__ import annotations

import re

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.db import Recorded

# A DHIS2 identifier: a UID is a letter and ten letters or digits; a code may be longer and hold marks.
_ID = r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,49}"
DHIS2_ID = RegexValidator(rf"^{_ID}\Z", _("Letters, figures and _ . : / - only."))


def is_dhis2_id(text: str) -> bool:
    """Return whether a text may be an identifier of DHIS2."""
    return re.fullmatch(_ID, text, re.ASCII) is not None


class Dhis2Id(models.CharField):
    """An identifier of something in DHIS2, by the form's scheme; empty where none is given."""

    def __init__(self, **kwargs: object) -> None:
        given: dict[str, object] = {"max_length": 50, "blank": True, "validators": [DHIS2_ID]}
        super().__init__(**(given | kwargs))  # type: ignore[arg-type]


class _Named(Recorded):
    """A part of a form, with its place among its neighbours and its words in both languages."""

    position = models.PositiveSmallIntegerField(default=0)
    name_km = models.CharField(_("words in Khmer"), max_length=160)
    name_en = models.CharField(_("words in English"), max_length=160)
    retired = models.BooleanField(_("no longer in the form"), default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class MinistryForm(_Named):
    """One form of a month: its blocks are printed in order; `data_set` and `org_unit` say where DHIS2 keeps it.

    `confirmed` says who compared the layout with the ministry's own, and when; while it is empty every print says
    that the layout is general knowledge only.
    """

    class Scheme(models.TextChoices):
        UID = "uid", _("UID")
        CODE = "code", _("Code")

    key = models.SlugField(max_length=30, unique=True)
    confirmed = models.CharField(_("who compared it with the ministry's form, and when"), max_length=200, blank=True)
    scheme = models.CharField(_("identifiers are"), max_length=4, choices=Scheme.choices, default=Scheme.UID)
    data_set = Dhis2Id(verbose_name=_("data set"))
    org_unit = Dhis2Id(verbose_name=_("organisation unit"))
    attribute_option_combo = Dhis2Id(verbose_name=_("attribute option combo"))

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(scheme__in=["uid", "code"]), name="reports_form_scheme")]


class FormBlock(_Named):
    """One table of a form: its columns are the same for all its lines.

    `bands` is the key of a set of age bands, empty where the columns have no ages. `source` says where this layout
    was found.
    """

    class Columns(models.TextChoices):
        TOTAL = "total", _("One number")
        SEX = "sex", _("Female, male, total")
        BANDS = "bands", _("Ages, total")
        BANDS_SEX = "bands_sex", _("Ages by sex, total")

    form = models.ForeignKey(MinistryForm, on_delete=models.PROTECT, related_name="blocks")
    key = models.SlugField(max_length=40)
    columns = models.CharField(_("columns"), max_length=10, choices=Columns.choices, default=Columns.TOTAL)
    bands = models.SlugField(_("age bands"), max_length=30, blank=True)
    source = models.CharField(_("where this layout was found"), max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["form", "key"], name="reports_block_key_once"),
            models.CheckConstraint(
                condition=Q(columns__in=["total", "sex"], bands="")
                | (Q(columns__in=["bands", "bands_sex"]) & ~Q(bands="")),
                name="reports_block_ages_need_bands",
            ),
        ]


class FormLine(_Named):
    """One line of a block: a figure of `reports.figures`, narrowed, or a place to be filled in by pen.

    `narrowed` holds keys of the figure's dimensions; a list of keys means the sum over them. With `rest` the line
    counts what the other lines of its block that count the same figure leave over, so that nobody is lost.
    """

    block = models.ForeignKey(FormBlock, on_delete=models.PROTECT, related_name="lines")
    key = models.SlugField(max_length=60)
    figure = models.CharField(_("figure"), max_length=40, blank=True)
    narrowed = models.JSONField(default=dict, blank=True)
    rest = models.BooleanField(_("all others"), default=False)
    source = models.CharField(_("where this line was found"), max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["block", "key"], name="reports_line_key_once"),
            models.UniqueConstraint(
                fields=["block"], condition=Q(rest=True, retired=False), name="reports_one_line_for_the_rest"
            ),
            models.CheckConstraint(condition=Q(rest=False) | ~Q(figure=""), name="reports_the_rest_is_counted"),
        ]


class Dhis2Mapping(Recorded):
    """Where DHIS2 keeps one number of a form: line and column, or that it is left out on purpose.

    One data element with one category option combo holds one number for a place and a month, so two numbers never
    go to the same; an empty combo is the default one.
    """

    line = models.ForeignKey(FormLine, on_delete=models.PROTECT, related_name="mappings")
    column = models.CharField(max_length=40)
    data_element = Dhis2Id(verbose_name=_("data element"))
    category_option_combo = Dhis2Id(verbose_name=_("category option combo"))
    left_out = models.BooleanField(_("not sent"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "column"], name="reports_mapping_once"),
            models.UniqueConstraint(
                fields=["data_element", "category_option_combo"],
                condition=Q(left_out=False),
                name="reports_mapping_one_number_a_place",
            ),
            models.CheckConstraint(
                condition=Q(left_out=True, data_element="", category_option_combo="")
                | (Q(left_out=False) & ~Q(data_element="")),
                name="reports_mapping_or_left_out",
            ),
        ]


class Sending(Recorded):
    """One body of figures for DHIS2, kept byte for byte, and what became of it: the receipt.

    `due_at` is when the next try may begin; a try that began and never told its end (a dead worker) is seen by
    `began_at`. DHIS2 takes the same body twice without harm, so a try may be repeated.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        AT_WORK = "at_work", _("Being sent")
        TAKEN = "taken", _("Taken by the server")
        PARTLY = "partly", _("Taken in part")
        REFUSED = "refused", _("Refused by the server")
        GIVEN_UP = "given_up", _("The server could not be reached")
        STOPPED = "stopped", _("Stopped")

    form = models.ForeignKey(MinistryForm, on_delete=models.PROTECT, related_name="sendings")
    month = models.DateField()  # its first day
    rehearsal = models.BooleanField(default=False)  # `dryRun`: the server checks and keeps nothing
    incomplete = models.BooleanField(default=False)  # sent although lines had no place in DHIS2
    address = models.CharField(max_length=300)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    values = models.PositiveIntegerField()
    unmapped = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["form", "month"],
                condition=Q(state__in=["waiting", "at_work"]),
                name="reports_one_sending_at_work",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "at_work", "taken", "partly", "refused", "given_up", "stopped"]),
                name="reports_sending_state",
            ),
            models.CheckConstraint(condition=Q(incomplete=True) | Q(unmapped=0), name="reports_sending_said_so"),
        ]
        indexes = [
            models.Index(fields=["form", "month", "-asked_at"], name="reports_sending_newest"),
            models.Index(fields=["state", "due_at"], name="reports_sending_due"),
        ]

    @property
    def over(self) -> bool:
        """Return whether nothing more will happen by itself."""
        return self.state not in {self.State.WAITING, self.State.AT_WORK}


class SendingTry(Recorded):
    """One try of a sending and how it ended, never changed afterwards; a dead worker's try has no answer.

    `answer` is the beginning of what the server said, as text; the counts are those of its import summary.
    """

    sending = models.ForeignKey(Sending, on_delete=models.PROTECT, related_name="answers")
    number = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # of HTTP; empty when no answer came
    problem = models.CharField(max_length=40, blank=True)  # a code of reports.words
    answer = models.TextField(blank=True)
    imported = models.PositiveIntegerField(null=True, blank=True)
    updated = models.PositiveIntegerField(null=True, blank=True)
    ignored = models.PositiveIntegerField(null=True, blank=True)
    deleted = models.PositiveIntegerField(null=True, blank=True)
    conflicts = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["sending", "number"], name="reports_try_once")]
