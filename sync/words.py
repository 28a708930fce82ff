"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "sync.code_unknown": _("This code is not known, was used already, or is too old. Ask for a new one."),
    "constraint.sync_device_state": _("This is no state of a tablet."),
    "constraint.sync_device_stopped_why": _("Say why."),
    "constraint.sync_device_user_once": _("This person is known on this tablet already."),
    "constraint.sync_held_once": _("This record is noted for this tablet already."),
    "constraint.sync_parked_waits_for_something": _("Say what this save waits for."),
    "constraint.sync_disagreement_once": _("This field is in the list already."),
    "constraint.sync_rejected_why": _("Say why."),
}
