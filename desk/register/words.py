"""The words for what can be wrong with a register and its rows."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "desk.file_empty": _("The file is empty."),
    "desk.file_too_large": _("The file is too large."),
    "desk.file_unreadable": _("This is not a register: save it as CSV (UTF-8) or as an Excel workbook (.xlsx)."),
    "desk.file_no_header": _("The first line must name the columns. Missing: %(columns)s"),
    "desk.file_column_twice": _("These columns stand in the file twice: %(columns)s"),
    "desk.row_too_long": _("the line has more cells than the header"),
    "desk.row_cut_off": _("the line ends early, as if the file had been cut off"),
    "desk.row_formula": _("a cell holds a formula instead of a value"),
    "desk.row_noise": _("the line holds characters that are not text, or a cell far too long"),
    "desk.cell_missing": _("%(column)s is empty"),
    "desk.too_long": _("%(column)s is longer than %(most)s characters"),
    "desk.name_missing": _("there is no name, neither in Khmer nor in Latin letters"),
    "desk.name_without_letters": _("%(column)s has no letters: %(value)s"),
    "desk.sex_unknown": _("sex must be F or M, not “%(value)s”"),
    "desk.date_unreadable": _("%(column)s must be a real date as YYYY-MM-DD, not “%(value)s”"),
    "desk.date_in_future": _("%(column)s %(value)s lies in the future"),
    "desk.date_too_old": _("%(column)s %(value)s is too long ago"),
    "desk.birth_unreadable": _("birth_date must be YYYY-MM-DD, YYYY-MM or YYYY, not “%(value)s”"),
    "desk.contact_before_birth": _("the contact on %(on)s is before the birth (%(value)s)"),
    "desk.contact_after_death": _("the contact is after the person's death on %(died)s"),
    "desk.death_before_contact": _("the person was seen alive later, on %(seen)s"),
    "desk.service_unknown": _("service must be outpatient, inpatient or mobile, not “%(value)s”"),
    "desk.village_lost_zero": _(
        "village_code “%(value)s” has 7 digits: it seems to have lost its leading zero; %(meant)s is meant?"
    ),
    "desk.village_not_8_digits": _("village_code must have 8 digits, not “%(value)s”"),
    "desk.village_unknown": _("village_code %(value)s is not in the gazetteer"),
    "desk.phone_unreadable": _("phone “%(value)s” is not a telephone number"),
    "desk.condition_unknown": _("condition “%(value)s” is neither a key of the catalogue nor one of its ICD-10 codes"),
    "desk.discharge_of_visit": _("only in-patients have a discharge date"),
    "desk.discharge_before_contact": _("discharge_date %(value)s is before the contact on %(on)s"),
    "desk.not_yes_or_no": _("%(column)s must be y or n, not “%(value)s”"),
    "desk.sex_differs": _("patient_ref is known with sex %(known)s, this line says %(value)s"),
    "desk.birth_differs": _("patient_ref is known with the birth date %(known)s, which does not fit this line"),
    "desk.still_admitted": _("the person has been in a bed since %(since)s and cannot be admitted again"),
}
