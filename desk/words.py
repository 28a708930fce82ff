"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "desk.demo_not_empty": _("There are patients in this database: the demonstration is only made in an empty one."),
    "desk.demo_user_taken": _("The demonstration needs user names that are taken already: %(names)s"),
    "job.audit": _("Check of the log"),
    "job.register": _("Loading of a register"),
}
