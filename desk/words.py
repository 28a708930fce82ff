"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "desk.demo_not_empty": _("There are patients in this database: the demonstration is only made in an empty one."),
    "desk.demo_user_taken": _("The demonstration needs user names that are taken already: %(names)s"),
    "desk.kit_agrees": _("The books of the store say what this kit holds already."),
    "desk.kit_empty": _("Nothing of the store is in this kit, or it was closed already."),
    "desk.kit_not_counted": _("Count first what was brought back of everything that came from the store."),
    "desk.merge_with_itself": _("A record cannot be merged with itself."),
    "desk.merge_changed": _("Somebody corrected one of the two records meanwhile. Look at them again, then merge."),
    "desk.merge_be_sure": _("Look at what speaks against it, and say that you are sure."),
    "desk.merge_two_stays": _("Both lie in a bed now (%(beds)s). Discharge one of the two, then merge."),
    "desk.merge_two_pregnancies": _(
        "Both have an open pregnancy. End one, or mark it as entered in error, then merge."
    ),
    "desk.merge_undone": _("This merge has already been taken back."),
    "desk.undo_later_merge_first": _("The survivor was merged on since. Take that later merge back first."),
    "job.audit": _("Check of the log"),
    "job.pairs": _("Looking for records of one person"),
    "job.register": _("Loading of a register"),
}
