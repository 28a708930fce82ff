"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "job.paper": _("Paper of the figures"),
    "core.period_backwards": _("The last month comes before the first."),
    "core.year_unreadable": _("Write a year in four figures, for example 2026."),
    "reports.bands_unknown": _("There is no set of age bands “%(value)s”. There are: %(known)s."),
    "reports.bands_none": _("Write at least one age band."),
    "reports.bands_too_many": _("At most %(most)s age bands fit on a table."),
    "reports.band_unreadable": _(
        "This line cannot be read: “%(line)s”. Write one band a line, for example 0-28d, 29d-11m, 1-4, 5, 65+."
    ),
    "reports.band_backwards": _("“%(line)s” ends before it begins."),
    "reports.band_too_fine": _(
        "“%(line)s” begins or ends at an age that is not counted apart: ages are kept in days up to 28, in months "
        "up to 59, then in whole years up to 149."
    ),
    "reports.bands_start": _(
        "The first band must begin at birth, at 0: nobody younger than “%(line)s” would be counted."
    ),
    "reports.bands_gap": _(
        "There is a gap: nobody older than “%(before)s” and younger than “%(after)s” would be counted."
    ),
    "reports.bands_overlap": _("“%(before)s” and “%(after)s” overlap: somebody would be counted twice."),
    "reports.bands_end": _(
        "The last band must be open, for example “65+”: nobody older than “%(line)s” would be counted."
    ),
    "reports.bands_shipped": _(
        "These age bands came with the system and stay as they are. Copy them and change the copy."
    ),
    "reports.bands_needed": _("Every page begins with these age bands: they are always offered."),
    "constraint.reports_agebandset_key_key": _("Another set of age bands has this short name."),
    "constraint.reports_band_key_once": _("Two age bands have the same name."),
    "constraint.reports_band_position_once": _("Two age bands stand in the same place."),
    "constraint.reports_band_beginning_once": _("Two age bands begin at the same age."),
    "constraint.reports_bands_begin_at_birth": _("Age bands must begin at birth."),
    "constraint.reports_band_unit": _("An age is in days, months or years."),
    "constraint.reports_band_is_not_unknown": _("“Unknown” stands beside every set of age bands already."),
    "reports.figures_none": _("Choose at least one figure."),
    "reports.figures_too_many": _("Choose at most %(most)s figures."),
    "reports.figure_not_yours": _("You may not see the figure “%(value)s”."),
    "reports.figure_apart": _("“%(value)s” is never added up over %(dimension)s: choose it for the rows or the columns."),
    "reports.not_by": _("“%(value)s” cannot be told apart by %(dimension)s."),
    "reports.rows_missing": _("Choose rows first, then columns."),
    "reports.rows_are_columns": _("Rows and columns are the same."),
    "reports.days_missing": _("Write the first and the last day."),
    "reports.days_backwards": _("This day lies before the first one."),
    "reports.days_out_of_reach": _("Choose days from 1950 to 2199."),
    "reports.question_unreadable": _("This report cannot be read any more. Build it anew."),
    "job.report": _("Report made by the clock"),
    "constraint.reports_every": _("A report is made every week, month, quarter or year."),
    "constraint.reports_every_since": _("Say since when the report is made by the clock."),
    "constraint.reports_share_once": _("This report is shared with this role already."),
    "constraint.reports_share_role": _("There is no such role."),
    "constraint.reports_run_once": _("This report has been made for this day already."),
    "reports.figure_unknown": _("There is no figure “%(value)s”."),
    "reports.dimension_unknown": _("This figure cannot be told apart by “%(value)s”, only by: %(known)s."),
    "reports.filter_unknown": _("There is no such line in this table: “%(value)s”."),
}
