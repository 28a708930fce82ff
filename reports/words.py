"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "job.recount": _("Tallies counted again"),
    "job.recount_month": _("A month of tallies counted again"),
    "job.paper": _("Paper of the figures"),
    "job.issue": _("Issue of a paper"),
    "reports.paper_unknown": _("There is no such paper."),
    "reports.period_not_over": _("A paper is issued when its time is over: after %(last)s."),
    "reports.reissue_needs_a_reason": _("Write why the paper is issued again: it stands on the new one."),
    "reports.reason_too_long": _("The reason is too long: at most %(most)s characters."),
    "constraint.reports_issue_revision_once": _("This paper has just been issued by somebody else."),
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
    "reports.figure_apart": _(
        "“%(value)s” is never added up over %(dimension)s: choose it for the rows or the columns."
    ),
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
    "reports.block_needs_bands": _("Choose the age bands of these columns."),
    "reports.line_counts_nothing": _("Choose the figure that is counted like this, or leave the rest empty."),
    "reports.line_rest_of_what": _(
        "“All others” needs other lines in this block that count the same figure, narrowed by one thing more."
    ),
    "reports.line_named_twice": _("Two lines of this block count the same: %(value)s. The others would be too few."),
    "reports.line_narrows_a_column": _("The columns tell “%(value)s” apart already: a line cannot be narrowed by it."),
    "reports.line_mixes": _("Name exactly one %(value)s: different ones are never added."),
    "reports.narrowing_unreadable": _("Write each line as name: key, key – this is not so: “%(value)s”."),
    "constraint.reports_block_key_once": _("This form has a block of this short name already."),
    "constraint.reports_line_key_once": _("This block has a line of this short name already."),
    "constraint.reports_one_line_for_the_rest": _("This block has a line for all others already."),
    "constraint.reports_the_rest_is_counted": _("A line for all others counts a figure."),
    "constraint.reports_form_scheme": _("Identifiers are UIDs or codes."),
    "constraint.reports_block_ages_need_bands": _("Columns by age have age bands, others have none."),
    "reports.mapping_no_element": _("Write the data element, or that the number is not sent."),
    "reports.mapping_twice": _("Two numbers go to the same place in DHIS2: %(value)s."),
    "reports.mapping_file": _("This is not the file of places in DHIS2. Download it here, fill it in and load it."),
    "constraint.reports_mapping_once": _("Two numbers go to the same place in DHIS2."),
    "constraint.reports_mapping_one_number_a_place": _("Another number goes to this place in DHIS2 already."),
    "constraint.reports_mapping_or_left_out": _("Write the data element, or that the number is not sent."),
    "reports.dhis2_no_server": _("No DHIS2 server is set up. Your administrator sets DHIS2_URL and DHIS2_TOKEN."),
    "reports.dhis2_month_not_over": _("This month is not over yet."),
    "reports.dhis2_broken": _("A block of the form cannot be counted: %(value)s"),
    "reports.dhis2_no_place": _("Write the data set and the organisation unit of this form first."),
    "reports.dhis2_nothing": _("No number of this form has a place in DHIS2 yet."),
    "reports.dhis2_unmapped": _("%(number)s numbers have no place in DHIS2 yet. Say so if the others shall go."),
    "reports.dhis2_over": _("This is over, or being sent at this moment."),
    "reports.dhis2_unreadable": _("The server could not read what was sent."),
    "reports.dhis2_token": _("The server does not accept our token."),
    "reports.dhis2_not_allowed": _("The server does not let this user enter these data."),
    "reports.dhis2_not_there": _("There is no DHIS2 at this address."),
    "reports.dhis2_conflict": _("The server refused the values."),
    "reports.dhis2_partly": _("The server took some values and refused others."),
    "reports.dhis2_too_large": _("The server says that this is too large."),
    "reports.dhis2_busy": _("The server has a trouble of its own or is too busy."),
    "reports.dhis2_elsewhere": _("The server sent us to another address. We do not follow: our token is not theirs."),
    "reports.dhis2_no_summary": _("What answered is not DHIS2: a log-in page or a network that wants something first."),
    "reports.dhis2_unreachable": _("The server could not be reached."),
    "reports.dhis2_silent": _("The server did not answer in time."),
    "reports.dhis2_cut_short": _("The answer was cut off in the middle."),
    "reports.dhis2_certificate": _("The server's certificate is not to be trusted."),
    "reports.dhis2_moved": _("The server set up now is another one than when this was asked for. Send it anew."),
    "constraint.reports_one_sending_at_work": _("This form and month is being sent already."),
    "constraint.reports_sending_state": _("There is no such state."),
    "constraint.reports_sending_said_so": _("Some numbers have no place in DHIS2 yet. Say so if the others shall go."),
    "constraint.reports_try_once": _("This try has been written down already."),
    "reports.figure_unknown": _("There is no figure “%(value)s”."),
    "reports.dimension_unknown": _("This figure cannot be told apart by “%(value)s”, only by: %(known)s."),
    "reports.not_added": _("These numbers are never added up: ask for one “%(value)s”, or tell them apart by it."),
    "reports.filter_unknown": _("There is no such line in this table: “%(value)s”."),
}
