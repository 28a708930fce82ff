"""The words of every broken rule, by code: one table an app, so that pages and REST say the same thing."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from core.errors import RuleBroken

WORDS: dict[str, str] = {
    "core.invalid": _("%(problem)s"),
    "core.before_birth": _("This date is before the person was born."),
    "core.age_unreadable": _("Write an age such as 4, 7m, 12d, or “about 3 months”."),
    "core.age_too_high": _("An age above 130 years cannot be right."),
    "core.birth_unreadable": _("Write a birth date as day/month/year, month/year or year."),
    "core.birth_in_future": _("A birth date cannot be in the future."),
    "core.money_unreadable": _("Write an amount in figures. Riel have no decimals, dollars at most two."),
    "core.currencies_mixed": _("Riel and dollars cannot be added together."),
    "core.month_unreadable": _("Write a month as year-month, for example 2026-11."),
    "core.bands_empty": _("A table of age bands needs at least one band."),
    "core.bands_key": _("Two age bands have the same name."),
    "core.bands_bound": _("An age band begins or ends at an age that is not counted apart."),
    "core.bands_start": _("Age bands must begin at birth."),
    "core.bands_end": _("The last age band must be open."),
    "core.bands_overlap": _("Two age bands overlap."),
    "core.bands_gap": _("There is a gap between two age bands."),
    "core.split_weights": _("An amount cannot be divided like this."),
    "core.rate_not_positive": _("An exchange rate must be above zero."),
    "core.number_check_digit": _("This number has a mistake in it: its last character does not fit."),
    "core.number_unreadable": _("This is not a patient number."),
    "core.key_unreadable": _("This is not the key of a record."),
    "core.not_a_document": _("This cannot be read."),
    "core.not_text": _("This is not text."),
    "core.not_a_choice": _("This is not one of the choices."),
    "core.not_yes_or_no": _("Say yes or no."),
    "core.not_whole": _("This is not a whole number."),
    "core.out_of_range": _("This must be from %(least)s to %(most)s."),
    "core.not_a_day": _("This is not a date."),
    "core.not_a_list": _("This is not a list."),
    "core.phone_unreadable": _("This is not a phone number. Write it like 012 345 678."),
    "core.changed_meanwhile": _("Somebody else changed this record while you were writing. Choose what shall stand."),
    "accounts.last_administrator": _("At least one administrator must be able to log in."),
    "constraint.same_id": _("This has been saved already."),
    "constraint.foreign_key": _("Something this refers to is not there any more."),
    "constraint.unknown": _("This cannot be saved: it does not fit what is already there."),
}


@cache
def _table() -> dict[str, str]:
    table = dict(WORDS)
    for path in settings.WORD_TABLES:
        table |= import_string(path)
    return table


def say(error: RuleBroken) -> str:
    """Return what a broken rule means, in the language of the moment."""
    words = _table().get(error.code)
    if words is None:
        return gettext("This cannot be saved (%(code)s).") % {"code": error.code}
    return gettext(words) % error.params


def words_of(code: str, otherwise: str) -> str:
    """Return the words kept under a code that is no broken rule (such as `job.<kind>`), else `otherwise`."""
    words = _table().get(code)
    return gettext(words) if words else otherwise


def known_codes() -> set[str]:
    """Return every code that has words; a test asks whether each raised code is among them."""
    return set(_table())
