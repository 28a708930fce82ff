"""Words of the pages about tablets: how long, how far a clock is off, how much room is left."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils.translation import gettext, ngettext

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
RIGHT = 2 * MINUTE  # a clock that is off by less is right enough: nothing is decided by it
LITTLE = 200 * 10**6  # bytes; below it the tablet warns


@register.filter
def lasting(seconds: float) -> str:
    """Say a length of time in its largest unit: "5 minutes", "3 hours", "12 days"."""
    seconds = abs(seconds)
    if seconds < HOUR:
        n = max(1, round(seconds / MINUTE))
        return ngettext("%(n)s minute", "%(n)s minutes", n) % {"n": n}
    if seconds < 2 * DAY:
        n = round(seconds / HOUR)
        return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}
    n = round(seconds / DAY)
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


@register.filter
def ago(then: dt.datetime | None, now: dt.datetime) -> str:
    """Say how long ago something was; "never" when it was not."""
    if then is None:
        return gettext("never")
    seconds = (now - then).total_seconds()
    return gettext("just now") if seconds < MINUTE else gettext("%(time)s ago") % {"time": lasting(seconds)}


@register.filter
def still(until: dt.datetime, now: dt.datetime) -> str:
    """Say how long something still holds."""
    return gettext("%(time)s more") % {"time": lasting((until - now).total_seconds())}


@register.filter
def clock_words(skew_ms: int | None) -> str:
    """Say how a tablet's clock stands to ours; `skew_ms` is the server's time less the tablet's."""
    if skew_ms is None:
        return gettext("not known yet")
    seconds = skew_ms / 1000
    if abs(seconds) <= RIGHT:
        return gettext("right")
    said = gettext("%(time)s behind") if seconds > 0 else gettext("%(time)s ahead")
    return said % {"time": lasting(seconds)}


@register.filter
def clock_is_off(skew_ms: int | None) -> bool:
    """Return whether a tablet's clock wants setting."""
    return skew_ms is not None and abs(skew_ms) > RIGHT * 1000


@register.filter
def room(free: int | None) -> str:
    """Write an amount of storage: 12 GB, 140 MB."""
    if free is None:
        return gettext("not known yet")
    return f"{free / 1e9:.0f} GB" if free >= 10e9 else f"{free / 1e9:.1f} GB" if free >= 1e9 else f"{free // 10**6} MB"


@register.filter
def little(free: int | None) -> bool:
    """Return whether a tablet's storage runs out."""
    return free is not None and free < LITTLE
