"""Words of the clinical tables, and of what made a rule hold or is not asked yet."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clinic.models import AntenatalContact, Vitals
from clinic.rules.expressions import Atom
from clinic.rules.growth import INDICATORS, Score
from clinic.rules.tables import Said
from clinic.selectors import growth
from clinic.selectors.assessed import Seen, sign_said
from core.curves import Curves
from core.svg import svg

register = template.Library()

BADGES = {"red": "badge--danger", "yellow": "badge--warn", "green": "badge--ok"}
_MEASURES = {"weeks": _("Weeks of pregnancy"), "womb_gap": _("Height of the womb against the weeks"),
             "protein": _("Protein in urine")}  # fmt: skip


@register.filter
def said(value: Said | None) -> str:
    """Return words of a table in the language of the page."""
    return value.in_language(get_language()) if value else ""


@register.filter
def sign(key: str) -> str:
    """Return what a sign is called."""
    return said(sign_said(key)) or key


@register.filter
def asked(atom: Atom) -> str:
    """Return what is to be asked or measured."""
    if atom.kind == "measure":
        return _measure(atom.name)
    if atom.kind == "days":
        return gettext("%(sign)s: for how many days") % {"sign": sign(atom.name)}
    return sign(atom.name)


@register.filter
def reason(atom: Atom, seen: Seen | None = None) -> str:
    """Return what made a rule hold, with its value where it is at hand."""
    if atom.kind == "days" and seen and (days := seen.days.get(atom.name)) is not None:
        many = ngettext("%(sign)s for %(n)s day", "%(sign)s for %(n)s days", days)
        return many % {"sign": sign(atom.name), "n": days}
    if atom.kind == "measure" and seen and (value := seen.measures.get(atom.name)) is not None:
        return f"{_measure(atom.name)} {_figure(atom.name, value)}"
    return asked(atom)


@register.filter
def badge(colour: str) -> str:
    """Return the class of a badge for a colour of the tables."""
    return BADGES.get(colour, "badge--quiet")


@register.filter
def indicator(score: Score) -> str:
    """Return what a z-score is of."""
    return growth.title(score.indicator)


@register.filter
def z(value: float | None) -> str:
    """Write a z-score with its sign, +0.13 or −2.40."""
    return "" if value is None else f"{value:+.2f}".replace("-", "−")


@register.simple_tag
def curve(curves: Curves, width: int = 460, height: int = 330) -> SafeString:
    """Draw a curve of growth for the page."""
    return SafeString(svg(curves, width=width, height=height, language=get_language() or ""))


def _measure(name: str) -> str:
    if name in INDICATORS:
        return growth.title(name)
    if name in _MEASURES:
        return str(_MEASURES[name])
    model: Any = AntenatalContact if name in AntenatalContact.MEASURES else Vitals
    return str(capfirst(model._meta.get_field(name).verbose_name))


def _figure(name: str, value: Any) -> str:
    return z(value) if name in INDICATORS else f"{value}"
