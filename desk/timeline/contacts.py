"""Visits, stays and contacts of the mobile team as events, with what hangs on them folded below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.models import (
    Admission,
    AntenatalContact,
    Encounter,
    MedicineGiven,
    Patient,
    PreventiveDose,
    StayNote,
    Vitals,
)
from clinic.rules.judging import Colour
from clinic.selectors import assessed
from clinic.selectors import timeline as clinic
from clinic.selectors.timeline import Contact
from core.ages import slot_age
from core.gather import instant
from core.templatetags.house import clock, moment, short_day
from desk import selectors
from desk.phrases import day_words
from desk.timeline.events import CONTACTS, Event, Line, Wanted, lines, plain, recorder
from mobile_team import readings
from mobile_team.models import DentalCheckup
from mobile_team.selectors import documents as checkups


def read(wanted: Wanted) -> Iterable[Event]:
    """Return contacts of every kind; for measurements only what was measured."""
    measured = wanted.kind == "vitals"
    found = clinic.of(
        wanted.patient.pk, wanted.limit, before=wanted.before, kind=wanted.kind if wanted.kind in CONTACTS else "",
        measured=measured, only=selectors.contacts_wanted(wanted),
    )  # fmt: skip
    outreach = [contact.encounter.id for contact in found if contact.encounter.kind == Encounter.Kind.OUTREACH]
    mouths = selectors.checkups(wanted.patient.pk, outreach) if outreach else {}
    below = selectors.below_contacts([contact.encounter.id for contact in found]) if found and not measured else {}
    for contact in found:
        key = contact.encounter.id
        said = _vitals(contact) if measured else _said(contact, wanted.patient, mouths.get(key), below.get(key))
        yield _contact(contact, said, mouths.get(key), None if measured else below.get(key))


def _said(contact: Contact, patient: Patient, checkup: DentalCheckup | None, below: Any) -> list[Line]:
    return [
        *_found(contact, below), *_illness(contact, patient), *_stay(contact.admission), *_checkup(checkup),
        *_done(contact, below), *_changed(below), *_changed(checkup),
    ]  # fmt: skip


def _contact(contact: Contact, said: list[Line], checkup: DentalCheckup | None, below: Any) -> Event:
    row, stay = contact.encounter, contact.admission
    link: tuple[str, Any] | None = ("clinic:visit", row.id)
    if stay:
        link = ("clinic:admission", stay.id)
    elif row.kind == Encounter.Kind.OUTREACH:
        link = ("mobile_team:checkup", checkup.id) if checkup else None
    waits = row.status == Encounter.Status.OPEN and row.kind == Encounter.Kind.OUTPATIENT
    return Event(
        on=row.on, id=row.id, kind=row.kind, title=_("Dental check-up") if checkup else str(row.get_kind_display()),
        lines=said, link=link, at=row.arrived_at, age=None if row.age_slot is None else slot_age(row.age_slot),
        by=recorder(row), state=_("Open") if waits else "", below=_bedside(below) if stay and below else [],
        void=_("Entered in error: %(why)s") % {"why": row.void_reason} if row.status == Encounter.Status.VOID else "",
    )  # fmt: skip


# --- What was found and done ------------------------------------------------------------------------------------------


def _found(contact: Contact, below: Any) -> list[Line]:
    row = contact.encounter
    names = [f"{d.condition} ({d.note})" if d.note else str(d.condition) for d in contact.diagnoses]
    vitals = _vitals(contact)
    return [
        *lines((_("Complaint"), row.complaint), (_("Diagnosis"), ", ".join(names))),
        *(vitals[-1:] if contact.admission else vitals), *_antenatal(below), *lines((_("Findings"), row.findings)),
    ]  # fmt: skip


def _illness(contact: Contact, patient: Patient) -> list[Line]:
    """Say how ill a child under five was by the signs that were looked for, the gravest first."""
    judged = assessed.seen(contact, patient).imci if contact.signs else None
    return [
        Line(_("IMCI"), one.rule.said.in_language(get_language()), danger=one.rule.colour is Colour.RED)
        for one in (judged.found if judged else ())
    ]


def _done(contact: Contact, below: Any) -> list[Line]:
    row = contact.encounter
    doses = [_dose_words(said) for said in (below.doses if below else None) or []]
    return lines(
        (_("Treatment"), "; ".join(f"{t.what} {t.dose}".strip() for t in contact.treatments)),
        (_("Prevention"), "; ".join(doses)),
        (_("Advice"), row.advice),
        (_("Outcome"), " · ".join(filter(None, (row.get_result_display(), row.result_text)))),
        (_("Come back on"), day_words(row.follow_up_on)),
    )


def _vitals(contact: Contact) -> list[Line]:
    return lines(*((_("Measured"), measures(v)) for v in contact.vitals))


def measures(v: Vitals) -> str:
    """Name what was measured at one time."""
    pressure = f"{v.systolic or '–'}/{v.diastolic or '–'}" if v.systolic or v.diastolic else None
    said = (
        (v.temperature, "%s °C"), (v.heart_rate, _("pulse %s")), (v.respiratory_rate, _("breaths %s")),
        (pressure, "%s mmHg"), (v.oxygen, "SpO₂ %s %%"), (v.weight, "%s kg"), (v.height, "%s cm"),
        (v.muac, _("upper arm %s mm")), (v.glucose, _("blood sugar %s mg/dl")),
    )  # fmt: skip
    return " · ".join(words % plain(value) for value, words in said if value is not None)


def _antenatal(below: Any) -> list[Line]:
    """Say what was found in pregnancy."""
    found = []
    for said in (below.found_in_pregnancy if below else None) or []:
        urine = AntenatalContact.Urine(said["urine_protein"]).label if said["urine_protein"] else ""
        parts = (
            (said["fundal_height"], _("womb %s cm")), (said["fetal_heart_rate"], _("child's heart %s")),
            (said["haemoglobin"], _("haemoglobin %s g/dl")), (urine or None, _("protein in urine: %s")),
            (said["iron_tablets"] or None, _("%s iron tablets")),
        )  # fmt: skip
        words = [form % value for value, form in parts if value is not None]
        if said["tetanus"]:
            words.append(_("tetanus vaccine"))
        found.append(Line(_("Pregnancy"), " · ".join(words) or _("looked after in pregnancy")))
    return found


def _dose_words(said: dict[str, Any]) -> str:
    return f"{PreventiveDose.What(said['what']).label} {said['dose']}".strip()


def _changed(below: Any) -> list[Line]:
    """Say who corrected the contact, when and why; the earlier versions are read on its own page."""
    found = []
    for said in sorted((below.changes if below else None) or [], key=lambda said: said["number"]):
        who = {"who": said["who"] or "–", "at": moment(instant(said["at"]))}
        words = _("by %(who)s on %(at)s") % who
        found.append(Line(_("Corrected"), f"{words}: {said['why']}" if said["why"] else words))
    return found


# --- Stays ------------------------------------------------------------------------------------------------------------


def _stay(stay: Admission | None) -> list[Line]:
    if not stay:
        return []
    bed = _("%(ward)s, bed %(bed)s") % {"ward": stay.bed.ward, "bed": stay.bed} if stay.bed else ""
    ended = (day_words(stay.discharged_on), stay.get_discharge_type_display(), stay.get_outcome_display())
    return lines(
        (_("Bed"), bed), (_("Reason"), stay.reason), (_("Discharged"), " · ".join(map(str, filter(None, ended)))),
        (_("Summary"), stay.summary),
    )  # fmt: skip


def _bedside(below: Any) -> list[Line]:
    """Return notes, measurements and medicine of a stay in the order of time, the newest first."""
    replaced = {said["supersedes"] for said in below.written or []}
    at = [
        (said["at"], f"{StayNote.Kind(said['kind']).label}: {said['text']}")
        for said in below.written or []
        if said["id"] not in replaced
    ]
    at += [(said["at"], _given(said)) for said in below.given or []]
    at += [(said["measured_at"], _("Measured: %s") % _measured(said)) for said in below.measured or []]
    at.sort(key=lambda pair: instant(pair[0]), reverse=True)
    return [Line(_when(text), words) for text, words in at]


def _given(said: dict[str, Any]) -> str:
    words = " ".join(filter(None, (said["what"], said["dose"])))
    why = f" ({said['reason']})" if said["reason"] else ""
    return f"{words} – {MedicineGiven.State(said['state']).label}{why}"


def _measured(said: dict[str, Any]) -> str:
    return measures(Vitals(**{name: said[name] for name in Vitals.MEASURES}))


def _when(text: str) -> str:
    at = instant(text)
    return f"{short_day(at)} {clock(at)}"


# --- Check-ups --------------------------------------------------------------------------------------------------------


def _checkup(row: Any | None) -> list[Line]:
    if row is None:
        return []
    said, dose = checkups.document(row), checkups.deworming(row)
    teeth = ", ".join(f"{tooth}: {code}{said['pufa'].get(tooth, '')}" for tooth, code in said["teeth"].items())
    counts = (
        (row.decayed_primary, _("decayed milk teeth %s")), (row.decayed_permanent, _("decayed permanent teeth %s")),
        (row.missing, _("missing %s")), (row.filled, _("filled %s")), (row.pufa, _("open or inflamed %s")),
    )  # fmt: skip
    given = (
        (row.dental_education, _("dental education")), (row.toothbrush, _("toothbrush")),
        (row.toothpaste, _("toothpaste")),
    )  # fmt: skip
    return lines(
        (_("Pain"), _("yes") if row.pain else ""),
        (_("Gums"), _("bleed") if row.gums_bleed else ""),
        (_("Teeth"), " · ".join(words % n for n, words in counts if n is not None)),
        (_("Tooth chart"), teeth),
        (_("Urgency"), row.get_urgency_display() if row.urgency else ""),
        (_("Treatment"), "; ".join(filter(None, (*readings.done(said["treatments"]), row.treatment)))),
        (_("Received"), ", ".join(words for yes, words in given if yes)),
        (_("Given all the same because"), dose["despite"] if dose else ""),
        (_("Advised"), _("to come to the centre") if row.advised_to_come else ""),
        (_("Nobody waits any more"), row.advice_ended),
        (_("Note"), row.note),
    )
