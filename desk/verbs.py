"""What each verb of the log means, in words; a test asks whether every verb that is written has some."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import gettext_noop as _

ROOMS = {
    "clinic": _l("Clinic"),
    "mobile_team": _l("Mobile team"),
    "referrals": _l("Referrals and ambulance"),
    "pharmacy": _l("Medicine and money"),
    "reports": _l("Figures and papers"),
    "desk": _l("Desk"),
    "accounts": _l("Colleagues"),
    "audit": _l("The log itself"),
}

VERBS: dict[str, str] = {
    "accounts.user.added": _("added a colleague"),
    "accounts.user.changed": _("changed a colleague's account"),
    "audit.reads.sealed": _("sealed the looks at records into the chain"),
    "desk.register.given": _("gave a register to be loaded"),
}


def words_for(verb: str) -> str:
    """Return the words for a verb, or the verb itself."""
    return gettext(VERBS[verb]) if verb in VERBS else verb
