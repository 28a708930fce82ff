"""The catalogue of conditions, in Khmer and English, with ICD-10 and ICD-11 codes."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Condition(models.Model):
    """One condition of the catalogue; `key` is its name in registers and figures."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    name_en = models.CharField(_("name in English"), max_length=120)
    name_km = models.CharField(_("name in Khmer"), max_length=120)
    icd10 = models.CharField("ICD-10", max_length=60, blank=True)
    icd11 = models.CharField("ICD-11", max_length=60, blank=True)
    common = models.BooleanField(_("common here"), default=False)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["-common", "name_en"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_km
