"""Small words of the templates: icons, dates, ages, money, phones, the language of a run of text."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from core.ages import Age
from core.khmer import format_date, has_khmer
from core.money import Currency, Money
from core.navigation import ways
from core.periods import CLINIC_TZ, Month, local_day
from core.phones import national

register = template.Library()

ICONS = "app/icons.svg"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; without a label it is hidden from screen readers, for words stand beside it."""
    said = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="icon" {} focusable="false"><use href="{}#{}"></use></svg>', SafeString(said), static(ICONS), name
    )


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[dict[str, Any]]:
    """Return the ways open to the user."""
    return ways(context["request"])


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """Write a date in words in the language of the page: 21 November 2026."""
    if value is None or value == "":
        return ""
    if isinstance(value, dt.datetime):
        value = local_day(value)
    return format_date(value, get_language() or "km")


@register.filter
def khmer_date(value: dt.date | None) -> str:
    """Write a date in Khmer words whatever the language of the page."""
    return format_date(value, "km") if value else ""


@register.filter
def short_day(value: dt.date | dt.datetime | None) -> str:
    """Write a date in figures, for narrow columns: 21/11/2026."""
    if isinstance(value, dt.datetime):
        value = local_day(value)
    return f"{value:%d/%m/%Y}" if value else ""


@register.filter
def moment(value: dt.datetime | None) -> str:
    """Write a day and time of the clinic: 21 November 2026, 14:05."""
    if not value:
        return ""
    return f"{day(value)}, {clock(value)}"


@register.filter
def clock(value: dt.datetime | None) -> str:
    """Write the clinic's time of day: 14:05."""
    return f"{timezone.localtime(value, CLINIC_TZ):%H:%M}" if value else ""


@register.filter
def minutes(seconds: int) -> int:
    """Return whole minutes, rounded up, of a number of seconds."""
    return -(-seconds // 60)


@register.filter
def month_words(value: Month | str) -> str:
    """Write a month in words: November 2026."""
    month = value if isinstance(value, Month) else Month.parse(value)
    return format_date(month.first, get_language() or "km").split(" ", 1)[1]


@register.filter
def age(value: Age | None, estimated: bool = False) -> str:
    """Say an age in words: days in the first month, months below two years, then years."""
    if value is None:
        return gettext("age unknown")
    if not value.months:
        said = ngettext("%(n)s day", "%(n)s days", value.days) % {"n": value.days}
    elif value.years < 2:
        said = ngettext("%(n)s month", "%(n)s months", value.months) % {"n": value.months}
    else:
        said = ngettext("%(n)s year", "%(n)s years", value.years) % {"n": value.years}
    return gettext("about %(age)s") % {"age": said} if estimated else said


@register.filter
def money(value: Money | int | str | None, currency: str = "KHR") -> str:
    """Write an amount: a Money, or minor units with their currency."""
    if value is None or value == "":
        return ""
    return (value if isinstance(value, Money) else Money(int(value), Currency(currency))).format()


@register.filter
def phone(value: str) -> str:
    """Write a phone number as it is dialled here: 012 345 678."""
    return national(value)


@register.filter
def pnum(value: str) -> SafeString:
    """Set a patient number so that it never breaks over two lines."""
    return format_html('<span class="pnum">{}</span>', value)


@register.filter
def lang_of(value: Any) -> str:
    """Return the language a text is in, for a `lang` attribute: km when any letter is Khmer, else en."""
    return "km" if has_khmer(str(value)) else "en"


@register.filter
def run(value: Any) -> SafeString:
    """Wrap a text in a span that says its language when it differs from the page's."""
    said = lang_of(value)
    if said == get_language():
        return format_html("{}", value)
    return format_html('<span lang="{}">{}</span>', said, value)
