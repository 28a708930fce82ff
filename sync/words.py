"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "sync.code_unknown": _("This code is not known, was used already, or is too old. Ask for a new one."),
    "sync.seal_key_unknown": _("This was sealed for a server that is no more; nobody can open it here."),
    "sync.seal_broken": _("What was sealed on the tablet was altered on the way and does not open."),
    "constraint.sync_device_state": _("This is no state of a tablet."),
    "constraint.sync_device_stopped_why": _("Say why."),
    "constraint.sync_device_user_once": _("This person is known on this tablet already."),
    "constraint.sync_held_once": _("This record is noted for this tablet already."),
    "constraint.sync_parked_waits_for_something": _("Say what this save waits for."),
    "constraint.sync_disagreement_once": _("This field is in the list already."),
    "constraint.sync_rejected_why": _("Say why."),
}
