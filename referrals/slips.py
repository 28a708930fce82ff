"""What a new slip takes over from the visit or the stay it begins in, in the words of the page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from clinic import phrases
from clinic.models import Encounter, Patient
from clinic.selectors import assessed
from clinic.selectors.timeline import Contact
from core.khmer import format_date
from referrals import rules


def begun_from(contact: Contact, *, role: str) -> dict[str, Any]:
    """Return the fields of a slip as far as a contact says them: why, what was found, measured and given. Pure."""
    row, stay, patient = contact.encounter, contact.admission, contact.encounter.patient
    named = ", ".join(str(condition) for condition in contact.conditions)
    newest = contact.newest_vitals
    dangers = assessed.seen(contact, patient).dangers
    given = [t for t in contact.treatments if not t.take_home and t.stopped_at is None]
    return {
        "reason": ((stay.reason if stay else "") or row.complaint or named)[:200],
        "findings": "\n".join(filter(None, (row.findings, stay.summary if stay else "")))[:4000],
        "diagnosis": named[:200],
        "danger_signs": ", ".join(phrases.sign_words(sign) for sign in dangers)[:200],
        "vitals": rules.vitals_line(assessed.measured(contact), newest.measured_at if newest else None)[:200],
        "treatment_given": "\n".join(" – ".join(filter(None, (t.what, t.dose))) for t in given)[:4000],
        "village": row.village if row.kind == Encounter.Kind.OUTREACH else None,
        "referrer_role": role,
    }


def pregnancy_line(patient: Patient, on: dt.date, language: str) -> str:
    """Say how far an open pregnancy is, when birth is expected, the how-manieth; one statement, none for a man."""
    found = assessed.expecting(patient, on)
    if found is None:
        return ""
    weeks = _("%(weeks)s weeks") % {"weeks": found.at.weeks} if found.at else ""
    due = _("birth expected on %(day)s") % {"day": format_date(found.pregnancy.edd, language)}
    counts = ((name, getattr(found.pregnancy, field)) for name, field in (("G", "gravida"), ("P", "para")))
    return ", ".join(filter(None, (weeks, due, " ".join(f"{name}{n}" for name, n in counts if n is not None))))
