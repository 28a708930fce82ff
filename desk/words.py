"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "job.audit": _("Check of the log"),
}
