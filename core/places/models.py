"""The administrative places of Cambodia. A village's code is not unique: 25 codes are shared by several villages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language

from core.khmer import search_key
from core.names import place_key


class Place(models.Model):
    """A named place with its gazetteer code (text: leading zeros count)."""

    code = models.CharField(max_length=8)
    name_km = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km


class Province(Place):
    """One of the 25 provinces; code of 2 digits."""


class District(Place):
    """A district, municipality or khan; code of 4 digits."""

    province = models.ForeignKey(Province, on_delete=models.PROTECT)


class Commune(Place):
    """A commune or sangkat; code of 6 digits."""

    district = models.ForeignKey(District, on_delete=models.PROTECT)


LEAST_SOUND = 3  # consonants: with fewer too much sounds alike


class VillageQuerySet(models.QuerySet["Village"]):
    """Questions about villages."""

    def with_path(self) -> VillageQuerySet:
        """Join commune, district and province, for showing a village in full."""
        return self.select_related("commune__district__province")

    def matching(self, text: str) -> VillageQuerySet:
        """Return villages whose Khmer or Latin name or code begins with or holds `text`; our catchment first.

        Behind them stand those that only sound like it, for Srae Ambel is written Sre Ambel as well.
        """
        key, sound = search_key(text), place_key(text)
        if key.isdigit():
            return self.filter(code__startswith=key).order_by("-catchment", "code", "id")
        begins = models.Q(key_km__startswith=key) | models.Q(key_en__startswith=key)
        holds = models.Q(key_km__contains=key) | models.Q(key_en__contains=key)
        like = models.Q(key_sound__startswith=sound) if len(sound) >= LEAST_SOUND else models.Q(pk=None)
        number = models.SmallIntegerField()
        far = models.Case(models.When(holds, then=0), default=1, output_field=number)
        rank = models.Case(models.When(begins, then=0), default=1, output_field=number)
        found = self.filter(holds | like).annotate(far=far, rank=rank)
        return found.order_by("far", "-catchment", "rank", "key_en", "id")


class Village(Place):
    """A village; code of 8 digits, not unique. `catchment` marks those the centre serves, offered first."""

    commune = models.ForeignKey(Commune, on_delete=models.PROTECT)
    catchment = models.BooleanField(default=False)
    key_km = models.CharField(max_length=80)
    key_en = models.CharField(max_length=80)
    key_sound = models.CharField(max_length=80, default="")

    objects = VillageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["code"], name="places_village_code"),
            models.Index(fields=["-catchment", "key_en"], name="places_village_catchment"),
        ]

    @property
    def full_name(self) -> str:
        """Return village, commune, district and province in one line; join them first (`with_path`)."""
        commune = self.commune
        return ", ".join(str(p) for p in (self, commune, commune.district, commune.district.province))
