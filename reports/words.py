"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "job.paper": _("Paper of the figures"),
    "core.period_backwards": _("The last month comes before the first."),
    "core.year_unreadable": _("Write a year in four figures, for example 2026."),
    "reports.bands_unknown": _("There is no set of age bands “%(value)s”. There are: %(known)s."),
    "reports.figure_unknown": _("There is no figure “%(value)s”."),
    "reports.filter_unknown": _("There is no such line in this table: “%(value)s”."),
}
