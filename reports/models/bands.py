"""Sets of age bands as an administrator keeps them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.db import Recorded


class AgeBandSet(Recorded):
    """A named set of age bands; those the software came with cannot be changed, only copied."""

    key = models.SlugField(max_length=30, unique=True)
    name_km = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    shipped = models.BooleanField(default=False)
    retired = models.BooleanField(default=False)


class AgeBand(Recorded):
    """One band, known by the age at which it begins: it ends where the next begins, so no set has gap or overlap."""

    bands = models.ForeignKey(AgeBandSet, on_delete=models.PROTECT, related_name="rows")
    key = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    from_n = models.PositiveSmallIntegerField()
    from_unit = models.CharField(max_length=1, choices=[("d", "d"), ("m", "m"), ("y", "y")])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bands", "key"], name="reports_band_key_once"),
            models.UniqueConstraint(fields=["bands", "position"], name="reports_band_position_once"),
            models.UniqueConstraint(fields=["bands", "from_n", "from_unit"], name="reports_band_beginning_once"),
            models.CheckConstraint(
                condition=Q(position=0, from_n=0) | Q(position__gt=0, from_n__gt=0),
                name="reports_bands_begin_at_birth",
            ),
            models.CheckConstraint(condition=Q(from_unit__in=["d", "m", "y"]), name="reports_band_unit"),
            models.CheckConstraint(condition=~Q(key="unknown"), name="reports_band_is_not_unknown"),
        ]
